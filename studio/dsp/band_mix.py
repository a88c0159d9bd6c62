"""From dry mono stems to a stereo band: level, tone, width and room, as a producer's rough mix would have
them.

Every effect is linear and fixed, so stems sum to the band exactly; left plus right gives the mono mix back.
Nothing here looks at the whole song except the level of a stem, so long songs cost what their length costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

Array = NDArray[np.float32]


@dataclass(frozen=True)
class StemMix:
    """How one stem sits in the band.

    Attributes:
        level_db: active level against the band's loudest stem.
        low_cut_hz: what lies below is left to others.
        width: side against mid, from a decorrelated copy above 180 Hz.
        pan: -1 left to 1 right, as a level difference of the direct sound.
        room_db: room against the direct sound.
    """

    level_db: float
    low_cut_hz: float
    width: float
    pan: float
    room_db: float


#: The mix a producer would start from: low end in the middle, harmony wide, lead a little aside and further
# back.
ROUGH_MIX: Mapping[str, StemMix] = {
    "drums": StemMix(0.0, 30.0, 0.22, 0.0, -19.0),
    "bass": StemMix(-1.0, 30.0, 0.0, 0.0, -60.0),
    "harmony": StemMix(-3.0, 90.0, 0.45, -0.12, -20.0),
    "lead": StemMix(-5.0, 120.0, 0.40, 0.18, -16.0),
}
_ROOM_S = 0.9


def active_rms(audio: Array, block: int = 2048) -> float:
    """RMS over the blocks within 40 dB of the loudest; 0 for silence."""
    blocks = audio[: len(audio) // block * block].reshape(-1, block)
    power = np.array([np.mean(b.astype(np.float64) ** 2) for b in blocks]) if len(blocks) else np.zeros(0)
    if not len(power) or power.max() < 1e-12:
        return 0.0
    return float(np.sqrt(power[power > power.max() * 1e-4].mean()))


@lru_cache(maxsize=8)
def _room(sample_rate: int) -> tuple[Array, Array]:
    """Mid and side responses of a small bright room: exponentially fading noise after 8 ms, unit energy."""
    rng = np.random.default_rng(20)
    t = np.arange(int(_ROOM_S * sample_rate)) / sample_rate
    tail = np.exp(-t / 0.13) * (t > 0.008)
    low_pass = butter(2, [250.0, 6500.0], "bandpass", fs=sample_rate, output="sos")
    pair = [sosfilt(low_pass, rng.standard_normal(len(t)) * tail) for _ in range(2)]
    mid, side = (r / np.sqrt((r**2).sum()) for r in pair)
    return mid.astype(np.float32), (0.6 * side).astype(np.float32)


@lru_cache(maxsize=8)
def _spread(sample_rate: int) -> Array:
    """A short sparse response (velvet noise, 25 ms) whose output is unlike its input: the source of width."""
    rng = np.random.default_rng(21)
    length, pulses = int(0.025 * sample_rate), 24
    out = np.zeros(length)
    for i in range(pulses):
        at = int((i + rng.random()) * length / pulses)
        out[at] = rng.choice([-1.0, 1.0]) * np.exp(-2.0 * i / pulses)
    high_pass = butter(2, 180.0, "highpass", fs=sample_rate, output="sos")
    out = sosfilt(high_pass, out)
    return np.asarray(out / np.sqrt((out**2).sum()), dtype=np.float32)


def place_stem(dry: Array, sample_rate: int, mix: StemMix, level: float, highest: float = 1.0) -> Array:
    """One stem in the room.

    Args:
        dry: mono float32 [T].
        level: wanted active RMS of the direct sound (linear).
        highest: peak that the direct sound may reach; a stem of few loud hits stays below its level for it.

    Returns:
        float32 [2, T]; the tail of the room past T is cut.
    """
    rms = active_rms(dry)
    if rms == 0.0:
        return np.zeros((2, len(dry)), dtype=np.float32)
    low_cut = butter(2, mix.low_cut_hz, "highpass", fs=sample_rate, output="sos")
    gain = min(level / rms, highest / float(np.abs(dry).max()))
    mid = sosfilt(low_cut, dry * np.float32(gain)).astype(np.float32)
    side = mix.pan * mid
    if mix.width:
        side = side + mix.width * oaconvolve(mid, _spread(sample_rate))[: len(mid)]
    if mix.room_db > -50.0:
        wet = np.float32(10.0 ** (mix.room_db / 20.0)) * mid
        room_mid, room_side = _room(sample_rate)
        mid = mid + oaconvolve(wet, room_mid)[: len(mid)]
        side = side + oaconvolve(wet, room_side)[: len(mid)]
    return np.stack([mid - side, mid + side]).astype(np.float32)


def mix_band(dry: Mapping[str, Array], sample_rate: int, *, vocal_rms: float) -> dict[str, Array]:
    """All stems in the room, so loud together that a vocal of `vocal_rms` sits a little above them.

    Args:
        dry: mono float32 [T] by stem name.
        vocal_rms: active RMS of the vocal, linear.

    Returns:
        float32 [2, T] by stem name; their plain sum is the band.
    """
    levels = {
        stem: 10.0 ** (ROUGH_MIX[stem].level_db / 20.0) for stem, x in dry.items() if active_rms(x) > 0.0
    }
    together = float(np.sqrt(sum(v**2 for v in levels.values()))) or 1.0
    # The band's stems together land 1 dB under the vocal.
    vocal_rms = max(vocal_rms, 0.01)
    scale = vocal_rms * 10.0 ** (-1.0 / 20.0) / together
    return {
        stem: place_stem(x, sample_rate, ROUGH_MIX[stem], levels.get(stem, 0.0) * scale, 6.0 * vocal_rms)
        for stem, x in dry.items()
    }
