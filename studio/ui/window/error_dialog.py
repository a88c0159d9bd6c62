"""The one way a failure is shown: what failed, what was found, what was expected, what to do."""

from __future__ import annotations

import traceback

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import StudioError
from studio.ui.appearance.widgets import label


class ErrorDialog(QDialog):
    """Shows a StudioError by its parts, any other exception by its name with the technical details at hand.

    Emits `report_wanted` with the error when it is to be copied as a fault report.
    """

    report_wanted = Signal(object)

    def __init__(self, error: Exception, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Backline")
        self.setMinimumWidth(460)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        parts: tuple[tuple[str, str], ...]
        if isinstance(error, StudioError):
            title = error.what
            parts = (("Found", error.seen), ("Expected", error.expected), ("Next", error.todo))
        else:
            title = "Something went wrong that should not"
            parts = (
                ("Found", f"{type(error).__name__}: {error}"),
                ("Next", "Please report it with the details below"),
            )
        heading = label(title, "title", wrap=True)
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (name, text) in enumerate((n, t) for n, t in parts if t):
            grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            value = label(text[:1].upper() + text[1:], wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(value, row, 1)
        column.addLayout(grid)
        if not isinstance(error, StudioError):
            details = QPlainTextEdit("".join(traceback.format_exception(error)))
            details.setReadOnly(True)
            details.setFixedHeight(140)
            column.addWidget(details)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()
        self.report = buttons.addButton("Copy fault report", QDialogButtonBox.ButtonRole.ActionRole)
        self.report.setToolTip("Versions, devices and the last of the log; no sound, no names of yours")
        self.report.clicked.connect(lambda: self.report_wanted.emit(error))
        column.addSpacing(4)
        column.addWidget(buttons)

    @property
    def text(self) -> str:
        """Everything it says, for tests and screen readers."""
        return "\n".join(part.text() for part in self.findChildren(QLabel))
