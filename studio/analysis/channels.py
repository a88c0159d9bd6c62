"""Which mix of the channels carries the voice.

The mean of two channels is right for nearly every recording and silent for one whose right channel is the inverted
left; a voice on one side only loses 6 dB against the noise of the other. So the mean, the half difference and each
side are weighed by their level, and the mean is left only for what is plainly louder: left and right of an ordinary
stereo recording never are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.audio import Samples

#: Levels are compared on every so many samples of a block: a voice is broad enough for that.
_THIN = 7
#: How much louder than the mean another mix must be, in dB of power.
_PLAINLY_DB = 4.0


def best_mix(samples: Samples) -> NDArray[np.float32]:
    """Weights of the channels, float32 [C], whose weighted sum is the voice; samples are [C, T], not finite ones 0.

    The mean unless one channel, or the half difference of two, has more than 4 dB more power.
    """
    channels = samples.shape[0]
    mean = np.full(channels, 1.0 / max(channels, 1), dtype=np.float32)
    if channels < 2 or samples.shape[1] == 0:
        return mean
    mixes = [mean, *np.eye(channels, dtype=np.float32)]
    if channels == 2:
        mixes.append(np.array([0.5, -0.5], dtype=np.float32))
    weights = np.stack(mixes)
    power = np.zeros(len(weights))
    block = _THIN * (1 << 18)
    for start in range(0, samples.shape[1], block):
        piece = np.nan_to_num(samples[:, start : start + block : _THIN], nan=0.0, posinf=0.0, neginf=0.0)
        mixed = weights @ np.clip(piece, -16.0, 16.0)
        power += np.square(mixed.astype(np.float64)).sum(axis=1)
    if power[0] <= 0.0 and not power.any():
        return mean
    best = int(power.argmax())
    louder = power[best] > power[0] * 10 ** (_PLAINLY_DB / 10)
    return weights[best] if louder else mean
