"""A project copied to another folder while it is open: first what never changes, then what is being written."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from studio.core.jobs import CancelToken
from studio.core.language import tr
from studio.storage.atomic import new_folder, sweep_parts
from studio.storage.lock import NAME as LOCK
from studio.storage.project_folder import ProjectFolder
from studio.storage.ratings import NAME as RATINGS

_WRITING = ("project.json", "journal.jsonl", RATINGS, f"{RATINGS}-wal", f"{RATINGS}-shm")
_LEFT = {*_WRITING, LOCK}


def copy_project(source: ProjectFolder, target: Path, cancel: CancelToken | None = None) -> None:
    """Copies sounds, candidates and analyses; the folder appears whole. What was left there half copied goes first.

    Raises:
        StudioError: no room, something of that name, or nothing where the project was.
    """
    source.require()
    sweep_parts(target.parent, deep=False)
    with new_folder(
        target,
        tr("Cannot save as {name}", name=target.name),
        expected=tr("room and permission to write in {parent}", parent=target.parent),
        todo=tr("Choose another folder; the project is where it was"),
    ) as temporary:
        for path in sorted(source.path.rglob("*")):
            if cancel:
                cancel.check()
            place = path.relative_to(source.path)
            if place.parts[0] in _LEFT or any(part.endswith(".part") for part in place.parts):
                continue
            if path.is_dir():
                (temporary / place).mkdir(parents=True, exist_ok=True)
            else:
                _copy(path, temporary / place)


def copy_writing(source: ProjectFolder, target: ProjectFolder) -> None:
    """Copies journal, snapshot and ratings, and the candidates and clips that came since. Raises OSError."""
    for name in _WRITING:
        if (source.path / name).exists():
            _copy(source.path / name, target.path / name)
    for folder in (source.candidates, source.audio, source.analyses, source.screens):
        for path in folder.iterdir() if folder.is_dir() else ():
            place = target.path / folder.name / path.name
            place.parent.mkdir(exist_ok=True)
            if not place.exists() and not path.name.endswith(".part"):
                if path.is_dir():
                    shutil.copytree(path, place, copy_function=_copy)
                    for folder_in_it in (place, *(inner for inner in place.rglob("*") if inner.is_dir())):
                        _allow_writing(folder_in_it)
                else:
                    _copy(path, place)


def _copy(path: str | Path, target: str | Path) -> str:
    """A copy to work on: also of a file that was on a read-only disk."""
    shutil.copy2(path, target)
    _allow_writing(Path(target))
    return str(target)


def _allow_writing(path: Path) -> None:
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
