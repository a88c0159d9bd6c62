"""Syllables: the vowel is the moment that counts, and neither a standing pitch nor any pitch is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.analysis.notes import with_syllables
from studio.analysis.onsets import onset_curve
from studio.analysis.pitch import track_pitch
from studio.analysis.syllables import find_syllables
from studio.core.analysis import Syllable, VocalNote

RATE = 16000
STARTS = 0.4 + 0.35 * np.arange(8)


def _vowel(seconds: float, pitch: NDArray[np.float64] | float, voiced: bool = True) -> NDArray[np.float64]:
    """A vowel with formants near 600 and 1100 Hz; `pitch` is MIDI, one or a line of them."""
    count = int(seconds * RATE)
    line = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, np.size(pitch)), np.atleast_1d(pitch))
    f0 = 440 * 2 ** ((line - 69) / 12)
    if voiced:
        phase = 2 * np.pi * np.cumsum(f0) / RATE
        gain = [np.exp(-0.5 * ((k * f0.mean() - 600) / 500) ** 2) + 0.1 for k in range(1, 16)]
        tone = sum(g * np.sin(k * phase) for k, g in enumerate(gain, start=1))
    else:
        noise = np.random.default_rng(int(seconds * 1e4)).normal(0, 1, count)
        spectrum = np.fft.rfft(noise)
        hz = np.fft.rfftfreq(count, 1 / RATE)
        tone = 8 * np.fft.irfft(spectrum * np.exp(-0.5 * ((hz - 700) / 300) ** 2), count)
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.015 * RATE))
    return np.asarray(0.1 * tone * fade)


def _heard(voiced: bool = True, glide: float = 0.0, consonant_s: float = 0.0) -> tuple[Syllable, ...]:
    """Eight syllables whose vowels begin at STARTS."""
    out = np.random.default_rng(2).normal(0, 1e-4, int((STARTS[-1] + 1) * RATE))
    for index, start in enumerate(STARTS):
        first = int(start * RATE)
        vowel = _vowel(0.22, np.array([57.0 + index % 3, 57.0 + index % 3 + glide]), voiced)
        out[first : first + len(vowel)] += vowel
        if consonant_s:
            hiss = np.random.default_rng(index).normal(0, 1, int(consonant_s * RATE))
            hiss = np.diff(np.diff(hiss, prepend=0), prepend=0)  # an s: nothing of it lies among the vowels
            out[first - len(hiss) : first] += 0.03 * hiss
    signal = out.astype(np.float32)
    return find_syllables(track_pitch(signal), onset_curve(signal))


@pytest.mark.parametrize("consonant_s", [0.0, 0.09])
def test_the_onset_is_where_the_vowel_begins(consonant_s: float) -> None:
    syllables = _heard(consonant_s=consonant_s)
    clear = [s for s in syllables if s.strength > 0.5]
    assert [s.onset_s for s in clear] == pytest.approx(STARTS, abs=0.025)
    assert all(s.start_s <= s.onset_s < s.end_s for s in syllables)


def test_a_syllable_may_glide_all_the_way() -> None:
    syllables = [s for s in _heard(glide=5.0) if s.strength > 0.5]
    assert [s.onset_s for s in syllables] == pytest.approx(STARTS, abs=0.025)
    for syllable in syllables:
        assert syllable.pitch is not None
        assert syllable.contour[-1] - syllable.contour[0] > 2.5


def test_a_spoken_syllable_has_an_onset_and_no_pitch() -> None:
    syllables = [s for s in _heard(voiced=False) if s.strength > 0.5]
    assert [s.onset_s for s in syllables] == pytest.approx(STARTS, abs=0.025)
    assert all(s.pitch is None and s.contour == () for s in syllables)


def test_silence_has_no_syllables() -> None:
    signal = np.random.default_rng(0).normal(0, 1e-4, 3 * RATE).astype(np.float32)
    signal[RATE : RATE + 300] = 0.5  # a pop
    assert len([s for s in find_syllables(track_pitch(signal), onset_curve(signal)) if s.strength > 0.3]) <= 1


def test_a_syllable_that_no_note_covers_becomes_a_weak_note() -> None:
    notes = (VocalNote(0.0, 1.0, 60.0), VocalNote(2.0, 3.0, 62.0))
    covered = Syllable(0.5, 0.45, 0.9, pitch=60.0, contour=(0.0,) * 5)
    between = Syllable(1.3, 1.25, 1.8, pitch=64.0, contour=(-1.0, 0.0, 0.0, 0.0, 1.0))
    spoken = Syllable(1.85, 1.8, 1.95)
    joined = with_syllables(notes, [covered, between, spoken])
    assert [n.pitch for n in joined] == [60.0, 64.0, 62.0]
    assert joined[1].confidence < 0.5
    faint = replace(between, strength=0.2)
    assert with_syllables(notes, [faint]) == notes
    assert (joined[0], joined[2]) == notes
