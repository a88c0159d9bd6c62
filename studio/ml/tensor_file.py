"""Files of tensors that others made: read as plain tensors by name, and held against what a network wants.

A pickle is read with `weights_only`, which builds tensors and refuses everything else.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from studio.core.amounts import many
from studio.core.errors import StudioError
from studio.core.language import later, tr

TODO = later("Download the file again, or choose the one that its authors publish")


def read_tensor_file(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name as the file has them, and our header (empty for files of others).

    Raises:
        StudioError: when there is no such file, or it is not plain tensors by name.
    """
    if not path.is_file():
        raise StudioError(
            tr("Cannot open {path}", path=path), seen=tr("no such file"), todo=tr("Check the path")
        )
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                header = json.loads((file.metadata() or {}).get("studio", "{}"))
                if not isinstance(header, dict):
                    raise ValueError("a header that says nothing")
                return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
        # Mapped rather than read: names and shapes are checked before 1.6 GB are in memory.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # a hostile or broken file may raise anything; nothing of it has been run
        hostile = "weights_only" in str(error) or "Unsupported" in str(error)
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StudioError(
            tr("{name} is not a checkpoint Backline can read", name=path.name),
            seen=tr("a pickle that holds more than tensors; nothing in it was run")
            if hostile
            else first[:160],
            expected=tr("a PyTorch or safetensors file of plain tensors"),
            todo=tr(TODO),
        ) from error
    if not isinstance(content, dict) or not content:
        raise not_plain(path, f"a {type(content).__name__}")
    return content, {}


def tensors_of(content: Mapping[str, Any], name: str) -> dict[str, Tensor]:
    """The content of a file, if it is floating-point tensors by name and nothing else. Raises StudioError."""
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise not_plain(Path(name), f"{key!r}: a {type(value).__name__}")
        if value.layout != torch.strided or not value.is_floating_point():
            raise not_plain(Path(name), f"{key}: {value.dtype}, {value.layout}")
    return dict(content)


def misfits(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], parts: Mapping[str, str], others: str
) -> list[str]:
    """What keeps tensors from fitting, a clause a part: missing, unknown, of another shape, not finite.

    Args:
        parts: what to call parts of the network, by the beginnings of their names.
        others: what to call the rest.
    """
    clauses = []
    for verb, names in (
        ("missing in", [n for n in wanted if n not in tensors]),
        ("unknown in", [n for n in tensors if n not in wanted]),
        ("of another shape in", [n for n in wanted if n in tensors and tensors[n].shape != wanted[n].shape]),
    ):
        for prefix, part in (*parts.items(), ("", others)):
            inside = [n for n in names if n.startswith(prefix) and (prefix or not n.startswith(tuple(parts)))]
            if inside:
                first = inside[0]
                detail = f"such as {first}"
                if verb.startswith("of another"):
                    detail += f" {list(tensors[first].shape)} for {list(wanted[first].shape)}"
                clauses.append(f"{many(len(inside), 'tensor')} {verb} {part}, {detail}")
    if not clauses:
        broken = [n for n, v in tensors.items() if not bool(torch.isfinite(v).all())]
        if broken:
            clauses.append(f"{many(len(broken), 'tensor')} with NaN or infinity, such as {broken[0]}")
    return clauses


def not_plain(path: Path, seen: str) -> StudioError:
    """The error for a file that holds something else."""
    return StudioError(
        tr("{name} is not a plain state dict", name=path.name),
        seen=seen,
        expected=tr("floating-point tensors by name"),
        todo=tr(TODO),
    )
