"""What WAV, AIFF, FLAC and Ogg files really hold, whatever their headers say of its length.

A recorder that is interrupted leaves sizes of zero, or those of a moment ago; a program that writes into a pipe leaves
the largest number there is; files that were joined say only how long the first one is. Chunks and pages are walked to
the end of the file, and where the header is wrong the bytes to put right are given with the part.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import BinaryIO

#: Sizes from here on mean 'to the end' (sox, ffmpeg and others write such into pipes).
_STREAMED = 0x7FFF0000
_PAGE_HEADER = 27
_FLAC_START = b"fLaC\x00\x00\x00\x22"
_FLAC_COUNT_AT = 21  # 4 bits of it; 4 bytes follow
_CHECKED = 1 << 20


@dataclass
class Part:
    """A stretch that one decoder reads. `patches` are bytes to change, by position in the file.

    Attributes:
        promised: frames by its header; None where it does not say.
        ends_early: the header promises more than there is.
        recovered: the header knew nothing of some or all of the sound.
    """

    start: int
    stop: int
    patches: dict[int, bytes] = field(default_factory=dict)
    promised: int | None = None
    ends_early: bool = False
    recovered: bool = False


def riff_part(handle: BinaryIO) -> Part | None:
    """The sound of a RIFF or RF64 file; None where nothing is to be said of it."""
    end = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    head = handle.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return None
    at, fmt, ds64 = 12, b"", 0
    while at + 8 <= end:
        handle.seek(at)
        name, size_bytes = handle.read(4), handle.read(4)
        size = int.from_bytes(size_bytes, "little")
        if name == b"fmt ":
            fmt = handle.read(min(size, 40))
        elif name == b"ds64":
            ds64 = at
        elif name == b"data":
            break
        at += 8 + size + size % 2
    else:
        return None
    first = at + 8
    there = end - first
    if head[:4] == b"RF64" and size == 0xFFFFFFFF and ds64:
        handle.seek(ds64 + 16)
        size = int.from_bytes(handle.read(8), "little")
    part = Part(0, end)
    if size >= _STREAMED and size > there and head[:4] == b"RIFF":
        return part
    if size > there:
        part.ends_early = True
        return part
    if not _is_more_sound(handle, first, first + size + size % 2, end, fmt):
        return part
    part.recovered = True
    if head[:4] == b"RF64" and ds64:
        part.patches = {4: b"\xff" * 4, at + 4: b"\xff" * 4, ds64 + 8: (end - 8).to_bytes(8, "little"),
                        ds64 + 16: there.to_bytes(8, "little")}  # fmt: skip
    else:
        part.patches = {
            0: b"RIFF",
            4: min(end - 8, 0xFFFFFFFE).to_bytes(4, "little"),
            at + 4: min(there, 0xFFFFFF00).to_bytes(4, "little"),
        }
    return part


def _is_more_sound(handle: BinaryIO, first: int, after: int, end: int, fmt: bytes) -> bool:
    """Whether what follows a data chunk is sound that its header does not know of, rather than chunks or rubbish."""
    align = int.from_bytes(fmt[12:14], "little") if len(fmt) >= 16 else 0
    if not align or end - after < align or _are_chunks(handle, after, end, "little"):
        return False
    if after == first:
        return True
    handle.seek(after)
    tail = handle.read(_CHECKED)
    # Tags and padding are text and zeros; of all else, something that repeats no byte more than chance is rubbish.
    if not tail.strip(b"\0") or tail[:3] in (b"ID3", b"TAG") or end - after < 256:
        return False
    counts = [0] * 256
    for byte in tail[: 1 << 16]:
        counts[byte] += 1
    total = sum(counts)
    entropy = -sum(n / total * math.log2(n / total) for n in counts if n)
    return entropy < 7.9 or total < 4096


def _are_chunks(handle: BinaryIO, at: int, end: int, order: str) -> bool:
    """Whether the rest of a file is chunks with printable names that fit."""
    while at + 8 <= end:
        handle.seek(at)
        name, size_bytes = handle.read(4), handle.read(4)
        if not all(32 <= byte < 127 for byte in name):
            return False
        size = int.from_bytes(size_bytes, "little" if order == "little" else "big")
        at += 8 + size + size % 2
    return at <= end + 1


def aiff_part(handle: BinaryIO) -> Part | None:
    """The sound of an AIFF or AIFF-C file; None where nothing is to be said of it."""
    end = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    head = handle.read(12)
    if head[:4] != b"FORM" or head[8:12] not in (b"AIFF", b"AIFC"):
        return None
    at, common, common_at, compression = 12, b"", 0, b"NONE"
    while at + 8 <= end:
        handle.seek(at)
        name, size = handle.read(4), int.from_bytes(handle.read(4), "big")
        if name == b"COMM":
            common_at, common = at + 8, handle.read(min(size, 22))
            compression = common[18:22] if head[8:12] == b"AIFC" else compression
        elif name == b"SSND":
            break
        at += 8 + size + size % 2
    else:
        return None
    if len(common) < 18:
        return None
    channels, frames, bits = (
        int.from_bytes(common[:2], "big"),
        int.from_bytes(common[2:6], "big"),
        int.from_bytes(common[6:8], "big"),
    )
    align, first = channels * -(-bits // 8), at + 16
    part = Part(0, end)
    if not align or compression not in (
        b"NONE",
        b"sowt",
        b"fl32",
        b"FL32",
        b"fl64",
        b"FL64",
        b"in24",
        b"twos",
    ):
        return part
    there = (end - first) // align
    if size < _STREAMED and size - 8 > end - first:
        part.ends_early = True
    elif (frames == 0 or size <= 8 or size >= _STREAMED) and there > frames:
        after = first + max(0, size - 8)
        if size >= _STREAMED or frames == 0 < size - 8 or not _are_chunks(handle, after, end, "big"):
            part.recovered = size < _STREAMED
            sound = there if size <= 8 or size >= _STREAMED else (size - 8) // align
            part.patches = {
                4: (end - 8).to_bytes(4, "big"),
                common_at + 2: sound.to_bytes(4, "big"),
                at + 4: (8 + sound * align).to_bytes(4, "big"),
            }
    return part


def flac_parts(data: bytes) -> list[Part]:
    """The streams of a FLAC file; each is told not to know its length, so that the decoder goes to the end."""
    starts = []
    at = data.find(_FLAC_START)
    while at >= 0:
        starts.append(at)
        at = data.find(_FLAC_START, at + 1)
    parts = []
    for start, stop in zip(starts, (*starts[1:], len(data)), strict=False):
        place = start + _FLAC_COUNT_AT
        if place + 5 > len(data):
            continue
        count = int.from_bytes(bytes([data[place] & 15]) + data[place + 1 : place + 5], "big")
        patches = {place: bytes([data[place] & 0xF0, 0, 0, 0, 0])} if count else {}
        parts.append(Part(start, stop, patches, count or None))
    return parts


def ogg_parts(data: bytes) -> list[Part]:
    """The links of an Ogg file, one after the other. A link whose last page does not say that it is the last ends
    early."""
    parts: list[Part] = []
    at, in_headers, last = data.find(b"OggS"), False, 0
    while 0 <= at <= len(data) - _PAGE_HEADER:
        segments = data[at + 26]
        table = data[at + _PAGE_HEADER : at + _PAGE_HEADER + segments]
        stop = at + _PAGE_HEADER + segments + sum(table)
        first_page = bool(data[at + 5] & 2)
        if not parts or (first_page and not in_headers):
            parts.append(Part(at, stop))
        in_headers = first_page
        parts[-1].stop, last = min(stop, len(data)), data[at + 5]
        parts[-1].ends_early = not last & 4 or stop > len(data)
        at = stop if data[stop : stop + 4] == b"OggS" else data.find(b"OggS", at + 4)
    return parts
