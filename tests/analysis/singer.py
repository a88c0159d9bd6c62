"""A synthetic singer for tests: tones with harmonics, vibrato and a breathy consonant, whose notes are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.analysis import VocalNote
from studio.core.audio import Audio

#: (start beat, length in beats, MIDI pitch) of a tune in C major, eight bars of 4/4; it ends at home.
TUNE = (
    (0, 1, 60), (1, 1, 62), (2, 1, 64), (3, 0.5, 65), (3.5, 0.5, 67), (4, 2, 67), (6, 1, 64),
    (8, 1, 65), (9, 1, 64), (10, 1, 62), (11, 0.5, 60), (11.5, 0.5, 62), (12, 2.5, 64),
    (16, 1, 60), (17, 1, 62), (18, 1, 64), (19, 0.5, 65), (19.5, 0.5, 67), (20, 2, 69), (22, 1, 65),
    (24, 1, 67), (25, 1, 65), (26, 1, 64), (27, 0.5, 62), (27.5, 0.5, 64), (28, 3, 60),
)  # fmt: skip


def melody(
    tune: Sequence[tuple[float, float, int]] = TUNE,
    *,
    bpm: float = 100.0,
    first_beat_s: float = 0.5,
    transpose: float = 0.0,
) -> list[VocalNote]:
    """The tune as notes in seconds."""
    beat_s = 60.0 / bpm
    return [
        VocalNote(
            first_beat_s + start * beat_s, first_beat_s + (start + length * 0.92) * beat_s, pitch + transpose
        )
        for start, length, pitch in tune
    ]


def sing(
    notes: Sequence[VocalNote],
    *,
    sample_rate: int = 16000,
    tail_s: float = 0.5,
    vibrato: float = 0.25,
    scoop: float = 0.0,
) -> Audio:
    """Sings the notes with six harmonics and a short consonant; `vibrato` and `scoop` are in semitones."""
    rng = np.random.default_rng(1)
    out = np.zeros(int((notes[-1].end_s + tail_s) * sample_rate))
    for note in notes:
        count = int((note.end_s - note.start_s) * sample_rate)
        t = np.arange(count) / sample_rate
        wobble = vibrato * np.sin(2 * np.pi * 5.5 * t) * np.clip((t - 0.15) / 0.2, 0, 1)
        pitch = note.pitch + wobble - scoop * np.exp(-t / 0.03)
        phase = 2 * np.pi * np.cumsum(440.0 * 2 ** ((pitch - 69) / 12)) / sample_rate
        tone = sum(np.sin(k * phase) / k**1.2 for k in range(1, 7))
        attack, release = int(0.02 * sample_rate), int(0.04 * sample_rate)
        envelope = np.ones(count)
        envelope[:attack] = np.linspace(0, 1, attack)
        envelope[-release:] = np.linspace(1, 0, release)
        consonant = rng.normal(0, 0.3, count) * np.exp(-t / 0.015)
        first = int(note.start_s * sample_rate)
        out[first : first + count] += (0.15 * tone + 0.3 * consonant) * envelope
    out += rng.normal(0, 1e-4, len(out))
    return Audio(out.astype(np.float32)[None], sample_rate)
