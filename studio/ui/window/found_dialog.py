"""What is known of a file that was dropped on the window, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.core.language import tr
from studio.services.provenance.inspecting import Finding
from studio.services.provenance.telling import facts, headline
from studio.ui.appearance.widgets import label, push


class FoundDialog(QDialog):
    """Emits `restore_wanted` with the Ticket, and `open_wanted` with the file that is to be a vocal all the same.

    Args:
        opened: whether it was opened as a vocal already.
    """

    restore_wanted = Signal(object)
    open_wanted = Signal(object)

    def __init__(self, finding: Finding, parent: QWidget | None = None, *, opened: bool = False) -> None:
        super().__init__(parent)
        self.setWindowTitle(finding.path.name)
        self.setMinimumWidth(480)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(label(headline(finding), "title", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(facts(finding)):
            grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            shown = label(value, wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(shown, row, 1)
        column.addLayout(grid)
        self.restore = push(tr("Restore this request"), primary=True)
        self.restore.setToolTip(tr("The same vocal, wishes and seed; Generate then makes the same bands"))
        self.restore.setVisible(finding.ticket is not None)
        self.open_vocal = push(tr("Open as a vocal"))
        self.open_vocal.setVisible(not opened)
        close = push(tr("Close"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_vocal)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.restore)
        column.addSpacing(4)
        column.addLayout(buttons)
        self._finding = finding
        self.restore.clicked.connect(self._restore)
        self.open_vocal.clicked.connect(self._open)
        close.clicked.connect(self.reject)
        (close if finding.ticket is None else self.restore).setDefault(True)
        (close if finding.ticket is None else self.restore).setFocus()

    @property
    def text(self) -> str:
        """Everything it says, for tests and screen readers."""
        return "\n".join(part.text() for part in self.findChildren(QLabel))

    def _restore(self) -> None:
        self.accept()
        self.restore_wanted.emit(self._finding.ticket)

    def _open(self) -> None:
        self.accept()
        self.open_wanted.emit(self._finding.path)
