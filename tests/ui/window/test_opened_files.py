from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from studio.ui.window.opened_files import OpenedFiles


def test_a_file_that_the_system_hands_over_is_opened(qapp: QApplication) -> None:
    opened: list[Path] = []
    files = OpenedFiles(qapp, opened.append)
    QApplication.sendEvent(qapp, QFileOpenEvent("/music/歌 1.wav"))
    QApplication.sendEvent(qapp, QFileOpenEvent(QUrl("https://example.org/song")))
    qapp.removeEventFilter(files)
    files.deleteLater()
    assert opened == [Path("/music/歌 1.wav")]
