"""All keys on one page."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.shortcuts import EXTRAS, SHORTCUTS
from studio.ui.widgets import label


def lines() -> list[tuple[str, str, str]]:
    """(group, what, keys) of every key; the eight candidates share one line."""
    found = []
    for shortcut in SHORTCUTS:
        if not shortcut.keys or (shortcut.name.startswith("candidate_") and shortcut.name != "candidate_1"):
            continue
        if shortcut.name == "candidate_1":
            found.append((shortcut.group, "Candidate 1 to 8", "Alt+1 … Alt+8"))
        else:
            keys = QKeySequence(shortcut.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
            found.append((shortcut.group, shortcut.text.rstrip(" …"), keys))
    found += EXTRAS
    order = list(dict.fromkeys(group for group, _, _ in found))
    return sorted(found, key=lambda line: order.index(line[0]))


class ShortcutSheet(QDialog):
    """Two columns of groups; any key that closes dialogs closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(16)
        sides = QHBoxLayout()
        sides.setSpacing(48)
        columns = (QVBoxLayout(), QVBoxLayout())
        for side in columns:
            side.setSpacing(20)
            sides.addLayout(side)
        for group, entries in groupby(lines(), key=lambda line: line[0]):
            block = QVBoxLayout()
            block.setSpacing(8)
            block.addWidget(label(group.upper(), "section"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(24)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(0, 1)
            for row, (_, what, keys) in enumerate(entries):
                grid.addWidget(label(what), row, 0)
                cap = label(keys, "muted")
                grid.addWidget(cap, row, 1, Qt.AlignmentFlag.AlignRight)
            block.addLayout(grid)
            columns[0 if group in ("File", "Listen") else 1].addLayout(block)
        for side in columns:
            side.addStretch(1)
        column.addLayout(sides)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
