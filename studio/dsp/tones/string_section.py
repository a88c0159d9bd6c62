"""A section of bowed strings: several players, none quite with another.

A bowed string is nearly a sawtooth (Helmholtz), coloured by its body; a section is what their small differences make of
it: tuning, the moment and length of the attack, the rate, depth and beginning of the vibrato, place on the stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from studio.dsp.filters import sections
from studio.dsp.tones.tables import RATE, Array, Curve, cycles, harmonics, hertz, read

#: Resonances of a violin's body and of larger ones below, as (Hz, gain, width in octaves).
_BODY = ((280.0, 1.2, 0.18), (460.0, 1.0, 0.2), (700.0, 0.6, 0.25), (1100.0, 0.5, 0.3), (2500.0, 0.9, 0.45))
_ROLL_OFF_HZ = 3800.0
_SLOW = 32


@dataclass(frozen=True)
class SectionPatch:
    """One section.

    Attributes:
        players: how many.
        attack_s: until they are at their level.
        cents: deviation of their tuning; vibrato_cents: depth of the middle one.
        bow: level of the bows' noise beside the strings.
        roll_off: how many times 12 dB an octave are lost above 3.8 kHz.
    """

    players: int
    attack_s: float
    cents: float
    vibrato_cents: float
    bow: float
    roll_off: float


SECTIONS: Mapping[str, SectionPatch] = {
    "strings": SectionPatch(6, 0.10, 5.0, 13.0, 0.05, 1.0),
    "slow strings": SectionPatch(6, 0.32, 6.0, 11.0, 0.04, 1.4),
    "synth strings": SectionPatch(4, 0.20, 9.0, 0.0, 0.0, 1.2),
}


def string_section(pitch: int, seconds: float, patch: SectionPatch, hardness: float, take: int) -> Array:
    """A held note, left and right, float32 [2, T]; about 0.1 RMS a side."""
    rng = np.random.default_rng([22, pitch, take])
    f0, count = hertz(pitch), round(seconds * RATE)
    # What bends and swells is slow, and drawn out from every _SLOW-th sample.
    places = np.arange(count)
    slow = np.arange(0, count + _SLOW, _SLOW)
    t = slow / RATE
    cents = rng.standard_normal(patch.players) * patch.cents
    cents -= cents.mean()
    out = np.zeros((2, count), dtype=np.float32)
    tables = cycles(np.stack([_coloured(f0, patch, hardness, rng) for _ in range(patch.players)]))
    for number, (table, off) in enumerate(zip(tables, cents, strict=True)):
        late, rate_hz = rng.uniform(0.0, 0.03), rng.uniform(4.7, 6.1)
        depth, begins = patch.vibrato_cents * rng.uniform(0.6, 1.4), rng.uniform(0.1, 0.5)
        drift_hz, drift_phase, vibrato_phase, phase = (rng.uniform(0.15, 0.4), *rng.random(3))
        swing = depth * np.clip((t - begins) / 0.4, 0.0, 1.0)
        bent = off + swing * np.sin(2 * np.pi * (rate_hz * t + vibrato_phase))
        bent += 2.0 * np.sin(2 * np.pi * (drift_hz * t + drift_phase))
        # The phase is the sum of the speed: trapezes between the slow points, where it is straight enough.
        speed = f0 / RATE * (1.0 + np.log(2.0) / 1200.0 * bent)
        turned = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))]) * _SLOW
        wave = read(table, np.interp(places, slow, turned) + phase)
        attack = patch.attack_s * rng.uniform(0.75, 1.3) * (1.2 - 0.5 * hardness)
        level = np.sin(0.5 * np.pi * np.clip((t - late) / attack, 0.0, 1.0)) ** 2
        level *= 1.0 + 0.12 * np.sin(2 * np.pi * (0.7 * drift_hz * t + vibrato_phase))
        played = wave * np.interp(places, slow, level).astype(np.float32)
        side = np.pi / 4 * (1.0 + 0.8 * (2 * number / max(1, patch.players - 1) - 1))
        out += np.array([[np.cos(side)], [np.sin(side)]], dtype=np.float32) * played
    if patch.bow:
        hiss = sosfilt(
            sections(1, (900.0, 6000.0), "bandpass", RATE), rng.standard_normal((count, 2)).T, axis=1
        )
        swell = np.clip(t / patch.attack_s, 0.0, 1.0) + 1.5 * np.exp(-t / 0.06)
        out += (patch.bow * np.interp(places, slow, swell) * hiss).astype(np.float32)
    return np.asarray(0.35 / patch.players**0.5 * out, dtype=np.float32)


def _coloured(f0_hz: float, patch: SectionPatch, hardness: float, rng: np.random.Generator) -> Curve:
    """Levels of the harmonics of one player; a section as a whole is equally loud at every pitch."""
    hz = harmonics(f0_hz)
    body = np.full(len(hz), 0.35)
    for centre, gain, width in _BODY:
        body += gain * np.exp(-0.5 * (np.log2(hz / (centre * rng.uniform(0.93, 1.07))) / width) ** 2)
    slope = 1.15 - 0.2 * hardness
    level = np.arange(1, len(hz) + 1) ** -slope * body
    level /= 1.0 + (hz / _ROLL_OFF_HZ) ** (2.0 * patch.roll_off)
    return np.asarray(level / np.sqrt(np.square(level).sum()))
