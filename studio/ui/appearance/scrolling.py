"""What does not fit scrolls: panels in a low window, pages in a small one, dialogs on a small screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

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


class PageScroll(QScrollArea):
    """A page that fills the window, and scrolls both ways where the window is too small for it."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


def fit_dialog(dialog: QDialog) -> None:
    """Before it is shown: one that is larger than the screen gets what is in it to scroll, once and for all."""
    layout = dialog.layout()
    if layout is None or dialog.findChild(_DialogScroll) is not None:
        return
    room = dialog.screen().availableSize() - QSize(_FRAME, _FRAME)
    wanted = layout.totalSizeHint().expandedTo(dialog.minimumSize())
    if wanted.width() <= room.width() and wanted.height() <= room.height():
        return
    inner = QWidget()
    inner.setMinimumSize(layout.totalMinimumSize())
    inner.setLayout(layout)  # takes the dialog's widgets along
    column = QVBoxLayout(dialog)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(_DialogScroll(inner))
    # A size given now would be overruled when it is shown.
    dialog.setMinimumSize(wanted.boundedTo(room))


class _DialogScroll(PageScroll):
    pass
