"""The sources of a song at the rate of the device: mixed, read ahead, and prepared again when the rate is another.

Choices: what was prepared for another rate is never mixed; it is prepared again on a thread of its own and comes back
by itself, with the gain it was given meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping

import numpy as np

from studio.audio.mixer import Mixer
from studio.audio.preparer import Preparer
from studio.audio.readahead import ReadAhead
from studio.audio.source import AudioSource, Source
from studio.audio.window import Window
from studio.core.audio import Audio, Samples


class Song:
    """Methods belong to the main thread, or to whoever holds the lock.

    Args:
        lock: held for moments only, also by the thread that prepares sources.
        beside: keys of the sources that are not of the band.

    Attributes:
        mixer: the timeline; another one after `load` and `change_rate`.
        sources: as they were last prepared.
    """

    def __init__(
        self, sample_rate: int, lock: threading.RLock, beside: frozenset[Hashable] = frozenset()
    ) -> None:
        self.sample_rate = sample_rate
        self._beside = beside
        self.sources: dict[Hashable, Source] = {}
        self.mixer = Mixer(sample_rate, 0, beside=beside)
        self._lock = lock
        self._gains: dict[Hashable, float] = {}
        self._unprepared: set[Hashable] = set()
        self._reader = ReadAhead(self.mixer)
        self._preparer = Preparer(self._on_prepared)
        self._problem = ""

    @property
    def preparing(self) -> bool:
        """Whether a source is still to be converted to the rate."""
        return bool(self._unprepared)

    @property
    def problem(self) -> str:
        """What could not be read or prepared, in words; empty while all is well."""
        return self._reader.problem or self._problem

    def load(self, sources: Mapping[Hashable, Source | Samples], frames: int | None) -> None:
        """Begins anew, as long as the longest source unless told."""
        known = {key: self._source_of(source) for key, source in sources.items()}
        if frames is None:
            longest_s = max((s.frames / s.sample_rate for s in known.values()), default=0.0)
            frames = round(longest_s * self.sample_rate)
        self.sources, self._gains = {}, {}
        self._unprepared.clear()
        self._problem = ""
        self._replace_mixer(frames)
        for key, source in known.items():
            self.sources[key] = source
            self._put(key, source)

    def change_rate(self, sample_rate: int) -> None:
        """The same at another rate, stopped; each source comes back once it was prepared for it, audible ones first."""
        before, ratio = self.mixer, sample_rate / self.sample_rate
        self.sample_rate = sample_rate
        self._replace_mixer(round(before.frames * ratio))
        self.mixer.seek(round(before.position * ratio))
        if before.loop is not None:
            self.mixer.set_loop((round(before.loop[0] * ratio), round(before.loop[1] * ratio)))
        for key in sorted(self.sources, key=lambda k: self._gains.get(k, 0.0), reverse=True):
            self._put(key, self.sources[key])
        self.mixer.set_gains(self._gains)

    def _replace_mixer(self, frames: int) -> None:
        self._reader.close()
        self.mixer = Mixer(self.sample_rate, frames, beside=self._beside)
        self._reader = ReadAhead(self.mixer)

    def add(self, key: Hashable, source: Source | Samples) -> None:
        self._gains.pop(key, None)
        self.sources[key] = self._source_of(source)
        self._put(key, self.sources[key])

    def remove(self, key: Hashable) -> None:
        self.sources.pop(key, None)
        self._unprepared.discard(key)
        self._gains.pop(key, None)
        self.mixer.remove(key)
        self.wake()

    def set_gains(self, gains: Mapping[Hashable, float]) -> None:
        self._gains = dict(gains)
        self.mixer.set_gains(gains)
        self.wake()

    def wake(self) -> None:
        """The reader shall look at once where the transport is going."""
        if any(isinstance(s, Window) for s in self.mixer.sounds):
            self._reader.wake()

    def close(self) -> None:
        self._reader.close(1.0)
        self._preparer.close()

    def _source_of(self, source: Source | Samples) -> Source:
        if isinstance(source, np.ndarray):
            return AudioSource(Audio(source, self.sample_rate), source, self.sample_rate)
        return source

    def _put(self, key: Hashable, source: Source) -> None:
        self._unprepared.discard(key)
        if source.sample_rate != self.sample_rate:
            self.mixer.remove(key)
            self._unprepared.add(key)
            self._preparer.submit(key, source, self.sample_rate)
        elif isinstance(source, AudioSource) and source.is_short:
            self.mixer.add(key, source.samples)
        else:
            self.mixer.add(key, Window(source))
            self._reader.wake()

    def _on_prepared(self, key: Hashable, before: Source, source: Source | None, problem: str) -> None:
        """On the preparing thread."""
        with self._lock:
            if self.sources.get(key) is not before:
                return
            self._unprepared.discard(key)
            if source is None:
                self._problem = problem
                return
            self.sources[key] = source
            self._put(key, source)
            self.mixer.set_gains(self._gains)
