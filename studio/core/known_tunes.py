"""Many tunes by their phrases, and which of them a line is most like.

The measure is local: of 24 phrases in a row (32 notes, some eight bars), how many are one tune's. A whole that is new
may hold eight bars that are not, and it is those that are to be found. What was measured with it is in docs/marks.md.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.tune_print import GRAM, NO_TUNE, STRETCH, Prints

#: From this share on a line is told to be like a tune: measured, see docs/marks.md.
LIKE = 10 / 24
#: A phrase that more tunes share than this is everybody's.
COMMON = 8


@dataclass(frozen=True, eq=False)
class KnownTunes:
    """Phrases of many tunes, in the order of their prints.

    Attributes:
        prints: uint32 [N], not decreasing.
        tunes: uint16 [N], the tune of each phrase: an index of `names`.
    """

    prints: Prints
    tunes: NDArray[np.uint16]
    names: tuple[str, ...]


@dataclass(frozen=True)
class TuneMatch:
    """The tune that a line is most like.

    Attributes:
        name: of KnownTunes.names; empty where not a phrase is known.
        share: of the phrases of the line's most alike stretch of STRETCH notes, how many are the tune's, 0 to 1.
        note: the first note of that stretch, from 0.
    """

    name: str = ""
    share: float = 0.0
    note: int = 0


def known_tunes(prints: Sequence[Prints], names: Sequence[str], most: int | None = None) -> KnownTunes:
    """Of the prints of each tune.

    Args:
        most: phrases that more tunes share than this are everybody's, and left out; None keeps all.
    """
    each = [np.unique(p[p != NO_TUNE]) for p in prints]
    flat = np.concatenate(each) if each else np.zeros(0, np.uint32)
    tunes = np.repeat(np.arange(len(each)), [len(p) for p in each]).astype(np.uint16)
    order = np.lexsort((tunes, flat))
    flat, tunes = flat[order], tunes[order]
    if most is not None:
        _, group, count = np.unique(flat, return_inverse=True, return_counts=True)
        kept = count[group] <= most
        flat, tunes = flat[kept], tunes[kept]
    return KnownTunes(flat, tunes, tuple(names))


def nearest_tune(line: Prints, known: KnownTunes) -> TuneMatch:
    """What a line is most like. A line shorter than a stretch is taken as if it went on with phrases of its own."""
    low, high = np.searchsorted(known.prints, line, "left"), np.searchsorted(known.prints, line, "right")
    count = high - low
    at = np.repeat(np.arange(len(line)), count)
    within = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    tunes = known.tunes[np.repeat(low, count) + within]
    best, width = TuneMatch(), STRETCH - GRAM
    for tune in np.unique(tunes):
        places = at[tunes == tune]
        if len(places) <= best.share * width:
            continue
        for first in places:
            there = places[(places >= first) & (places < first + width)]
            share = len(np.unique(line[there])) / width  # a riff that is repeated is one phrase
            if share > best.share:
                best = TuneMatch(known.names[tune], share, int(first))
    return best


def packed(known: KnownTunes) -> bytes:
    """As a file (npz): steps between prints, tunes, and names by line."""
    content = io.BytesIO()
    steps = np.diff(known.prints, prepend=np.uint32(0)).astype("<u4")
    names = np.frombuffer("\n".join(known.names).encode("utf-8"), dtype=np.uint8)
    np.savez_compressed(content, steps=steps, tunes=known.tunes.astype("<u2"), names=names)
    return content.getvalue()


def unpacked(content: bytes) -> KnownTunes:
    """What `packed` gave. Raises ValueError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            prints = np.cumsum(file["steps"], dtype=np.uint64).astype(np.uint32)
            tunes, names = file["tunes"], tuple(file["names"].tobytes().decode("utf-8").split("\n"))
    except (OSError, KeyError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"no index of tunes: {error}") from error
    if len(prints) != len(tunes) or (len(tunes) and int(tunes.max()) >= len(names)):
        raise ValueError("an index of tunes that does not add up")
    return KnownTunes(prints, tunes.astype(np.uint16), names)
