"""The melody on the grid: relative to the tonic, free of the singer's tuning and timbre."""

from __future__ import annotations

import numpy as np

from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.ml.arrangement.melody import N_MELODY, STEP_FEATURES, melody_features

GRID = BeatGrid.regular(120.0, Meter(4, 4), 4.0)


def _notes(shift: float) -> list[VocalNote]:
    return [
        VocalNote(0.5 * i, 0.5 * i + 0.5, 60 + p + shift) for i, p in enumerate((0, 4, 7, 12, 7, 4, 0, 0))
    ]


def test_a_quarter_note_fills_its_four_sixteenths() -> None:
    features = melody_features(_notes(0.0), GRID, Key(0, "major"))
    assert features.shape == (8, N_MELODY)
    second = features[1].reshape(4, STEP_FEATURES)
    np.testing.assert_allclose(second[:, 4], 1.0, atol=1e-6)
    np.testing.assert_allclose(second[:, 12], 1.0, atol=1e-6)
    assert second[:, 13].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_transposed_song_and_key_look_alike() -> None:
    first = melody_features(_notes(0.0), GRID, Key(0, "major"))
    moved = melody_features(_notes(5.0), GRID, Key(5, "major"))
    np.testing.assert_allclose(
        first.reshape(-1, STEP_FEATURES)[:, :14], moved.reshape(-1, STEP_FEATURES)[:, :14], atol=1e-6
    )


def test_a_flat_singer_looks_like_one_in_tune() -> None:
    first = melody_features(_notes(0.0), GRID, Key(0, "major"))
    flat = melody_features(_notes(-0.35), GRID, Key(0, "major"))
    np.testing.assert_allclose(
        first.reshape(-1, STEP_FEATURES)[:, :14], flat.reshape(-1, STEP_FEATURES)[:, :14], atol=1e-5
    )


def test_silence_is_all_zero() -> None:
    assert not melody_features([], GRID, Key(0, "major")).any()
