"""Phrases on bar lines where the voice sings, everything cut down to them, and equal loudness, by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from studio.core.analysis import PitchTrack, Syllable, VocalNote
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.dsp.loudness import integrated_lufs, true_peak_db
from studio.services.taste.levels import MOST_DB, match, mixed, scaled
from studio.services.taste.phrase import Phrase, crop_analysis, crop_vocal, phrase_near, phrases
from tests.services.taste.song import analysis_of

RATE = 8000


def test_phrases_are_four_bars_on_bar_lines_where_most_is_sung_and_do_not_overlap() -> None:
    found = phrases(analysis_of())  # 40 s of bars of 2 s, sung from 8 s to 36 s
    assert [phrase.bars for phrase in found] == [4, 4, 4, 4][: len(found)]
    assert len(found) >= 3
    for phrase in found:
        assert phrase.start_s % 2.0 == 0.0
        assert phrase.end_s - phrase.start_s == 8.0
    assert all(phrase.start_s >= 8.0 and phrase.end_s <= 36.0 for phrase in found[:3])
    spans = sorted(phrase.span_s for phrase in found)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("bpm", "bars"), [(96.0, 4), (60.0, 2), (140.0, 5), (200.0, 8), (40.0, 2), (25.0, 1)]
)
def test_a_phrase_lasts_eight_to_ten_seconds_where_whole_bars_can(bpm: float, bars: int) -> None:
    best = phrases(analysis_of(bpm=bpm))[0]
    assert best.bars in (bars, bars + 1)
    lasts = best.end_s - best.start_s
    assert 7.5 <= lasts <= 10.5 or bpm in (40.0, 25.0)


def test_a_short_vocal_is_one_phrase_and_one_without_a_bar_is_refused() -> None:
    analysis = replace(analysis_of(6.0), grid=BeatGrid.regular(120.0, Meter(4, 4), 6.0))
    assert phrases(analysis)[0].span_s == (0.0, 6.0)
    with pytest.raises(StudioError, match="too short"):
        phrases(replace(analysis, duration_s=1.0))


def test_a_phrase_is_moved_to_the_bars_that_the_user_points_at() -> None:
    analysis = analysis_of()
    assert phrase_near(analysis, (15.1, 23.2)).span_s == (16.0, 24.0)
    assert phrase_near(analysis, (21.0, 25.2)).span_s == (20.0, 26.0) or phrase_near(
        analysis, (21.0, 25.2)
    ).span_s == (22.0, 26.0)
    assert phrase_near(analysis, (39.0, 47.0)).end_s == 40.0


def test_everything_is_cut_to_the_phrase_and_counted_from_its_start() -> None:
    times = np.arange(0.0, 40.0, 0.5)
    track = PitchTrack(times, *(times.astype(np.float32) for _ in range(3)))
    analysis = replace(
        analysis_of(),
        pitch=track,
        notes=(
            VocalNote(7.5, 8.5, 60.0),
            VocalNote(9.0, 9.5, 62.0),
            VocalNote(15.9, 17.0, 64.0),
            VocalNote(20, 21, 65),
        ),
        syllables=(Syllable(8.5, 7.9, 9.0), Syllable(16.5, 16.4, 17.0)),
        onsets_s=(7.5, 9.0, 15.9),
    )
    cropped = crop_analysis(analysis, Phrase(4, 8, 8.0, 16.0))
    assert cropped.duration_s == 8.0
    assert cropped.grid.times_s == tuple(np.arange(17) * 0.5)
    assert [(n.start_s, n.end_s) for n in cropped.notes] == [
        (0.0, 0.5),
        (1.0, 1.5),
        (pytest.approx(7.9), 8.0),
    ]
    assert [(s.onset_s, s.start_s) for s in cropped.syllables] == [(0.5, 0.0)]
    assert cropped.onsets_s == (1.0, pytest.approx(7.9))
    assert cropped.chords == analysis.chords[4:8]
    assert (cropped.pitch.times_s[0], len(cropped.pitch.times_s)) == (0.0, 16)
    assert cropped.pitch.f0_hz[0] == 8.0
    assert cropped.alternatives == ()


def test_the_vocal_is_cut_to_the_sample() -> None:
    samples = np.arange(40 * RATE, dtype=np.float32)[None]
    cut = crop_vocal(Audio(samples, RATE), Phrase(4, 8, 8.0, 16.0))
    assert (cut.frames, cut.samples[0, 0], cut.samples[0, -1]) == (8 * RATE, 8 * RATE, 16 * RATE - 1)


def tone(level: float, hertz: float = 440.0, rate: int = 48000) -> Audio:
    wave = level * np.sin(2 * np.pi * hertz * np.arange(3 * rate) / rate)
    return Audio(np.tile(wave.astype(np.float32), (2, 1)), rate)


def test_bands_are_brought_to_the_loudness_of_their_median_and_quiet_ones_stay_quiet() -> None:
    bands = [tone(0.1), tone(0.2), tone(0.05), tone(0.001)]
    levels = match(tone(0.1, 220.0), bands)
    assert levels.vocal_db == 0.0
    median = np.median([integrated_lufs(band) for band in bands])
    for band, gain_db in zip(bands[:3], levels.bands_db, strict=False):
        assert integrated_lufs(scaled(band, gain_db)) == pytest.approx(median, abs=0.02)
    assert levels.bands_db[3] == MOST_DB
    assert levels.bands_db[0] - levels.bands_db[1] == pytest.approx(20 * np.log10(2), abs=0.02)


def test_where_the_loudest_mix_would_clip_vocal_and_bands_give_way_together() -> None:
    vocal, bands = tone(0.8, 220.0), [tone(0.5), tone(0.4)]
    levels = match(vocal, bands)
    peaks = [
        true_peak_db(mixed(scaled(vocal, levels.vocal_db), scaled(band, gain_db)))
        for band, gain_db in zip(bands, levels.bands_db, strict=True)
    ]
    assert max(peaks) == pytest.approx(-1.0, abs=0.01)
    assert max(peaks) <= -1.0
    assert levels.vocal_db < -1.0


def test_silence_beside_silence_changes_nothing() -> None:
    assert match(tone(0.1), [tone(0.0), tone(0.0)]).bands_db == (0.0, 0.0)
