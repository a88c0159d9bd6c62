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
HALF = Reading(BeatGrid.regular(60.0, Meter(4, 4), 12.0), Chord.parse_many("Am C"), 0.2)
THIRDS = Reading(BeatGrid.regular(80.0, Meter(4, 4), 12.0), Chord.parse_many("Am C"), 0.1)


def _heard(confidence: float, *others: Reading) -> VocalAnalysis:
    heard = make_analysis(12.0)
    sure = replace(heard.confidence, beats=confidence)
    return replace(heard, confidence=sure, alternatives=others or (HALF,))


def _tempi(analysis: VocalAnalysis, candidates: int, controls: Controls | None = None) -> list[int]:
    request = GenerationRequest(SILENCE, analysis, candidates, controls=controls or Controls())
    return [round(request.analysis_of(i + 1).tempo_bpm) for i in range(candidates)]


def test_candidates_are_shared_out_by_how_likely_the_readings_are() -> None:
    assert _tempi(_heard(0.55), 4) == [120, 120, 120, 60]
    assert _tempi(_heard(0.55), 8) == [120] * 6 + [60] * 2
    assert _tempi(_heard(0.3, HALF, THIRDS), 4) == [120, 120, 60, 80]
    assert _tempi(_heard(0.3, HALF, THIRDS), 8) == [120] * 4 + [60] * 3 + [80]
    assert _tempi(_heard(0.55), 1) == [120]


def test_the_first_candidate_takes_the_chosen_reading_however_small_its_chance() -> None:
    many = [replace(HALF, confidence=0.2) for _ in range(4)]
    assert _tempi(_heard(0.05, *many), 2) == [120, 60]


def test_a_sure_beat_or_given_chords_keep_one_reading() -> None:
    assert _tempi(_heard(0.9), 4) == [120] * 4
    assert _tempi(_heard(0.5), 4, Controls(chords=Chord.parse_many("C G"))) == [120] * 4
    assert _tempi(replace(_heard(0.5), alternatives=()), 4) == [120] * 4


def test_another_reading_brings_its_chords_and_its_confidence() -> None:
    other = _heard(0.5).read_as(HALF)
    assert other.chords == HALF.chords
    assert (other.confidence.tempo, other.confidence.beats) == (0.2, 0.2)
    assert other.alternatives == ()
    assert other.notes == _heard(0.5).notes
