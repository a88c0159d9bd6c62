"""Where things lie: what ships with the application, and what belongs to the user."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs

_NAME = "Backline"


def _bundle_dir() -> Path:
    """The repository root, or the folder a frozen application was unpacked to."""
    frozen = getattr(sys, "_MEIPASS", None)
    return Path(frozen) if frozen else Path(__file__).resolve().parents[2]


def is_packaged() -> bool:
    """Whether this is the packaged program, which brings its own Python."""
    return getattr(sys, "_MEIPASS", None) is not None


def program_dirs() -> tuple[Path, ...]:
    """Where code lies: the program's own, its libraries', Python's."""
    return (_bundle_dir(), Path(sys.prefix), Path(sys.base_prefix))


def resources_dir() -> Path:
    """Icons, style sheet, demo vocal."""
    return _bundle_dir() / "resources"


def models_dir() -> Path:
    """Bundled weights, each with its card. Read only."""
    return _bundle_dir() / "models"


def user_data_dir() -> Path:
    """Projects, ratings and trained adapters of this user; made when missing."""
    return platformdirs.user_data_path(_NAME, appauthor=False, ensure_exists=True)


def user_config_dir() -> Path:
    """Settings of this user; made when missing."""
    return platformdirs.user_config_path(_NAME, appauthor=False, ensure_exists=True)


def projects_dir() -> Path:
    """Where new projects are made: a folder the user sees. Not made before there is one to put there."""
    return platformdirs.user_music_path() / _NAME
