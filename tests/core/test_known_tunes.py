"""Tunes that are found again in another key and tempo, and others that are not."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.known_tunes import LIKE, known_tunes, nearest_tune, packed, unpacked
from studio.core.tune_print import GRAM, tune_print

Tune = tuple[np.ndarray, np.ndarray]


def make_tune(seed: int, notes: int = 64) -> Tune:
    """Onsets in beats and pitches: steps of a scale, and lengths of a half, one and two beats."""
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.choice([0.5, 1.0, 2.0], notes))
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    degrees = np.clip(np.cumsum(rng.integers(-3, 4, notes)) + 14, 0, 27)
    return onsets, 40 + scale[degrees % 7] + 12 * (degrees // 7)


PRINTS = [tune_print(*make_tune(seed)) for seed in range(40)]
KNOWN = known_tunes(PRINTS, [f"tune {n}" for n in range(40)])


@pytest.mark.parametrize(("semitones", "tempo"), [(0, 1.0), (5, 1.0), (-11, 1.0), (3, 2.0), (0, 4.0)])
def test_key_and_tempo_do_not_matter(semitones: int, tempo: float) -> None:
    onsets, pitches = make_tune(7)
    line = tune_print(7 + onsets * tempo, pitches + semitones)
    assert np.array_equal(line, PRINTS[7])
    match = nearest_tune(line, KNOWN)
    assert (match.name, match.share) == ("tune 7", 1.0)


def test_a_hand_that_is_not_exact_does_not_matter() -> None:
    onsets, pitches = make_tune(7)
    played = onsets + np.random.default_rng(1).uniform(-0.1, 0.1, len(onsets))
    assert np.array_equal(tune_print(played, pitches), PRINTS[7])


def test_of_a_chord_the_highest_note_is_the_line() -> None:
    onsets, pitches = make_tune(7)
    chords = tune_print(np.concatenate([onsets, onsets]), np.concatenate([pitches - 7, pitches]))
    assert np.array_equal(chords, PRINTS[7])


def test_eight_bars_within_something_new_are_found_where_they_are() -> None:
    mine, stolen = make_tune(100, 80), make_tune(3)
    onsets = np.concatenate([mine[0][:40], mine[0][39] + 1 + stolen[0][:32], mine[0][40:] + 60])
    pitches = np.concatenate([mine[1][:40], stolen[1][:32] - 4, mine[1][40:]])
    match = nearest_tune(tune_print(onsets, pitches), KNOWN)
    assert match.name == "tune 3"
    assert match.share >= 0.85
    assert match.note == pytest.approx(40, abs=2)


def test_a_new_tune_and_a_riff_are_like_nothing() -> None:
    for seed in range(200, 230):
        assert nearest_tune(tune_print(*make_tune(seed)), KNOWN).share < LIKE
    riff = tune_print(np.arange(200) * 0.5, np.tile([40, 43, 45, 43], 50))
    with_riff = known_tunes([riff], ["riff"])
    assert nearest_tune(riff, with_riff).share < LIKE  # four phrases, however often
    for few in (0, 1, GRAM):
        assert nearest_tune(tune_print(*make_tune(1, few)), KNOWN).share == 0.0


def test_repeated_notes_are_no_tune() -> None:
    onsets = np.arange(60) * 0.5
    strummed = tune_print(onsets, np.repeat([60, 62, 64, 60, 65, 62], 10))
    assert not strummed.any()
    assert len(known_tunes([strummed], ["strummed"]).prints) == 0
    assert nearest_tune(strummed, KNOWN).share == 0.0


def test_phrases_of_everybody_are_nobodys() -> None:
    same = [PRINTS[0]] * 5
    assert len(known_tunes(same, "abcde", most=4).prints) == 0
    assert len(known_tunes(same, "abcde", most=5).prints) == 5 * len(np.unique(PRINTS[0]))


def test_the_file_comes_back_and_rubbish_does_not() -> None:
    content = packed(KNOWN)
    read = unpacked(content)
    assert np.array_equal(read.prints, KNOWN.prints)
    assert np.array_equal(read.tunes, KNOWN.tunes)
    assert read.names == KNOWN.names
    for wrong in (b"", b"PK", content[: len(content) // 2]):
        with pytest.raises(ValueError, match="no index of tunes"):
            unpacked(wrong)
