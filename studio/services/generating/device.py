"""The device that is computed on: what can be said of it before torch, which takes seconds to load, is asked.

A GPU that crashed or hung when it was tried is not used. One that is asked for by name is refused at once where there
cannot be any: torch speaks to an NVIDIA card through the library of its driver, which is there or not. Whether a card
answers, torch alone knows (studio.ml.device); that is asked when the models are loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from importlib import metadata

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.machine import CUDA, read_machine_notes
from studio.storage.paths import user_data_dir

#: The driver's library by platform; there are no drivers elsewhere.
_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}


def usable_device(device: str) -> str:
    """The device to load on: not a GPU that crashed or hung when it was tried (`studio doctor`).

    Raises:
        StudioError: where just that GPU is asked for.
    """
    why_not = read_machine_notes(user_data_dir()).why_not(CUDA)
    if not why_not or device == "cpu":
        return device
    if device == "auto":
        return "cpu"
    raise StudioError(
        tr("The GPU is not used"),
        seen=tr("when it was tried, it {why_not}", why_not=why_not),
        expected=tr("a GPU that answers"),
        todo=tr("Type 'studio doctor' to try it again, or choose the device 'cpu'"),
    )


def check_device(device: str) -> None:
    """Refuses, before any work, a GPU that is asked for and cannot be there. Raises StudioError as `usable_device`."""
    if usable_device(device) == CUDA and not _driver_there():
        raise StudioError(
            tr("Cannot run on CUDA"),
            seen=tr("no usable NVIDIA GPU or driver"),
            expected=tr("a CUDA device"),
            todo=tr("use the device 'cpu' or 'auto', or install the NVIDIA driver"),
        )


def _driver_there() -> bool:
    with contextlib.suppress(metadata.PackageNotFoundError):
        if "rocm" in metadata.version("torch"):  # its cards are called CUDA as well, and have another driver
            return True
    try:
        ctypes.CDLL(_DRIVERS[sys.platform])
    except (KeyError, OSError):
        return False
    return True
