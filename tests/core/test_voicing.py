"""Voicings: little movement, and room for the singer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from studio.core.instruments import instrument
from studio.core.music import Chord
from studio.core.voicing import clear_octave, masking_of, voice_chord, voicings_of
from tests.core.scores import held

LOOP = [
    Chord(root, quality)
    for root, quality in ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj"))
    for _ in range(4)
]


def test_voices_move_little_between_chords() -> None:
    previous = voice_chord(Chord(0), None, 62)
    moved = voice_chord(Chord(9, "min"), previous, 62)
    assert sum(abs(a - b) for a, b in zip(previous, moved, strict=True)) <= 4


@pytest.mark.parametrize("pitch", [60, 64, 67])
def test_chords_are_voiced_clear_of_the_pitch_that_is_sung(pitch: int) -> None:
    """C major about middle C: whichever of its tones is sung, the band plays that one in another octave."""
    assert pitch in voice_chord(Chord(0), None, 62)
    masking = np.zeros(128)
    masking[pitch] = 0.5
    voices = voice_chord(Chord(0), None, 62, masking)
    assert sorted(v % 12 for v in voices) == [0, 4, 7]
    assert pitch not in voices


def test_a_note_covers_most_where_it_is_sung_and_less_where_partials_meet() -> None:
    covered = masking_of(held(72, beats=1))[0]
    assert covered.argmax() == 72
    assert covered[72] > covered[60] > covered[53] > 0  # the note itself, its octave, its twelfth
    assert covered[61] == covered[73] == 0


def test_a_player_of_chords_leaves_the_register_of_the_singer_for_good() -> None:
    """Everything about middle C is taken: all four chords are played in one other place."""
    masking = np.zeros((16, 128))
    masking[:, 55:70] = 0.4
    alone = voicings_of(LOOP, 62, np.zeros((16, 128)))
    beside = voicings_of(LOOP, 62, masking)
    assert np.mean([np.mean(v) for v in alone]) == pytest.approx(62, abs=2)
    assert abs(np.mean([np.mean(v) for v in beside]) - 62) > 5
    assert min(v[0] for v in beside) >= 48  # close voicings below C3 are mud
    assert [{p % 12 for p in v} for v in beside] == [{p % 12 for p in v} for v in alone]
    steps = [abs(np.mean(b) - np.mean(a)) for a, b in pairwise(beside)]
    assert max(steps) < 5


def test_no_chord_has_no_voices_and_the_next_is_voiced_as_if_it_followed() -> None:
    chords = [Chord(0), Chord(None), Chord(0)]
    voicings = voicings_of(chords, 62, np.zeros((3, 128)))
    assert voicings[1] == ()
    assert voicings[2] == voicings[0]


@pytest.mark.parametrize(("taken", "octave"), [((), 0), ((72,), -12), ((60, 72), 12), ((60, 72, 84), 0)])
def test_a_phrase_takes_the_octave_that_is_clear(taken: tuple[int, ...], octave: int) -> None:
    masking = np.zeros((4, 128))
    masking[:, list(taken)] = 0.5
    moved = clear_octave([(0, 8, 72), (8, 16, 72)], masking, instrument("lead", "strings"))
    assert moved == octave


def test_a_phrase_stays_within_the_instrument() -> None:
    masking = np.zeros((4, 128))
    masking[:, 62] = 0.5
    assert clear_octave([(0, 16, 62)], masking, instrument("lead", "flute")) == 12
    masking[:, 74] = 0.5
    assert clear_octave([(0, 16, 62)], masking, instrument("lead", "flute")) in (0, 12)  # 50 is below a flute
