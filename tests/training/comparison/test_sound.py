"""What goes in and comes out: the sung material, what is heard of it, and mels made sound."""

from __future__ import annotations

import numpy as np
import torch

from studio.core.analysis import VocalNote
from studio.ml.fastsag.front_end import mel_spectrogram, normalise
from studio.training.comparison.hearing import ROWS, Hearing
from studio.training.comparison.inversion import invert
from studio.training.comparison.sung import sing

RATE = 24_000


def test_a_sung_note_has_its_pitch_and_place() -> None:
    note = VocalNote(0.5, 1.5, 57.0, -20.0, 1.0)  # A3, 220 Hz
    sung = sing([note], np.random.default_rng(1), 2 * RATE, RATE)
    assert sung.shape == (2 * RATE,)
    assert np.abs(sung).max() == np.float32(0.5)
    assert np.abs(sung[: int(0.45 * RATE)]).max() < 1e-3
    assert np.abs(sung[int(1.55 * RATE) :]).max() < 0.02
    spectrum = np.abs(np.fft.rfft(sung[int(0.6 * RATE) : int(1.4 * RATE)]))
    near = int(spectrum[int(180 * 0.8) : int(260 * 0.8)].argmax()) + int(180 * 0.8)
    assert abs(near / 0.8 - 220.0) < 6.0  # half a semitone: vibrato and the scoop move it
    assert not sing([], np.random.default_rng(1), 100, RATE).any()


def test_hearing_names_the_semitone_and_the_onset() -> None:
    t = torch.arange(RATE) / RATE
    tone = 0.3 * torch.sin(2 * torch.pi * 440.0 * t) * (t > 0.5)
    rows = Hearing()(tone[None])[0]
    assert rows.shape == (ROWS, 75)
    assert int(rows[:44, 60].argmax()) == 69 - 40
    assert abs(int(rows[-1].argmax()) - 37) <= 6  # the transform is twelve frames long, and hears it coming


def test_inversion_gives_back_the_mel() -> None:
    t = torch.arange(RATE) / RATE
    sound = 0.3 * torch.sin(2 * torch.pi * 440.0 * t) * (t > 0.3)
    mel = normalise(mel_spectrogram(sound[None]))
    made = invert(mel, RATE)
    assert made.shape == (RATE,)
    peak = int(torch.fft.rfft(made[RATE // 2 :]).abs().argmax())
    assert abs(peak - 220) <= 1  # bins of 2 Hz
    first = int((made.abs() > 0.1).nonzero()[0])
    assert abs(first - 0.3 * RATE) < 128  # half a hop: frames are where they were
    assert float((normalise(mel_spectrogram(made[None])) - mel).abs().mean()) < 0.05
    assert torch.equal(made, invert(mel, RATE))
