"""Chords that were heard in a guide or a guitar are played; a proposal made up for a tune is not imposed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.candidate import Candidate
from studio.core.music import Chord
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.engine import BandEngine

CHORDS = Chord.parse_many("C#m A E B7")


@pytest.mark.parametrize("heard", [True, False])
def test_the_band_plays_the_chords_that_were_heard(
    engine: BandEngine, request_of_four_bars: GenerationRequest, heard: bool
) -> None:
    analysis = replace(request_of_four_bars.analysis, chords=CHORDS, chords_heard=heard)
    made: list[Candidate] = []
    engine.generate(
        replace(request_of_four_bars, analysis=analysis, candidates=1), Run(on_candidate=made.append)
    )
    bars = analysis.grid.bars
    assert (made[0].arrangement.bar_chords() == (CHORDS * 9)[:bars]) == heard
