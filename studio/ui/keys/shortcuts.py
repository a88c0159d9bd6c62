"""The actions of the window, and how keys reach them.

Single keys are plain shortcuts that a focused text field, list or button takes back through ShortcutOverride, which
is Qt's own way to say "this key is mine". A closed list takes only what opens it or moves in it: one who has
just chosen a style presses G. The key for the vocal alone is held, not pressed, so it is watched by hand.
A click beside a field ends typing, also one on what takes no focus: else the field would go on taking the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from studio.core.language import tr
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_table import BY_NAME, HELD, SHORTCUTS

#: What keys are typed into.
TYPING = (QLineEdit, QAbstractSpinBox, QPlainTextEdit)
_ARROWS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)
_IN_LISTS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Space)


def make_actions(
    window: QWidget, handlers: Mapping[str, Callable[[], object]], keys: KeyMap
) -> dict[str, QAction]:
    """One QAction an entry, connected and added to the window. A missing handler is a KeyError."""
    actions = {}
    for shortcut in SHORTCUTS:
        if shortcut.name == HELD:
            continue
        action = QAction(tr(shortcut.text), window)
        action.setShortcuts([QKeySequence(k) for k in keys.keys(shortcut)])
        action.setAutoRepeat(False)
        action.triggered.connect(lambda _=False, run=handlers[shortcut.name]: run())
        window.addAction(action)
        actions[shortcut.name] = action
    return actions


class KeyFilter(QObject):
    """Gives keys back to the widget that needs them, takes them from a field at a click beside it, and tells when the
    key for the vocal alone goes down and up.

    Args:
        enders: what is clicked to say that what was typed counts, and ends typing by itself.
    """

    vocal_only_held = Signal(bool)

    def __init__(self, window: QWidget, keys: KeyMap, enders: Collection[QWidget] = ()) -> None:
        super().__init__(window)
        self._window, self._keys, self._enders = window, keys, enders
        self._held: int | None = None
        self._application().installEventFilter(self)

    def detach(self) -> None:
        self._application().removeEventFilter(self)

    @staticmethod
    def _application() -> QCoreApplication:
        application = QCoreApplication.instance()
        assert application is not None  # a window exists
        return application

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget) and self._is_beside(watched):
            self._window.setFocus()
        if (
            kind == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._belongs_to_focus(event)
        ):
            event.accept()
            # An open list chooses by Return while it looks at this very event.
            return QApplication.activePopupWidget() is None
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._is_hold(event):
            if self._held is None:
                self._held = event.key()
                self.vocal_only_held.emit(True)
            return True
        if self._held is None:
            return False
        released = (
            kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and event.key() == self._held
        )
        if (released and not event.isAutoRepeat()) or kind == QEvent.Type.WindowDeactivate:  # type: ignore[attr-defined]
            self._held = None
            self.vocal_only_held.emit(False)
        return False

    def _is_beside(self, pressed: QWidget) -> bool:
        """Whether a click there leaves the field that is typed into, and Qt would not see to it."""
        field = QApplication.focusWidget()
        if not isinstance(field, TYPING) or not field.window() is pressed.window() is self._window:
            return False
        if pressed is field or field.isAncestorOf(pressed) or pressed in self._enders:
            return False
        if isinstance(pressed, QScrollBar):  # somebody looks at something while typing
            return False
        takes_focus = bool(pressed.focusPolicy() & Qt.FocusPolicy.ClickFocus)
        return not (takes_focus and pressed.isEnabled())

    def _is_hold(self, event: QKeyEvent) -> bool:
        focus = QApplication.focusWidget()
        return (
            QKeySequence(event.keyCombination()) in [QKeySequence(k) for k in self._keys.keys(BY_NAME[HELD])]
            and self._window.isActiveWindow()
            and not isinstance(focus, TYPING)
            and QApplication.activePopupWidget() is None
        )

    def _belongs_to_focus(self, event: QKeyEvent) -> bool:
        """Whether the focused widget has its own use for this key."""
        command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & command:
            return False
        focus = QApplication.focusWidget()
        key = event.key()
        if isinstance(focus, TYPING):
            return True
        if isinstance(focus, QAbstractItemView) or QApplication.activePopupWidget() is not None:
            return True
        if isinstance(focus, QComboBox):
            return key in (*_ARROWS, *_IN_LISTS)
        if isinstance(focus, QAbstractSlider):
            return key in _ARROWS
        if not isinstance(focus, QAbstractButton):
            return False
        # Of buttons one of which is chosen Tab reaches that one alone: left and right go on from it.
        in_row = focus.group() is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        return in_row or key == Qt.Key.Key_Space
