"""Adapter files without a network: the shelf does not look at the tensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

BASE = {"arrangement": "a" * 64, "mel": "b" * 64}


def write_adapter(path: Path, number: int) -> Path:
    """A file of its own content."""
    header = {"kind": "backline adapter", "base": BASE, "note": f"adapter {number}"}
    save_file({"arrangement/w.delta": np.full(3, number, np.float32)}, path, {"studio": json.dumps(header)})
    return path
