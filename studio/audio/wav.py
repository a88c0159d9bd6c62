"""Writing WAV files as a DAW expects them.

24-bit unless told otherwise, dithered only where rounding would lose something, RF64 beyond 4 GiB, and
atomic: a file has its name only once it is whole and on the disk.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from studio.audio.files import error_text
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.dsp.dither import is_on_grid, quantise

Encoding = Literal["PCM_16", "PCM_24", "FLOAT"]

_BLOCK_FRAMES = 1 << 18
_WAV_LIMIT_BYTES = 2**32 - 2**16
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


def write_wav(path: Path, audio: Audio, *, encoding: Encoding = "PCM_24") -> None:
    """Writes a WAV at once, see `WavWriter`.

    PCM gets triangular dither unless every sample already fits the grid, so an untouched integer recording
    and digital silence are written bit for bit. The dither follows from the file name: the same audio gives
    the same file, and two stems of one band get independent noise. PCM clips beyond full scale.

    Raises:
        StudioError: the folder is not there, not writable, or full.
    """
    with WavWriter(path, audio.sample_rate, audio.channels, audio.frames, encoding) as sink:
        for block in _encoded_blocks(audio, encoding, zlib.crc32(path.name.encode())):
            sink.write(block)


class WavWriter:
    """A WAV (RF64 beyond 4 GiB) written block by block under a temporary name, then synced and renamed.

    A context manager; nothing is left behind when its block raises.

    Args:
        frames: how many will come.

    Raises:
        StudioError: the folder is not there, not writable, or full.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, frames: int, encoding: Encoding) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._bytes = frames * channels * _BYTES[encoding]
        container = "RF64" if self._bytes > _WAV_LIMIT_BYTES else "WAV"
        try:
            self._sink = sf.SoundFile(
                self._temporary, "w", sample_rate, channels, subtype=encoding, format=container
            )
        except (OSError, sf.LibsndfileError) as error:
            raise self._failed(error) from error

    def write(self, block: NDArray[Any]) -> None:
        """Takes [T, C]: float32 for FLOAT, for PCM int32 whose upper bits are the sample."""
        try:
            self._sink.write(block)
        except (OSError, sf.LibsndfileError) as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._sink.close()
            if kind is None:
                sync_to_disk(self._temporary)
                self._temporary.replace(self._path)
        except (OSError, sf.LibsndfileError) as failure:
            raise self._failed(failure) from failure
        finally:
            self._temporary.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> StudioError:
        self._temporary.unlink(missing_ok=True)
        return StudioError(
            f"Cannot write {self._path.name}",
            seen=error_text(error),
            expected=f"a writable folder with {self._bytes / 1e6:.0f} MB free: {self._path.parent}",
            todo="Free some space or choose another folder",
        )


def sync_to_disk(path: Path) -> None:
    """Waits until the file's bytes are on the disk, so that a rename cannot outrun them."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _encoded_blocks(audio: Audio, encoding: Encoding, seed: int) -> Iterator[NDArray[Any]]:
    """[frames, C] blocks that libsndfile stores without further rounding."""
    bits = {"PCM_16": 16, "PCM_24": 24}.get(encoding)
    starts = range(0, audio.frames, _BLOCK_FRAMES)
    blocks = (audio.samples[:, start : start + _BLOCK_FRAMES] for start in starts)
    if bits is None:
        for block in blocks:
            yield block.T
        return
    exact = all(is_on_grid(audio.samples[:, s : s + _BLOCK_FRAMES], bits) for s in starts)
    dither = None if exact else np.random.default_rng(seed)
    for block in blocks:
        # libsndfile takes the upper bits of an int32.
        yield quantise(block, bits, dither).T << (32 - bits)
