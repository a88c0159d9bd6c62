"""Sample-rate conversion with an exact length, because stems must line up to the sample."""

from __future__ import annotations

import numpy as np
import soxr

from studio.core.audio import Audio


def resample(audio: Audio, sample_rate: int, *, frames: int | None = None) -> Audio:
    """Converts once, at soxr's very high quality (linear phase, so nothing moves in time).

    Args:
        audio: any rate.
        sample_rate: the rate wanted, in Hz.
        frames: the length wanted; by default round(T * ratio). The end is cut or filled with zeros to match.

    Returns:
        Audio of exactly that length; the same object when nothing changes.
    """
    wanted = round(audio.frames * sample_rate / audio.sample_rate) if frames is None else frames
    samples = audio.samples
    if sample_rate != audio.sample_rate and audio.frames:
        converted = soxr.resample(samples.T, audio.sample_rate, sample_rate, quality="VHQ")
        samples = np.ascontiguousarray(np.asarray(converted, dtype=np.float32).T)
    have = samples.shape[1]
    if have > wanted:
        samples = samples[:, :wanted]
    elif have < wanted:
        samples = np.pad(samples, ((0, 0), (0, wanted - have)))
    if samples is audio.samples and sample_rate == audio.sample_rate:
        return audio
    return Audio(samples, sample_rate)
