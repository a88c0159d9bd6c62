"""What is known about a vocal: measured values, each with a confidence, or values a user gave.

Rhythm is read from `Syllable`s, harmony from `VocalNote`s: two views of the same singing. A syllable needs no pitch and
its pitch need not stand still; a note is what of it can be harmonised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import BeatGrid
from studio.core.guide import Guide
from studio.core.music import Chord, Key, Meter


@dataclass(frozen=True)
class VocalNote:
    """One sung note: seconds, fractional MIDI pitch, loudness in dBFS, confidence 0 to 1."""

    start_s: float
    end_s: float
    pitch: float
    loudness_db: float = -20.0
    confidence: float = 1.0


@dataclass(frozen=True)
class Syllable:
    """One sung or spoken syllable.

    Attributes:
        onset_s: where its vowel begins: the moment that a listener counts with.
        start_s: where its sound begins, the consonant before the vowel included; never after `onset_s`.
        end_s: where it ends or the next begins.
        strength: how clear the onset is among those of this recording, 0 to 1.
        loudness_db: RMS level in dBFS of the vowel.
        pitch: median fractional MIDI pitch; None where it has none (speech, whisper, a beatbox).
        contour: semitones above `pitch` at the start, the quarters and the end of the syllable; empty without a pitch.
    """

    onset_s: float
    start_s: float
    end_s: float
    strength: float = 1.0
    loudness_db: float = -20.0
    pitch: float | None = None
    contour: tuple[float, ...] = ()


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
    """How sure each estimate is, 0 to 1; 1.0 for values that were given.

    `tempo` is the chance that the tempo is right, `beats` that the beats of the chosen reading are, on and off the
    beat told apart, and `downbeats` that its bar lines are too.
    """

    pitch: float
    notes: float
    onsets: float
    loudness: float
    tempo: float
    beats: float
    downbeats: float
    key: float
    tuning: float = 0.0
    heard: float = 1.0


@dataclass(frozen=True)
class Given:
    """Values a user typed or tapped; None means 'estimate it'."""

    tempo_bpm: float | None = None
    key: Key | None = None
    downbeat_s: float | None = None
    meter: Meter | None = None
    shift_beats: float = 0.0
    """Quarters by which bar lines lie later than they would otherwise; with them the beats, unless it is whole."""
    drift: bool | None = None
    """Whether the beats follow the singer: False for one exact tempo, True for beats that drift with the voice; None
    keeps one exact tempo unless the singer plainly leaves it. A tempo that was given is exact unless this is True."""
    tuning: float | None = None
    """Cents above A = 440 Hz that the band is to play at, 0.0 for 440 Hz itself; None is the singer's own tuning."""
    guide: Guide | None = None
    """Beats and bars from something beside the vocal; they take the place of tempo, downbeat, meter and drift."""


#: Below this chance that the beats are right the user is asked, and candidates differ in their reading.
UNSURE = 0.6

#: What a recording may hold. 'unpitched' has a rhythm but hardly a pitch (a beatbox, a drum loop); 'nothing' has
#: neither (noise, a pop, a room).
HEARD = ("voice", "instrument", "unpitched", "nothing")


@dataclass(frozen=True, eq=False)
class Reading:
    """Another way to count the same singing: other beats, another meter or other bar lines.

    Attributes:
        chords: one a bar of `grid`.
        confidence: the chance that its beats are right, 0 to 1; with those of the other readings and that of the
            chosen one it adds up to 1 or less.
    """

    grid: BeatGrid
    chords: tuple[Chord, ...]
    confidence: float

    @property
    def tempo_bpm(self) -> float:
        return self.grid.tempo_bpm


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
    """Likeliest first, most often three. A tempo that was given is not read at half or double; empty where tempo and
    downbeat were given or the user moved the bar lines."""
    syllables: tuple[Syllable, ...] = ()
    """In order of time, without overlap; `onsets_s` are their onsets."""
    tuning_cents: float = 0.0
    """Cents above A = 440 Hz that the band should play at: what was given, or the singer's own tuning from -50 to 50.
    0 where it cannot be told; see `confidence.tuning`."""
    heard: str = "voice"
    """One of HEARD; see `confidence.heard`. The `chords` of an instrument that plays chords are heard in its sound,
    not made up for a tune."""

    chords_heard: bool = False
    """Whether `chords` were heard in the sound, or told by a guide: then the band plays them."""

    @property
    def tempo_bpm(self) -> float:
        return self.grid.tempo_bpm

    @property
    def unsure_of_tempo(self) -> bool:
        """Whether somebody should tap along: tempo or beats may well be wrong."""
        return self.confidence.beats < UNSURE

    @property
    def is_worth_asking(self) -> bool:
        """Whether the beat is in doubt, there is another way to count, and the user has said nothing of it."""
        given = self.given
        said = given.tempo_bpm is not None or given.downbeat_s is not None or given.shift_beats != 0
        return self.unsure_of_tempo and bool(self.alternatives) and not said

    def with_equal_readings(self, count: int) -> VocalAnalysis:
        """The `count` likeliest readings, each as likely as the other."""
        readings = self.alternatives[: max(0, count - 1)]
        chance = 1.0 / (1 + len(readings))
        sure = replace(self.confidence, tempo=chance, beats=min(chance, UNSURE / 2))
        equal = tuple(replace(reading, confidence=chance) for reading in readings)
        return replace(self, confidence=sure, alternatives=equal)

    def read_as(self, reading: Reading) -> VocalAnalysis:
        """The same vocal counted another way; this has no alternatives itself."""
        sure = replace(self.confidence, tempo=reading.confidence, beats=reading.confidence)
        return replace(self, grid=reading.grid, chords=reading.chords, confidence=sure, alternatives=())
