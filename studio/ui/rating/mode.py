"""Where it is taught a taste: the rating screen and what belongs to it, in the window in place of the song.

All keys but the ones of files and help belong to the page that is shown: the song's own do nothing meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.core.language import tr
from studio.ui.appearance.scrolling import PageScroll
from studio.ui.appearance.widgets import Segments, icon, push, set_role, tight


class TasteMode(QWidget):
    """Emits `left` when the user goes back to the song, and `shown` with the name of the page.

    Args:
        pages: by name: title and page; a page may have `handle(event) -> bool` for keys, and `enter` and `leave`.
    """

    left = Signal()
    shown = Signal(str)

    def __init__(self, pages: dict[str, tuple[str, QWidget]]) -> None:
        super().__init__()
        self.pages = {name: page for name, (_, page) in pages.items()}
        #: Says which keys stay the window's.
        self.kept: Callable[[], Collection[QKeySequence]] = tuple
        self.back = push(tr("Back to the song"))
        self.back.setToolTip("Esc")
        self.tabs = Segments([(title, name) for name, (title, _) in pages.items()], name=tr("Page"))
        self.tabs.setFixedWidth(128 * len(pages))
        bar = QFrame()
        set_role(bar, "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.tabs)
        row.addStretch(1)
        row.addSpacing(self.back.sizeHint().width())
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._stack.addWidget(PageScroll(page))
        column = QVBoxLayout(self)
        tight(column, spacing=0)
        column.addWidget(bar)
        column.addWidget(self._stack, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back.clicked.connect(self.left)
        self.tabs.chosen.connect(lambda name: self.show_page(str(name)))

    @property
    def page(self) -> str:
        """The name of the page that is shown."""
        return next(name for name, page in self.pages.items() if page is self._page)

    @property
    def _page(self) -> QWidget:
        return list(self.pages.values())[self._stack.currentIndex()]

    def add_hidden(self, name: str, page: QWidget) -> None:
        """A page that another one opens: it has no tab."""
        self.pages[name] = page
        self._stack.addWidget(PageScroll(page))

    def show_page(self, name: str) -> None:
        self.tabs.set_value(name)
        self.back.setIcon(icon("arrow-left"))  # in the colours of the theme now in use
        self._stack.setCurrentIndex(list(self.pages).index(name))
        self.setFocus()
        self.shown.emit(name)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if QKeySequence(event.keyCombination()) not in self.kept():
                event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        handle = getattr(self._page, "handle", None)
        if handle is not None and handle(event):
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            scroll = self._stack.currentWidget()
            assert isinstance(scroll, PageScroll)
            scroll.turn(1 if event.key() == Qt.Key.Key_PageDown else -1)
        else:
            event.accept()  # the song's keys rest
