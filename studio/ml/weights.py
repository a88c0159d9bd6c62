"""Weights on disk: safetensors with the network's configuration and mel contract in the header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn

from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.part_path import part_path

T = TypeVar("T")

_TODO = later("reinstall Backline, or restore the file from the repository")


def save_weights(tensors: dict[str, Tensor], path: Path, header: dict[str, Any]) -> None:
    """Writes half-precision weights, whole or not at all; `header` (JSON values) says what network they belong to."""
    half = {name: t.detach().cpu().to(torch.float16).contiguous() for name, t in tensors.items()}
    temporary = part_path(path)
    try:
        save_file(half, temporary, metadata={"studio": json.dumps(header)})
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True, eq=False)
class Weights:
    """What was read of a file.

    Attributes:
        tensors: float32 by name.
        header: JSON values that say what network they belong to.
        sha256: of the very bytes the tensors came from.
    """

    tensors: dict[str, Tensor]
    header: dict[str, Any]
    sha256: str


def load_weights(path: Path) -> Weights:
    """Reads a file once, hashes it, and compares the hash with the one in sources.json beside it, where it is listed.

    Raises:
        StudioError: for a missing, damaged, changed or foreign file.
    """
    if not path.is_file():
        raise StudioError(
            tr("The model file {name} is missing", name=path.name), seen=str(path), todo=tr(_TODO)
        )
    try:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        _check_hash(path, digest)
        header = _header(content)
        tensors = {name: tensor.float() for name, tensor in load(content).items()}
    except StudioError:
        raise
    except Exception as error:  # a damaged file may make its reader stumble over anything
        said = str(error) or type(error).__name__
        raise StudioError(
            tr("The model file {name} cannot be read", name=path.name), seen=said, todo=tr(_TODO)
        ) from error
    broken = [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        raise StudioError(
            tr("The model file {name} cannot be read", name=path.name),
            seen=tr(
                "{count} tensors with NaN or infinity, such as {broken}", count=len(broken), broken=broken[0]
            ),
            todo=tr(_TODO),
        )
    return Weights(tensors, header, digest)


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Float32 tensors and the header, see `load_weights`."""
    weights = load_weights(path)
    return weights.tensors, weights.header


def configured(make: Callable[[], T], name: str) -> T:
    """What a header's values make. Raises StudioError where they make nothing."""
    try:
        return make()
    except Exception as error:  # missing, unknown and impossible values, each in its own way
        raise StudioError(
            tr("The header of {name} does not fit this version", name=name),
            seen=f"{type(error).__name__}: {error}",
            todo=tr("use the weights that came with this version of Backline"),
        ) from error


def _header(content: bytes) -> dict[str, Any]:
    size = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["studio"])
    if not isinstance(header, dict):
        raise ValueError("a header that says nothing")
    return header


def _check_hash(path: Path, digest: str) -> None:
    """Bundled files are listed with their hashes: one bit that flipped on the disk is seen."""
    try:
        listed = json.loads((path.parent / "sources.json").read_text(encoding="utf-8"))
        wanted = listed["weights"][path.stem]["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return  # weights of one's own training
    if wanted != digest:
        raise StudioError(
            tr("The model file {name} is damaged or was replaced", name=path.name),
            seen=f"SHA-256 {digest[:12]}...",
            expected=tr("{wanted}..., as sources.json beside it says", wanted=str(wanted)[:12]),
            todo=tr(_TODO),
        )


def load_into(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Strict load. Raises StudioError naming what does not fit."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise StudioError(
            tr("The weights of {name} do not fit this version", name=name),
            seen=str(error).splitlines()[-1].strip(),
            todo=tr("use the weights that came with this version of Backline"),
        ) from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
