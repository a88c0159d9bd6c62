"""Frame-wise pitch of a voice: the audio brought to 16 kHz mono, then SwiftF0.

SwiftF0 (a small ONNX network, 16 ms frames) was chosen because it is accurate on voice, fast on one core and
carries its weights in its package. Audio is fed to it in blocks, so that memory does not grow with the recording
beyond the 16 kHz signal itself and a cancel is seen within a block. The search range is that of singing voices: the
network's own upper bound invites octave errors on vowels with a strong second harmonic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from studio.analysis.channels import best_mix
from studio.core.analysis import PitchTrack
from studio.core.audio import Audio, Samples

#: The rate all of the analysis works at, in Hz.
ANALYSIS_RATE = 16000
#: Samples between pitch frames at ANALYSIS_RATE: SwiftF0's own hop.
PITCH_HOP = 256
LOWEST_HZ, HIGHEST_HZ = 60.0, 1200.0
_BLOCK_S = 15.0


def resample_mono(audio: Audio) -> Samples:
    """The mix of channels that carries the voice, at ANALYSIS_RATE, float32 [T]; samples that are not finite are 0."""
    weights = best_mix(audio.samples)
    stream = soxr.ResampleStream(audio.sample_rate, ANALYSIS_RATE, 1, dtype="float32")
    block = int(_BLOCK_S * audio.sample_rate)
    parts: list[Samples] = []
    for start in range(0, max(audio.frames, 1), block):
        piece = audio.samples[:, start : start + block]
        mono = weights @ np.nan_to_num(piece, nan=0.0, posinf=0.0, neginf=0.0)
        # Files may carry wild values; beyond +24 dBFS they would only overflow later.
        mono = np.clip(mono, -16.0, 16.0)
        parts.append(stream.resample_chunk(mono, last=start + block >= audio.frames))
    return np.concatenate(parts).astype(np.float32, copy=False)


def track_pitch(signal: Samples, *, on_block: Callable[[float], None] = lambda _: None) -> PitchTrack:
    """Pitch, its confidence and the level of every 16 ms frame.

    Args:
        signal: float32 [T] at ANALYSIS_RATE.
        on_block: called with the share done, 0 to 1, after each block; may raise JobCancelled.
    """
    from swift_f0 import SwiftF0  # imports onnxruntime: kept out of the application's start

    stream = SwiftF0(threads=1).stream(fmin=LOWEST_HZ, fmax=HIGHEST_HZ)
    block = int(_BLOCK_S * ANALYSIS_RATE)
    results: list[Any] = []
    for start in range(0, len(signal), block):
        results.append(stream.push(signal[start : start + block], ANALYSIS_RATE))
        on_block(min(1.0, (start + block) / len(signal)))
    results.append(stream.flush())

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(result, name) for result in results])

    confidence = joined("confidence").astype(np.float32)
    f0_hz = np.where(confidence >= 0.5, joined("pitch_hz"), 0.0).astype(np.float32)
    return PitchTrack(joined("timestamps"), f0_hz, confidence, joined("loudness_db").astype(np.float32))
