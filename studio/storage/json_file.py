"""JSON files read back: as what they should be, or with a reason.

Depth, range and type are checked here, when a file is read, not where a value is used: a field that is wrong is named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studio.core.errors import StudioError
from studio.core.language import tr

T = TypeVar("T")

_LIMIT_BYTES = 1 << 28


class BadFile(ValueError):
    """A file that is not what it should be; the text says how."""


def read_json(path: Path, type: type[T] = Any) -> T:  # type: ignore[assignment]
    """The content of a file, as an instance of a type (msgspec's structs, dataclasses, builtins).

    Raises:
        BadFile: in words, for anything but such a file.
    """
    try:
        size = path.stat().st_size
        if size > _LIMIT_BYTES:
            raise BadFile(tr("{name} of {size:.0f} MB", name=path.name, size=size / 1e6))
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path.name}: {error.strerror or error}") from error
    return decoded(content, type, path.name)


def decoded(content: bytes, type: type[T], name: str) -> T:
    """The same of bytes."""
    try:
        return msgspec.json.decode(content, type=type)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{name}: {_said(error)}") from error


def converted(content: object, type: type[T], name: str) -> T:
    """The same of what was decoded already."""
    try:
        return msgspec.convert(content, type)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{name}: {_said(error)}") from error


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return tr("brackets within brackets without end")
    if isinstance(error, UnicodeDecodeError):
        return tr("bytes that are no text")
    text = str(error).replace("`", "")
    return text if isinstance(error, msgspec.ValidationError) else tr("no JSON ({text})", text=text)


def refused(what: str, error: BadFile, *, expected: str, todo: str) -> StudioError:
    """The error to raise of a BadFile."""
    return StudioError(what, seen=str(error), expected=expected, todo=todo)
