"""The header of an adapter's file, read without torch: the shelf only keeps files, it does not use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.core.errors import StudioError
from studio.core.language import tr

#: As studio.ml.adapting.adapter_file writes it.
KIND = "backline adapter"
_LONGEST_HEADER = 1 << 24


def read_header(path: Path) -> dict[str, Any]:
    """What an adapter's file says of itself. Raises StudioError for a file that is missing, damaged or none."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 0 < size <= _LONGEST_HEADER:
                raise ValueError("no safetensors file")
            told = json.loads(file.read(size))
            end = max(
                (int(t["data_offsets"][1]) for name, t in told.items() if name != "__metadata__"), default=0
            )
            header = json.loads(told.get("__metadata__", {}).get("studio", "{}"))
        if path.stat().st_size != 8 + size + end:
            raise ValueError("the end is missing")
    except OSError as error:
        raise StudioError(
            tr("The adapter {name} cannot be read", name=path.name), seen=error.strerror or str(error)
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StudioError(
            tr("The adapter {name} cannot be read", name=path.name),
            seen=str(error) or type(error).__name__,
            expected=tr("a file that Backline exported"),
        ) from error
    if not isinstance(header, dict) or header.get("kind") != KIND or not isinstance(header.get("base"), dict):
        raise StudioError(
            tr("{name} is not an adapter", name=path.name), expected=tr("a file that Backline exported")
        )
    return header
