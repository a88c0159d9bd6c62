"""The chords of a song as the players read them: everything in semitones above the tonic."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.music import QUALITIES
from studio.training.songs.skeleton import Skeleton


@dataclass(frozen=True)
class ChordLine:
    """One entry a quarter.

    Attributes:
        roots: 0 to 11 above the tonic, None for no chord.
        intervals: semitones of the chord's tones above its root; empty for no chord.
        tones: the chord's pitch classes above the tonic.
        changes: True where the chord differs from the quarter before (and on the first).
        next_change: the quarter at which the chord next differs; the song's length when it does not.
        scale: pitch classes of the key above the tonic.
    """

    roots: tuple[int | None, ...]
    intervals: tuple[tuple[int, ...], ...]
    tones: tuple[frozenset[int], ...]
    changes: tuple[bool, ...]
    next_change: tuple[int, ...]
    scale: frozenset[int]

    @classmethod
    def of(cls, skeleton: Skeleton) -> ChordLine:
        chords, tonic = skeleton.chords, skeleton.key.tonic
        roots = tuple(None if c.root is None else (c.root - tonic) % 12 for c in chords)
        intervals = tuple(() if c.root is None else QUALITIES[c.quality] for c in chords)
        tones = tuple(
            frozenset() if root is None else frozenset((root + s) % 12 for s in steps)
            for root, steps in zip(roots, intervals, strict=True)
        )
        changes = tuple(i == 0 or chords[i] != chords[i - 1] for i in range(len(chords)))
        next_change = [len(chords)] * len(chords)
        for i in range(len(chords) - 2, -1, -1):
            next_change[i] = i + 1 if changes[i + 1] else next_change[i + 1]
        scale = frozenset((pc - tonic) % 12 for pc in skeleton.key.scale)
        return cls(roots, intervals, tones, changes, tuple(next_change), scale)


def nearest(interval: int) -> int:
    """The same step between pitch classes, up or down by at most a tritone: -6 to 5."""
    return (interval + 6) % 12 - 6
