"""Who is heard in a candidate, as its row and its details say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.core.arrangement import Part
from studio.core.candidate import Candidate
from studio.ui.comparing.detail_words import instrument_words, settings_rows
from tests.services.band import make_analysis, make_candidate, make_vocal


def make(lead: Part, renderers: Mapping[str, str] | None = None) -> Candidate:
    made = make_candidate(make_vocal(1.0), make_analysis(1.0))
    arrangement = replace(made.arrangement, parts={**made.arrangement.parts, "lead": lead})
    settings = {} if renderers is None else {"renderers": renderers}
    return replace(made, arrangement=arrangement, settings=settings)


def test_an_instrument_that_plays_nothing_is_not_named() -> None:
    made = make(Part("brass section", ()))
    assert instrument_words(made) == "room kit, pick bass, piano"
    assert settings_rows(made)["Lead"] == "brass section: plays nothing"
    assert settings_rows(make(Part("none", ())))["Lead"] == "none"
    notes = made.arrangement.parts["bass"].notes
    assert instrument_words(make(Part("brass section", notes))) == "room kit, pick bass, piano, brass section"


def test_recorded_instruments_are_told_from_the_networks() -> None:
    silent = Part("brass section", ())
    all_three = dict.fromkeys(("drums", "bass", "harmony"), "recorded")
    assert instrument_words(make(silent, all_three)) == "Recorded: room kit, pick bass, piano"
    mixed = make(silent, {**all_three, "drums": "network"})
    assert instrument_words(mixed) == "Recorded: pick bass, piano · room kit"
    assert settings_rows(mixed)["Drums"] == "room kit (network)"
    assert settings_rows(mixed)["Bass"] == "pick bass (recorded)"
    networks = dict.fromkeys(all_three, "network")
    assert instrument_words(make(silent, networks)) == "room kit, pick bass, piano"
