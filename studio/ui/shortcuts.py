"""Every action of the window with its key, once: menus, tool tips and the sheet on `?` all read this table.

Single keys are plain shortcuts that a focused text field, list or button takes back through ShortcutOverride, which
is Qt's own way to say "this key is mine". V is held, not pressed, so it is watched by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
    QWidget,
)


@dataclass(frozen=True)
class Shortcut:
    """`keys` are portable Qt names; the first is shown in menus."""

    name: str
    text: str
    keys: tuple[str, ...]
    group: str


SHORTCUTS = (
    Shortcut("open", "Open vocal …", ("Ctrl+O",), "File"),
    Shortcut("open_folder", "Open results …", ("Ctrl+Shift+O",), "File"),
    Shortcut("demo", "Open the demo vocal", (), "File"),
    Shortcut("export", "Export selected …", ("Ctrl+E",), "File"),
    Shortcut("quit", "Quit", ("Ctrl+Q",), "File"),
    Shortcut("play", "Play or pause", ("Space",), "Listen"),
    Shortcut("stop", "Stop and return", ("Return", "Enter"), "Listen"),
    Shortcut("loop", "Loop on or off", ("L",), "Listen"),
    Shortcut("back", "Seek back one second", ("Left",), "Listen"),
    Shortcut("forward", "Seek forward one second", ("Right",), "Listen"),
    Shortcut("mute", "Mute the underlined stem", ("M",), "Listen"),
    Shortcut("solo", "Solo the underlined stem", ("Shift+S",), "Listen"),
    Shortcut("previous", "Previous candidate", ("Up",), "Candidates"),
    Shortcut("next", "Next candidate", ("Down",), "Candidates"),
    *(
        Shortcut(f"candidate_{n}", f"Candidate {n}", (f"Alt+{n}",), "Candidates") for n in range(1, 9)
    ),
    Shortcut("swap", "Swap the last two", ("X",), "Candidates"),
    Shortcut("pick", "Pick the one heard", ("P",), "Candidates"),
    Shortcut("generate", "Generate", ("G",), "Candidates"),
    Shortcut("cancel", "Cancel", ("Ctrl+.",), "Candidates"),
    Shortcut("zoom_region", "Zoom to the loop region", ("Z",), "View"),
    Shortcut("zoom_fit", "Show the whole song", ("Shift+Z",), "View"),
    Shortcut("sheet", "Keyboard shortcuts", ("?", "Shift+?"), "Help"),
)  # fmt: skip

#: What the table cannot say: held keys and the mouse.
EXTRAS = (
    ("Listen", "Vocal only, while held", "V"),
    ("View", "Zoom in time", "Ctrl+Wheel"),
    ("View", "Scroll in time", "Shift+Wheel"),
    ("View", "Move the playhead", "Click"),
    ("View", "Mark a loop", "Drag"),
)

_TYPING = (QLineEdit, QAbstractSpinBox)
_ARROWS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)


def make_actions(window: QWidget, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """One QAction an entry, connected and added to the window. A missing handler is a KeyError."""
    actions = {}
    for shortcut in SHORTCUTS:
        action = QAction(shortcut.text, window)
        action.setShortcuts([QKeySequence(k) for k in shortcut.keys])
        action.setAutoRepeat(False)
        action.triggered.connect(lambda _=False, run=handlers[shortcut.name]: run())
        window.addAction(action)
        actions[shortcut.name] = action
    return actions


class KeyFilter(QObject):
    """Gives keys back to the widget that needs them, and tells when V goes down and up."""

    vocal_only_held = Signal(bool)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._held = False
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
        if (
            kind == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._belongs_to_focus(event)
        ):
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._is_hold(event):
            if not self._held:
                self._held = True
                self.vocal_only_held.emit(True)
            return True
        released = (
            kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_V
        )
        if self._held and ((released and not event.isAutoRepeat()) or kind == QEvent.Type.WindowDeactivate):  # type: ignore[attr-defined]
            self._held = False
            self.vocal_only_held.emit(False)
        return False

    def _is_hold(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        focus = QApplication.focusWidget()
        return (
            plain
            and event.key() == Qt.Key.Key_V
            and self._window.isActiveWindow()
            and not isinstance(focus, (*_TYPING, QComboBox))
        )

    def _belongs_to_focus(self, event: QKeyEvent) -> bool:
        """Whether the focused widget has its own use for this key."""
        command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & command:
            return False
        focus = QApplication.focusWidget()
        key = event.key()
        if isinstance(focus, _TYPING):
            return True
        if isinstance(focus, (QComboBox, QAbstractItemView)):
            return True
        if isinstance(focus, QAbstractSlider):
            return key in _ARROWS
        return isinstance(focus, QAbstractButton) and key == Qt.Key.Key_Space
