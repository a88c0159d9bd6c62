"""Who gets which reading of a doubtful beat."""

from dataclasses import replace

import numpy as np

from studio.core.analysis import Reading, VocalAnalysis
from studio.core.audio import Audio
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.request import GenerationRequest
from tests.services.band import make_analysis

SILENCE = Audio(np.zeros((1, 10), dtype=np.float32), 44100)
HALF = Reading(BeatGrid.regular(60.0, Meter(4, 4), 12.0), Chord.parse_many("Am C"), 0.4)


def _heard(confidence: float) -> VocalAnalysis:
    heard = make_analysis(12.0)
    return replace(heard, confidence=replace(heard.confidence, tempo=confidence), alternatives=(HALF,))


def _tempi(analysis: VocalAnalysis, candidates: int, controls: Controls | None = None) -> list[int]:
    request = GenerationRequest(SILENCE, analysis, candidates, controls=controls or Controls())
    return [round(request.analysis_of(i + 1).tempo_bpm) for i in range(candidates)]


def test_one_candidate_in_three_takes_the_second_reading_of_a_doubtful_beat() -> None:
    assert _tempi(_heard(0.5), 4) == [120, 120, 120, 60]
    assert _tempi(_heard(0.5), 8) == [120] * 6 + [60] * 2
    assert _tempi(_heard(0.5), 2) == [120, 120]


def test_a_sure_beat_or_given_chords_keep_one_reading() -> None:
    assert _tempi(_heard(0.9), 4) == [120] * 4
    assert _tempi(_heard(0.5), 4, Controls(chords=Chord.parse_many("C G"))) == [120] * 4
    assert _tempi(replace(_heard(0.5), alternatives=()), 4) == [120] * 4


def test_another_reading_brings_its_chords_and_its_confidence() -> None:
    other = _heard(0.5).read_as(HALF)
    assert other.chords == HALF.chords
    assert other.confidence.tempo == 0.4
    assert other.alternatives == ()
    assert other.notes == _heard(0.5).notes
