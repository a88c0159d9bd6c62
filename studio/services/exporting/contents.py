"""What is written of a candidate, and under which names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.audio.wav import Encoding
from studio.core.arrangement import BAND, STEMS, Arrangement
from studio.core.export_names import NameParts, SongNames, without_collisions
from studio.core.mix import VOCAL
from studio.core.music import Key

MIX, CLICK = "mix", "click"
#: Of files without sound.
MIDI, DAW_PROJECT, REAPER = "midi", "dawproject", "rpp"
#: Every file there may be, in the order they are listed.
ROLES = (VOCAL, *STEMS, BAND, MIX, CLICK, MIDI, DAW_PROJECT, REAPER)
#: Files of sound that a candidate's band and vocal sum to, and the click.
SOUNDS = (VOCAL, *STEMS, BAND, MIX, CLICK)

_BITS: dict[Encoding, str] = {"PCM_16": "16", "PCM_24": "24", "FLOAT": "32f"}
_SHORT = {MIDI: "arrangement.mid", DAW_PROJECT: "session.dawproject", REAPER: "session.rpp"}
_LONG = {MIDI: ("arrangement", ".mid"), DAW_PROJECT: ("session", ".dawproject"), REAPER: ("session", ".rpp")}


@dataclass(frozen=True)
class Contents:
    """Which files are wanted: names of ROLES. What a candidate does not have is left out."""

    roles: frozenset[str] = frozenset(ROLES) - {CLICK}

    def of(self, stems: Iterable[str]) -> tuple[str, ...]:
        """The wanted files of a candidate with these stems, in their order."""
        there = {VOCAL, BAND, MIX, CLICK, MIDI, DAW_PROJECT, REAPER, *stems}
        return tuple(role for role in ROLES if role in self.roles and role in there)


def key_text(key: Key) -> str:
    """'Am', 'Bb': as a file name has it."""
    return key.names[key.tonic] + ("m" if key.mode == "minor" else "")


def folder_name(names: SongNames | None, candidate: int, arrangement: Arrangement) -> str:
    """Of the folder of a candidate."""
    if names is None or not names.by_template:
        return f"candidate_{candidate:02d}"
    return _parts(names, candidate, arrangement).folder()


def file_names(
    roles: Iterable[str],
    names: SongNames | None,
    candidate: int,
    arrangement: Arrangement,
    sample_rate: int,
    encodings: dict[str, Encoding],
) -> dict[str, str]:
    """The file of each role.

    Args:
        names: None for short names, such as `drums.wav`.
        encodings: by role of sound.
    """
    roles = tuple(roles)
    if names is None or not names.by_template:
        return {role: _SHORT.get(role, f"{role}.wav") for role in roles}
    parts = _parts(names, candidate, arrangement)
    found = []
    for role in roles:
        if role in _LONG:
            stem, suffix = _LONG[role]
            found.append(parts.file(stem, suffix))
        else:
            found.append(parts.file(role, ".wav", sample_rate=sample_rate, bits=_BITS[encodings[role]]))
    return dict(zip(roles, without_collisions(found), strict=True))


def _parts(names: SongNames, candidate: int, arrangement: Arrangement) -> NameParts:
    return NameParts(
        names.artist, names.title, candidate, arrangement.grid.tempo_bpm, key_text(arrangement.key)
    )
