"""Tempo, beats and bar lines from syllables alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.analysis.beat_grid import build_grid
from studio.analysis.readings import Rhythm, find_readings
from studio.analysis.tempo_search import LAG_S
from studio.core.analysis import Given, Syllable, VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from tests.analysis.singer import TUNE, melody

C_MAJOR = Key(0, "major")
#: Six bars of a waltz in C major.
WALTZ = (
    (0, 2, 60), (2, 1, 64), (3, 2, 67), (5, 1, 64), (6, 2, 65), (8, 1, 69), (9, 3, 67),
    (12, 2, 60), (14, 1, 64), (15, 2, 67), (17, 1, 64), (18, 2, 62), (20, 1, 59), (21, 3, 60),
    (24, 2, 60), (26, 1, 64), (27, 2, 67), (29, 1, 64), (30, 2, 62), (32, 1, 59), (33, 3, 60),
)  # fmt: skip


def _rhythm(notes: list[VocalNote], given: Given | None = None, seconds: float | None = None) -> Rhythm:
    syllables = [Syllable(n.start_s + LAG_S, n.start_s, n.end_s, pitch=n.pitch) for n in notes]
    return find_readings(syllables, notes, C_MAJOR, 0.0, seconds or notes[-1].end_s + 0.5, given or Given())


def _jittered(notes: list[VocalNote], sd_s: float) -> list[VocalNote]:
    rng = np.random.default_rng(3)
    return [replace(note, start_s=note.start_s + float(rng.normal(0, sd_s))) for note in notes]


def _furthest(grid: BeatGrid, times_s: list[float]) -> float:
    """Largest distance of a time from the nearest beat."""
    return float(np.abs(np.asarray(grid.times_s)[None] - np.array(times_s)[:, None]).min(axis=1).max())


def test_chances_fall_from_reading_to_reading_and_add_up_to_less_than_one() -> None:
    readings = _rhythm(_jittered(melody(bpm=96.0), 0.02)).readings
    chances = [found.chance for found in readings]
    assert len(readings) >= 4
    assert chances == sorted(chances, reverse=True)
    assert 0.0 < sum(chances) < 1.0
    grids = [found.grid for found in readings]
    for i, a in enumerate(grids):
        for b in grids[:i]:
            apart = np.abs((a.beat_of(np.asarray(b.times_s)) + 0.5) % 1 - 0.5).mean()
            assert abs(np.log(a.tempo_bpm / b.tempo_bpm)) > 0.02 or apart > 0.1


@pytest.mark.parametrize("bpm", [66.0, 72.0, 96.0])
def test_a_loosely_sung_tune_keeps_its_tempo_and_bar_lines(bpm: float) -> None:
    notes = _jittered(melody(bpm=bpm, first_beat_s=0.4), 0.02)
    rhythm = _rhythm(notes)
    assert rhythm.grid.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert np.abs(np.asarray(rhythm.grid.downbeats_s) - 0.4).min() < 0.05


def test_a_waltz_is_in_three() -> None:
    rhythm = _rhythm(_jittered(melody(WALTZ, bpm=100.0), 0.01))
    assert rhythm.grid.meter == Meter(3, 4)
    assert rhythm.grid.tempo_bpm == pytest.approx(100.0, rel=0.02)


def test_half_and_double_are_offered() -> None:
    rhythm = _rhythm(_jittered(melody(bpm=118.0, first_beat_s=0.4), 0.02))  # or 59, in eighths and sixteenths
    tempi = [found.grid.tempo_bpm for found in rhythm.readings]
    for bpm in (59.0, 118.0):
        assert min(abs(t / bpm - 1) for t in tempi) < 0.02


def test_a_tempo_that_was_given_is_not_read_at_half_or_double() -> None:
    rhythm = _rhythm(melody(bpm=118.0), Given(tempo_bpm=118.0))
    assert rhythm.tempo == 1.0
    assert [found.grid.tempo_bpm for found in rhythm.readings] == pytest.approx(
        [118.0] * len(rhythm.readings)
    )


@pytest.mark.parametrize("downbeat_s", [None, 0.5, 3.1])
def test_a_typed_tempo_is_exact_for_ten_minutes(downbeat_s: float | None) -> None:
    loose = _jittered(melody(TUNE * 1, bpm=95.4, first_beat_s=0.5), 0.03)  # who types 96 means 96
    rhythm = _rhythm(loose, Given(tempo_bpm=96.0, downbeat_s=downbeat_s), seconds=600.0)
    for found in rhythm.readings:
        times = np.asarray(found.grid.times_s)
        even = times[0] + np.arange(len(times)) * 0.625
        assert np.abs(times - even).max() < 1e-6
        assert found.grid.tempo_bpm == pytest.approx(96.0, abs=1e-6)
        assert times[0] <= 0.0
        assert times[-1] >= 600.0
    if downbeat_s is not None:
        assert np.abs(np.asarray(rhythm.grid.downbeats_s) - downbeat_s).min() < 1e-9
        assert len(rhythm.readings) == 1


def test_a_steady_singer_is_read_with_one_exact_tempo() -> None:
    steps = np.diff(_rhythm(_jittered(melody(bpm=88.0), 0.025)).grid.times_s)
    assert np.ptp(steps) < 1e-9


def test_a_singer_who_slows_down_is_followed() -> None:
    def drag(t: float) -> float:
        return t + 0.006 * t * t  # 100 bpm at first, 82 at the end

    notes = [replace(n, start_s=drag(n.start_s), end_s=drag(n.end_s)) for n in melody(bpm=100.0)]
    beats = [drag(0.5 + 0.6 * start) for start, _, _ in TUNE if start == int(start)]
    for drift in (None, True):
        assert _furthest(_rhythm(notes, Given(drift=drift)).grid, beats) < 0.1
    assert np.ptp(np.diff(_rhythm(notes, Given(drift=False)).grid.times_s)) < 1e-9


def test_a_given_tempo_holds_and_its_phase_is_found() -> None:
    notes = _jittered(melody(bpm=100.0, first_beat_s=0.5), 0.015)
    grid = _rhythm(notes, Given(tempo_bpm=100.0)).grid
    assert np.diff(grid.times_s) == pytest.approx(0.6, abs=1e-6)
    assert _furthest(grid, [0.5, 1.1, 1.7]) < 0.03


def test_a_given_half_tempo_is_obeyed() -> None:
    grid = _rhythm(melody(bpm=120.0), Given(tempo_bpm=60.0)).grid
    assert grid.tempo_bpm == pytest.approx(60.0, rel=0.01)


def test_a_given_downbeat_is_a_bar_line() -> None:
    notes = melody(bpm=100.0, first_beat_s=0.5)
    rhythm = _rhythm(notes, Given(downbeat_s=0.5 + 2 * 0.6))
    assert np.abs(np.asarray(rhythm.grid.downbeats_s) - 1.7).min() < 0.01
    assert rhythm.readings[0].downbeat == 1.0


@pytest.mark.parametrize("meter", [Meter(*pair) for pair in Meter.SUPPORTED], ids=str)
def test_a_given_meter_is_kept(meter: Meter) -> None:
    rhythm = _rhythm(melody(bpm=100.0), Given(meter=meter))
    assert all(found.grid.meter == meter for found in rhythm.readings)
    grid = _rhythm(
        melody(bpm=100.0, first_beat_s=0.5), Given(tempo_bpm=100.0, downbeat_s=0.5, meter=meter)
    ).grid
    bar_s = meter.numerator * 4 / meter.denominator * 0.6
    assert np.diff(grid.downbeats_s) == pytest.approx(bar_s)
    assert grid.tempo_bpm == pytest.approx(100.0)


@pytest.mark.parametrize(("meter", "strokes"), [(Meter(5, 4), (0, 3)), (Meter(7, 8), (0, 1, 2))], ids=str)
def test_odd_bars_are_found_in_a_given_meter(meter: Meter, strokes: tuple[int, ...]) -> None:
    quarters = meter.numerator * 4 / meter.denominator
    tune = [
        (bar * quarters + place, 0.9, 60 + (bar % 3) + 2 * (place == 0))
        for bar in range(12)
        for place in strokes
    ]
    grid = _rhythm(_jittered(melody(tune, bpm=100.0), 0.01), Given(tempo_bpm=100.0, meter=meter)).grid
    bars = np.asarray(grid.downbeats_s)
    beat_s = 60.0 / 100.0 * meter.beat_quarters
    starts = 0.5 + 0.6 * quarters * np.arange(12)
    off = np.abs(bars[None] - starts[:, None]).min(axis=1)
    assert off.max() == pytest.approx(off.min(), abs=0.05)  # one place of the bar throughout
    assert np.abs((off + beat_s / 2) % beat_s - beat_s / 2).max() < 0.05  # and on a beat


def test_confidence_falls_when_notes_fall_anywhere() -> None:
    rng = np.random.default_rng(5)
    starts = np.sort(rng.uniform(0.5, 20.0, 30))
    wild = [VocalNote(float(t), float(t) + 0.1, float(rng.integers(55, 70))) for t in starts]
    clear, unclear = _rhythm(melody(bpm=100.0)), _rhythm(wild)
    assert clear.readings[0].chance > 0.4 > unclear.readings[0].chance
    assert clear.tempo > unclear.tempo


def test_two_notes_give_a_plain_grid() -> None:
    rhythm = _rhythm(melody()[:2])
    assert rhythm.grid.meter == Meter(4, 4)
    assert (rhythm.tempo, rhythm.readings[0].chance, rhythm.readings[0].downbeat) == (0.0, 0.0, 0.0)


def test_a_steady_singer_gets_an_exactly_regular_grid() -> None:
    rng = np.random.default_rng(2)
    sixteenths = np.arange(0, 160, 4)
    times = 0.3 + sixteenths * 0.15 + rng.normal(0, 0.015, len(sixteenths))
    grid = build_grid(sixteenths, times, np.ones(len(times)), Meter(4, 4), 26.0)
    steps = np.diff(grid.times_s)
    assert steps.max() - steps.min() < 1e-9
    assert steps[0] == pytest.approx(0.6, abs=0.002)


def test_a_singer_who_lingers_on_single_notes_is_followed() -> None:
    notes = melody(TUNE * 2, bpm=80.0, first_beat_s=0.5)
    generator = np.random.default_rng(3)
    knots = np.arange(0.5, notes[-1].end_s + 1.5, 0.75)  # beats, each up to a fifth longer or shorter
    freely = 0.5 + np.append(0.0, np.cumsum(0.75 * generator.uniform(0.8, 1.2, len(knots) - 1)))

    def sung(time_s: float) -> float:
        return float(np.interp(time_s, knots, freely))

    free = [replace(n, start_s=sung(n.start_s), end_s=sung(n.end_s)) for n in notes]
    on_beats = [
        n.start_s
        for n, even in zip(free, notes, strict=True)
        if abs(((even.start_s - 0.5) / 0.75 + 0.5) % 1 - 0.5) < 1e-6
    ]
    times = np.asarray(_rhythm(free).grid.times_s)
    near = [np.abs(times - time).min() < 0.07 for time in on_beats]
    assert np.mean(near) > 0.8
