"""Enter in a dialog presses the button that is drawn as the one to press, wherever the keys go when it opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QPushButton
from pytestqt.qtbot import QtBot

from studio.core.errors import StudioError
from studio.services.provenance.inspecting import UNKNOWN, Finding
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.found_dialog import FoundDialog
from studio.ui.window.machine_dialog import MachineDialog
from tests.services.band import make_analysis, make_candidate, make_vocal


def _regenerate() -> QDialog:
    candidate = make_candidate(make_vocal(), make_analysis(3.0))
    return RegenerateDialog(candidate, None)


def _error() -> QDialog:
    return ErrorDialog(StudioError("It failed", seen="this"))


def _found() -> QDialog:
    return FoundDialog(Finding(Path("a.wav"), UNKNOWN))


@pytest.mark.parametrize(
    ("make", "pressed"),
    [(_regenerate, "Regenerate"), (_error, "Close"), (_found, "Close"), (MachineDialog, "Close")],
)
def test_enter_presses_the_button_that_is_drawn_as_the_one_to_press(
    make: Callable[[], QDialog], pressed: str, qtbot: QtBot
) -> None:
    dialog = make()
    qtbot.addWidget(dialog)
    said: list[str] = []
    for button in dialog.findChildren(QPushButton):
        text = button.text().replace("&", "")
        button.clicked.connect(lambda _=False, text=text: said.append(text))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show()
    qtbot.waitExposed(dialog)
    qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert said == [pressed]
    assert not dialog.isVisible()
