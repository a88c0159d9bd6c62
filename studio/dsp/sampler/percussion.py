"""Small percussion that needs no recording: shaker, tambourine and hand claps, each from many tiny collisions.

After Cook, "Physically informed sonic modeling (PhISM)" (Computer Music Journal 21(3), 1997): grains that collide at
random while the shaking lasts, in the resonances of their shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from studio.dsp.filters import sections
from studio.dsp.sampler.samples import RATE

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ShakenSound:
    """`level_db` of the loudest stroke; `early_s`: it is felt so long after it begins; `pan` in the kit; `takes` there
    are."""

    level_db: float
    early_s: float
    pan: float
    takes: int = 6


CLAP, TAMBOURINE, SHAKER = 39, 54, 70
SHAKEN: Mapping[int, ShakenSound] = {
    CLAP: ShakenSound(-9.0, 0.012, 0.1),
    TAMBOURINE: ShakenSound(-15.0, 0.004, 0.35),
    SHAKER: ShakenSound(-20.0, 0.025, -0.35),
}


@dataclass(frozen=True)
class Shaken:
    """One take of a shaken or clapped sound, its loudest 30 ms at 0 dBFS."""

    key: int
    take: int

    def sound(self, seconds: float) -> Array:
        return _made(self.key, self.take)


@lru_cache(maxsize=32)
def _made(key: int, take: int) -> Array:
    rng = np.random.default_rng([key, take])
    out = {CLAP: _clap, TAMBOURINE: _tambourine, SHAKER: _shaker}[key](rng)
    block = int(0.03 * RATE)
    power = np.convolve(np.square(out), np.ones(block) / block, "valid").max()
    out = (out / np.sqrt(power)).astype(np.float32)[None]
    out.setflags(write=False)
    return out


def _grains(rng: np.random.Generator, curve: NDArray[np.float64], per_s: float) -> NDArray[np.float64]:
    """Collisions at random, as loud as the curve at their moment."""
    hit = rng.random(len(curve)) < per_s / RATE
    return hit * rng.normal(0.0, 1.0, len(curve)) * curve


def _shaker(rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(int(0.16 * RATE)) / RATE
    curve = np.where(t < 0.035, (t / 0.035) ** 2, np.exp(-(t - 0.035) / 0.022))
    sound = _grains(rng, curve, 6000.0)
    return sosfilt(sections(2, (3800.0 * rng.uniform(0.95, 1.05), 9500.0), "bandpass", RATE), sound)


def _tambourine(rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(int(0.4 * RATE)) / RATE
    curve = np.exp(-t / 0.02) + 0.35 * np.exp(-t / 0.09)
    sound = _grains(rng, curve, 2500.0)
    out = np.zeros(len(t))
    for hz in (5600.0, 6700.0, 8100.0, 9700.0, 12100.0):
        hz *= rng.uniform(0.985, 1.015)
        out += sosfilt(sections(1, (hz * 0.985, hz * 1.015), "bandpass", RATE), sound)
    skin = sosfilt(
        sections(2, (220.0, 900.0), "bandpass", RATE), rng.normal(0, 1, len(t)) * np.exp(-t / 0.012)
    )
    return out + 0.4 * skin


def _clap(rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(int(0.3 * RATE)) / RATE
    out = np.zeros(len(t))
    for _ in range(7):
        at = abs(rng.normal(0.010, 0.007))
        late = np.maximum(t - at, 0.0)
        hz = rng.uniform(900.0, 1500.0)
        burst = rng.normal(0.0, 1.0, len(t)) * (t >= at) * np.exp(-late / rng.uniform(0.004, 0.008))
        out += sosfilt(sections(1, (hz * 0.7, hz * 1.5), "bandpass", RATE), burst)
    return out + 0.12 * sosfilt(
        sections(1, (700.0, 4000.0), "bandpass", RATE),
        rng.normal(0, 1, len(t)) * np.exp(-t / 0.06) * (t > 0.012),
    )
