"""The family tree: parents and their children, what each has of whom; every one can be heard, seen on its screen again,
and bred from.

Keys: arrows move and hear; Space plays; Enter shows the screen; Shift or Ctrl choose a second one; M breeds.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import tr
from studio.core.project import Project
from studio.ui.appearance.widgets import label, push
from studio.ui.rating.audition import Audition
from studio.ui.rating.deck import PhraseDeck
from studio.ui.rating.family import Member, members, roots
from studio.ui.rating.words import span

_KEY = Qt.ItemDataRole.UserRole


class _Tree(QTreeWidget):
    """Leaves the keys of the page to the page."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_M):
            event.ignore()
        else:
            super().keyPressEvent(event)


class LineagePage(QWidget):
    """Emits `breed` with the keys of two clips, and `revisit` with the number of a screen."""

    breed = Signal(object)
    revisit = Signal(int)

    def __init__(self, deck: PhraseDeck, audition: Audition) -> None:
        super().__init__()
        self._deck, self._audition = deck, audition
        self._family: dict[str, Member] = {}
        self.tree = _Tree()
        self.tree.setAccessibleName(tr("Family tree of the clips"))
        self.tree.setHeaderLabels([tr("Clip"), tr("What it has"), tr("What you said"), tr("Phrase")])
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        for column, mode in enumerate(
            (
                QHeaderView.ResizeMode.Interactive,
                QHeaderView.ResizeMode.Stretch,
                *[QHeaderView.ResizeMode.ResizeToContents] * 2,
            )
        ):
            header.setSectionResizeMode(column, mode)
        self.tree.setColumnWidth(0, 160)
        self.empty = label(
            tr("The tree grows from clips you liked: rate some screens first."), "muted", wrap=True
        )
        self.hint = label(
            tr("Arrows hear · Space plays · Enter shows the screen · two chosen can be bred (M)"), "muted"
        )
        self.again = push(tr("Show its screen"))
        self.again.setToolTip(tr("The screen it was on, with what you said (Enter)"))
        self.more = push(tr("More like these two"), primary=True)
        self.more.setToolTip(tr("Choose two: the next screen holds their children (M)"))
        bottom = QHBoxLayout()
        bottom.addWidget(self.hint, 1)
        bottom.addWidget(self.again)
        bottom.addWidget(self.more)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(16, 12, 16, 12)
        column_.setSpacing(10)
        column_.addWidget(label(tr("Where your clips come from"), "title"))
        column_.addWidget(self.empty)
        column_.addWidget(self.tree, 1)
        column_.addLayout(bottom)
        column_.addStretch(0)
        self.tree.currentItemChanged.connect(lambda item, _: self._hear(item))
        self.tree.itemSelectionChanged.connect(self._show_chosen)
        self.tree.itemDoubleClicked.connect(lambda item, _: self._revisit())
        self.again.clicked.connect(self._revisit)
        self.more.clicked.connect(self._breed)

    def show_project(self, project: Project) -> None:
        """Builds the tree; silent until somebody moves in it."""
        self._family = dict(members(project))
        self.tree.blockSignals(True)
        self.tree.clear()
        for key in roots(self._family):
            self.tree.addTopLevelItem(self._item(key))
        self.tree.expandAll()
        self.tree.blockSignals(False)
        there = self.tree.topLevelItemCount() > 0
        self.empty.setVisible(not there)
        for widget in (self.tree, self.hint, self.again, self.more):
            widget.setVisible(there)
        self._show_chosen()

    def _item(self, key: str) -> QTreeWidgetItem:
        member = self._family[key]
        item = QTreeWidgetItem([member.name, member.has, member.said, span(member.screen.phrase_s)])
        item.setData(0, _KEY, key)
        item.setToolTip(1, member.has)
        for child in member.children:
            item.addChild(self._item(child))
        return item

    def _chosen(self) -> list[str]:
        return [item.data(0, _KEY) for item in self.tree.selectedItems()]

    def _show_chosen(self) -> None:
        chosen = self._chosen()
        self.again.setEnabled(len(chosen) == 1)
        usable = all(self._family[key].clip.role != "anchor" for key in chosen)
        self.more.setEnabled(len(chosen) == 2 and usable)

    def _hear(self, item: QTreeWidgetItem | None) -> None:
        if item is None:
            return
        key = item.data(0, _KEY)
        member = self._family[key]
        near = [m.clip for m in self._family.values() if m.screen is member.screen]
        self._audition.hear(key, near, member.screen.phrase_s)

    def _revisit(self) -> None:
        chosen = self._chosen()
        if len(chosen) == 1:
            self.revisit.emit(self._family[chosen[0]].screen.number)

    def _breed(self) -> None:
        if self.more.isEnabled():
            self.breed.emit(tuple(self._chosen()))

    def handle(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Space:
            if self._deck.loaded:
                self._deck.toggle()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._revisit()
        elif key == Qt.Key.Key_M:
            self._breed()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self.tree.hasFocus():
            self.tree.setFocus()
            first = self.tree.topLevelItem(0)
            if (
                not self.tree.selectedItems() and first is not None
            ):  # the focus alone makes one current, not chosen
                item = self.tree.currentItem() or first
                self.tree.setCurrentItem(item)
                item.setSelected(True)
        else:
            return False
        return True
