# ruff: noqa: PT017, PT018
"""What is fuzzed: a reader of files, and how it makes a good one.

A reader takes a path and returns a value, or raises StudioError (BadFile inside services); anything else it does with a
damaged file is a fault. The files are tiny, so that thousands are read in a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import StudioError
from studio.storage.json_file import BadFile


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        read: takes the damaged file.
        make: writes a good one.
        share: of all files.
        never_raises: it has a default for what it cannot read.
    """

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    share: float = 1.0
    never_raises: bool = False

    def outcome(self, path: Path) -> str:
        """'read', or 'refused' with a clear line; raises AssertionError, or what the reader should not have raised."""
        try:
            self.read(path)
        except StudioError as error:
            text = str(error)
            assert not self.never_raises, text
            assert error.what and (error.seen or error.todo), text
            assert "\n" not in text and len(text) < 1200, text
            text.encode("utf-8")
            return "refused"
        except BadFile as error:
            text = str(error)
            assert not self.never_raises and text and "\n" not in text and len(text) < 600, text
            return "refused"
        return "read"
