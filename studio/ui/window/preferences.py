"""What the window remembers between starts, typed, in one settings file of the user."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSettings

from studio.storage.paths import user_config_dir

APP_NAME = "Backline"
T = TypeVar("T", str, int, float, bool)


class Preferences:
    """Values by name; a missing or damaged value gives the default, of whose type the result is."""

    def __init__(self, path: Path | None = None) -> None:
        self._settings = QSettings(str(path or user_config_dir() / "window.ini"), QSettings.Format.IniFormat)

    def get(self, name: str, default: T) -> T:
        value = self._settings.value(name)
        if value is None:
            return default
        try:
            if isinstance(default, bool):
                return type(default)(str(value).lower() in ("true", "1"))
            return type(default)(value)
        except (TypeError, ValueError):
            return default

    def set(self, name: str, value: str | int | float | bool) -> None:
        self._settings.setValue(name, value)

    def folder(self, name: str, *otherwise: Path, made: bool = False) -> Path:
        """The folder that was used last, while it is there; else the first of the others that is, or the home folder.

        Args:
            made: whether one that is not there will do, where it can be made in one that is.
        """
        used = self.get(name, "")
        folders = [*([Path(used)] if used else []), *otherwise]
        return next(
            (path for path in folders if _is_there(path) or (made and _is_there(path.parent))), Path.home()
        )

    def get_bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, name: str, value: QByteArray) -> None:
        self._settings.setValue(name, value)

    def sync(self) -> None:
        self._settings.sync()


def _is_there(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except (OSError, ValueError):  # a place that no longer answers, a damaged value
        return False
