"""The index that ships with the models: the tunes that shaped them, by their phrases, to tell what a band is like."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from studio.core.known_tunes import COMMON, KnownTunes, known_tunes
from studio.core.tune_print import Prints, tune_print
from studio.training.songs.skeleton import Skeleton


def index_of(tunes: Iterable[Skeleton]) -> KnownTunes:
    """Of all tunes; stretches of one song are one tune. Names are 'title (collection)'."""
    lines: dict[str, list[Prints]] = {}
    for tune in tunes:
        source, _, title = tune.source.partition(": ")
        collection, _, piece = source.partition("/")
        # Titles are not unique: two songs of one title, or one tune in two books, stay two.
        key = f"{title or piece} ({collection} {piece})"
        line = tune_print([note.start for note in tune.melody], [note.pitch for note in tune.melody])
        lines.setdefault(key, []).append(line)
    names = sorted(lines)
    return known_tunes([np.concatenate(lines[name]) for name in names], names, COMMON)
