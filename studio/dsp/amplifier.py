"""Amplifiers for guitars, basses and electric keyboards: tone stack, two stages of valves, a loudspeaker in its box.

Written from what such circuits do, not from measurements of one: a stage is a bent line whose halves differ (even
harmonics), with a coupling capacitor behind it; a guitar speaker of twelve inches in an open box passes some 90 Hz to
5 kHz, with its resonance below and its cone breaking up above 2 kHz. The stages run at twice the rate so that their
harmonics fold back less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly, sosfilt

from studio.dsp.filters import sections

Array = NDArray[np.float32]

#: How long the filters remember: what came before is below -100 dB.
MEMORY_S = 0.25


@dataclass(frozen=True)
class Amplifier:
    """Settings of an amplifier.

    Attributes:
        drive_db: into the first stage; 0 dB bends a peak of full scale by 0.8 dB or so.
        bass_db, mid_db, treble_db: tone stack, at 110 Hz, 600 Hz and 2.8 kHz.
        bias: how unlike the halves of a stage are.
        speaker_hz: lower and upper end of the loudspeaker's band; None for a line without one.
        direct: share of the clean line beside the amplifier (basses).
    """

    drive_db: float
    bass_db: float = 0.0
    mid_db: float = 0.0
    treble_db: float = 0.0
    bias: float = 0.25
    speaker_hz: tuple[float, float] | None = (85.0, 5000.0)
    direct: float = 0.0


def amplify(audio: Array, amplifier: Amplifier, sample_rate: int) -> Array:
    """What comes out of the loudspeaker: float32 [T] for float32 [T], quiet sounds at about the level they came in."""
    if not audio.any():
        return audio
    toned = _toned(audio, amplifier, sample_rate)
    gain = 10.0 ** (amplifier.drive_db / 20.0)
    fast = resample_poly(toned, 2, 1)
    first = _stage(fast, gain, amplifier.bias)
    between = sosfilt(_between(sample_rate), first)
    second = _stage(between, 1.4, -0.5 * amplifier.bias)
    slow = resample_poly(second, 1, 2)[: len(audio)] / 1.4
    if amplifier.drive_db > 0:
        # Half of the drive is taken back in level: a driven sound is louder, as it is in a room.
        slow = slow * 10.0 ** (-0.5 * amplifier.drive_db / 20.0)
    if amplifier.speaker_hz is not None:
        for band, extra in _speaker(sample_rate, amplifier.speaker_hz):
            slow = sosfilt(band, slow) if extra is None else slow + extra * sosfilt(band, slow)
    out = (1.0 - amplifier.direct) * slow + amplifier.direct * audio
    return np.asarray(out, dtype=np.float32)


def _stage(x: Array, gain: float, bias: float) -> Array:
    """A valve stage: unit slope at rest times `gain`, one half bent sooner than the other."""
    rest = np.tanh(bias)
    return np.asarray((np.tanh(gain * x + bias) - rest) / (1.0 - rest**2), dtype=np.float32)


def _toned(x: Array, amplifier: Amplifier, rate: int) -> Array:
    out = np.asarray(sosfilt(sections(1, 40.0, "highpass", rate), x))
    dry = out
    for db, band in (
        (amplifier.bass_db, sections(1, 110.0, "lowpass", rate)),
        (amplifier.mid_db, sections(1, (350.0, 1000.0), "bandpass", rate)),
        (amplifier.treble_db, sections(1, 2800.0, "highpass", rate)),
    ):
        if db:
            out = out + (10.0 ** (db / 20.0) - 1.0) * sosfilt(band, dry)
    return np.asarray(out, dtype=np.float32)


@lru_cache(maxsize=4)
def _between(rate: int) -> NDArray[np.float64]:
    """Coupling capacitor and stray capacity between the stages, at twice the rate."""
    return np.concatenate([sections(1, 30.0, "highpass", 2 * rate), sections(1, 9000.0, "lowpass", 2 * rate)])


@lru_cache(maxsize=8)
def _speaker(rate: int, band: tuple[float, float]) -> tuple[tuple[NDArray[np.float64], float | None], ...]:
    """Filters in series (None) and those whose share is added: resonance, and the cone's break-up below the edge."""
    low, high = band
    return (
        (sections(2, low, "highpass", rate), None),
        (sections(1, (low * 1.1, low * 1.6), "bandpass", rate), 0.5),
        (sections(1, (high * 0.45, high * 0.75), "bandpass", rate), 0.8),
        (sections(1, (350.0, 600.0), "bandpass", rate), -0.25),
        (sections(4, high, "lowpass", rate), None),
    )
