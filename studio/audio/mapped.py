"""Float WAV files looked at where they lie, without being read."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.language import tr

_FLOAT, _EXTENSIBLE = 3, 0xFFFE


def mapped_wav(path: Path) -> Audio:
    """A 32-bit float WAV or RF64; its samples [C, T] are read from the disk only where and while they are looked at.

    Raises:
        StudioError: for a file that is not there, not such a WAV, or shorter than it says.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            head = file.read(12)
            if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
                raise _unreadable(path, tr("no WAV"))
            channels = rate = 0
            long_data: int | None = None
            at = 12
            while at + 8 <= size:
                file.seek(at)
                name, length = struct.unpack("<4sI", file.read(8))
                if name == b"ds64":
                    long_data = struct.unpack("<QQ", file.read(16))[1]
                elif name == b"fmt ":
                    content = file.read(min(length, 40))
                    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", content[:16])
                    if kind == _EXTENSIBLE and len(content) >= 26:
                        kind = struct.unpack("<H", content[24:26])[0]
                    if kind != _FLOAT or bits != 32 or not 1 <= channels <= 64 or not rate:
                        raise _unreadable(
                            path,
                            tr(
                                "format {kind} with {bits} bits in {channels} channels",
                                kind=kind,
                                bits=bits,
                                channels=channels,
                            ),
                        )
                elif name == b"data":
                    if long_data is not None and length == 0xFFFFFFFF:
                        length = long_data
                    if not channels or at + 8 + length > size:
                        raise _unreadable(path, tr("{size} bytes", size=size))
                    frames = length // (4 * channels)
                    if not frames:
                        return Audio(np.zeros((channels, 0), np.float32), rate)
                    rows = np.memmap(path, "<f4", "r", at + 8, (frames, channels))
                    return Audio(np.asarray(rows).T, rate)
                at += 8 + length + length % 2
    except (OSError, struct.error) as error:
        raise _unreadable(path, str(error)) from error
    raise _unreadable(path, tr("no samples in it"))


def _unreadable(path: Path, seen: str) -> StudioError:
    return StudioError(
        tr("Cannot read {name}", name=path.name),
        seen=seen,
        expected=tr("a whole WAV with 32-bit float samples"),
    )
