"""The measures of obedience, on cases with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.analysis import VocalNote
from studio.core.arrangement import Note
from studio.training.evaluate.controls import StyleJudge, agreement, rising
from tests.services.band import make_analysis, make_arrangement


def test_the_judge_knows_styles_that_differ_more_than_their_songs_do() -> None:
    rng = np.random.default_rng(0)
    styles = np.repeat([3, 8, 20], 50)
    features = rng.normal(0.0, 1.0, (150, 4))
    features[:, 0] += 5.0 * np.searchsorted([3, 8, 20], styles)
    judge = StyleJudge(features, styles)
    assert np.mean([judge.rank(f, int(s)) == 0 for f, s in zip(features, styles, strict=True)]) > 0.9
    assert judge.rank(np.array([5.0, 0, 0, 0]), 8) == 0
    assert judge.rank(np.array([0.0, 0, 0, 0]), 20) == 2


def test_agreement_counts_sung_time_in_the_chord_and_harmony_on_sung_pitches() -> None:
    # Am throughout the first bar: A is in the chord, B flat is not.
    analysis = make_analysis(3.0)
    bar_s = analysis.grid.times_s[0] + 0.1
    sung = (VocalNote(bar_s, bar_s + 0.3, 69.0), VocalNote(bar_s + 0.3, bar_s + 0.4, 70.0))
    notes = (Note(bar_s, bar_s + 0.2, 57, 90), Note(bar_s, bar_s + 0.2, 60, 90))
    arrangement = make_arrangement(analysis.grid, {"harmony": notes})
    inside, shared = agreement(arrangement, replace(analysis, notes=sung))
    assert inside == pytest.approx(0.75)
    assert shared == 0.5


def test_rising_counts_pairs() -> None:
    assert rising([[1.0, 2.0, 3.0], [1.0, 1.0, 2.0]]) == 0.75
