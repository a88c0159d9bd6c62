"""Frozen dataclasses as JSON and back, bit for bit, checked while they are read.

msgspec reads the types of the fields, so that a value that does not fit is refused with its place in the file. Arrays
are kept as base64 of their bytes: a float that was kept comes back as it was.
"""

from __future__ import annotations

import base64
from typing import Any, TypeVar, get_args, get_origin

import msgspec
import numpy as np

from studio.core.errors import StudioError
from studio.core.language import tr

T = TypeVar("T")

#: More of an array than any of ours has: about ten hours of frames.
_MOST_ITEMS = 1 << 25


def to_json(value: object) -> bytes:
    """Compact UTF-8 JSON of a dataclass. NaN and infinities are not kept: they become null."""
    return msgspec.json.encode(value, enc_hook=_encode)


def to_builtins(value: object) -> Any:
    """What `to_json` would write, as dicts, lists, numbers and strings."""
    return msgspec.json.decode(to_json(value))


def from_json(kind: type[T], content: bytes | str, what: str) -> T:
    """A value of `kind`.

    Args:
        what: what is read, for the message: "the project's snapshot".

    Raises:
        StudioError: for anything that is not such a value.
    """
    try:
        return msgspec.json.decode(content, type=kind, dec_hook=_decode)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError, TypeError) as error:
        raise damaged(what, error) from error


def from_builtins(kind: type[T], content: object, what: str) -> T:
    """A value of `kind` out of what `to_builtins` gave. Raises StudioError."""
    try:
        return msgspec.convert(content, type=kind, dec_hook=_decode, str_keys=True)
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError, TypeError) as error:
        raise damaged(what, error) from error


def damaged(what: str, error: Exception) -> StudioError:
    """The one sentence for a file of ours that does not read as it was written."""
    seen = str(error) or type(error).__name__
    return StudioError(
        tr("Cannot read {what}", what=what), seen=seen, expected=tr("what Backline wrote there, unchanged")
    )


def _encode(value: object) -> object:
    if isinstance(value, np.ndarray):
        content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"dtype": value.dtype.str, "shape": list(value.shape), "data": content}
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot keep a {type(value).__name__}")


def _decode(kind: type, value: Any) -> object:
    if get_origin(kind) is np.ndarray or kind is np.ndarray:
        if not isinstance(value, dict) or not {"dtype", "shape", "data"} <= value.keys():
            raise ValueError("no array")
        wanted = _dtype_of(kind)
        dtype = np.dtype(str(value["dtype"]))
        shape = tuple(int(n) for n in value["shape"])
        if dtype.kind not in "fiub" or (wanted is not None and dtype != wanted):
            raise ValueError(f"an array of {dtype}")
        if any(n < 0 for n in shape) or int(np.prod(shape, dtype=object)) > _MOST_ITEMS:
            raise ValueError(f"an array of shape {shape}")
        content = base64.b64decode(str(value["data"]), validate=True)
        return np.frombuffer(content, dtype).reshape(shape)
    raise NotImplementedError(f"cannot read a {kind}")


def _dtype_of(kind: type) -> np.dtype[Any] | None:
    """Of NDArray[np.float32]; None where any will do."""
    for part in get_args(kind):
        if get_origin(part) is np.dtype:
            scalar = get_args(part)[0]
            return np.dtype(scalar) if isinstance(scalar, type) else None
    return None
