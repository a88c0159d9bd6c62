"""What a recording holds: a voice, an instrument, rhythm without pitch, or nothing.

It is decided from what the analysis has measured anyway: how much of the loud sound has a pitch, how still that pitch
stands (a sung pitch moves by several cents from frame to frame even on a held note, a string or a key by about one),
how much of the spectrum lies on the harmonics of that one pitch (a chord does not), and whether there are onsets at
all. The scales are set by sixteen sight-singers, ten pop voices and ten solo instruments (docs/listening.md); the
verdict is a warning to a user, so 'voice' has the benefit of the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.analysis.notes import midi_pitch
from studio.analysis.onsets import OnsetCurve
from studio.analysis.pitch import ANALYSIS_RATE
from studio.core.analysis import PitchTrack, Syllable
from studio.core.audio import Samples

_LOUD_DB = 25.0
_WINDOW = 4096
#: Frames looked at for harmonics.
_LOOKS = 160
#: A tune has more than this of its power on the harmonics of its pitch, a chord less.
_CHORDAL = 0.8


@dataclass(frozen=True)
class Traits:
    """Attributes:
    active_s: seconds within 35 dB of the loudest moment.
    voiced: share of the loud frames with a pitch.
    movement: median semitones from one pitched frame to the next, octave slips left out.
    harmonic: share of the power that lies on the harmonics of the pitch, where there is one.
    swing_db: from the quieter to the louder moments.
    onsets: syllables or strokes a second of sound.
    """

    active_s: float
    voiced: float
    movement: float
    harmonic: float
    swing_db: float
    onsets: float

    @property
    def is_chordal(self) -> bool:
        """Whether several pitches sound at once, so that its chords can be heard."""
        return self.harmonic < _CHORDAL or self.voiced < 0.55


def measure_traits(
    signal: Samples, pitch: PitchTrack, curve: OnsetCurve, syllables: Sequence[Syllable]
) -> Traits:
    """The traits of a float32 [T] signal at ANALYSIS_RATE."""
    level = curve.level_db
    active = level > level.max() - 35.0
    active_s = float(active.sum()) * curve.hop_s
    loud = pitch.loudness_db > np.percentile(pitch.loudness_db, 95) - _LOUD_DB
    voiced = loud & (pitch.f0_hz > 0)
    midi = np.where(voiced, midi_pitch(pitch.f0_hz), np.nan)
    moves = np.abs(np.diff(midi))
    moves = moves[np.isfinite(moves) & (moves < 1.0)]
    return Traits(
        active_s=active_s,
        voiced=float(voiced.sum() / max(int(loud.sum()), 1)),
        movement=float(np.median(moves)) if len(moves) else 0.0,
        harmonic=_harmonic_share(signal, pitch, np.flatnonzero(voiced)),
        swing_db=float(np.percentile(level, 95) - np.percentile(level, 30)),
        onsets=len(syllables) / max(active_s, 0.1),
    )


def _harmonic_share(signal: Samples, pitch: PitchTrack, frames: NDArray[np.int64]) -> float:
    """Median share of the power between 60 and 3000 Hz on the harmonics of the pitch; 0 without a pitch."""
    hz = np.fft.rfftfreq(_WINDOW, 1 / ANALYSIS_RATE)
    use = (hz > 60) & (hz < 3000)
    hz, window = hz[use], np.hanning(_WINDOW)
    shares = []
    for frame in frames[:: max(1, len(frames) // _LOOKS)]:
        start = int(pitch.times_s[frame] * ANALYSIS_RATE) - _WINDOW // 2
        piece = signal[max(0, start) : start + _WINDOW]
        if start < 0 or len(piece) < _WINDOW:
            continue
        power = np.square(np.abs(np.fft.rfft(piece * window)[use]))
        f0 = float(pitch.f0_hz[frame])
        order = np.round(hz / f0)
        on = (np.abs(hz - order * f0) < np.maximum(8.0, 0.02 * hz)) & (order >= 1)
        shares.append(float(power[on].sum() / max(power.sum(), 1e-12)))
    return float(np.median(shares)) if shares else 0.0


def verdict(t: Traits) -> tuple[str, float]:
    """The likeliest of core.analysis.HEARD and how sure, 0.5 to 1: a voice unless something else is plain."""
    if t.voiced < 0.1:
        if t.active_s < 0.4 or t.swing_db < 6.0 or t.onsets < 0.4:
            return "nothing", _sure(0.1 - t.voiced, 0.05)
        return "unpitched", _sure(0.1 - t.voiced, 0.05)
    # Positive for an instrument: its pitch stands stiller, or it is a chord, of which a pitch tracker hears little.
    still = (np.log(0.021) - np.log(max(t.movement, 1e-4))) / 0.25
    chord = (0.64 - t.harmonic) / 0.08 + (0.6 - t.voiced) / 0.08
    score = float(max(still, min(chord, 8.0) if t.voiced < 0.55 else still))
    return ("instrument" if score > 0 else "voice"), _sure(abs(score), 1.5)


def _sure(lead: float, scale: float) -> float:
    return float(0.5 + 0.5 * np.tanh(max(lead, 0.0) / scale))
