"""What a request is worth before it is begun: in proportion to the music that is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.engines import FASTSAG
from studio.core.request import GenerationRequest, Regenerate, Reinstrument, Vary
from studio.core.workload import arranging_work, playing_work, work_of
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

VOCAL = make_vocal(12.0)
ANALYSIS = make_analysis(12.0)


def request(candidates: int = 1, **changes: object) -> GenerationRequest:
    return replace(GenerationRequest(VOCAL.audio, ANALYSIS, candidates), **changes)  # type: ignore[arg-type]


def test_playing_is_each_candidates_own_and_arranging_is_partly_shared() -> None:
    assert playing_work(request(4)) == pytest.approx(4 * playing_work(request(1))) == pytest.approx(48.0)
    assert arranging_work(request(1)) < arranging_work(request(4)) < 4 * arranging_work(request(1))
    assert work_of(request(4)) == arranging_work(request(4)) + playing_work(request(4))


def test_a_part_is_less_work_than_a_song() -> None:
    parent = make_candidate(VOCAL, ANALYSIS)
    parent = replace(parent, recipe=make_recipe(parent))
    assert playing_work(request(change=Vary(parent, "near"))) == pytest.approx(12.0)
    two_bars = Regenerate(parent, (1, 2), ("drums",))
    assert playing_work(request(change=two_bars)) == pytest.approx(4.0 / 4, abs=0.05)
    assert playing_work(request(change=Regenerate(parent))) == pytest.approx(12.0, abs=0.05)
    on_organ = request(change=Reinstrument(parent, "harmony", "organ"))
    assert (playing_work(on_organ), arranging_work(on_organ)) == (pytest.approx(3.0), 0.0)


def test_an_engine_without_arrangements_arranges_nothing() -> None:
    assert arranging_work(request(2, engine=FASTSAG.name)) == 0.0
