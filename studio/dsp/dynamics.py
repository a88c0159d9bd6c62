"""Compression: a level detector in blocks, a smoothed gain between them.

Gain computer with a soft knee and smooth decoupled attack and release after Giannoulis, Massberg and Reiss, "Digital
Dynamic Range Compressor Design" (JAES 60(6), 2012), at one value every `_BLOCK` samples, drawn out linearly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_BLOCK = 64
_KNEE_DB = 8.0
#: How much sound before a stretch decides on the gain in it: what is older has been let go of.
MEMORY_S = 1.0


@dataclass(frozen=True)
class Compression:
    """`threshold_db` is of the RMS of a block, dBFS; `mix` is the share of the compressed sound beside the dry one
    (parallel compression keeps the strokes of the dry one)."""

    threshold_db: float
    ratio: float = 3.0
    attack_s: float = 0.010
    release_s: float = 0.120
    makeup_db: float = 0.0
    mix: float = 1.0


def compress(audio: Array, how: Compression, sample_rate: int) -> Array:
    """Compresses float32 [C, T], all channels by the same gain."""
    if not audio.shape[1]:
        return audio
    blocks = -(-audio.shape[1] // _BLOCK)
    power = np.zeros(blocks * _BLOCK)
    power[: audio.shape[1]] = np.square(audio, dtype=np.float64).mean(axis=0)
    level_db = 10.0 * np.log10(power.reshape(blocks, _BLOCK).mean(axis=1) + 1e-10)
    over = level_db - how.threshold_db
    slope = 1.0 - 1.0 / how.ratio
    bent = np.square(np.clip(over + _KNEE_DB / 2, 0.0, _KNEE_DB)) / (2 * _KNEE_DB)
    reduction = slope * (bent + np.maximum(over - _KNEE_DB / 2, 0.0))
    held, smooth = 0.0, np.empty(blocks + 1)
    smooth[0] = 0.0
    attack = float(np.exp(-_BLOCK / (how.attack_s * sample_rate)))
    release = float(np.exp(-_BLOCK / (how.release_s * sample_rate)))
    peak = 0.0
    for i, wanted in enumerate(reduction.tolist()):
        peak = max(wanted, release * peak + (1.0 - release) * wanted)
        held = attack * held + (1.0 - attack) * peak
        smooth[i + 1] = held
    gain = 10.0 ** ((how.makeup_db - smooth) / 20.0)
    curve = np.interp(np.arange(audio.shape[1]), np.arange(blocks + 1) * _BLOCK, gain)
    curve = (1.0 - how.mix) + how.mix * curve
    return np.asarray(audio * curve.astype(np.float32), dtype=np.float32)
