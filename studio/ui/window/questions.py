"""What the window asks the user for with the system's own dialogs: files, folders, a yes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from studio.ui.window.preferences import APP_NAME, Preferences

AUDIO_SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".w64", ".rf64")


class Questions:
    """Each answer is None where the user cancelled; each folder is where the next question of its kind starts."""

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        self._window, self._preferences = window, preferences

    def vocal(self) -> Path | None:
        patterns = " ".join(f"*{s} *{s.upper()}" for s in AUDIO_SUFFIXES)
        start = self._preferences.get("open_folder", str(Path.home()))
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open vocal", start, f"Audio ({patterns});;All files (*)"
        )
        if not path:
            return None
        self._preferences.set("open_folder", str(Path(path).parent))
        return Path(path)

    def results(self) -> Path | None:
        return self._folder("results_folder", "Open results")

    def export_folder(self, number: int) -> Path | None:
        return self._folder("export_folder", f"Export candidate {number} into")

    def may_stop_generating(self) -> bool:
        """Whether another vocal may end the request in progress."""
        text = "Stop generating and open another vocal?"
        box = QMessageBox(QMessageBox.Icon.Question, APP_NAME, text, parent=self._window)
        box.setInformativeText("What is finished is kept in your results folder.")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        agreed = box.exec() == QMessageBox.StandardButton.Yes
        box.deleteLater()
        return agreed

    def _folder(self, name: str, title: str) -> Path | None:
        start = self._preferences.get(name, str(Path.home()))
        path = QFileDialog.getExistingDirectory(self._window, title, start)
        if not path:
            return None
        self._preferences.set(name, path)
        return Path(path)
