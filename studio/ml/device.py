"""Where the networks run, and whether half precision pays there."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.language import tr


def choose_device(name: str) -> torch.device:
    """'auto' takes CUDA when present. Raises StudioError for CUDA on a machine without it."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise StudioError(
            tr("Cannot run on CUDA"),
            seen=tr("no usable NVIDIA GPU or driver"),
            expected=tr("a CUDA device"),
            todo=tr("use the device 'cpu' or 'auto', or install the NVIDIA driver"),
        )
    if name not in ("cpu", "cuda"):
        raise StudioError(tr("There is no such device"), seen=repr(name), expected=tr("auto, cpu or cuda"))
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """'cpu' or 'cuda (name of the card)', for reports."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def supports_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is computed natively; emulated on a CPU it would be slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """A tensor there; to a GPU from pinned memory, so that nobody waits for the copy."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def compute_threads() -> int:
    """How many threads compute on the CPU."""
    return torch.get_num_threads()
