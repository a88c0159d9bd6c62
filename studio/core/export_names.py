"""Names of exported files, `{artist}_{song}_{cand}_{stem}_{bpm}bpm_{key}_{rate}k{bits}`, and of their folder.

Choices: the song's own script, in Unicode NFC; parts that are empty fall away; what some system forbids becomes a
hyphen, and blanks become underscores, so that a name is one word in every shell and DAW. A name that is too long for a
file system loses letters of the song and the artist only, whole ones: candidate, stem, tempo, key and format tell the
files of a song apart, and stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from studio.core.tempos import said_bpm

#: Of a name, with its suffix: 255 bytes is the limit of file systems, and the rest goes to the temporary name that a
#: file has while it is written, and to the number behind a folder that is taken.
MOST_BYTES = 220
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
#: What belongs to the character before it: joiners, variation selectors, skin tones, tags.
_JOINER = "\u200d"
_CLINGING = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


@dataclass(frozen=True)
class SongNames:
    """What the names of one song's files begin with, and whether they do: else they are short, as `drums.wav`."""

    artist: str = ""
    title: str = ""
    by_template: bool = True


@dataclass(frozen=True)
class NameParts:
    """What the names of one candidate have in common; empty parts fall away.

    Attributes:
        bpm: 0.0 for a tempo that was neither measured nor given.
        key: such as 'Am'.
    """

    artist: str
    song: str
    candidate: int
    bpm: float = 0.0
    key: str = ""

    def file(self, stem: str, suffix: str, *, sample_rate: int = 0, bits: str = "") -> str:
        """The name of one file.

        Args:
            suffix: with its dot.
            sample_rate, bits: of audio: in Hz, and '16', '24' or '32f'.
        """
        return self._joined(stem, f"{sample_rate / 1000:g}k{bits}" if sample_rate else "") + suffix

    def folder(self) -> str:
        """The name of the folder they are in."""
        return self._joined("", "")

    def _joined(self, stem: str, sound: str) -> str:
        tempo = f"{said_bpm(self.bpm).removesuffix('.0')}bpm" if self.bpm else ""
        rest = [clean(part) for part in (f"{self.candidate:02d}", stem, tempo, self.key, sound)]
        tail = "_".join(filter(None, rest))
        # The longest suffix is `.dawproject`.
        artist, song = _cut(clean(self.artist), clean(self.song), MOST_BYTES - len(tail.encode()) - 13)
        return "_".join(filter(None, (artist, song, tail)))


def clean(text: str) -> str:
    """A part of a name: NFC, nothing that some system forbids, underscores for blanks."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = _FORBIDDEN.sub("-", text)
    text = "_".join(text.split()).strip("._- ")
    return f"{text}-" if _RESERVED.match(text) else text


def without_collisions(names: Iterable[str]) -> list[str]:
    """The same names, those that a file system may take for an earlier one with a number before the suffix."""
    taken: set[str] = set()
    found = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if not dot:
            stem, suffix = name, ""
        unique, count = name, 1
        while _folded(unique) in taken:
            count += 1
            unique = f"{stem}_{count}{dot}{suffix}"
        taken.add(_folded(unique))
        found.append(unique)
    return found


def cut_to(text: str, most_bytes: int) -> str:
    """The longest beginning of a text, in whole characters as a reader sees them, of so many bytes of UTF-8."""
    if len(text.encode()) <= most_bytes:
        return text
    end, size = 0, 0
    for index, character in enumerate(text):
        if not _clings(text, index):
            end = index
        size += len(character.encode())
        if size > most_bytes:
            break
    return text[:end].rstrip("._- ")


def _cut(artist: str, song: str, room: int) -> tuple[str, str]:
    """Both in so many bytes, with an underscore between them; the longer one gives way."""
    room -= 1
    artist_size, song_size = len(artist.encode()), len(song.encode())
    if artist_size + song_size <= room:
        return artist, song
    half = room // 2
    if song_size <= half:
        return cut_to(artist, room - song_size), song
    if artist_size <= half:
        return artist, cut_to(song, room - artist_size)
    return cut_to(artist, half), cut_to(song, half)


def _clings(text: str, index: int) -> bool:
    """Whether a character is seen as one with what stands before it."""
    character = text[index]
    joined = index > 0 and text[index - 1] == _JOINER
    return joined or bool(_CLINGING.match(character)) or unicodedata.category(character) in ("Mn", "Mc", "Me")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
