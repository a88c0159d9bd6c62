"""Which digit a key is, also where Shift writes something else on it, or digits need Shift (as on French keyboards)."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

#: Physical places of 1 to 9 and 0: X11 and Wayland count from 10, Windows from 2; macOS has codes of its own.
_MAC = (18, 19, 20, 21, 23, 22, 26, 28, 25, 29)


def digit_of(event: QKeyEvent) -> int | None:
    """0 to 9; None for any other key."""
    key = event.key()
    if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        return key - Qt.Key.Key_0
    if sys.platform == "darwin":
        code = event.nativeVirtualKey()
        return (_MAC.index(code) + 1) % 10 if code in _MAC and not event.text().isalpha() else None
    place = event.nativeScanCode() - (2 if sys.platform == "win32" else 10)
    return (place + 1) % 10 if 0 <= place <= 9 else None
