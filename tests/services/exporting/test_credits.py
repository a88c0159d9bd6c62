"""CREDITS.txt: whom to name for the recordings that are heard in an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.arrangement import BAND, STEMS
from studio.core.band_comp import make_comp
from studio.core.band_ranges import BandComp
from studio.services.exporting.contents import CLICK, MIDI, Contents
from studio.services.exporting.credits import credits_due, recordings_heard
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.handoff import ready_files
from tests.services.band import make_analysis, make_candidate, make_vocal

KIT = "A kit by Ada (CC BY 4.0)"
BASS = "A bass by Bo (CC0 1.0)"


def make_request(folder: Path, settings: Mapping[str, object]) -> ExportRequest:
    vocal = make_vocal(1.0)
    analysis = make_analysis(1.0)
    made = replace(make_candidate(vocal, analysis), settings=settings)
    return ExportRequest(folder, vocal, analysis, made, 7, {}, contents=Contents(frozenset({"drums"})))


def test_who_is_to_be_named_is_told_beside_the_files(tmp_path: Path) -> None:
    exported = export_candidate(make_request(tmp_path, {"recordings": [BASS, KIT]}))
    assert exported.credits == (KIT,)
    text = (exported.folder / "CREDITS.txt").read_text("utf-8")
    named, free = text.split("These ask for no credit")
    assert KIT in named
    assert "https://creativecommons.org/licenses/by/4.0/" in named
    assert BASS in free
    assert KIT not in free
    ready = ready_files(tmp_path)
    assert ready is not None
    assert ready.credits == exported.folder / "CREDITS.txt"
    # A set that lost them is none.
    ready.credits.unlink()
    assert ready_files(tmp_path) is None


@pytest.mark.parametrize("settings", [{}, {"recordings": []}, {"recordings": "a word"}, {"recordings": [3]}])
def test_a_band_without_recordings_gets_no_file(tmp_path: Path, settings: Mapping[str, object]) -> None:
    exported = export_candidate(make_request(tmp_path, settings))
    assert exported.credits == ()
    assert not (exported.folder / "CREDITS.txt").exists()


def test_files_in_which_no_band_is_heard_ask_for_nothing() -> None:
    settings = {"recordings": [KIT]}
    assert recordings_heard(settings, ("vocal", CLICK, MIDI)) == ()
    assert recordings_heard(settings, ("vocal", BAND)) == (KIT,)
    assert credits_due((BASS,)) == ()


def test_a_comp_names_all_whose_recordings_it_is_made_of() -> None:
    vocal, analysis = make_vocal(8.0), make_analysis(8.0)
    one = {"recordings": [BASS], "renderers": dict.fromkeys(STEMS, "recorded")}
    two = {"recordings": [KIT, BASS], "renderers": {**dict.fromkeys(STEMS, "recorded"), "lead": "network"}}
    candidates = {
        number: replace(make_candidate(vocal, analysis, number), settings=settings)
        for number, settings in ((1, one), (2, two))
    }
    made = make_comp(BandComp(analysis.grid.bars, ((0, 1), (2, 2))), candidates, 3)
    assert made.settings["recordings"] == [BASS, KIT]
    # Of a stem that some bars have from a network nothing is said.
    assert made.settings["renderers"] == dict.fromkeys(("drums", "bass", "harmony"), "recorded")
