"""A voice for training pairs: the notes of `songs.disturb` as sung tones, so that no recording of anybody is needed.

A pulse with a falling spectrum through the formants of a vowel a note (Peterson and Barney 1952, table II, men and
women averaged), with glides, vibrato that sets in late, breath and a burst of noise where a note is begun anew.
It is no voice anyone would mistake for one; what is learnt from it is pitch, time and level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from studio.core.analysis import VocalNote
from studio.dsp.filters import sections

Array = NDArray[np.float32]

_VOWELS_HZ = ((790, 1150, 2600), (570, 1920, 2600), (290, 2540, 3100), (590, 880, 2600), (340, 910, 2450))
_PARTIALS = 36
_GLIDE_S, _ATTACK_S, _RELEASE_S, _BURST_S = 0.04, 0.025, 0.05, 0.04


def sing(notes: Sequence[VocalNote], rng: np.random.Generator, samples: int, rate: int) -> Array:
    """The notes sung.

    Args:
        notes: in order, without overlap, in seconds.
        samples: length of what is returned; notes past it are cut.

    Returns:
        float32 [samples], its loudest sample at 0.5; silence without notes.
    """
    pitch, level, burst = (np.zeros(samples) for _ in range(3))
    vowel = np.zeros(samples, dtype=np.int64)
    vibrato_hz, vibrato = rng.uniform(4.8, 6.2), rng.uniform(0.0, 0.45)
    last_end, last_pitch = -1.0, 60.0
    for note in notes:
        begin, end = round(max(0.0, note.start_s) * rate), min(samples, round(note.end_s * rate))
        if end - begin < 2:
            continue
        t = np.arange(end - begin) / rate
        bound = note.start_s - last_end < 0.03
        onset = last_pitch - note.pitch if bound else -rng.uniform(0.0, 0.6)
        late = np.clip((t - 0.25) / 0.3, 0.0, 1.0)
        line = note.pitch + onset * np.exp(-t / _GLIDE_S)
        pitch[begin:end] = line + vibrato * late * np.sin(2 * np.pi * vibrato_hz * t)
        gain = 10.0 ** ((note.loudness_db + 20.0) / 20.0)
        fade = np.minimum(1.0, np.minimum(t / _ATTACK_S, (t[-1] - t) / _RELEASE_S))
        level[begin:end] = gain * fade
        vowel[begin:end] = rng.integers(len(_VOWELS_HZ))
        if not bound:
            first = max(0, begin - round(_BURST_S * rate / 2))
            count = min(samples, first + round(_BURST_S * rate)) - first
            burst[first : first + count] = gain * np.hanning(count) * rng.uniform(0.05, 0.4)
        last_end, last_pitch = note.end_s, note.pitch
    if not level.any():
        return np.zeros(samples, dtype=np.float32)
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    phase = 2 * np.pi * np.cumsum(hz) / rate
    source = 0.03 * rng.standard_normal(samples)
    tilt = rng.uniform(1.0, 1.4)
    for k in range(1, _PARTIALS + 1):
        source += np.where(k * hz < 0.45 * rate, np.sin(k * phase), 0.0) / k**tilt
    source *= level
    noise = sosfilt(sections(2, 2500.0, "highpass", rate), rng.standard_normal(samples)) * burst
    out = noise
    for number, formants in enumerate(_VOWELS_HZ):
        voiced = np.where(vowel == number, source, 0.0)
        if voiced.any():
            out = out + 0.2 * voiced
            for f, share in zip(formants, (1.0, 0.6, 0.3), strict=True):
                out = out + share * sosfilt(sections(1, (0.9 * f, 1.1 * f), "bandpass", rate), voiced)
    return (0.5 * out / np.abs(out).max()).astype(np.float32)
