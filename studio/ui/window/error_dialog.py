"""The one way a failure is shown: what failed, what was found, what was expected, what to do."""

from __future__ import annotations

import traceback

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.ui.appearance.widgets import label, push
from studio.ui.window.question_box import put_in_the_middle


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
            parts = ((tr("Found"), error.seen), (tr("Expected"), error.expected), (tr("Next"), error.todo))
        else:
            title = tr("Something went wrong that should not")
            parts = (
                (tr("Found"), f"{type(error).__name__}: {error}"),
                (tr("Next"), tr("Please report it with the details below")),
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
        self.report, close = push(tr("Copy fault report")), push(tr("Close"), primary=True)
        self.report.setToolTip(tr("Versions, devices and the last of the log; no sound, no names of yours"))
        self.report.clicked.connect(lambda: self.report_wanted.emit(error))
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.report)
        buttons.addWidget(close)
        column.addSpacing(4)
        column.addLayout(buttons)
        close.setFocus()  # in its place by now: before, it would be nobody's

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        put_in_the_middle(self)

    @property
    def text(self) -> str:
        """Everything it says, for tests and screen readers."""
        return "\n".join(part.text() for part in self.findChildren(QLabel))
