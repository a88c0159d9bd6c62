"""One real operation on a device, with a known answer; meant for a child process, since a driver may crash."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from studio.core.errors import StudioError

_SIZE, _TOLERANCE = 256, 1e-2


@dataclass(frozen=True)
class Card:
    """A GPU as torch sees it; memory in bytes.

    Attributes:
        why_not: why torch cannot compute on it; empty where it can.
    """

    index: int
    name: str
    total: int
    free: int
    why_not: str = ""


def compute(device: str) -> str:
    """A matrix product and a convolution there, compared with numpy's.

    Args:
        device: such as 'cpu' or 'cuda:0'.

    Returns:
        What was used, in words.

    Raises:
        StudioError: for a wrong result.
    """
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal((_SIZE, _SIZE)).astype(np.float32) for _ in range(2))
    where = torch.device(device)
    product = (torch.from_numpy(a).to(where) @ torch.from_numpy(b).to(where)).cpu().numpy()
    signal, kernel = a.reshape(1, 1, -1), b[:1, :9].reshape(1, 1, 9)
    heard = torch.nn.functional.conv1d(torch.from_numpy(signal).to(where), torch.from_numpy(kernel).to(where))
    wanted = np.correlate(signal.ravel(), kernel.ravel(), "valid")
    worst = max(
        float(np.abs(product - a @ b).max()), float(np.abs(heard.cpu().numpy().ravel() - wanted).max())
    )
    # TF32 of newer cards rounds to ten bits.
    if not worst <= _TOLERANCE * _SIZE**0.5:
        raise StudioError("The device computes wrong", seen=f"an error of {worst:.3g} in a matrix product")
    if where.type == "cuda":
        return f"computes right, {torch.cuda.get_device_name(where)}"
    return f"computes right, torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"


def cards() -> tuple[tuple[Card, ...], str]:
    """All GPUs that torch knows of, and why it knows of none: empty where it does."""
    if torch.version.cuda is None:
        return (), "this torch is a build without CUDA"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        words = " ".join(str(w.message) for w in told)
        if "too old" in words:
            return (), f"the driver is too old for CUDA {torch.version.cuda}"
        return (), f"no driver for CUDA {torch.version.cuda} answers"
    return tuple(_card(index) for index in range(count)), ""


def _card(index: int) -> Card:
    major, minor = torch.cuda.get_device_capability(index)
    known = [int(name.removeprefix("sm_")) for name in torch.cuda.get_arch_list() if name[3:].isdigit()]
    why_not = ""
    if known and major * 10 + minor < min(known):
        why_not = f"compute capability {major}.{minor}, and this torch begins at {min(known) / 10:.1f}"
    free, total = (0, 0) if why_not else torch.cuda.mem_get_info(index)
    return Card(index, torch.cuda.get_device_name(index), total, free, why_not)
