"""Density leans to the singing: more where the singer rests, less under a fast line, louder with the voice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.analysis import Syllable
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.score import COLUMNS, DRUM_CLASSES, HOLD, REST, pack_drums
from studio.ml.arrangement.logit_bias import breathing
from studio.ml.arrangement.melody import N_MELODY
from studio.ml.arrangement.model import ArrangementModel, Condition, places, song_features
from studio.ml.arrangement.noise import fresh_noise
from studio.ml.arrangement.sampler import Wishes, sample_scores
from studio.ml.arrangement.sung_density import Singing, hear_singing, singing_level, singing_room
from tests.core.scores import KEY

GRID = BeatGrid.regular(120.0, Meter(4, 4), 16.0)


def _line(first_beat: float, last_beat: float, step: float, loudness_db: float = -20.0) -> list[Syllable]:
    """Syllables `step` quarters apart, each nearly as long."""
    times = 0.5 * np.arange(first_beat, last_beat, step)
    return [Syllable(t, t, t + 0.4 * step, 1.0, loudness_db) for t in times.tolist()]


def test_room_is_where_the_singer_rests_and_not_under_a_fast_line() -> None:
    # A bar of eighths, a bar of sixteenths, a bar of rest, two bars of eighths.
    room = singing_room([*_line(0, 4, 0.5), *_line(4, 8, 0.25), *_line(12, 20, 0.5)], GRID)
    assert room[1:3] == pytest.approx(0.0)
    assert room[5:7] == pytest.approx(-1.0)
    assert room[8:12] == pytest.approx(1.0)
    assert room[13:19] == pytest.approx(0.0)
    # After the last line the band is by itself.
    assert not room[20:].any()
    assert not singing_room([], GRID).any()


def test_a_held_note_leaves_some_room() -> None:
    held = Syllable(2.0, 2.0, 3.9, 1.0, -20.0)
    room = singing_room([*_line(0, 4, 0.5), held, *_line(8, 12, 0.5)], GRID)
    assert room[5:7] == pytest.approx(0.5)


def test_a_long_passage_is_the_bands_own_but_leads_back() -> None:
    room = singing_room([*_line(0, 8, 0.5), *_line(24, 32, 0.5)], GRID)
    assert not room[9:22].any()
    assert room[22:24] == pytest.approx(1.0)


@pytest.mark.parametrize("gain_db", [0.0, -30.0])
def test_level_follows_the_voice_over_the_form_and_not_the_microphone(gain_db: float) -> None:
    sung = [*_line(0, 16, 0.5, -24.0 + gain_db), *_line(16, 32, 0.5, -16.0 + gain_db)]
    level = singing_level(sung, GRID)
    assert level[:8] == pytest.approx(-1.0, abs=0.2)
    assert level[24:] == pytest.approx(1.0, abs=0.2)
    assert (level.reshape(-1, 4) == level[::4, None]).all()
    assert singing_level(_line(0, 32, 0.5), GRID) == pytest.approx(0.0, abs=1e-3)


def test_fills_are_for_rests_and_the_time_goes_on() -> None:
    lean = breathing(np.array([1.0, -1.0], np.float32), np.zeros(2, np.float32), 1.0, torch.device("cpu"))
    for stem in ("bass", "harmony", "lead"):
        first = lean[COLUMNS[stem].start]
        assert first[0, HOLD + 1] > 0 > first[1, HOLD + 1]
        assert not first[:, [REST, HOLD]].any()
    drums = {name: lean[COLUMNS["drums"].start + i] for i, name in enumerate(DRUM_CLASSES)}
    assert drums["tom"][0, pack_drums(np.array([2, 2, 2, 2]))] > 0
    assert not any(drums[name].any() for name in ("kick", "closed_hat", "percussion"))


def test_a_band_that_breathes_plays_more_in_the_rests_and_grows_with_the_voice(
    arranger: ArrangementModel,
) -> None:
    beats = GRID.beats
    condition = Condition(
        torch.zeros(1, beats, N_MELODY),
        places(GRID.meter, beats)[None],
        song_features(120.0, KEY)[None],
    )
    room, level = np.zeros((2, beats), np.float32)
    room[: beats // 2], room[beats // 2 :] = 1.0, -1.0
    level[: beats // 2], level[beats // 2 :] = -1.0, 1.0
    singing = Singing(np.zeros((beats, 4), np.float32), room, level)
    noise = [fresh_noise(seed, 0, beats) for seed in range(4)]
    tilt = {}
    for breath in (0.0, 2.0):
        scores = sample_scores(arranger, condition, noise, Wishes(singing=singing, breath=breath))
        tokens = np.stack([score.tokens for score in scores])
        strokes = (tokens[..., COLUMNS["lead"]] > HOLD).sum(-1)
        energy = tokens[..., COLUMNS["energy"]][..., 0]
        half = beats // 2
        tilt[breath] = [
            float(strokes[:, :half].mean() - strokes[:, half:].mean()),
            float(energy[:, half:].mean() - energy[:, :half].mean()),
        ]
    assert tilt[2.0][0] > tilt[0.0][0] + 0.1
    assert tilt[2.0][1] > tilt[0.0][1] + 0.3


def test_all_that_is_heard_fits_the_grid() -> None:
    singing = hear_singing(_line(0, 8, 0.5), GRID)
    assert singing.accents.shape == (GRID.beats, 4)
    assert singing.room.shape == singing.level.shape == (GRID.beats,)
