"""Training examples of the arrangement model."""

from __future__ import annotations

import numpy as np
import torch

from studio.core.score import COLUMNS
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from studio.ml.arrangement.melody import STEP_FEATURES
from studio.training.collections.corpus import make_song
from studio.training.players.grooves import load_grooves
from studio.ml.arrangement.loss import masked_losses
from studio.training.runs.train_arrangement import CROP_BEATS, MelodyBook, make_batch, retonic
from tests.core.scores import four_bars

SONGS = [make_song(i, list(load_grooves().values())) for i in range(3)]


def test_another_tonic_describes_the_same_chords() -> None:
    tokens = four_bars().tokens
    melody = np.zeros((16, 4 * STEP_FEATURES), dtype=np.float32)
    melody[0, 7] = 1.0
    moved, sung = retonic(tokens, melody, 3)  # A minor told as C
    assert (moved[0, 0] - 1) % 12 == 9
    assert sung[0, 4] == 1.0
    back, again = retonic(moved, sung, 9)
    np.testing.assert_array_equal(back[:, 0], tokens[:, 0])
    np.testing.assert_array_equal(again, melody)
    np.testing.assert_array_equal(moved[:, COLUMNS["bass"]], tokens[:, COLUMNS["bass"]])


def test_batches_depend_on_the_generator_alone() -> None:
    book = MelodyBook(SONGS)
    first, again = (make_batch(book, range(3), np.random.default_rng(4), 4) for _ in range(2))
    assert first["tokens"].shape == (4, CROP_BEATS, 21)
    for name in first:
        torch.testing.assert_close(first[name], again[name])


def test_the_loss_falls_on_a_small_set() -> None:
    torch.manual_seed(0)
    model = ArrangementModel(ArrangementConfig(dim=32, layers=1, heads=2))
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    book = MelodyBook(SONGS)
    losses = []
    for step in range(25):
        batch = make_batch(book, range(3), np.random.default_rng(step), 4)
        loss = masked_losses(model, batch, torch.device("cpu"))["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
