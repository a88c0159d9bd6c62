"""Writing WAV files as a DAW expects them.

24-bit unless told otherwise, dithered only where rounding would lose something, RF64 beyond 4 GiB, and
atomic: a file has its name only once it is whole and on the disk.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from studio.audio.file_bytes import error_text
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.part_path import part_path
from studio.dsp.dither import is_on_grid, quantise

Encoding = Literal["PCM_16", "PCM_24", "FLOAT"]

_BLOCK_FRAMES = 1 << 18
_WAV_LIMIT_BYTES = 2**32 - 2**16
#: All chunks before the samples lie in these.
_HEAD_BYTES = 4096
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


def write_wav(path: Path, audio: Audio, *, encoding: Encoding = "PCM_24") -> None:
    """Writes a WAV at once, see `WavWriter`.

    The same audio gives the same bytes, whenever it is written: projects know a sound by its content.
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
        self._temporary = part_path(path)
        self._bytes = frames * channels * _BYTES[encoding]
        container = "RF64" if self._bytes > _WAV_LIMIT_BYTES else "WAV"
        disk: _Disk | None = None
        try:
            disk = self._written = _Disk(self._temporary)
            self._sink = sf.SoundFile(disk, "w", sample_rate, channels, subtype=encoding, format=container)
            disk.check()
        except (OSError, sf.LibsndfileError) as error:
            if disk is not None:
                disk.close(whole=False)
            raise self._failed(error) from error

    def write(self, block: NDArray[Any]) -> None:
        """Takes [T, C]: float32 for FLOAT, for PCM int32 whose upper bits are the sample."""
        try:
            self._sink.write(block)
            self._written.check()
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
                self._written.forget_time()
            self._written.close(whole=kind is None)
            if kind is None:
                self._temporary.replace(self._path)
        except (OSError, sf.LibsndfileError) as failure:
            raise self._failed(failure) from failure
        finally:
            self._written.close(whole=False)
            self._temporary.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> StudioError:
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)
        return StudioError(
            tr("Cannot write {name}", name=self._path.name),
            seen=error_text(error),
            expected=tr(
                "a writable folder with {bytes:.1f} MB free: {parent}",
                bytes=max(0.1, self._bytes / 1e6),
                parent=self._path.parent,
            ),
            todo=tr("Free some space or choose another folder"),
        )


class _Disk:
    """A file for libsndfile, which knows 'System error' only: what the system said is kept, and raised by `check`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb+", buffering=1 << 20)
        self._error: OSError | None = None
        self._at = 0

    def write(self, content: bytes) -> int:
        if self._error is None and not self._file.closed:
            try:
                self._file.write(content)
            except OSError as error:
                self._error = error
        return len(content)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            self._at = self._file.seek(offset, whence)  # writes what is buffered
        except OSError as error:
            self._error = self._error or error
        except ValueError:  # closed, after a failure
            pass
        return self._at

    def tell(self) -> int:
        # Asks the system only while all is well: what is raised in a callback is lost.
        if self._error is None and not self._file.closed:
            self._at = self._file.tell()
        return self._at

    def check(self) -> None:
        """Raises OSError when one came up."""
        if self._error is not None:
            raise self._error

    def forget_time(self) -> None:
        """Takes the time of writing out of the PEAK chunk that libsndfile gives a float file: the same audio is the
        same bytes, whenever it is written. Raises OSError."""
        self.check()
        self._file.seek(0)
        head = self._file.read(_HEAD_BYTES)
        at = 12  # behind the container's name, size and kind
        while at + 16 <= len(head) and head[at : at + 4] != b"data":
            if head[at : at + 4] == b"PEAK":  # name, size, version, time
                self._file.seek(at + 12)
                self._file.write(bytes(4))
            size = int.from_bytes(head[at + 4 : at + 8], "little")
            at += 8 + size + size % 2

    def close(self, *, whole: bool) -> None:
        """`whole` waits until the bytes are on the disk, so that a rename cannot outrun them. Raises OSError then."""
        if self._file.closed:
            return
        if whole:
            self.check()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            return
        with contextlib.suppress(OSError):  # what could not be written is given up
            self._file.close()


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
