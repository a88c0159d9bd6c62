"""What is held out, and what the ratings are taken to say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from studio.services.taste.lesson import held_out_songs, sound_weights
from studio.taste.features import FROM_SOUND, NAMES


def test_a_song_that_was_held_out_once_stays_so() -> None:
    songs = [f"song {i}" for i in range(40)]
    out = held_out_songs(songs)
    assert 3 <= len(out) <= 14
    assert out <= held_out_songs([*songs, "another", "and another"])
    assert held_out_songs(songs[:4])
    assert held_out_songs(["only"]) == frozenset({"only"})


def test_sound_is_learnt_only_where_its_weights_are_sure() -> None:
    features = [{name: float(i) for name in NAMES} for i in (-1, 0, 1)]
    bright = NAMES.index(FROM_SOUND[0])
    mean = np.zeros(len(NAMES))
    mean[bright] = 1.0
    taste = SimpleNamespace(
        mean=mean,
        covariance=0.01 * np.eye(len(NAMES)),
        strength=1.0,
        prior=SimpleNamespace(spread=np.ones(len(NAMES))),
    )
    weights = sound_weights(features, ["s"] * 3, taste)  # type: ignore[arg-type]
    assert weights is not None
    assert weights[0] < weights[1] < weights[2]
    assert abs(weights.mean() - 1) < 1e-9
    taste.covariance = np.eye(len(NAMES))
    assert sound_weights(features, ["s"] * 3, taste) is None  # type: ignore[arg-type]
