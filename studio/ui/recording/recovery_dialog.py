"""Recordings that were cut off, offered at the next start: open, keep or delete each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.language import tr
from studio.services.recording.recording import Recovered
from studio.ui.appearance.widgets import label, push


class RecoveryDialog(QDialog):
    """Emits `open_requested` and `delete_requested` with a Recovered. Closing keeps what is left in its folder."""

    open_requested = Signal(object)
    delete_requested = Signal(object)

    def __init__(self, found: Sequence[Recovered], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Recordings that were cut off"))
        self.setMinimumWidth(480)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            label(tr("Backline ended while it was recording. This is what was kept:"), wrap=True)
        )
        self.found = tuple(found)
        self.rows: list[QWidget] = []
        for recovered in found:
            column.addWidget(self._row(recovered))
        note = tr("Recordings are kept in {parent}", parent=found[0].path.parent) if found else ""
        column.addWidget(label(note, "small", wrap=True))
        buttons = QDialogButtonBox()
        buttons.addButton(tr("Keep"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _row(self, recovered: Recovered) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        seconds = recovered.duration_s
        text = f"{recovered.path.stem}, {int(seconds) // 60}:{seconds % 60:04.1f}"
        line.addWidget(
            label(text + (tr(", over {song}", song=recovered.note.song) if recovered.note.song else "")), 1
        )
        opened, deleted = push(tr("Open"), primary=True), push(tr("Delete"))
        line.addWidget(opened)
        line.addWidget(deleted)

        def on_open() -> None:
            self.open_requested.emit(recovered)
            self.accept()

        def on_delete() -> None:
            self.delete_requested.emit(recovered)
            row.setEnabled(False)
            deleted.setText(tr("Deleted"))

        opened.clicked.connect(on_open)
        deleted.clicked.connect(on_delete)
        self.rows.append(row)
        return row
