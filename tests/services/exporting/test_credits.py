"""CREDITS.txt: whom to name for the recordings that are heard in an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import BAND, STEMS
from studio.core.band_comp import make_comp
from studio.core.band_ranges import BandComp
from studio.core.candidate import Candidate
from studio.core.comp_credits import parts_of, with_recordings
from studio.core.origin import Origin
from studio.services.exporting.contents import CLICK, MIDI, Contents
from studio.services.exporting.credits import credits_due, recordings_heard
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.handoff import ready_files
from studio.services.project.candidates import read_candidate, write_candidate
from studio.services.project.results import open_results
from studio.services.vocal import Vocal
from studio.storage.project_folder import ProjectFolder
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


def old_comps(vocal: Vocal, analysis: VocalAnalysis) -> list[Candidate]:
    """Two candidates, a comp of both, and a comp of that one, as they were kept before comps named anybody."""
    settings: list[dict[str, object]] = [
        {"recordings": [BASS]},
        {"recordings": [KIT, BASS]},
        {"change": "comp: bars 1-2 of 1, bar 3 of 2", "parent": 1},
        {"change": "comp: bars 0-2 of 3, bars 3-4 of 9", "parent": 3},  # 9 is gone
        {"change": "near variation", "parent": 2},
    ]
    return [replace(make_candidate(vocal, analysis, n), settings=s) for n, s in enumerate(settings, 1)]


def test_comps_of_a_project_that_named_nobody_name_those_of_their_parts(tmp_path: Path) -> None:
    vocal, analysis = make_vocal(1.0), make_analysis(1.0)
    folder = ProjectFolder(tmp_path / "Song.backline")
    folder.make()
    names = [
        write_candidate(folder, made, Origin("ab", "cd"))[0].folder for made in old_comps(vocal, analysis)
    ]
    read = [read_candidate(folder, name)[1] for name in names]
    assert [made.settings.get("recordings") for made in read] == [
        [BASS], [KIT, BASS], [BASS, KIT], [BASS, KIT], None,
    ]  # fmt: skip
    exported = export_candidate(
        ExportRequest(
            tmp_path / "out", vocal, analysis, read[2], 7, {}, contents=Contents(frozenset({"drums"}))
        )
    )
    assert exported.credits == (KIT,)


def test_comps_in_a_folder_of_results_do_as_well(tmp_path: Path) -> None:
    vocal, analysis = make_vocal(2.0), make_analysis(2.0)
    for made in old_comps(vocal, analysis):
        export_candidate(ExportRequest(tmp_path, vocal, analysis, made, 7, {}))
    (alone,) = open_results(tmp_path / "candidate_03").candidates
    assert alone.settings["recordings"] == [BASS, KIT]
    together = {made.number: made.settings.get("recordings") for made in open_results(tmp_path).candidates}
    assert together == {1: [BASS], 2: [KIT, BASS], 3: [BASS, KIT], 4: [BASS, KIT], 5: None}


def test_what_a_damaged_comp_says_of_its_parts_ends() -> None:
    round_and_round = {"change": "comp: bar 1 of 1, bar 2 of 2"}
    assert with_recordings(round_and_round, lambda _: round_and_round) == round_and_round
    for settings in (
        {"change": 3},
        {"change": "comp: "},
        {"recordings": [KIT], "change": "comp: bar 1 of 2"},
    ):
        assert with_recordings(settings, lambda _: {"recordings": [BASS]}) == settings
    assert parts_of({"change": "comp: bars -1-4 of 2, bar 5 of 13, bars 6-8 of 2"}) == (2, 13)
