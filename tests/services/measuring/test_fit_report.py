"""Each measure against a sound or a score whose answer is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from studio.core.analysis import VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.music import Chord, Meter
from studio.dsp.loudness import integrated_lufs
from studio.services.measuring.fit_report import FitReport, chord_fit, report_fit
from tests.services.band import RATE, make_analysis, make_arrangement

SECONDS = 24.0
GRID = BeatGrid.regular(120.0, Meter(4, 4), SECONDS)
SILENCE = np.zeros(round(SECONDS * RATE))


def clicks(times_s: np.ndarray) -> np.ndarray:
    sound = SILENCE.copy()
    t = np.arange(6000) / RATE
    for time_s in times_s:
        start = round(float(time_s) * RATE)
        end = min(len(sound), start + len(t))
        sound[start:end] += (0.5 * np.sin(2 * np.pi * 900 * t) * np.exp(-t * 120))[: end - start]
    return sound


def tone(level: float = 0.1) -> np.ndarray:
    return level * np.sin(2 * np.pi * 440 * np.arange(len(SILENCE)) / RATE)


def candidate(stems: Mapping[str, np.ndarray]) -> Candidate:
    audio = {s: Audio(np.stack([x, x]).astype(np.float32), RATE) for s, x in stems.items()}
    return Candidate(1, make_arrangement(GRID), audio)


def analysis() -> VocalAnalysis:
    return replace(make_analysis(SECONDS, GRID), notes=(VocalNote(1.0, SECONDS - 1.0, 69.0),))


def measured(**stems: np.ndarray) -> FitReport:
    return report_fit(candidate(stems), analysis())


def test_a_band_on_the_grid_matches_and_one_that_drifts_does_not() -> None:
    on = clicks(np.arange(0.5, SECONDS - 0.5, 0.25))
    rushing = clicks(np.arange(0.5, SECONDS - 0.5, 0.25 * 0.95))
    assert measured(drums=on).beat_match == pytest.approx(1.0, abs=0.02)
    assert measured(drums=on, lead=tone()).problems == ()
    report = measured(drums=rushing)
    assert report.beat_match == pytest.approx(0.0, abs=0.2)
    assert "off the beat" in report.problems


def test_swung_eighths_are_on_the_beat() -> None:
    beats = np.arange(0.5, SECONDS - 0.5, 0.5)
    assert measured(drums=clicks(np.concatenate([beats, beats + 1 / 3]))).beat_match == pytest.approx(
        1, abs=0.05
    )


def test_a_band_without_attacks_has_no_beat_match() -> None:
    assert measured(lead=tone()).beat_match is None


def test_silence_clipping_and_noise() -> None:
    half = tone()
    half[: len(half) // 2] = 0.0
    assert measured(lead=half).silence == pytest.approx(0.5, abs=0.02)
    silent = measured(lead=SILENCE)
    assert silent.silence == 1.0
    assert silent.noise is None
    assert silent.problems == ("mostly silent",)
    assert measured(lead=tone()).silence == 0.0

    loud = measured(lead=np.clip(tone(3.0), -1, 1))
    # A sine of three times full scale is beyond it for 1 - 2 asin(1/3) / pi of the time.
    assert loud.clipping == pytest.approx(1 - 2 * np.arcsin(1 / 3) / np.pi, abs=0.02)
    assert "clipped" in loud.problems
    assert measured(lead=tone(0.99)).clipping == 0.0

    noise = np.random.default_rng(1).normal(0, 0.1, len(SILENCE))
    # The flatness of white noise measured on single windows is exp(-0.577).
    assert measured(lead=noise).noise == pytest.approx(np.exp(-np.euler_gamma), abs=0.03)
    assert "noise" in measured(lead=noise).problems
    assert measured(drums=noise, lead=tone()).noise == pytest.approx(0.0, abs=0.01)


def test_loudness_is_that_of_the_whole_band() -> None:
    stems = {"bass": tone(0.1), "lead": tone(0.05)}
    whole = integrated_lufs(Audio(np.stack([tone(0.15)] * 2).astype(np.float32), RATE))
    assert measured(**stems).loudness_lufs == pytest.approx(whole, abs=0.05)


def test_chord_fit_counts_chord_tones_and_half_of_passing_notes() -> None:
    arrangement = replace(make_arrangement(GRID), chords=(Chord.parse("Am"),) * GRID.beats)

    def fit(*pitches: float) -> float | None:
        notes = tuple(VocalNote(1.0 + k, 2.0 + k, p) for k, p in enumerate(pitches))
        return chord_fit(arrangement, replace(analysis(), notes=notes))

    assert fit(57.0, 60.2, 64.0) == 1.0
    assert fit(59.0) == 0.5
    assert fit(58.0) == 0.0
    assert fit(57.0, 58.0) == 0.5
    assert fit() is None
    silent = replace(arrangement, chords=(Chord(None),) * GRID.beats)
    assert chord_fit(silent, analysis()) is None


def test_a_long_note_is_judged_against_each_chord_it_is_held_over() -> None:
    chords = tuple(Chord.parse("Am" if beat < GRID.beats // 2 else "G#") for beat in range(GRID.beats))
    held = replace(analysis(), notes=(VocalNote(0.0, SECONDS, 69.0),))
    assert chord_fit(replace(make_arrangement(GRID), chords=chords), held) == pytest.approx(0.75, abs=0.03)


def test_measuring_is_cancelled() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        report_fit(candidate({"lead": tone()}), analysis(), cancel=cancel)
