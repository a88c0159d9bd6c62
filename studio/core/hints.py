"""What a file says about its tempo and key: in its tags, or in its name. Offered to whoever opens it, never taken
silently over what is heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.music import Key

#: Tempos beyond these are years, take numbers or sample rates.
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0


@dataclass(frozen=True)
class Hint:
    """A tempo, a key or both, and where they stand ('file name', 'acid chunk', 'tag')."""

    tempo_bpm: float | None
    key: Key | None
    source: str

    def __bool__(self) -> bool:
        return self.tempo_bpm is not None or self.key is not None


_NUMBER = r"(\d{2,3}(?:[.,]\d{1,3})?)"
_TEMPO_WITH_UNIT = re.compile(
    rf"(?<![\d.]){_NUMBER}[\s_-]*bpm(?![a-z])|(?<![a-z])bpm[\s_=-]*{_NUMBER}(?![\d])", re.IGNORECASE
)
_BARE_NUMBER = re.compile(r"^\d{2,3}$")
_KEY = re.compile(r"^([A-G])(#|b|♯|♭|sharp|flat)?\s?(m|min|minor|maj|major)?$")
_MODE = re.compile(r"^(min|minor|maj|major)$", re.IGNORECASE)
#: Words before a number that make it something else than a tempo.
_COUNTED = frozenset(
    (
        "take",
        "tk",
        "track",
        "trk",
        "part",
        "pt",
        "no",
        "nr",
        "num",
        "version",
        "ver",
        "v",
        "mix",
        "vol",
        "verse",
        "chorus",
    )
    + (
        "bar",
        "bars",
        "layer",
        "double",
        "dbl",
        "bv",
        "bvs",
        "harm",
        "session",
        "song",
        "day",
        "copy",
        "final",
        "edit",
    )
)


def hint_from_name(name: str) -> Hint:
    """What a file's name says, without its suffix: 'song_96bpm_Am', '96 BPM Lead Vox F#m', 'Vox_128_Gmin'.

    A number without 'bpm' is a tempo only beside a key with its mode, and not where a word such as 'take' counts
    with it; a bare letter is a key only beside a tempo with 'bpm'.
    """
    tempo = tempo_in_words(name)
    rest = _TEMPO_WITH_UNIT.sub(" ", name)
    words = [word for word in re.split(r"[\s_,;()\[\]{}.+-]+", rest) if word]
    key = _key_in(words, timed=tempo is not None)
    if tempo is None and key is not None:
        tempo = _bare_tempo(words)
    return Hint(tempo, key, tr("file name"))


def tempo_in_words(text: str) -> float | None:
    """A tempo written with 'bpm' in a text; None where there is none, or several."""
    found = {_plausible(m[1] or m[2]) for m in _TEMPO_WITH_UNIT.finditer(text)} - {None}
    return found.pop() if len(found) == 1 else None


def tempo_of_tag(text: str) -> float | None:
    """A tempo as tags hold it: '96', '96.5', '96 BPM'."""
    match = re.fullmatch(rf"\s*0*{_NUMBER}\s*(?:bpm)?\s*", text, re.IGNORECASE)
    return _plausible(match[1]) if match else None


def key_of_tag(text: str) -> Key | None:
    """A key as tags hold it: 'Am', 'F#m', 'Bb', 'A minor'; None for 'o' (off key), Camelot numbers and the like."""
    try:
        return Key.parse(text)
    except StudioError:
        return None


def _plausible(text: str) -> float | None:
    value = float(text.replace(",", "."))
    return value if SLOWEST_BPM <= value <= FASTEST_BPM else None


def _key_in(words: Sequence[str], *, timed: bool) -> Key | None:
    """The one key among words; None where there are several.

    A bare 'G' or 'Bb' is one as the last word beside a tempo, and 'Am' only beside a number: it is a word as well.
    """
    found: set[Key] = set()
    for i, word in enumerate(words):
        match = _KEY.match(word)
        if not match:
            continue
        mode, last = match[3], i + 1 == len(words)
        if not mode and not last and _MODE.match(words[i + 1]):
            mode = words[i + 1]
        if not mode and not (timed and last):
            continue
        if word == "Am" and not timed and _bare_tempo(words) is None:
            continue
        sign = {"sharp": "#", "flat": "b"}.get(match[2] or "", match[2] or "")
        found.add(Key.parse(match[1] + sign + (mode or "")))
    return found.pop() if len(found) == 1 else None


def _bare_tempo(words: Sequence[str]) -> float | None:
    """The one number of two or three digits that no word counts with."""
    found = set()
    for before, word in zip(("", *words[:-1]), words, strict=True):
        if _BARE_NUMBER.match(word) and before.lower() not in _COUNTED:
            found.add(_plausible(word))
    found.discard(None)
    return found.pop() if len(found) == 1 else None
