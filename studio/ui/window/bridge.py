"""The one way from a worker thread to the main thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Bridge(QObject):
    """Lives on the main thread; `post` may be called from any thread and runs the callback here, in order."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, callback: Callable[[], None]) -> None:
        self._posted.emit(callback)

    def close(self) -> None:
        """Drops what is still queued: its widgets are about to go."""
        self._closed = True

    @Slot(object)
    def _run(self, callback: Callable[[], None]) -> None:
        if not self._closed:
            callback()
