"""Clips of one screen made equally loud, so that nobody votes for the louder one.

Loudness is that of the accompaniment alone (ITU-R BS.1770-4), beside a vocal whose gain is the same for all clips; the
loudest mix of the screen peaks at -1 dBTP at most, and where it would peak higher vocal and bands give way together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.audio import Audio, Samples
from studio.dsp.loudness import SILENCE_DB, integrated_lufs, true_peak_db

CEILING_DBTP = -1.0
#: A band is not moved by more than this: one that lies further from the others is nearly silent.
MOST_DB = 12.0


@dataclass(frozen=True)
class Levels:
    """What to add, in dB: to each band, the common part included, and to the vocal."""

    bands_db: tuple[float, ...]
    vocal_db: float


def match(vocal: Audio, bands: Sequence[Audio]) -> Levels:
    """Gains after which all bands are as loud as their median was.

    Args:
        vocal, bands: of one rate and about one length; the vocal mono or stereo.
    """
    lufs = [integrated_lufs(band) for band in bands]
    sounding = [value for value in lufs if value > SILENCE_DB + 1]
    target = float(np.median(sounding)) if sounding else SILENCE_DB
    gains = [
        float(np.clip(target - value, -MOST_DB, MOST_DB)) if value in sounding else 0.0 for value in lufs
    ]
    highest = max(
        true_peak_db(mixed(vocal, scaled(band, gain))) for band, gain in zip(bands, gains, strict=True)
    )
    # A thousandth of a dB for rounding to float32.
    excess = max(0.0, highest - CEILING_DBTP + (0.001 if highest > CEILING_DBTP else 0.0))
    return Levels(tuple(gain - excess for gain in gains), -excess)


def scaled(audio: Audio, gain_db: float) -> Audio:
    """The same at another level."""
    return Audio(audio.samples * np.float32(10 ** (gain_db / 20)), audio.sample_rate)


def mixed(vocal: Audio, band: Audio) -> Audio:
    """Both together, stereo, as long as the longer."""
    frames = max(vocal.frames, band.frames)
    out = np.zeros((2, frames), dtype=np.float32)
    for audio in (vocal, band):
        out[:, : audio.frames] += audio.samples
    return Audio(out, vocal.sample_rate)


def summed(stems: Sequence[Samples], sample_rate: int) -> Audio:
    """The band: the plain sum of its stems."""
    return Audio(np.sum(np.stack(list(stems)), axis=0, dtype=np.float32), sample_rate)
