"""What does not fit scrolls: panels in a low window, pages in a small one, dialogs on a small screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ui.appearance import theme

#: What a window manager needs around a dialog.
_FRAME = 48


class FittingScroll(QScrollArea):
    """As high as what is in it wants to be now, or lower with a bar.

    Args:
        least: so low it may become.
    """

    def __init__(self, inner: QWidget, *, least: int = 96) -> None:
        super().__init__()
        self._inner, self._least = inner, least
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._inner.sizeHint().width(), self._wanted)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self._least, self._wanted))

    def set_least(self, least: int) -> None:
        if least != self._least:
            self._least = least
            self.updateGeometry()

    @property
    def _wanted(self) -> int:
        width = self.viewport().width()
        layout = self._inner.layout()
        if layout is not None and layout.hasHeightForWidth() and width > 0:
            return layout.totalHeightForWidth(width)
        return self._inner.sizeHint().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)  # a scroll area watches what is in it too

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        layout, width = self._inner.layout(), self.viewport().width()
        if layout is not None and layout.hasHeightForWidth():
            # A scroll area does not ask how high lines that wrap are at this width, and would squash what is below.
            self._inner.setMinimumHeight(layout.totalMinimumHeightForWidth(width))
        self.setMaximumHeight(self._wanted)
        self.updateGeometry()


class Column(QWidget):
    """Parts one below the other, some of which scroll where there is little room.

    Qt gives what has lines that wrap the height it would like, and not the least it can do with, so that a page would
    scroll as a whole though its parts could.
    """

    def hasHeightForWidth(self) -> bool:
        return False


class Pages(QStackedWidget):
    """Pages of which one is shown; those that are not shown take no room."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _: self.updateGeometry())

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        return QSize() if shown is None else shown.minimumSizeHint()

    def hasHeightForWidth(self) -> bool:
        return False


class PageScroll(QScrollArea):
    """A page that fills the window, and scrolls both ways where the window is too small for it.

    What has the focus is in sight: where keys brought it, and where it is when the page is shown.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def turn(self, pages: int) -> None:
        """Scrolls down, or up, by so many pages."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + pages * bar.pageStep())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._show_focus)  # once everything has its place

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        # Under a mouse that is being pressed nothing moves away.
        if now is not None and QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._show_focus()

    def _show_focus(self) -> None:
        focus, page = QApplication.focusWidget(), self.widget()
        if focus is not None and page is not None and self.isVisible() and page.isAncestorOf(focus):
            self.ensureWidgetVisible(focus, 0, 0)


def fit_dialog(dialog: QDialog) -> None:
    """Before it is shown: one that is larger than the screen becomes as large as that. Where it cannot become so small,
    what is in it scrolls above the row of buttons at its end, once and for all."""
    layout = dialog.layout()
    if not isinstance(layout, QVBoxLayout) or dialog.findChild(_DialogScroll) is not None:
        return
    for part in dialog.findChildren(QWidget):
        part.ensurePolished()  # how large it is depends on it
    layout.invalidate()
    room = dialog.screen().availableSize() - QSize(_FRAME, _FRAME)
    wanted = layout.totalSizeHint().expandedTo(dialog.minimumSize())
    if dialog.testAttribute(Qt.WidgetAttribute.WA_Resized):
        wanted = wanted.expandedTo(dialog.size())
    if wanted.width() <= room.width() and wanted.height() <= room.height():
        # Qt gives a window two thirds of the screen at first, and a least width that was set would count for more than
        # what is in it.
        least_width = layout.totalMinimumSize().width()
        if 0 < dialog.minimumWidth() < least_width:
            dialog.setMinimumWidth(least_width)
        return
    size = wanted.boundedTo(room)
    dialog.setMinimumSize(size)  # a size given now would be overruled when it is shown
    dialog.resize(size)  # but one that it was given before would stay
    least = layout.totalMinimumSize()
    if layout.hasHeightForWidth():
        least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(size.width())))
    if least.width() <= room.width() and least.height() <= room.height():
        return
    dialog.setMinimumWidth(min(room.width(), size.width() + theme.SCROLL_BAR))
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    margins = layout.contentsMargins()
    row = _row_of_buttons(layout)
    inner = QWidget()
    inner.setMinimumSize(layout.totalMinimumSize())
    inner.setLayout(layout)  # takes the dialog's widgets along
    dialog.setLayout(column)
    column.addWidget(_DialogScroll(inner), 1)
    if row is not None:
        layout.setContentsMargins(margins.left(), margins.top(), margins.right(), 8)
        row.setContentsMargins(margins.left(), 8, margins.right(), margins.bottom())
        foot = QWidget()  # taken along as well, so that Tab comes to it last
        foot.setLayout(row)
        column.addWidget(foot)


def _row_of_buttons(layout: QVBoxLayout) -> QHBoxLayout | None:
    """What a dialog ends with, taken out of it."""
    last = layout.itemAt(layout.count() - 1)
    box, row = (None, None) if last is None else (last.widget(), last.layout())
    if isinstance(box, QDialogButtonBox):
        layout.removeWidget(box)
        row = QHBoxLayout()
        row.addWidget(box)
    elif isinstance(row, QHBoxLayout):
        layout.removeItem(row)
        row.setParent(None)
    return row if isinstance(row, QHBoxLayout) else None


class _DialogScroll(PageScroll):
    pass
