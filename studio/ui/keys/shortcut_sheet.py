"""All keys on one page, each to be changed by a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import later, tr
from studio.ui.appearance.widgets import label, set_role, set_state, tight
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_table import BY_NAME, EXTRAS, SHORTCUTS, Shortcut
from studio.ui.keys.shortcut_table import RATING as RATING_KEYS

#: Entries that share a line, by what their names begin with; each has a key of its own there.
_SERIES = {
    "candidate_": later("Candidate 1 to 8"),
    "rate_": later("Rate the one heard 1 to 5, none"),
    "r_hear_": later("Hear A to D"),
    "r_best_": later("Best: A to D"),
    "r_worst_": later("Worst: A to D"),
    "r_stars_": later("Stars for the one heard 1 to 5, none"),
}
_CAPS_A_ROW = 4
#: Pixels between the columns, and what is not theirs of the screen.
_BETWEEN, _BESIDE = 32, 112
ALL = (
    (later("File"), later("Edit"), later("Listen")),
    (later("Record"), later("Judge")),
    (later("Candidates"), later("View"), later("Help")),
)
#: While the pages of taste have the keys.
RATING = ((later("Rating"),),)


class KeyCap(QToolButton):
    """The key of an action. A click waits for another key: Escape keeps the old one, Backspace leaves none."""

    chosen = Signal(object)

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self._text = text
        set_role(self, "key")
        self.setAccessibleName(tr("Key for {what}", what=what))
        self.setToolTip(tr("Click, then press another key"))
        self.clicked.connect(self._wait)
        self.waiting = False
        self.show_key(text)

    def show_key(self, text: str) -> None:
        self._text, self.waiting = text, False
        self.setText(text or "–")
        set_state(self, "waiting", False)

    def _wait(self) -> None:
        self.waiting = True
        self.setText(tr("press a key"))
        set_state(self, "waiting", True)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifier = event.key() in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
        if not self.waiting:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self.show_key(self._text)
        elif event.key() == Qt.Key.Key_Backspace:
            self.chosen.emit(QKeySequence())
        elif not modifier:
            self.chosen.emit(QKeySequence(event.keyCombination()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self.waiting:
            self.show_key(self._text)
        super().focusOutEvent(event)


class ShortcutSheet(QDialog):
    """Groups in columns; any key that closes dialogs closes it.

    Args:
        actions: whose shortcuts change with the keys.
        columns: groups of the table.
    """

    def __init__(
        self,
        keys: KeyMap,
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
        columns: Sequence[Sequence[str]] = ALL,
    ) -> None:
        super().__init__(parent)
        self._keys, self._actions = keys, actions
        self.caps: dict[str, KeyCap] = {}
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(16)
        sides = QHBoxLayout()
        sides.setSpacing(_BETWEEN)
        blocks = {group: self._block(group) for groups in columns for group in groups}
        room = self.screen().availableSize().width() - _BESIDE
        for groups in _fitting(columns, {group: block.sizeHint() for group, block in blocks.items()}, room):
            side = QVBoxLayout()
            side.setSpacing(16)
            for group in groups:
                side.addWidget(blocks[group])
            side.addStretch(1)
            sides.addLayout(side)
        column.addLayout(sides)
        self.message = label(tr("Click a key to change it."), "muted")
        self.message.setVisible(bool(self.caps))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        if self.caps:
            again = buttons.addButton(tr("All as they were"), QDialogButtonBox.ButtonRole.ResetRole)
            again.clicked.connect(self._reset)
        bottom = QHBoxLayout()
        bottom.addWidget(self.message, 1)
        bottom.addWidget(buttons)
        column.addLayout(bottom)

    def _block(self, group: str) -> QWidget:
        widget = QWidget(self)
        block = QVBoxLayout(widget)
        tight(block, spacing=6)
        block.addWidget(label(tr(group).upper(), "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight
        for row, (what, shortcuts, fixed) in enumerate(_lines(group)):
            grid.addWidget(label(what), row, 0)
            if not shortcuts:
                grid.addWidget(label(fixed, "muted"), row, 1, right)
                continue
            caps = QGridLayout()
            caps.setSpacing(2)
            for place, shortcut in enumerate(shortcuts):
                cap = self.caps[shortcut.name] = KeyCap(
                    self._keys.shown(shortcut), tr(shortcut.text).rstrip(" …")
                )
                cap.chosen.connect(lambda key, shortcut=shortcut: self._choose(shortcut, key))
                caps.addWidget(cap, place // _CAPS_A_ROW, place % _CAPS_A_ROW, right)
            grid.addLayout(caps, row, 1, right)
        block.addLayout(grid)
        for part in widget.findChildren(QWidget):
            part.ensurePolished()  # how wide it is depends on it
        return widget

    def _choose(self, shortcut: Shortcut, key: QKeySequence) -> None:
        taken = self._keys.choose(shortcut, key)
        if taken is not None:
            pressed = key.toString(QKeySequence.SequenceFormat.NativeText)
            self.message.setText(
                tr("{pressed} is taken: {text}", pressed=pressed, text=tr(taken.text).rstrip(" …"))
            )
        else:
            self.message.setText(tr("Remembered."))
        self._show()

    def _reset(self) -> None:
        self._keys.reset()
        self.message.setText(tr("All keys are as they were."))
        self._show()

    def _show(self) -> None:
        for name, cap in self.caps.items():
            cap.show_key(self._keys.shown(BY_NAME[name]))
            if name in self._actions:
                self._actions[name].setShortcuts([QKeySequence(k) for k in self._keys.keys(BY_NAME[name])])


def _fitting(
    columns: Sequence[Sequence[str]], sizes: Mapping[str, QSize], room: int
) -> Sequence[Sequence[str]]:
    """The groups in as many columns as there is room for: as given, else in two of about the same height, else in one.

    Args:
        room: pixels.
    """
    groups = [group for column in columns for group in column]

    def unlike(split: int) -> int:
        high = [sizes[group].height() for group in groups]
        return abs(sum(high[:split]) - sum(high[split:]))

    middle = min(range(1, len(groups) + 1), key=unlike)
    for choice in (columns, (groups[:middle], groups[middle:])):
        widths = [max((sizes[group].width() for group in column), default=0) for column in choice]
        if sum(widths) + _BETWEEN * (len(widths) - 1) <= room:
            return choice
    return (groups,)


def _lines(group: str) -> list[tuple[str, list[Shortcut], str]]:
    """(what, its shortcuts, or its keys where they are fixed) of every line of a group."""
    found: list[tuple[str, list[Shortcut], str]] = []
    series: dict[str, list[Shortcut]] = {}
    for shortcut in (*SHORTCUTS, *RATING_KEYS):
        if shortcut.group != group:
            continue
        prefix = next((p for p in _SERIES if shortcut.name.startswith(p)), None)
        if prefix is None:
            found.append((tr(shortcut.text).rstrip(" …"), [shortcut], ""))
        elif prefix in series:
            series[prefix].append(shortcut)
        else:
            series[prefix] = [shortcut]
            found.append((tr(_SERIES[prefix]), series[prefix], ""))
    return found + [(tr(what), [], tr(keys)) for owner, what, keys in EXTRAS if owner == group]
