"""Scores played on a grid: the right notes at the right times."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.perform import perform
from studio.core.score import COLUMNS, HOLD, REST, Score, chord_token, repair, token_chord, unpack_drums
from tests.core.scores import CHORDS, KEY, four_bars, held

GRID = BeatGrid.regular(120.0, Meter(4, 4), 8.0)


def test_bass_plays_the_roots_on_the_beats() -> None:
    notes = perform(four_bars(), GRID, KEY, seed=1).parts["bass"].notes
    assert [n.pitch % 12 for n in notes] == [CHORDS[b // 4].root for b in range(16)]
    assert all(28 <= n.pitch <= 55 for n in notes)
    np.testing.assert_allclose([n.start_s for n in notes], np.arange(16) * 0.5, atol=0.013)


def test_drums_land_on_general_midi_keys() -> None:
    notes = perform(four_bars(), GRID, KEY, seed=1).parts["drums"].notes
    assert [n.pitch for n in notes] == [36, 38] * 8


def test_harmony_plays_the_chord_and_holds_it_for_the_bar() -> None:
    notes = perform(four_bars(), GRID, KEY, seed=1).parts["harmony"].notes
    for bar in range(4):
        struck = [n for n in notes if abs(n.start_s - 2.0 * bar) < 0.05]
        assert {n.pitch % 12 for n in struck} == set(CHORDS[bar].pitch_classes)
        assert all(n.end_s - n.start_s > 1.8 for n in struck)


def test_a_vocal_moves_voicings_and_nothing_else() -> None:
    score = four_bars()
    alone = perform(score, GRID, KEY, seed=1)
    assert perform(score, GRID, KEY, seed=1, salience=np.zeros((GRID.beats, 128))) == alone
    first_bar = [n for n in alone.parts["harmony"].notes if n.start_s < 1.9]
    sung = max(n.pitch for n in first_bar)
    beside = perform(score, GRID, KEY, seed=1, salience=held(sung, sung + 12, sung + 19))
    assert beside.parts["drums"] == alone.parts["drums"]
    assert beside.parts["bass"] == alone.parts["bass"]
    now = [n for n in beside.parts["harmony"].notes if n.start_s < 1.9]
    assert {n.pitch % 12 for n in now} == {n.pitch % 12 for n in first_bar}
    assert sung not in {n.pitch for n in now}


def test_a_phrase_of_the_lead_leaves_the_octave_of_the_singer() -> None:
    score = four_bars(lead="flute")
    tokens = score.tokens.copy()
    lead = tokens[:, COLUMNS["lead"]]
    lead[:] = REST
    lead[0:2] = [[12, HOLD, 14, HOLD], [16, HOLD, HOLD, HOLD]]  # a phrase, a bar of rest, and another
    lead[8:10] = [[12, HOLD, 14, HOLD], [16, HOLD, HOLD, HOLD]]
    score = Score(tokens, score.globals)
    alone = [n.pitch for n in perform(score, GRID, KEY, seed=1).parts["lead"].notes]
    salience = np.zeros((GRID.beats, 128))
    salience[:4, alone[:3]] = 1.0
    beside = [n.pitch for n in perform(score, GRID, KEY, seed=1, salience=salience).parts["lead"].notes]
    assert len(alone) == 6
    assert {b - a for a, b in zip(alone[:3], beside[:3], strict=True)} in ({12}, {-12})
    assert beside[3:] == alone[3:]


def test_stem_without_instrument_is_silent() -> None:
    arrangement = perform(four_bars(drums="none", lead="none"), GRID, KEY, seed=1)
    assert arrangement.parts["drums"].notes == ()
    assert arrangement.parts["lead"].notes == ()
    assert arrangement.parts["bass"].notes


def test_lead_chord_token_sounds_the_chord() -> None:
    notes = perform(four_bars(lead="warm pad"), GRID, KEY, seed=1).parts["lead"].notes
    assert {n.pitch % 12 for n in notes if n.start_s > 5.5} == set(CHORDS[3].pitch_classes)


def test_the_same_seed_plays_the_same_and_another_differs() -> None:
    first, again, other = (perform(four_bars(), GRID, KEY, seed=s) for s in (1, 1, 2))
    assert first.parts == again.parts
    assert first.parts["bass"] != other.parts["bass"]


def test_a_change_in_one_bar_leaves_other_bars_untouched() -> None:
    score = four_bars()
    tokens = score.tokens.copy()
    tokens[12:16, COLUMNS["bass"]] = 0
    before = perform(score, GRID, KEY, seed=3).parts["bass"].notes
    after = perform(Score(tokens, score.globals), GRID, KEY, seed=3).parts["bass"].notes
    assert before[:12] == after


def test_length_of_grid_and_score_must_agree() -> None:
    with pytest.raises(ValueError, match="16 quarters"):
        perform(four_bars(), BeatGrid.regular(120.0, Meter(4, 4), 2.0), KEY, seed=1)


def test_repair_strikes_anew_where_the_chord_changes_under_a_hold() -> None:
    score = four_bars()
    tokens = score.tokens.copy()
    tokens[4, COLUMNS["bass"].start] = HOLD
    tokens[4, COLUMNS["harmony"].start] = HOLD
    tokens[5, COLUMNS["bass"].start] = HOLD
    fixed = repair(Score(tokens, score.globals)).tokens
    assert fixed[4, COLUMNS["bass"].start] == score.tokens[4, COLUMNS["bass"].start]
    assert fixed[4, COLUMNS["harmony"].start] == score.tokens[0, COLUMNS["harmony"].start]
    assert fixed[5, COLUMNS["bass"].start] == HOLD


def test_chord_tokens_are_inverse_and_relative_to_the_tonic() -> None:
    for chord in (Chord(None), Chord(9, "min"), Chord(11, "dim"), Chord(4, "7")):
        assert token_chord(chord_token(chord, KEY), KEY) == chord
    assert chord_token(Chord(9, "min"), KEY) == 1 + 12
    assert unpack_drums(np.array(2 * 27 + 1)).tolist() == [2, 0, 0, 1]


def test_tokens_outside_the_vocabulary_are_refused() -> None:
    score = four_bars()
    tokens = score.tokens.copy()
    tokens[0, 1] = 4
    with pytest.raises(ValueError, match="vocabulary"):
        Score(tokens, score.globals)
