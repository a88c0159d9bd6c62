"""MPEG audio counted frame by frame, for headers promise too much, too little, or nothing.

An MP3 has no length of its own. Encoders may put one into a first frame without sound (Xing, Info, VBRI), and decoders
guess where there is none, from the size of the file and the first frame: wrong wherever the bit rate changes. Files
that were joined hold several such frames, the first of which knows only the first part. Here every frame is visited,
and each part gets a first frame that tells the truth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_L1 = (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448)
_L2 = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_L3 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LOW_L1 = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BEGINNING = re.compile(rb"\xff[\xe0-\xff]|ID3")
#: Of a frame that is made here: large enough for the fields at every rate.
_INFO_BITRATE = 9
_LAME_GAPS = 141  # from 'Xing' to the 12 bits each of encoder delay and padding, with all fields present


@dataclass(frozen=True)
class Header:
    """Four bytes at the head of a frame."""

    version: int
    layer: int
    rate: int
    mono: bool
    size: int

    @property
    def samples(self) -> int:
        """A channel."""
        if self.layer == 1:
            return 384
        return 1152 if self.layer == 2 or self.version == 3 else 576

    @property
    def sound(self) -> tuple[int, int, int, bool]:
        """What does not change within one stream."""
        return self.version, self.layer, self.rate, self.mono

    @property
    def tag_at(self) -> int:
        """Where 'Xing' or 'Info' stands in a frame of layer III."""
        return 4 + ((17 if self.mono else 32) if self.version == 3 else (9 if self.mono else 17))


@dataclass
class MpegPart:
    """One stream of the file. Bytes count from its start.

    Attributes:
        start, stop: of all its frames.
        frames: with sound.
        promised: frames by its own header; None where it has none.
        head: to put before it.
        patches: bytes to change, by position.
        cut: the last frame is not whole.
    """

    start: int
    header: Header
    stop: int = 0
    frames: int = 0
    promised: int | None = None
    head: bytes = b""
    patches: dict[int, bytes] = field(default_factory=dict)
    cut: bool = False

    @property
    def samples(self) -> int:
        return self.frames * self.header.samples

    @property
    def ends_early(self) -> bool:
        # Some encoders count the frame without sound too.
        return self.cut or (self.promised is not None and self.promised > self.frames + 1)


def parse_header(data: bytes, at: int) -> Header | None:
    """The header at a position; None where there is none, or one of a free bit rate."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer_bits = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bitrate, rate_index, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer_bits == 0 or bitrate in (0, 15) or rate_index == 3:
        return None
    layer, rate = 4 - layer_bits, _RATES[version][rate_index]
    table = (_L1, _L2, _L3)[layer - 1] if version == 3 else (_LOW_L1, _LOW, _LOW)[layer - 1]
    bits = table[bitrate - 1] * 1000
    if layer == 1:
        size = (12 * bits // rate + padding) * 4
    else:
        size = (72 if layer == 3 and version != 3 else 144) * bits // rate + padding
    return Header(version, layer, rate, data[at + 3] >> 6 == 3, size)


def mpeg_parts(data: bytes) -> list[MpegPart]:
    """The streams of a file one after the other, each ready to be decoded to its end; empty where there are none."""
    parts: list[MpegPart] = []
    fresh = True  # a tag begins another recording
    for at, header, tagged in _frames(data):
        fresh = fresh or tagged or header.sound != parts[-1].header.sound
        info = _promise(data, at, header)
        if fresh or info is not None:
            parts.append(MpegPart(at, header))
            fresh = False
        part = parts[-1]
        part.stop = min(at + header.size, len(data))
        if info is not None:
            part.promised = info
        elif at + header.size > len(data):
            part.cut = True
        else:
            part.frames += 1
    parts = [part for part in parts if part.frames]
    for part in parts:
        _tell_the_truth(data, part)
    return parts


def _frames(data: bytes) -> Iterator[tuple[int, Header, bool]]:
    """Position and header of every frame, and whether a tag came before it. What is no frame is passed over."""
    at, tagged, expected = 0, False, None
    while at + 4 <= len(data):
        if data[at : at + 3] == b"ID3" and at + 10 <= len(data):
            size = 0
            for byte in data[at + 6 : at + 10]:
                size = size << 7 | byte & 0x7F
            at, tagged, expected = at + 10 + size, True, None
            continue
        header = parse_header(data, at)
        if header is not None and (header.sound == expected or _confirmed(data, at, header)):
            yield at, header, tagged
            at, tagged, expected = at + header.size, False, header.sound
            continue
        found = _BEGINNING.search(data, at + 1)
        if found is None:
            return
        at, expected = found.start(), None


def _confirmed(data: bytes, at: int, header: Header) -> bool:
    """Whether another frame of the same kind follows, or the end: two bytes of sync alone are found in any data."""
    after = at + header.size
    if after >= len(data) - 4:
        return True
    following = parse_header(data, after)
    return (following is not None and following.sound == header.sound) or data[after : after + 3] in (
        b"ID3",
        b"TAG",
        b"APE",
    )


def _promise(data: bytes, at: int, header: Header) -> int | None:
    """Frames by the header in a frame without sound, 0 where it does not say; None for a frame with sound."""
    if header.layer != 3:
        return None
    tag = at + header.tag_at
    if data[tag : tag + 4] in (b"Xing", b"Info"):
        says = data[tag + 7] & 1 if tag + 12 <= len(data) else 0
        return int.from_bytes(data[tag + 8 : tag + 12], "big") if says else 0
    if data[at + 36 : at + 40] == b"VBRI":
        return int.from_bytes(data[at + 50 : at + 54], "big")
    return None


def _tell_the_truth(data: bytes, part: MpegPart) -> None:
    header, count = part.header, part.frames.to_bytes(4, "big")
    if header.layer != 3 or (part.ends_early and part.promised):
        return  # a decoder that is promised too much stops at the end
    tag = part.start + header.tag_at
    if part.promised is None or data[tag : tag + 4] not in (b"Xing", b"Info"):
        if part.promised is not None:  # VBRI: its frame is left out
            part.start += header.size
        part.head = _info_frame(data[part.start : part.start + 4], header, count)
    elif part.promised != part.frames:
        if data[tag + 7] & 1:
            part.patches[tag + 8] = count
            if data[tag + 7] & 15 == 15 and part.promised < part.frames:  # what follows is sound, not padding
                gaps = data[tag + _LAME_GAPS : tag + _LAME_GAPS + 3]
                if len(gaps) == 3:
                    part.patches[tag + _LAME_GAPS + 1] = bytes([gaps[1] & 0xF0, 0])
        else:
            part.start += header.size
            part.head = _info_frame(data[part.start : part.start + 4], header, count)


def _info_frame(first: bytes, header: Header, count: bytes) -> bytes:
    """A frame without sound that says how many follow."""
    # No checksum, no padding, the same kind of sound.
    head = bytes([first[0], first[1] | 1, _INFO_BITRATE << 4 | first[2] & 0x0C, first[3]])
    made = parse_header(head, 0)
    assert made is not None
    frame = bytearray(made.size)
    frame[:4] = head
    tag = made.tag_at
    frame[tag : tag + 12] = b"Info" + (1).to_bytes(4, "big") + count
    return bytes(frame)
