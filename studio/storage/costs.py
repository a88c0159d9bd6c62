"""What work has cost on this machine: a file of seconds by name, which nobody misses when it is lost."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from studio.storage.atomic import write_json

#: In the user's data folder.
FILE_NAME = "costs.json"
#: No cost is taken from a file beyond these: a clock that jumped must not make an estimate useless for long.
_LOWEST_S, _HIGHEST_S = 1e-5, 1e4


def read_costs(path: Path) -> dict[str, float]:
    """Seconds by name; whatever in the file is none is left out."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and _LOWEST_S <= value <= _HIGHEST_S
    }


def write_costs(path: Path, costs: Mapping[str, float]) -> None:
    """Replaces the file; where that cannot be, the costs are forgotten."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, dict(costs))
