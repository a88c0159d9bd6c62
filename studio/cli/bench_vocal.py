"""The vocal that a benchmark is made with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.core.errors import StudioError


def one_vocal(words: Sequence[str]) -> Path:
    """The one that is named, or the demo vocal. Raises StudioError for several."""
    from studio.storage.paths import resources_dir

    if len(words) > 1:
        raise StudioError("Cannot measure that", seen=" ".join(words), expected="one vocal")
    return Path(words[0]) if words else resources_dir() / "demo_vocal.flac"
