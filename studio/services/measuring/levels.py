"""Loudness and true peak of a whole candidate: its band, and its mix with the vocal at unity, as it is exported.

The figures are those of the meter in the window (studio.dsp.loudness_meter) once it has heard everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.scratch import release_pages
from studio.dsp.loudness_meter import LoudnessMeter, LoudnessReading

#: Frames that are looked at at once.
_BLOCK = 1 << 17


@dataclass(frozen=True)
class SoundLevels:
    """Of one sound from beginning to end.

    Attributes:
        integrated_lufs: gated, BS.1770-4.
        highest_momentary_lufs, highest_short_term_lufs: of any 0.4 s and any 3 s.
        true_peak_db: dBTP.
    """

    integrated_lufs: float
    highest_momentary_lufs: float
    highest_short_term_lufs: float
    true_peak_db: float


@dataclass(frozen=True)
class CandidateLevels:
    """Attributes:
    vocal_sha256: of the vocal in the mix; with another one only the band is still right.
    """

    band: SoundLevels
    mix: SoundLevels
    vocal_sha256: str


def measure_levels(
    stems: Mapping[str, Audio], vocal: Audio, vocal_sha256: str, *, cancel: CancelToken | None = None
) -> CandidateLevels:
    """Measures the sum of the stems, and that sum with the vocal. A mono vocal is in both channels at its own level.

    Raises:
        StudioError: there are no stems, or they are not at the vocal's rate.
        JobCancelled: soon after `cancel`.
    """
    rates = {audio.sample_rate for audio in stems.values()}
    if rates != {vocal.sample_rate}:
        raise StudioError(
            "Cannot measure the mix", seen=f"stems at {sorted(rates)} Hz", expected=f"{vocal.sample_rate} Hz"
        )
    band_meter, mix_meter = LoudnessMeter(vocal.sample_rate), LoudnessMeter(vocal.sample_rate)
    frames = max(audio.frames for audio in (*stems.values(), vocal))
    for start in range(0, frames, _BLOCK):
        if cancel:
            cancel.check()
        band = np.zeros((2, min(_BLOCK, frames - start)), np.float32)
        for audio in stems.values():
            _add(band, audio, start)
        band_meter.feed(band)
        _add(band, vocal, start)
        mix_meter.feed(band)
    return CandidateLevels(_levels(band_meter), _levels(mix_meter), vocal_sha256)


def _add(block: np.ndarray, audio: Audio, start: int) -> None:
    """Adds what there is of a sound from frame `start` on to [2, n]; more than two channels count as their mean."""
    part = audio.samples[:, start : start + block.shape[1]]
    if part.shape[0] > 2:
        part = part.mean(axis=0, keepdims=True, dtype=np.float32)
    block[:, : part.shape[1]] += part
    release_pages(audio.samples, start, min(audio.frames, start + block.shape[1]))


def _levels(meter: LoudnessMeter) -> SoundLevels:
    # The meter waits for what follows its last samples: silence.
    meter.feed(np.zeros((2, 32), np.float32))
    reading: LoudnessReading = meter.read()
    return SoundLevels(
        reading.integrated_lufs,
        reading.highest_momentary_lufs,
        reading.highest_short_term_lufs,
        reading.true_peak_db,
    )
