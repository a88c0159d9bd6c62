"""Names that stand in a project's files and become names of files: they lead nowhere else."""

from __future__ import annotations

#: A SHA-256 before it and a temporary name around it still fit every file system.
_MOST_BYTES = 100


def is_file_name(name: str) -> bool:
    """Whether a name, or the part of one, stays in its folder and is short enough for every file system."""
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return False
    return size <= _MOST_BYTES and name not in (".", "..") and not set("/\\\0") & set(name)
