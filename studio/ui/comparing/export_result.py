"""What an export wrote, and that each file reads back as it was meant."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.services.exporting.export import ExportedCandidate
from studio.ui.appearance.widgets import label, push


class ExportResult(QDialog):
    """Lists PASS by file, names the folder, and opens it."""

    def __init__(self, result: ExportedCandidate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Exported")
        self.setMinimumWidth(540)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        passed = all(state == "PASS" for state in result.checks.values())
        column.addWidget(
            label("Exported and verified" if passed else "Exported, but not all is well", "title")
        )
        where = label(str(result.folder), "muted", wrap=True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(where)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        self.states = {}
        for row, (name, state) in enumerate(result.checks.items()):
            self.states[name] = label(state, "pass" if state == "PASS" else "fail")
            grid.addWidget(label(name), row, 0)
            grid.addWidget(self.states[name], row, 1, Qt.AlignmentFlag.AlignRight)
        column.addLayout(grid)
        if result.gain_db:
            text = f"To keep the loudest file below -1 dBTP, all files were taken down by {-result.gain_db:.1f} dB."
            column.addWidget(label(text, "muted", wrap=True))
        if result.nearest.is_like:
            column.addWidget(label(result.nearest.words, "fail", wrap=True))
        if any(state.startswith("none") for state in result.marks.states.values()):
            column.addWidget(label(_unmarked(result), "fail", wrap=True))
        buttons = QHBoxLayout()
        self.open_folder = push("Open folder", icon_name="folder-open-outline")
        close = push("Close", primary=True)
        buttons.addWidget(self.open_folder)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addSpacing(4)
        column.addLayout(buttons)
        folder = QUrl.fromLocalFile(str(result.folder))
        self.open_folder.clicked.connect(lambda: QDesktopServices.openUrl(folder))
        close.clicked.connect(self.accept)
        close.setFocus()


def _unmarked(result: ExportedCandidate) -> str:
    states = {name: state for name, state in result.marks.states.items() if state.startswith("none")}
    why = next(iter(states.values())).removeprefix("none: ")
    return f"Not marked as made by a machine: {', '.join(sorted(states))}. {why}"
