"""Whether a band plays a tune that is known: one of those that shaped the models, or one the user exported before.

The lines of lead, harmony and bass are each compared; drums have no tune, and chords are left out: progressions are
shared by all music (docs/marks.md). It is a comparison with what is in the index, and says nothing of any other music.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.arrangement import Arrangement
from studio.core.errors import StudioError
from studio.core.known_tunes import LIKE, KnownTunes, TuneMatch, known_tunes, nearest_tune, unpacked
from studio.core.language import in_english, tr
from studio.core.tune_print import Prints, tune_print
from studio.services.provenance import ticket as tickets
from studio.services.provenance.ticket import Ticket
from studio.storage.exports import NAME, ExportedSong, Exports
from studio.storage.paths import models_dir

#: Made by `studio train tunes`.
INDEX = "known_tunes.npz"
#: Stems with a line of their own.
LINES = ("lead", "harmony", "bass")


@dataclass(frozen=True)
class Nearest:
    """The tune that a band is most like.

    Attributes:
        stem: whose line it is; empty where nothing is like anything.
        name: of the tune.
        share: of 24 phrases in a row, how many are the tune's, 0 to 1.
        own: whether it is one of the user's exports.
    """

    stem: str = ""
    name: str = ""
    share: float = 0.0
    own: bool = False

    @property
    def is_like(self) -> bool:
        return self.share >= LIKE

    @property
    @in_english()
    def as_json(self) -> dict[str, object]:
        return {
            "stem": self.stem,
            "name": self.name,
            "share": round(self.share, 3),
            "own_export": self.own,
            "warning": self.words if self.is_like else None,
        }

    @property
    def words(self) -> str:
        """In a sentence."""
        if not self.stem:
            return tr("Not a phrase of it is in any tune that the models learnt from.")
        whose = tr("your export") if self.own else tr("the tune")
        many = tr(
            "{share:.0%} of the phrases of eight bars or so of its {stem}",
            share=self.share,
            stem=tr(self.stem),
        )
        if self.is_like:
            return tr(
                "The {stem} is like {whose} {name}: {many} are the same. Listen before you publish it.",
                stem=tr(self.stem),
                whose=whose,
                name=self.name,
                many=many,
            )
        return tr("Nothing near: at most {many} are in {name}.", many=many, name=self.name)


NOTHING_NEAR = Nearest()


def lines_of(arrangement: Arrangement) -> dict[str, Prints]:
    """The phrases of each stem that has a line."""
    times = np.asarray(arrangement.grid.times_s)
    beats = np.arange(len(times), dtype=np.float64)
    return {
        stem: tune_print(
            np.interp([note.start_s for note in part.notes], times, beats).tolist(),
            [note.pitch for note in part.notes],
        )
        for stem in LINES
        if (part := arrangement.parts.get(stem)) is not None and part.notes
    }


def nearest(
    lines: dict[str, Prints], library: Sequence[ExportedSong] = (), this: Ticket | None = None
) -> Nearest:
    """Of lines, in the index that ships and in the user's exports of other songs than the one of this ticket.

    Another song has another name and other singing: the same vocal in a file of another name is the same song.
    """
    title = this.vocal_name if this else ""
    others = [song for song in library if song.title != title]
    while True:
        best = _nearest(lines, own_tunes(others))
        if this is None or not best.own:
            return best
        # Tickets are long: only those of the tune that was found are read.
        same = {song.ticket for song in others if song.title == best.name and _is_of(song, this)}
        if not same:
            return best
        others = [song for song in others if song.ticket not in same]


def _nearest(lines: dict[str, Prints], own: KnownTunes | None) -> Nearest:
    best = NOTHING_NEAR
    for stem, line in lines.items():
        for known, mine in ((shipped_tunes(), False), (own, True)):
            match = nearest_tune(line, known) if known is not None else TuneMatch()
            if match.share > best.share:
                best = Nearest(stem, match.name, match.share, mine)
    return best


def _is_of(song: ExportedSong, this: Ticket) -> bool:
    """Whether an export is of the same singing, sample by sample, or of the same file."""
    try:
        ticket = tickets.unpacked(song.request)
    except StudioError:
        return False
    return ticket.vocal_sound == this.vocal_sound or ticket.vocal_sha256 == this.vocal_sha256


def own_tunes(library: Sequence[ExportedSong]) -> KnownTunes | None:
    """The user's exports, one tune a song; None where there is none."""
    by_title: dict[str, list[Prints]] = {}
    for song in library:
        if len(song.tune):
            by_title.setdefault(song.title, []).append(song.tune)
    if not by_title:
        return None
    return known_tunes([np.concatenate(tunes) for tunes in by_title.values()], list(by_title))


def tune_of(lines: dict[str, Prints]) -> Prints:
    """All phrases of a band, as the list of exports keeps them."""
    return np.unique(np.concatenate([np.zeros(0, np.uint32), *lines.values()]))


def exported_songs(data_dir: Path) -> list[ExportedSong]:
    """What the user exported; nothing where the list cannot be read."""
    if not (data_dir / NAME).exists():
        return []
    try:
        with Exports(data_dir) as exports:
            return exports.songs()
    except StudioError:
        return []


@functools.cache
def shipped_tunes() -> KnownTunes | None:
    """The index beside the models; None where it is missing or damaged, which is no reason not to make music."""
    try:
        return unpacked((models_dir() / INDEX).read_bytes())
    except (OSError, ValueError):
        return None
