"""Weights on disk: safetensors with the network's configuration and mel contract in the header."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.core.errors import StudioError


def save_weights(tensors: dict[str, Tensor], path: Path, header: dict[str, Any]) -> None:
    """Writes half-precision weights; `header` (JSON values) says what network they belong to."""
    half = {name: t.detach().cpu().to(torch.float16).contiguous() for name, t in tensors.items()}
    save_file(half, path, metadata={"studio": json.dumps(header)})


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Float32 tensors and the header. Raises StudioError for a missing, damaged or foreign file."""
    todo = "reinstall Backline, or restore the file from the repository"
    if not path.is_file():
        raise StudioError(f"The model file {path.name} is missing", seen=str(path), todo=todo)
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["studio"])
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise StudioError(f"The model file {path.name} cannot be read", seen=str(error), todo=todo) from error
    return tensors, header


def load_into(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Strict load. Raises StudioError naming what does not fit."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise StudioError(
            f"The weights of {name} do not fit this version", seen=str(error).splitlines()[-1].strip(),
            todo="use the weights that came with this version of Backline",
        ) from error  # fmt: skip


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
