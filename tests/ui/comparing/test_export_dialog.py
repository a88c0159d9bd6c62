"""What the dialog of exports says before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

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
