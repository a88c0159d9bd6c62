"""What an export wrote, and that each file reads back as it was meant."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.language import tr
from studio.services.exporting.export import ExportedCandidate
from studio.ui.appearance.widgets import label, push


class ExportResult(QDialog):
    """Lists PASS by file, names the folder, and opens it."""

    def __init__(self, result: ExportedCandidate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Exported"))
        self.setMinimumWidth(540)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        passed = all(state == "PASS" for state in result.checks.values())
        column.addWidget(
            label(tr("Exported and verified") if passed else tr("Exported, but not all is well"), "title")
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
            text = tr(
                "To keep the loudest file below -1 dBTP, all files were taken down by {gain_db:.1f} dB.",
                gain_db=-result.gain_db,
            )
            column.addWidget(label(text, "muted", wrap=True))
        buttons = QHBoxLayout()
        self.open_folder = push(tr("Open folder"), icon_name="folder-open-outline")
        close = push(tr("Close"), primary=True)
        buttons.addWidget(self.open_folder)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addSpacing(4)
        column.addLayout(buttons)
        folder = QUrl.fromLocalFile(str(result.folder))
        self.open_folder.clicked.connect(lambda: QDesktopServices.openUrl(folder))
        close.clicked.connect(self.accept)
        close.setFocus()
