"""Sets of recorded notes: what is in them, and their sound, decoded once and kept while it is wanted.

A set is an index and a way to read a recording; where the files lie is not known here (audio/sample_sets.py reads
those that ship, the training tools read folders).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: The rate of all recordings, and of what is played with them.
RATE = 44100


@dataclass(frozen=True)
class Sample:
    """One recorded note or stroke.

    Attributes:
        name: of its recording in the set.
        pitch: measured, in semitones of MIDI at A = 440 Hz; None for what has none.
        piece: of a kit; empty for pitched instruments.
        articulation: 'sustain', 'release', ..., as the set calls it.
        layer, take: from 1; layers grow louder, takes are alike.
        attack_db: RMS of its loudest 30 ms, dBFS.
        seconds: its length.
        attack_s: until it has swelled to its level.
    """

    name: str
    pitch: float | None
    piece: str
    articulation: str
    layer: int
    take: int
    attack_db: float
    seconds: float
    attack_s: float = 0.0


class Kept:
    """What was made last, up to a number of bytes. Threads may make the same thing twice, never see it half."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        made.setflags(write=False)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += made.nbytes
                while self._size > self._limit and len(self._kept) > 1:
                    self._size -= self._kept.popitem(last=False)[1].nbytes
        return made


#: Bytes of decoded recordings, and of those moved to another pitch, that are kept for all sets together.
_DECODED_BYTES, _MOVED_BYTES = 96 << 20, 64 << 20
#: Recordings are moved to another pitch a second at a time: most notes are short.
_STEP_S = 1.0


class SampleSet:
    """The recordings of one instrument.

    Args:
        samples: at least one.
        read: the sound of a sample by its name, float32 [C, T] at RATE; called on any thread.
    """

    _decoded = Kept(_DECODED_BYTES)
    _moved = Kept(_MOVED_BYTES)

    def __init__(self, name: str, samples: Sequence[Sample], read: Callable[[str], Array]) -> None:
        self.name, self.samples, self._read = name, tuple(samples), read

    def sound(self, sample: Sample) -> Array:
        """A recording as it is, float32 [C, T], read-only."""
        return self._decoded.get((self, sample.name), lambda: self._read(sample.name))

    def moved(self, sample: Sample, semitones: float, seconds: float) -> Array:
        """The first `seconds` of a recording, at least, played faster by an interval: float32 [C, T], read-only.

        The interval is kept to a tenth of a cent.
        """
        tenths = round(semitones * 1000)
        if not tenths:
            return self.sound(sample)
        ratio = 2.0 ** (tenths / 12000)
        steps = min(int(np.ceil(seconds / _STEP_S)), int(np.ceil(sample.seconds / ratio / _STEP_S)))

        def make() -> Array:
            whole = self.sound(sample)
            some = whole[:, : int(steps * _STEP_S * RATE * ratio) + 256]
            moved = soxr.resample(some.T, RATE * ratio, RATE, quality="HQ")
            return np.ascontiguousarray(
                np.asarray(moved, dtype=np.float32).T[:, : int(steps * _STEP_S * RATE)]
            )

        return self._moved.get((self, sample.name, tenths, steps), make)


#: The sets there are, by name.
SampleSets = Mapping[str, SampleSet]
