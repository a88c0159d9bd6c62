"""How a song was looked at when it was left: a small file in the project's folder, beside what the song is.

No change of the song, and never in its way: one that is missing or damaged is as none, and one that cannot be written,
on a read-only disk or in a folder that was moved, is not.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.music import Chord
from studio.core.screen import Verdict
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json

NAME = "view.json"


@dataclass(frozen=True)
class BlindSaid:
    """What was said in a blind comparison: the journal's entry that says it, and of whom.

    Attributes:
        what: a field of Opinion, or 'picked'.
        note: what was typed, where that is what was said: the entry has the note from before as well.
    """

    entry: int
    number: int
    what: str
    note: str = ""


@dataclass(frozen=True)
class BlindLeft:
    """A blind comparison that goes on.

    Attributes:
        order: of the candidates; it is another comparison where the project has another one.
        closed, opened: see studio.ui.comparing.blind_marks.
        notes_before: by number.
    """

    order: tuple[int, ...]
    closed: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    said: tuple[BlindSaid, ...] = ()
    notes_before: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UnreadChords:
    """A line of chords that cannot be read, as it was typed, and the chords and the pickup of the song that it was
    typed over: where others hold since, it is of no use."""

    typed: str
    over: tuple[Chord, ...] | None = None
    pickup: tuple[Chord, ...] = ()


@dataclass(frozen=True)
class ViewState:
    """
    Attributes:
        playhead_s: seconds.
        shown_s: first and last second in sight; None for the whole song.
        band: the part of the frequency axis in sight, 0 at the bottom, 1 at the top.
        seed: the field, and how many candidates there were: where others have come since it may be out of date.
        keep_seed: whether the seed is to stay for the next request.
        blind: None where no comparison is blind.
        letters: of the last comparison that was revealed, by number.
        unvoted: what was heard and said so far of screens of the blind rating that wait for their vote, by number.
        unread_chords: None where the line of chords can be read.
    """

    playhead_s: float = 0.0
    shown_s: tuple[float, float] | None = None
    band: tuple[float, float] = (0.0, 1.0)
    seed: tuple[int, int] | None = None
    blind: BlindLeft | None = None
    letters: Mapping[int, str] = field(default_factory=dict)
    unvoted: Mapping[int, Verdict] = field(default_factory=dict)
    keep_seed: bool = False
    unread_chords: UnreadChords | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.playhead_s < math.inf:
            raise ValueError("a playhead outside of every song")
        if self.shown_s is not None and not 0.0 <= self.shown_s[0] < self.shown_s[1] < math.inf:
            raise ValueError("a stretch that ends before it begins")
        if not 0.0 <= self.band[0] < self.band[1] <= 1.0:
            raise ValueError("a band outside of the axis")
        for said in self.unvoted.values():
            if not all(0.0 <= heard < math.inf for heard in (said.took_s, *said.heard_s.values())):
                raise ValueError("a clip that was heard for less than no time")


def read_view(folder: Path) -> ViewState:
    """Of a project's folder."""
    try:
        return from_json(ViewState, (folder / NAME).read_bytes(), NAME)
    except (OSError, StudioError):
        return ViewState()


def keep_view(folder: Path, view: ViewState) -> None:
    """Writes it, where that can be done."""
    with contextlib.suppress(OSError):
        write_bytes(folder / NAME, to_json(view))
