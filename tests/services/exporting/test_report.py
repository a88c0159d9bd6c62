"""What a user gave is read back from a report as it was given."""

from __future__ import annotations

from dataclasses import replace

from studio.core.analysis import Given, Reading, Syllable
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.services.exporting.report import analysis_from_json, analysis_json, given_from_json
from tests.services.band import make_analysis


def test_given_values_survive_a_report() -> None:
    for given in (
        Given(),
        Given(120.0, Key.parse("A minor"), 0.42, Meter(4, 4)),
        Given(shift_beats=-0.5),
        Given(drift=False, tuning=0.0),
    ):
        assert given_from_json(analysis_json(make_analysis(8.0, given=given))) == given
    # The bar line of the report lies where the shift has put it: it must not be shifted again.
    both = Given(downbeat_s=0.92, shift_beats=-1.0)
    assert given_from_json(analysis_json(make_analysis(8.0, given=both))) == Given(downbeat_s=0.42)


def test_readings_and_syllables_survive_a_report() -> None:
    half = Reading(BeatGrid.regular(60.0, Meter(3, 4), 8.0), Chord.parse_many("Am F"), 0.25)
    sung = (Syllable(0.5, 0.45, 0.9, 0.8, -12.0, 60.5, (-0.5, 0.0, 0.0, 0.0, 0.25)), Syllable(1.0, 1.0, 1.2))
    analysis = replace(make_analysis(8.0), alternatives=(half,), syllables=sung, tuning_cents=-32.0)
    content = analysis_json(analysis)
    first, second = content["readings"]  # type: ignore[misc]
    assert first["beats_s"] == content["beats_s"]
    assert first["probability"] == 0.5
    assert (second["tempo_bpm"], second["meter"], second["probability"]) == (60.0, "3/4", 0.25)
    assert second["first_downbeat_s"] == 0.0
    back = analysis_from_json(content)
    assert back.syllables == sung
    assert back.tuning_cents == -32.0
    (reading,) = back.alternatives
    assert (reading.grid, reading.chords, reading.confidence) == (half.grid, half.chords, half.confidence)
