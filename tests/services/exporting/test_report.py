"""What a user gave is read back from a report as it was given."""

from __future__ import annotations

from studio.core.analysis import Given
from studio.core.music import Key, Meter
from studio.services.exporting.report import analysis_json, given_from_json
from tests.services.band import make_analysis


def test_given_values_survive_a_report() -> None:
    for given in (Given(), Given(120.0, Key.parse("A minor"), 0.42, Meter(4, 4)), Given(shift_beats=-0.5)):
        assert given_from_json(analysis_json(make_analysis(8.0, given=given))) == given
    # The bar line of the report lies where the shift has put it: it must not be shifted again.
    both = Given(downbeat_s=0.92, shift_beats=-1.0)
    assert given_from_json(analysis_json(make_analysis(8.0, given=both))) == Given(downbeat_s=0.42)
