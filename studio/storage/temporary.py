"""Folders for files that need not outlive the program, in the system's place for such.

The name says which process made it: what a killed one left behind is removed when the next folder is made.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from studio.storage.atomic import is_running

_PREFIX = "backline-"
_OWNED = re.compile(rf"^{_PREFIX}(?P<pid>\d+)-")


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder; it goes with its owner, by `cleanup`, or when a later process finds its maker gone."""
    sweep_temporary_folders()
    return tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)


def sweep_temporary_folders() -> tuple[Path, ...]:
    """Removes the folders of processes that are no more; returns them."""
    removed = []
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")):
        found = _OWNED.match(path.name)
        if found is None or path.is_symlink() or not path.is_dir() or is_running(int(found["pid"])):
            continue
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            removed.append(path)
    return tuple(removed)
