"""A fault report to copy: versions, devices, the last of the log. No sound, no personal folder, no name of a song."""

from __future__ import annotations

import contextlib
import getpass
import importlib.metadata
import locale
import platform
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from studio import __version__
from studio.core.amounts import in_gb
from studio.core.errors import StudioError
from studio.services.machine.masking import masked
from studio.services.memory import available_bytes, total_bytes
from studio.storage.log import last_lines
from studio.storage.machine import read_machine_notes
from studio.storage.paths import is_packaged, program_dirs
from studio.storage.recent import RecentProjects

_LIBRARIES = ("torch", "torchaudio", "numpy", "PySide6-Essentials", "onnxruntime", "sounddevice", "soundfile")
_LOG_LINES = 120
#: Names of songs that are words of ours.
_GENERIC = frozenset(
    {"vocal", "mix", "band", "drums", "bass", "harmony", "lead", "demo vocal", "demo_vocal", "untitled"}
)


def fault_report(data_dir: Path, *, error: BaseException | None = None, names: Iterable[str] = ()) -> str:
    """The whole report as text.

    Args:
        data_dir: of the user.
        error: what is reported; None for a report on nothing special.
        names: of songs that are open, beside those of recent projects.
    """
    lines = [*_versions(), "", *_found(data_dir)]
    if error is not None:
        lines += ["", "Error", *_error(error)]
    lines += ["", "Log", *(last_lines(data_dir, _LOG_LINES) or ["none"])]
    return masked(
        "\n".join(lines) + "\n",
        names=[n for n in {*names, *_song_names(data_dir)} if n.casefold() not in _GENERIC],
        people=_people(),
        home=Path.home(),
        programs=program_dirs(),
    )


def _versions() -> Iterator[str]:
    yield f"Backline {__version__}" + (" (packaged)" if is_packaged() else "")
    yield f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}"
    with contextlib.suppress(ValueError):
        yield f"Language {'-'.join(filter(None, locale.getlocale()))}"
    found = []
    for name in _LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name} {importlib.metadata.version(name)}")
    yield ", ".join(found)
    total, free = total_bytes(), available_bytes()
    if total is not None:
        yield f"Memory {in_gb(total)}" + (f", {in_gb(free)} free" if free is not None else "")


def _found(data_dir: Path) -> Iterator[str]:
    """What the doctor found last."""
    notes = read_machine_notes(data_dir)
    yield f"Doctor, {notes.examined_at or 'not asked yet'}"
    for note in notes.notes:
        yield f"{note.status:<4}  {note.name:<12} {note.seen}"


def _error(error: BaseException) -> Iterator[str]:
    if isinstance(error, StudioError):
        yield str(error)
    yield from "".join(traceback.format_exception(error)).rstrip().splitlines()


def _song_names(data_dir: Path) -> Iterator[str]:
    for project in RecentProjects(data_dir / "recent.json").read():
        yield project.title
        for path in (project.path, project.imported_from):
            if path:
                yield Path(path).stem


def _people() -> Iterator[str]:
    yield Path.home().name
    with contextlib.suppress(Exception):  # as in a container without a list of users
        yield getpass.getuser()
    yield platform.node()
    if "." in platform.node():
        yield platform.node().split(".")[0]
    with contextlib.suppress(Exception):
        yield from _real_name()


def _real_name() -> Iterator[str]:
    """As the system knows the user, where it does."""
    if sys.platform != "win32":
        import os
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0]
        yield name
        yield from name.split()
