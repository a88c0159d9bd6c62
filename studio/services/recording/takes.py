"""Takes and the comp: which take is heard where, and the one vocal that results.

Choices: a recording is one file, and a take a stretch of it, so that loop passes and punches cut nothing on disk. The
comp says for every frame of the song which take sounds; 0 is the vocal there was before the first take. Neighbours are
cross-faded at equal power, since two performances are never in phase; inside a stretch every sample is the take's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from studio.audio.files import read_audio
from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio, Samples
from studio.dsp.resample import resample
from studio.storage.recordings import RecordingNote

#: The vocal that takes are sung over.
#: A pass of at least this share of the longest one of its recording was not broken off.
_WHOLE = 0.9
BASE = 0
CROSSFADE_S = 0.01
#: What a loop's last, broken-off pass must have to count as a take.
_SHORTEST_TAKE_S = 0.3
_PHRASE_GAP_S = 0.35
_SHORTEST_PHRASE_S = 1.0


@dataclass(frozen=True)
class Take:
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


def takes_of(path: Path, note: RecordingNote, frames: int) -> tuple[Take, ...]:
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
            takes.append(Take(path, first + a - start, b - a, a, note.sample_rate))
        first += length
        start = note.loop[0] if note.loop and loops else start + length
    return tuple(takes)


def place_take(take: Take, frames: int, sample_rate: int) -> Audio:
    """A take where it was sung, silence around it: `frames` at `sample_rate`.

    It is put on a timeline at its own rate first, so that converting moves nothing. A little of what the file holds
    before and after comes along, for the crossfades.
    """
    heard = read_audio(take.path).samples
    margin = round(CROSSFADE_S * take.sample_rate)
    length = round(frames * take.sample_rate / sample_rate)
    low = max(take.first - margin, 0, take.first - take.start)
    high = min(take.first + take.frames + margin, heard.shape[1])
    at = take.start + low - take.first
    timeline = np.zeros((len(heard), length), np.float32)
    high = min(high, low + max(0, length - at))
    timeline[:, at : at + high - low] = heard[:, low:high]
    return resample(Audio(timeline, take.sample_rate), sample_rate, frames=frames)


@dataclass(frozen=True)
class Comp:
    """What sounds from each boundary (frame of the vocal) to the next: take numbers, counted from 1, or BASE."""

    frames: int
    parts: tuple[tuple[int, int], ...] = ((0, BASE),)

    def at(self, frame: int) -> int:
        """The take that sounds at a frame."""
        return next(number for start, number in reversed(self.parts) if start <= max(0, frame))

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


def render_comp(comp: Comp, sources: Mapping[int, Audio]) -> Audio:
    """The vocal that a comp describes.

    Args:
        comp: over the frames of the base.
        sources: by take number, as long as the base and at its rate; a mono one sounds on both sides of a stereo comp.
    """
    rate = sources[BASE].sample_rate
    channels = max(sources[number].channels for _, number in comp.parts)
    fade = max(2, round(CROSSFADE_S * rate)) // 2 * 2
    out: Samples = np.zeros((channels, comp.frames), np.float32)
    ends = [start for start, _ in comp.parts[1:]] + [comp.frames]
    rise = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade).astype(np.float32)
    for (start, number), end in zip(comp.parts, ends, strict=True):
        # Half of each crossfade lies on either side of its boundary; a stretch may be shorter than one.
        low, high = max(0, start - fade // 2), min(comp.frames, end + fade // 2)
        part = sources[number].samples[:, low:high].copy()
        size = high - low
        if start > 0:
            part[:, :fade] *= rise[:size]
        if end < comp.frames:
            part[:, max(0, size - fade) :] *= rise[::-1][-size:]
        out[:, low:high] += part
    return Audio(out, rate)


def phrases(analysis: VocalAnalysis) -> tuple[tuple[float, float], ...]:
    """The phrases of a song in seconds, back to back: cut in the middle of every rest of 0.35 s or more."""
    cuts = [0.0]
    for before, after in pairwise(analysis.notes):
        middle = (before.end_s + after.start_s) / 2
        if after.start_s - before.end_s >= _PHRASE_GAP_S and middle - cuts[-1] >= _SHORTEST_PHRASE_S:
            cuts.append(middle)
    cuts.append(analysis.duration_s)
    return tuple(pairwise(cuts))


@dataclass(frozen=True, eq=False)
class TakeSet:
    """The takes of a song and its comp: an immutable value, so that undoing is keeping the one before.

    Attributes:
        base: the vocal before the first take.
        takes: in the order they were sung; the comp counts them from 1.
    """

    base: Audio
    takes: tuple[Take, ...]
    comp: Comp

    @classmethod
    def of(cls, base: Audio) -> TakeSet:
        return cls(base, (), Comp(base.frames))

    def with_takes(self, takes: tuple[Take, ...]) -> TakeSet:
        """New takes at the end of the list; the last one that is whole is heard where it was sung.

        A pass of the loop that was broken off is not heard, unless it is the only one.
        """
        if not takes:
            return self
        both = (*self.takes, *takes)
        whole = _WHOLE * max(take.frames for take in takes)
        number = max(n for n, take in enumerate(both, 1) if n > len(self.takes) and take.frames >= whole)
        take = both[number - 1]
        return TakeSet(self.base, both, self.comp).choose(number, take.start_s, take.end_s)

    def choose(self, number: int, start_s: float, end_s: float) -> TakeSet:
        """Hears take `number` (BASE the old vocal) between two times, as far as it goes."""
        if number != BASE:
            take = self.takes[number - 1]
            start_s, end_s = max(start_s, take.start_s), min(end_s, take.end_s)
        rate = self.base.sample_rate
        comp = self.comp.choose(round(start_s * rate), round(end_s * rate), number)
        return TakeSet(self.base, self.takes, comp)

    def heard(self, start_s: float, end_s: float) -> frozenset[int]:
        """The takes heard between two times."""
        rate = self.base.sample_rate
        start, end = round(start_s * rate), round(end_s * rate)
        within = {number for at, number in self.comp.parts if start < at < end}
        return frozenset({self.comp.at(start), *within})

    @property
    def is_base(self) -> bool:
        """Whether no take is heard at all."""
        return self.comp.parts == ((0, BASE),)

    def covers(self, number: int, start_s: float, end_s: float) -> bool:
        """Whether a take has any of this stretch."""
        if number == BASE:
            return True
        take = self.takes[number - 1]
        return take.start_s < end_s and take.end_s > start_s

    def render(self) -> Audio:
        """The vocal as it is put together."""
        used = {number for _, number in self.comp.parts}
        frames, rate = self.base.frames, self.base.sample_rate
        placed = {n: place_take(self.takes[n - 1], frames, rate) for n in used if n != BASE}
        return render_comp(self.comp, {BASE: self.base, **placed})
