"""Writing WAV files as a DAW expects them.

24-bit unless told otherwise, dithered only where rounding would lose something, RF64 beyond 4 GiB, and
atomic: a file has its name only once it is whole and on the disk.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

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
    """Writes a WAV (RF64 beyond 4 GiB) under a temporary name, syncs it, then renames it.

    PCM gets triangular dither unless every sample already fits the grid, so an untouched integer recording
    and digital silence are written bit for bit. The dither follows from the file name: the same audio gives
    the same file, and two stems of one band get independent noise. PCM clips beyond full scale.

    Raises:
        StudioError: the folder is not there, not writable, or full.
    """
    data_bytes = audio.frames * audio.channels * _BYTES[encoding]
    container = "RF64" if data_bytes > _WAV_LIMIT_BYTES else "WAV"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with sf.SoundFile(
            temporary, "w", audio.sample_rate, audio.channels, subtype=encoding, format=container
        ) as sink:
            for block in _encoded_blocks(audio, encoding, zlib.crc32(path.name.encode())):
                sink.write(block)
        sync_to_disk(temporary)
        temporary.replace(path)
    except (OSError, sf.LibsndfileError) as error:
        raise StudioError(
            f"Cannot write {path.name}",
            seen=error_text(error),
            expected=f"a writable folder with {data_bytes / 1e6:.0f} MB free: {path.parent}",
            todo="Free some space or choose another folder",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


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
