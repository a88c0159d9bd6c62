"""Tempo and key in a sound file's own tags: the acid chunk of loops, and the text tags of every format we read.

The acid chunk (Sonic Foundry, written by most samplers and Logic) is read here; text tags (ID3's TBPM and TKEY, Vorbis
comments, RIFF INFO) by tinytag. A file that cannot be understood has no tags: whether it can be used is said by those
who read its sound.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

from tinytag import TinyTag, TinyTagException

from studio.core.hints import FASTEST_BPM, SLOWEST_BPM, Hint, key_of_tag, tempo_in_words, tempo_of_tag
from studio.core.language import tr
from studio.core.music import Key

#: Chunks looked at in one file, at most.
_MOST_CHUNKS = 200
_ACID_BYTES = 24
_ONE_SHOT = 1


def read_tags(path: Path) -> tuple[Hint, ...]:
    """What the file's tags say, the most exact first; empty where they say nothing or cannot be read."""
    hints = (_text_tags(path), _acid_chunk(path))
    return tuple(hint for hint in hints if hint)


def _text_tags(path: Path) -> Hint:
    try:
        tag = TinyTag.get(path, duration=False)
    except (TinyTagException, OSError, ValueError, struct.error, IndexError, KeyError):
        return Hint(None, None, "tag")
    tempo = next((t for text in tag.other.get("bpm", []) if (t := tempo_of_tag(str(text)))), None)
    key: Key | None = next(
        (k for text in tag.other.get("initial_key", []) if (k := key_of_tag(str(text)))), None
    )
    if tempo is None:  # some programs write it into the remarks
        tempo = tempo_in_words(tag.comment or "")
    return Hint(tempo, key, "tag")


def _acid_chunk(path: Path) -> Hint:
    """The tempo of an acid chunk: flags 4, root 2, unknown 2 + 4, beats 4, meter 2 + 2, tempo 4 (float) bytes."""
    nothing = Hint(None, None, tr("acid chunk"))
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
                return nothing
            size = path.stat().st_size
            for _ in range(_MOST_CHUNKS):
                chunk = file.read(8)
                if len(chunk) < 8:
                    return nothing
                name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
                if name != b"acid":
                    if length > size:
                        return nothing
                    file.seek(length + length % 2, 1)
                    continue
                body = file.read(_ACID_BYTES)
                if length < _ACID_BYTES or len(body) < _ACID_BYTES:
                    return nothing
                flags, tempo = struct.unpack_from("<I", body)[0], struct.unpack_from("<f", body, 20)[0]
                known = not flags & _ONE_SHOT and math.isfinite(tempo)
                if not known or not SLOWEST_BPM <= tempo <= FASTEST_BPM:
                    return nothing
                return Hint(round(tempo, 3), None, tr("acid chunk"))
    except OSError:
        pass
    return nothing
