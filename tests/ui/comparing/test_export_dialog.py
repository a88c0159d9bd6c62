"""What the dialog of exports says before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.services.exporting.levels import Levels
from studio.services.exporting.settings import ExportSettings
from studio.ui.comparing.export_dialog import Exportable, ExportDialog
from tests.services.band import make_analysis, make_candidate, make_vocal

#: The band of the second candidate was played with these.
RECORDINGS = ("A bass by Bo (CC0 1.0)", "A kit by Ada (CC BY 4.0)")


@pytest.fixture
def make_dialog(qtbot: QtBot, tmp_path: Path) -> Callable[[ExportSettings], ExportDialog]:
    def make(settings: ExportSettings) -> ExportDialog:
        vocal, analysis = make_vocal(1.0), make_analysis(1.0)
        candidates = {number: make_candidate(vocal, analysis, number) for number in (1, 2, 3)}
        candidates[2] = replace(candidates[2], settings={"recordings": RECORDINGS})
        song = Exportable(candidates, 1, (), None, "Ada", "Song", 44100)
        dialog = ExportDialog(song, settings, tmp_path, lambda: None)
        qtbot.addWidget(dialog)
        return dialog

    return make


def test_a_candidate_is_named_and_a_count_is_in_brackets(
    make_dialog: Callable[[ExportSettings], ExportDialog],
) -> None:
    which = make_dialog(ExportSettings("this")).which
    assert [which[name].text() for name in ("this", "favourites", "picked", "all")] == [
        "This one: candidate 1", "Favourites (0)", "The picked one", "All (3)",
    ]  # fmt: skip


def test_credits_are_told_where_recordings_are_heard(
    make_dialog: Callable[[ExportSettings], ExportDialog], qtbot: QtBot
) -> None:
    dialog = make_dialog(ExportSettings("this"))
    assert dialog.credits.isHidden()
    dialog.which["all"].click()
    qtbot.waitUntil(lambda: not dialog.credits.isHidden(), timeout=5000)
    assert "CREDITS.txt" in dialog.credits.text()
    # No band is heard in a MIDI file.
    midi = make_dialog(ExportSettings("all", frozenset({"midi"})))
    assert midi.credits.isHidden()


def test_the_range_of_what_all_candidates_are_lowered_by_is_told(
    make_dialog: Callable[[ExportSettings], ExportDialog],
) -> None:
    dialog = make_dialog(ExportSettings("all"))
    kept = Levels(0.0, 0.0, False, "mix", -3.0)
    dialog.show_levels(
        {1: Levels(-0.81, 0.0, False, "mix", -0.2), 2: kept, 3: Levels(-3.1, 0.0, False, "mix", 2.1)}
    )
    assert dialog.levels.text() == (
        "2 of 3 candidates are lowered, by 0.8 to 3.1 dB. The vocal files stay as they are, and are lowered in the "
        "mixes only."
    )
    dialog.show_levels({1: kept, 2: kept, 3: Levels(-1.0, -1.0, False, "mix", 0.0)})
    assert dialog.levels.text() == (
        "1 of 3 candidates is lowered, by 1.0 dB. The vocal file of each is lowered like its band."
    )
    dialog.show_levels({1: kept, 2: kept, 3: kept})
    assert dialog.levels.text() == "All levels of the 3 candidates stay as they are."
    # Which file is float all the same is told of each candidate.
    dialog.show_levels({1: kept, 2: Levels(-4.0, 0.0, True, "mix", 3.0), 3: kept})
    assert "beyond full scale" in dialog.levels.text()
    vocals = [line.split("_")[-1] for line in dialog.preview.toPlainText().splitlines() if "_vocal_" in line]
    assert vocals == ["44.1k24.wav", "44.1k32f.wav", "44.1k24.wav"]


def test_a_folder_that_is_taken_is_shown_with_its_number(
    make_dialog: Callable[[ExportSettings], ExportDialog], qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    dialog = make_dialog(ExportSettings("all", frozenset({"mix"})))

    def folders() -> list[str]:
        return [line for line in dialog.preview.toPlainText().splitlines() if line.endswith("/")]

    first, second, third = folders()
    (tmp_path / first).mkdir()
    (tmp_path / first.replace("/", "_v02")).mkdir()
    (tmp_path / third).mkdir()
    dialog.show_names()  # what was exported meanwhile
    assert folders() == [first.replace("/", "_v03/"), second, third.replace("/", "_v02/")]
    # Short names are numbered as well.
    (tmp_path / "candidate_02").mkdir()
    dialog.names.set_value(False)
    dialog.names.chosen.emit(False)
    qtbot.waitUntil(
        lambda: folders() == ["candidate_01/", "candidate_02_v02/", "candidate_03/"], timeout=5000
    )
    # Another folder has other names in it.
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(dialog, "_ask_folder", lambda: other)
    dialog.choose_folder.click()
    assert folders() == ["candidate_01/", "candidate_02/", "candidate_03/"]
