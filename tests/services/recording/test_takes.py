"""Takes cut from a recording, the comp that chooses among them, and every sample of the vocal that results."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from studio.audio.take_file import TakeFile
from studio.core.analysis import VocalNote
from studio.core.audio import Audio
from studio.services.recording.takes import (
    BASE,
    CROSSFADE_S,
    Comp,
    Take,
    TakeSet,
    phrases,
    place_take,
    takes_of,
)
from studio.storage.recordings import RecordingNote
from tests.audio.loop import noise
from tests.services.band import make_analysis

RATE = 48000
FADE = round(CROSSFADE_S * RATE)


def record(path: Path, samples: np.ndarray) -> Path:
    file = TakeFile(path, RATE, len(samples))
    file.append(samples.T)
    file.close()
    return path


def spans(takes: tuple[Take, ...]) -> list[tuple[int, int, int]]:
    return [(t.first, t.frames, t.start) for t in takes]


def test_a_plain_recording_is_one_take() -> None:
    assert spans(takes_of(Path("a.wav"), RecordingNote(RATE, start=500), 90_000)) == [(0, 90_000, 500)]


def test_a_loop_gives_a_take_a_pass_and_drops_a_stump() -> None:
    note = RecordingNote(RATE, start=10_000, loop=(5_000, 35_000))
    takes = takes_of(Path("a.wav"), note, 25_000 + 30_000 + 30_000 + 1_000)
    assert spans(takes) == [(0, 25_000, 10_000), (25_000, 30_000, 5_000), (55_000, 30_000, 5_000)]


def test_a_punch_cuts_every_take() -> None:
    note = RecordingNote(RATE, start=0, punch=(20_000, 40_000))
    assert spans(takes_of(Path("a.wav"), note, 60_000)) == [(20_000, 20_000, 20_000)]
    looped = dataclasses.replace(note, loop=(0, 50_000))
    assert spans(takes_of(Path("a.wav"), looped, 100_000)) == [
        (20_000, 20_000, 20_000),
        (70_000, 20_000, 20_000),
    ]


def test_choosing_replaces_what_was_there_and_joins_equal_neighbours() -> None:
    comp = Comp(1000).choose(200, 600, 1).choose(400, 800, 2)
    assert comp.parts == ((0, BASE), (200, 1), (400, 2), (800, BASE))
    assert [comp.at(f) for f in (0, 199, 200, 399, 400, 799, 800, 999)] == [0, 0, 1, 1, 2, 2, 0, 0]
    assert comp.choose(200, 400, BASE).parts == ((0, BASE), (400, 2), (800, BASE))
    assert comp.choose(0, 1000, 3).parts == ((0, 3),)
    assert comp.choose(700, 700, 3) == comp


def test_the_comp_is_each_takes_own_samples_outside_short_crossfades(tmp_path: Path) -> None:
    base, sung = noise(1, 3 * RATE)[:1], noise(2, 2 * RATE)[:1]
    take = Take(record(tmp_path / "a.wav", sung), 0, 2 * RATE, RATE // 2, RATE)
    made = TakeSet.of(Audio(base, RATE)).with_takes((take,)).choose(BASE, 1.5, 2.0).render().samples
    assert made.shape == base.shape
    edges = [RATE // 2, 3 * RATE // 2, 2 * RATE, 5 * RATE // 2]
    near = np.zeros(made.shape[1], bool)
    for edge in edges:
        near[edge - FADE // 2 : edge + FADE // 2] = True
    placed = np.zeros_like(base)
    placed[:, RATE // 2 : 5 * RATE // 2] = sung
    of_take = np.zeros(made.shape[1], bool)
    of_take[edges[0] : edges[1]] = of_take[edges[2] : edges[3]] = True
    assert np.array_equal(made[:, of_take & ~near], placed[:, of_take & ~near])
    assert np.array_equal(made[:, ~of_take & ~near], base[:, ~of_take & ~near])


def test_a_crossfade_keeps_the_power_of_two_performances(tmp_path: Path) -> None:
    base, sung = noise(3, RATE)[:1], noise(4, RATE)[:1]
    take = Take(record(tmp_path / "a.wav", sung), 0, RATE, 0, RATE)
    powers = []
    for edge in range(10_000, 30_000, 100):
        made = TakeSet(Audio(base, RATE), (take,), Comp(RATE).choose(edge, RATE, 1)).render().samples
        powers.append(float(np.square(made[:, edge - FADE // 2 : edge + FADE // 2]).mean()))
    assert np.mean(powers) == pytest.approx(float(np.square(base).mean()), rel=0.03)


def test_a_take_at_another_rate_lands_at_the_same_time(tmp_path: Path) -> None:
    t = np.arange(RATE) / RATE
    sung = (np.sin(2 * np.pi * 500 * t) * np.hanning(RATE)).astype(np.float32)[None]
    take = Take(record(tmp_path / "a.wav", sung), 0, RATE, 24_001, RATE)
    placed = place_take(take, 3 * 44100, 44100).samples
    at = np.arange(3 * 44100) / 44100 - 24_001 / RATE
    expected = np.where(
        (at >= 0) & (at < 1), np.sin(2 * np.pi * 500 * at) * 0.5 * (1 - np.cos(2 * np.pi * at)), 0
    )
    np.testing.assert_allclose(placed[0], expected, atol=1e-3)


def test_a_take_is_heard_only_as_far_as_it_goes() -> None:
    base = Audio(np.zeros((1, 10 * RATE), np.float32), RATE)
    take = Take(Path("a.wav"), 0, 2 * RATE, 3 * RATE, RATE)
    takes = TakeSet.of(base).with_takes((take,)).choose(BASE, 0, 10).choose(1, 4.0, 9.0)
    assert takes.comp.parts == ((0, BASE), (4 * RATE, 1), (5 * RATE, BASE))
    assert takes.covers(1, 4.5, 6.0)
    assert not takes.covers(1, 5.0, 6.0)
    assert [takes.heard(*span) for span in ((4.0, 5.0), (4.5, 6.0), (6.0, 7.0))] == [{1}, {1, BASE}, {BASE}]


def test_of_loop_takes_the_last_whole_one_is_heard() -> None:
    base = Audio(np.zeros((1, 10 * RATE), np.float32), RATE)
    whole = Take(Path("a.wav"), 0, 3 * RATE, 2 * RATE, RATE)
    stump = dataclasses.replace(whole, first=6 * RATE, frames=RATE)
    first = TakeSet.of(base).with_takes((whole, whole, stump))
    assert first.comp.parts == ((0, BASE), (2 * RATE, 2), (5 * RATE, BASE))
    again = first.with_takes((stump,))
    assert again.comp.parts == ((0, BASE), (2 * RATE, 4), (3 * RATE, 2), (5 * RATE, BASE))


def test_phrases_are_cut_in_the_rests_and_cover_the_song() -> None:
    notes = tuple(
        VocalNote(a, b, 60.0) for a, b in ((0.5, 1.0), (1.1, 2.0), (2.6, 3.5), (3.9, 4.0), (5.0, 6.0))
    )
    analysis = dataclasses.replace(make_analysis(7.0), notes=notes)
    cuts = [start for start, _ in phrases(analysis)]
    assert cuts == pytest.approx([0.0, 2.3, 3.7])
    assert phrases(analysis)[-1][1] == 7.0
