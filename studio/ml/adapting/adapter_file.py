"""An adapter on disk: one safetensors file that says in its header which base it belongs to.

Tensors are named `<model>/<weight>.up`, `.down` (low rank) or `.delta` (the paper's full tuning, half precision). The
header, JSON under "studio", holds no more than is needed to use it: nothing of any recording.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save_file
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.part_path import part_path

KIND = "backline adapter"
_TODO = later("Train it again, or go back to another adapter or to the base model")


@dataclass(frozen=True, eq=False)
class Adapter:
    """What was read of a file.

    Attributes:
        tensors: by model name ('arrangement', 'mel', 'fastsag'), then by name of the tensor.
        header: `engine`, `base` (SHA-256 by model name), `method`, `rank`, and what else it was saved with.
        sha256: of the file.
    """

    tensors: Mapping[str, Mapping[str, Tensor]]
    header: Mapping[str, Any]
    sha256: str

    @property
    def base(self) -> Mapping[str, str]:
        return dict(self.header["base"])

    def check_base(self, hashes: Mapping[str, str]) -> None:
        """Raises StudioError for an adapter that was trained on other weights than these."""
        for name, wanted in self.base.items():
            if hashes.get(name) != wanted:
                raise StudioError(
                    tr("This adapter belongs to another version of the model"),
                    seen=tr("trained on the {name} model {wanted}...", name=name, wanted=wanted[:12]),
                    expected=f"{hashes.get(name, 'none')[:12]}...",
                    todo=tr("Train it again: your ratings are kept, and serve the new model too"),
                )


def save_adapter(tensors: Mapping[str, Mapping[str, Tensor]], header: Mapping[str, Any], path: Path) -> str:
    """Writes the file, whole or not at all; returns its SHA-256."""
    flat = {
        f"{model}/{name}": tensor.detach().cpu().contiguous()
        for model, some in tensors.items()
        for name, tensor in some.items()
    }
    temporary = part_path(path)
    try:
        save_file(flat, temporary, metadata={"studio": json.dumps({"kind": KIND, **header})})
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return digest


def load_adapter(path: Path) -> Adapter:
    """Reads a file.

    Raises:
        StudioError: for a missing, damaged or foreign file.
    """
    if not path.is_file():
        raise StudioError(tr("The adapter {name} is missing", name=path.name), seen=str(path), todo=tr(_TODO))
    try:
        content = path.read_bytes()
        header = read_adapter_header(content)
        tensors: dict[str, dict[str, Tensor]] = {}
        for key, tensor in load(content).items():
            model, _, name = key.partition("/")
            tensors.setdefault(model, {})[name] = tensor
    except StudioError:
        raise
    except Exception as error:  # a damaged file may make its reader stumble over anything
        said = str(error) or type(error).__name__
        raise StudioError(
            tr("The adapter {name} cannot be read", name=path.name), seen=said, todo=tr(_TODO)
        ) from error
    if not all(bool(torch.isfinite(t).all()) for some in tensors.values() for t in some.values()):
        raise StudioError(
            tr("The adapter {name} cannot be read", name=path.name),
            seen=tr("tensors with NaN or infinity"),
            todo=tr(_TODO),
        )
    return Adapter(tensors, header, hashlib.sha256(content).hexdigest())


def read_adapter_header(content: bytes) -> dict[str, Any]:
    """The header of a file's bytes. Raises StudioError for another file's; ValueError, KeyError for damage."""
    size = int.from_bytes(content[:8], "little")
    told = json.loads(content[8 : 8 + size]).get("__metadata__", {})
    header = json.loads(told.get("studio", "{}"))
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise StudioError(
            tr("This is not an adapter"),
            seen=tr("a safetensors file of something else"),
            expected=tr("one that Backline exported"),
        )
    dict(header["base"])
    return header
