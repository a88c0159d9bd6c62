"""The temporary name of what is being written: beside its target, hidden, and saying who writes.

No two writers share one, be they threads of one process or two windows on one folder. What a killed process left can
be told by its number.
"""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

_PART = re.compile(r"^\.(?P<name>.+)\.(?P<pid>\d+)-\d+\.part$")
_count = itertools.count(1)


def part_path(path: Path) -> Path:
    """A new temporary name for a file or folder that this process is about to write."""
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_count)}.part")


def writer_of(path: Path) -> int | None:
    """The process that writes, or wrote, under a temporary name; None for other names."""
    found = _PART.match(path.name)
    return int(found["pid"]) if found else None
