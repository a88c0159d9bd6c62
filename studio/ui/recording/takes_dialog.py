"""The takes of the song, phrase by phrase: a click chooses which one is heard there."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import tr
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import label
from studio.ui.listening.playback import Playback
from studio.ui.recording.takes import Spans, Takes
from studio.ui.window.workspace import Workspace

#: Room beside the words of a cell, pixels.
_BESIDE_WORDS = 20


class _Table(QTableWidget):
    """Keys for what the mouse does: Enter on a cell, Shift+Enter for its column, Space for its row."""

    column_wanted = Signal(int)
    row_wanted = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.column_wanted.emit(self.currentColumn())
        elif enter:
            self.cellActivated.emit(self.currentRow(), self.currentColumn())
        elif event.key() == Qt.Key.Key_Space:
            self.row_wanted.emit(self.currentRow())
        else:
            super().keyPressEvent(event)


class _Ringed(QStyledItemDelegate):
    """A ring around the cell that keys are for, over whatever colour it has."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.current().colour("text"), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))


class TakesDialog(QDialog):
    """A row a phrase, a column a take; the first column is the vocal before all takes."""

    def __init__(
        self, takes: Takes, workspace: Workspace, playback: Playback, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._takes, self._workspace, self._playback = takes, workspace, playback
        self.setWindowTitle(tr("Takes"))
        self.resize(560, 420)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.table = _Table()
        self.table.setItemDelegate(_Ringed(self.table))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setTabKeyNavigation(False)  # Tab leaves the table, arrows go about in it
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        words = self.table.fontMetrics()
        header.setMinimumSectionSize(
            max(words.horizontalAdvance(text) for text in (tr("heard here"), tr("in part"), tr("sung")))
            + _BESIDE_WORDS
        )
        self.table.cellActivated.connect(self._choose)
        self.table.cellClicked.connect(self._choose)
        self.table.horizontalHeader().sectionClicked.connect(self._choose_everywhere)
        self.table.verticalHeader().sectionClicked.connect(self._hear)
        self.table.column_wanted.connect(self._choose_everywhere)
        self.table.row_wanted.connect(self._hear)
        self._spans: Spans = ()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        about = tr(
            "Click a take to hear it in that phrase (Enter), its name to hear it throughout (Shift+Enter), "
            "a time to go there (Space)."
        )
        column.addWidget(label(about, "muted", wrap=True))
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        workspace.changed.connect(self._fill)
        workspace.opened.connect(self.close)  # another song has other takes
        self._fill()
        self.table.setCurrentCell(0, 0)
        self.table.setFocus()

    def _fill(self) -> None:
        takes, song = self._workspace.project.takes, self._workspace.song
        if song is None:
            return
        self._spans = self._takes.phrases()
        self.table.setRowCount(len(self._spans))
        self.table.setColumnCount(len(takes) + 1)
        names = [tr("Before")] + [tr("Take {n}", n=n) for n in range(1, len(takes) + 1)]
        self.table.setHorizontalHeaderLabels(names)
        self.table.setVerticalHeaderLabels([_clock(start) for start, _ in self._spans])
        for row, (start, end) in enumerate(self._spans):
            heard = self._takes.heard(start, end)
            for number in range(len(names)):
                covers = self._takes.covers(number, start, end)
                self.table.setItem(row, number, _cell(number in heard, len(heard) == 1, covers))

    def _choose(self, row: int, number: int) -> None:
        start, end = self._spans[row]
        if self._takes.covers(number, start, end):
            self._takes.choose(number, start, end)

    def _choose_everywhere(self, number: int) -> None:
        self._takes.choose(number, 0.0, self._spans[-1][1])

    def _hear(self, row: int) -> None:
        self._playback.seek(self._spans[row][0])


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{time_s % 60:04.1f}"


def _cell(heard: bool, alone: bool, covers: bool) -> QTableWidgetItem:
    colours = theme.current()
    cell = QTableWidgetItem(
        (tr("heard here") if alone else tr("in part")) if heard else tr("sung") if covers else "–"
    )
    cell.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    if heard:
        cell.setBackground(colours.colour("accent", 255 if alone else 60))
        cell.setForeground(colours.colour("on_accent" if alone else "text"))
    else:
        cell.setForeground(colours.colour("muted"))
    if not covers:
        cell.setFlags(Qt.ItemFlag.NoItemFlags)  # keys and clicks go past it
        cell.setData(Qt.ItemDataRole.AccessibleTextRole, tr("not sung here"))
    return cell
