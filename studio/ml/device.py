"""Where the networks run, and whether half precision pays there."""

from __future__ import annotations

import torch

from studio.core.errors import StudioError


def choose_device(name: str) -> torch.device:
    """'auto' takes CUDA when present. Raises StudioError for CUDA on a machine without it."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise StudioError(
            "Cannot run on CUDA", seen="no usable NVIDIA GPU or driver", expected="a CUDA device",
            todo="use the device 'cpu' or 'auto', or install the NVIDIA driver",
        )  # fmt: skip
    if name not in ("cpu", "cuda"):
        raise StudioError("There is no such device", seen=repr(name), expected="auto, cpu or cuda")
    return torch.device(name)


def supports_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is computed natively; emulated on a CPU it would be slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))
