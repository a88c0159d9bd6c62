"""Recordings with known answers: sines whose pitch, layer and take can be told from the sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import Note
from studio.dsp.sampler.samples import RATE, Sample, SampleSet

#: How far the recordings are out of tune, in cents: the sampler must divide it out.
OUT_OF_TUNE = 23.0


def hz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def sine_set(
    name: str = "sines", takes: int = 2, layers: int = 3, step: int = 4, seconds: float = 2.0
) -> SampleSet:
    """Sines on every `step`-th key, OUT_OF_TUNE; a layer is 8 dB above the one before."""
    samples = [
        Sample(
            f"{key}_{layer}_{take}",
            key + OUT_OF_TUNE / 100,
            "",
            "sustain",
            layer,
            take,
            -40.0 + 8.0 * layer,
            seconds,
        )
        for key in range(24, 97, step)
        for layer in range(1, layers + 1)
        for take in range(1, takes + 1)
    ]
    by_name = {s.name: s for s in samples}

    def read(name: str) -> NDArray[np.float32]:
        sample = by_name[name]
        assert sample.pitch is not None
        t = np.arange(int(seconds * RATE)) / RATE
        level = 10.0 ** (sample.attack_db / 20.0) * 2**0.5
        return (level * np.sin(2 * np.pi * hz(sample.pitch) * t)).astype(np.float32)[None]

    return SampleSet(name, samples, read)


def kit_set() -> SampleSet:
    """A kit of noise: pieces of two takes and three layers, left and right alike; the open hi-hat rings."""
    samples = [
        Sample(f"{piece}_{layer}_{take}", None, piece, "hit", layer, take, -40.0 + 8.0 * layer, seconds)
        for piece, seconds in (("kick", 0.2), ("snare", 0.2), ("hihat_closed", 0.05), ("hihat_open", 1.5))
        for layer in (1, 2, 3)
        for take in (1, 2)
    ]
    by_name = {s.name: s for s in samples}

    def read(name: str) -> NDArray[np.float32]:
        sample = by_name[name]
        rng = np.random.default_rng(list(name.encode()))
        noise = rng.standard_normal(int(sample.seconds * RATE)) * 10.0 ** (sample.attack_db / 20.0)
        return np.stack([noise, noise]).astype(np.float32)

    return SampleSet("kit", samples, read)


def notes(*pitches: int, every_s: float = 0.5, velocity: int = 90, length_s: float = 0.4) -> tuple[Note, ...]:
    return tuple(
        Note(0.1 + i * every_s, 0.1 + i * every_s + length_s, p, velocity) for i, p in enumerate(pitches)
    )
