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

    def get_bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, name: str, value: QByteArray) -> None:
        self._settings.setValue(name, value)

    def sync(self) -> None:
        self._settings.sync()
