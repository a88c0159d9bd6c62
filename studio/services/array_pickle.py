"""Values between two processes: pickled, with every large array in a file that the other side maps.

The stems of a song are hundreds of megabytes; mapped they cost the receiver neither time nor memory of its own. A
file loses its name as soon as it is mapped, so nothing is left behind when either process dies.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.scratch import ScratchStems

_LARGE_BYTES = 1 << 16


class _Packer(pickle.Pickler):
    def __init__(self, sink: io.BytesIO, folder: Path) -> None:
        super().__init__(sink, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, ScratchStems):
            return dict, (dict(value),)
        if isinstance(value, np.ndarray) and value.nbytes >= _LARGE_BYTES and not value.dtype.hasobject:
            return _map_array, (self._write(value), value.dtype.str, value.shape)
        return NotImplemented

    def _write(self, array: NDArray[Any]) -> str:
        handle, name = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            np.ascontiguousarray(array).tofile(file)
        return name


def _map_array(path: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    # Copy on write: torch wants arrays it might write to.
    array = np.asarray(np.memmap(path, dtype=dtype, mode="c", shape=shape))
    with contextlib.suppress(
        OSError
    ):  # Windows keeps the name of a mapped file; its folder goes with the process
        Path(path).unlink()
    return array


def pack(value: object, folder: Path) -> bytes:
    """The value for `unpack`, to be used once; its large arrays are written into the folder.

    Raises:
        OSError: the folder is full.
    """
    sink = io.BytesIO()
    _Packer(sink, folder).dump(value)
    return sink.getvalue()


unpack: Callable[[bytes], Any] = pickle.loads
