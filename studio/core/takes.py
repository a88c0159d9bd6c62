"""Takes and the comp: which take is heard where.

Choices: a recording is one file, and a take a stretch of it, so that loop passes and punches cut nothing on disk. The
comp says for every frame of the song which take sounds; 0 is the vocal there was before the first take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.names import is_file_name

#: The vocal that takes are sung over.
BASE = 0
#: A pass of at least this share of the longest one of its recording was not broken off.
_WHOLE = 0.9


@dataclass(frozen=True)
class AudioRef:
    """A sound file of a project, known by its content.

    Attributes:
        sha256: of the file's bytes; the project keeps it in its audio folder under this name.
        name: of the file it came from, without suffix, in the song's own script.
        suffix: with its dot, such as '.wav'.
        frames: at `sample_rate`.
        encoding: sample format of the file, such as 'PCM_24'.
        found_at: where the user had it; empty where it was made here.
    """

    sha256: str
    name: str
    suffix: str
    sample_rate: int
    frames: int
    channels: int
    encoding: str = "FLOAT"
    found_at: str = ""

    def __post_init__(self) -> None:
        if not (is_file_name(self.sha256) and is_file_name(self.suffix)):
            raise ValueError("a sound of a name that no file has")
        if self.sample_rate < 1 or self.frames < 0 or self.channels < 1:
            raise ValueError("a sound of no rate or channels")

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class Take:
    """A stretch of a recording. Frames count at the recording's own rate.

    Attributes:
        first, frames: where it lies in the file.
        start: the frame of the timeline on which it was sung; may be negative.
    """

    sound: AudioRef
    first: int
    frames: int
    start: int

    @property
    def start_s(self) -> float:
        return self.start / self.sound.sample_rate

    @property
    def end_s(self) -> float:
        return (self.start + self.frames) / self.sound.sample_rate


@dataclass(frozen=True)
class Comp:
    """What sounds from each boundary (frame of the vocal) to the next: take numbers, counted from 1, or BASE."""

    frames: int
    parts: tuple[tuple[int, int], ...] = ((0, BASE),)

    @property
    def is_base(self) -> bool:
        """Whether no take is heard at all."""
        return self.parts == ((0, BASE),)

    def at(self, frame: int) -> int:
        """The take that sounds at a frame."""
        return next(number for start, number in reversed(self.parts) if start <= max(0, frame))

    def heard(self, start: int, end: int) -> frozenset[int]:
        """The takes heard between two frames."""
        return frozenset({self.at(start), *(number for at, number in self.parts if start < at < end)})

    def choose(self, start: int, end: int, number: int) -> Comp:
        """The comp with take `number` in [start, end)."""
        start, end = max(0, start), min(end, self.frames)
        if end <= start:
            return self
        after = self.at(end)
        parts = [p for p in self.parts if p[0] < start] + [(start, number)]
        if end < self.frames:
            parts.append((end, after))
        parts += [p for p in self.parts if p[0] > end]
        merged = [p for i, p in enumerate(parts) if i == 0 or p[1] != parts[i - 1][1]]
        return Comp(self.frames, tuple(merged))


def choose_take(
    comp: Comp, takes: Sequence[Take], number: int, start_s: float, end_s: float, sample_rate: int
) -> Comp:
    """Hears take `number` (BASE the old vocal) between two times, as far as it goes; `sample_rate` is the vocal's."""
    if number != BASE:
        take = takes[number - 1]
        start_s, end_s = max(start_s, take.start_s), min(end_s, take.end_s)
    return comp.choose(round(start_s * sample_rate), round(end_s * sample_rate), number)


def last_whole(takes: Sequence[Take], new: int) -> int:
    """The number of the take to be heard of the `new` last ones: the last that was not broken off.

    A pass of a loop that was broken off is not heard, unless it is the only one.
    """
    first = len(takes) - new
    whole = _WHOLE * max(take.frames for take in takes[first:])
    return max(number for number, take in enumerate(takes, 1) if number > first and take.frames >= whole)
