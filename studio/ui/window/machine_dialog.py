"""What works on this machine: a line for each part, with what to do about it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.core.language import later, tr
from studio.ui.appearance.language import dated
from studio.ui.appearance.widgets import icon, label, push

_LOOKS = {
    "OK": ("check-circle-outline", "good", later("works")),
    "WARN": ("alert-outline", "warning", later("to know")),
    "FAIL": ("close-circle-outline", "danger", later("does not work")),
}


_ORDER = {"FAIL": 0, "WARN": 1, "OK": 2}


class Line(Protocol):
    """A finding, or one that is remembered."""

    @property
    def name(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def seen(self) -> str: ...
    @property
    def todo(self) -> str: ...


class MachineDialog(QDialog):
    """Emits `check_wanted` and `report_wanted`. Other windows stay usable while it is open."""

    check_wanted = Signal()
    report_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("This machine"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        self.title = label(tr("This machine"), "title")
        column.addWidget(self.title)
        about = tr("Each part is tried for a moment, in a process of its own. Nothing is sent anywhere.")
        column.addWidget(label(about, "muted", wrap=True))
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 12, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(2, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        scroll.setAccessibleName(tr("Findings"))
        column.addWidget(scroll, 1)
        self.state = label("", "muted", wrap=True)
        column.addWidget(self.state)
        buttons = QHBoxLayout()
        self.again = push(tr("Check again"), icon_name="refresh")
        self.report = push(tr("Copy fault report"), icon_name="content-copy")
        self.report.setToolTip(tr("Versions, devices and the last of the log; no sound, no names of yours"))
        close = push(tr("Close"), primary=True)
        buttons.addWidget(self.again)
        buttons.addWidget(self.report)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addLayout(buttons)
        self.again.clicked.connect(self.check_wanted)
        self.report.clicked.connect(self.report_wanted)
        close.clicked.connect(self.accept)
        close.setFocus()
        self._lines: list[Line] = []

    @property
    def text(self) -> str:
        """Everything it says, for tests."""
        return "\n".join(part.text() for part in self.findChildren(QLabel) if part.text())

    def begin(self) -> None:
        """Everything is tried anew."""
        self._clear()
        self.again.setEnabled(False)
        self.title.setText(tr("This machine"))
        self.state.setText(tr("Trying one part after the other; you can work meanwhile."))

    def _clear(self) -> None:
        self._lines.clear()
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()

    def add(self, line: Line) -> None:
        """One finding more."""
        row = len(self._lines)
        self._grid.setRowStretch(row, 0)
        self._lines.append(line)
        picture, colour, word = _LOOKS.get(line.status, _LOOKS["WARN"])
        mark = QLabel()
        mark.setPixmap(icon(picture, colour).pixmap(QSize(18, 18)))
        mark.setAccessibleName(tr(word))
        mark.setToolTip(tr(word))
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(mark, row, 0, top)
        self._grid.addWidget(label(line.name, "strong"), row, 1, top)
        what = QVBoxLayout()
        what.setSpacing(2)
        box = QWidget()
        box.setLayout(what)
        what.setContentsMargins(0, 0, 0, 0)
        for text, role in ((line.seen, ""), (line.todo, "muted")):
            if text:
                part = label(_sentence(text), role, wrap=True)
                part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                what.addWidget(part)
        self._grid.addWidget(box, row, 2)
        self._grid.setRowStretch(row + 1, 1)

    def show_examined(self, at: str) -> None:
        """All is found out: what is wrong comes first, then what is to know.

        Args:
            at: ISO 8601; empty where nothing was remembered.
        """
        self.again.setEnabled(True)
        lines = sorted(self._lines, key=lambda line: _ORDER.get(line.status, 1))
        self._clear()
        for line in lines:
            self.add(line)
        failed = sum(line.status == "FAIL" for line in self._lines)
        told = sum(line.status == "WARN" for line in self._lines)
        if not self._lines:
            self.title.setText(tr("This machine was not looked at yet"))
        elif failed:
            self.title.setText(tr("Some of it does not work here"))
        else:
            self.title.setText(tr("It works here, with a remark") if told else tr("Everything works here"))
        when = dated(at, tr("d MMMM yyyy, HH:mm"))
        self.state.setText(tr("Looked at {when}", when=when) if when else "")


def _sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a file."""
    first = text.split()[0]
    return text if "_" in first or "." in first.rstrip(".,") else text[:1].upper() + text[1:]
