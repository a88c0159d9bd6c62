"""A recording on the disk cut into takes, and the phrases of a song.

Choices: a recording is one file, and a take a stretch of it, so that loop passes and punches cut nothing on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from studio.core.analysis import VocalAnalysis
from studio.storage.recordings import RecordingNote

#: What a loop's last, broken-off pass must have to count as a take.
_SHORTEST_TAKE_S = 0.3
_PHRASE_GAP_S = 0.35
_SHORTEST_PHRASE_S = 1.0


@dataclass(frozen=True)
class Stretch:
    """A stretch of a recording. Frames count at `sample_rate`.

    Attributes:
        first, frames: where it lies in the file.
        start: the frame of the timeline on which it was sung.
    """

    path: Path
    first: int
    frames: int
    start: int
    sample_rate: int

    @property
    def start_s(self) -> float:
        return self.start / self.sample_rate

    @property
    def end_s(self) -> float:
        return (self.start + self.frames) / self.sample_rate


def takes_of(path: Path, note: RecordingNote, frames: int) -> tuple[Stretch, ...]:
    """The takes in a recording of `frames` frames: one, or one for each pass of the loop; in a punch only that."""
    low, high = note.punch or (0, note.start + frames)
    shortest = _SHORTEST_TAKE_S * note.sample_rate
    takes = []
    first, start = 0, note.start
    while first < frames:
        loops = note.loop is not None and start < note.loop[1]
        length = min(note.loop[1] - start if note.loop and loops else frames, frames - first)
        a, b = max(start, low), min(start + length, high)
        if b - a >= shortest:
            takes.append(Stretch(path, first + a - start, b - a, a, note.sample_rate))
        first += length
        start = note.loop[0] if note.loop and loops else start + length
    return tuple(takes)


def phrases(analysis: VocalAnalysis) -> tuple[tuple[float, float], ...]:
    """The phrases of a song in seconds, back to back: cut in the middle of every rest of 0.35 s or more."""
    cuts = [0.0]
    for before, after in pairwise(analysis.notes):
        middle = (before.end_s + after.start_s) / 2
        if after.start_s - before.end_s >= _PHRASE_GAP_S and middle - cuts[-1] >= _SHORTEST_PHRASE_S:
            cuts.append(middle)
    cuts.append(analysis.duration_s)
    return tuple(pairwise(cuts))
