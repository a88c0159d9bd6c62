"""What is known about a vocal: measured values, each with a confidence, or values a user gave."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter


@dataclass(frozen=True)
class VocalNote:
    """One sung note: seconds, fractional MIDI pitch, loudness in dBFS, confidence 0 to 1."""

    start_s: float
    end_s: float
    pitch: float
    loudness_db: float = -20.0
    confidence: float = 1.0


@dataclass(frozen=True, eq=False)
class PitchTrack:
    """Frame-wise pitch.

    Attributes:
        times_s: float64 [F] frame centres.
        f0_hz: float32 [F], 0 where unvoiced.
        confidence: float32 [F], 0 to 1.
        loudness_db: float32 [F], RMS in dBFS.
    """

    times_s: NDArray[np.float64]
    f0_hz: NDArray[np.float32]
    confidence: NDArray[np.float32]
    loudness_db: NDArray[np.float32]


@dataclass(frozen=True)
class Confidence:
    """How sure each estimate is, 0 to 1; 1.0 for values that were given."""

    pitch: float
    notes: float
    onsets: float
    loudness: float
    tempo: float
    beats: float
    downbeats: float
    key: float


@dataclass(frozen=True)
class Given:
    """Values a user typed or tapped; None means 'estimate it'."""

    tempo_bpm: float | None = None
    key: Key | None = None
    downbeat_s: float | None = None
    meter: Meter | None = None
    shift_beats: float = 0.0
    """Quarters by which bar lines lie later than they would otherwise; with them the beats, unless it is whole."""


#: Below this confidence in the tempo the user is asked, and candidates may differ in their reading. On melodies with
#: known beats it catches about two of three wrong tempi and doubts a quarter to a third of the right ones.
UNSURE_TEMPO = 0.75


@dataclass(frozen=True, eq=False)
class Reading:
    """Another way to count the same singing, and how likely it is beside the chosen one, 0 to 1.

    `chords` are one a bar of `grid`.
    """

    grid: BeatGrid
    chords: tuple[Chord, ...]
    confidence: float


@dataclass(frozen=True, eq=False)
class VocalAnalysis:
    """Everything the generator needs to know of a vocal, and what the window shows of it."""

    duration_s: float
    pitch: PitchTrack
    notes: tuple[VocalNote, ...]
    onsets_s: tuple[float, ...]
    loudness_lufs: float
    grid: BeatGrid
    key: Key
    chords: tuple[Chord, ...]
    """A plain harmonisation of the melody, one chord a bar of `grid`: a proposal to edit."""
    confidence: Confidence
    given: Given = Given()
    alternatives: tuple[Reading, ...] = ()
    """Likeliest first: half or double the tempo. Empty where the user settled the tempo or moved the bar lines."""

    @property
    def tempo_bpm(self) -> float:
        return self.grid.tempo_bpm

    @property
    def unsure_of_tempo(self) -> bool:
        """Whether somebody should tap along."""
        return self.confidence.tempo < UNSURE_TEMPO

    def read_as(self, reading: Reading) -> VocalAnalysis:
        """The same vocal counted another way; this has no alternatives itself."""
        sure = replace(self.confidence, tempo=reading.confidence)
        return replace(self, grid=reading.grid, chords=reading.chords, confidence=sure, alternatives=())
