"""Sampling scores: wishes are kept, noise decides, nothing stays masked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.core.music import Key, Meter
from studio.core.score import GLOBALS, N_COLUMNS
from studio.ml.arrangement_model import WINDOW, ArrangementModel, Condition, places, song_features
from studio.ml.arrangement_sampler import CALLS, Wishes, _draw, genome, sample_scores
from studio.ml.melody import N_MELODY


def _condition(beats: int) -> Condition:
    melody = torch.rand(1, beats, N_MELODY, generator=torch.Generator().manual_seed(0))
    return Condition(melody, places(Meter(4, 4), beats)[None], song_features(100.0, Key(0, "major"))[None])


def test_fixed_tokens_and_globals_are_kept_and_the_rest_is_filled(arranger: ArrangementModel) -> None:
    fixed = np.full((8, N_COLUMNS), -1, dtype=np.int64)
    fixed[:, 0] = [1, 1, 1, 1, 13, 13, 13, 13]
    wishes = Wishes(tokens=fixed, globals={"style": 3, "density": 2})
    scores = sample_scores(arranger, _condition(8), [genome(1, i, 8) for i in range(2)], wishes)
    for score in scores:  # Score itself refuses tokens that stayed masked
        assert score.tokens[:, 0].tolist() == [1, 1, 1, 1, 13, 13, 13, 13]
        assert score.globals[GLOBALS.index("style")] == 3
        assert score.globals[GLOBALS.index("density")] == 2


def test_the_noise_decides(arranger: ArrangementModel) -> None:
    first, again, other = (
        sample_scores(arranger, _condition(8), [genome(seed, 0, 8)], Wishes())[0].tokens for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.1


def test_candidates_take_different_styles_from_those_allowed(arranger: ArrangementModel) -> None:
    noise = [genome(1, i, 4) for i in range(4)]
    scores = sample_scores(arranger, _condition(4), noise, Wishes(styles=(2, 5, 7, 11)))
    assert sorted(int(s.globals[0]) for s in scores) == [2, 5, 7, 11]


def test_progress_counts_every_call_and_cancel_stops(arranger: ArrangementModel) -> None:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    sample_scores(arranger, _condition(4), [genome(1, 0, 4)], Wishes(), on_step=count)
    assert steps == CALLS
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        sample_scores(arranger, _condition(4), [genome(1, 0, 4)], Wishes(), on_step=token.check)


def test_draws_follow_the_probabilities() -> None:
    logits = torch.log(torch.tensor([0.6, 0.3, 0.1])).expand(20000, 3)
    tokens, _ = _draw(logits, torch.randn(20000, generator=torch.Generator().manual_seed(0)), 1.0, 1.0)
    shares = torch.bincount(tokens, minlength=3) / 20000
    torch.testing.assert_close(shares, torch.tensor([0.6, 0.3, 0.1]), atol=0.02, rtol=0.0)
    tokens, _ = _draw(logits, torch.full((20000,), 4.0), 1.0, 0.8)
    assert set(tokens.tolist()) == {1}  # the nucleus of 0.8 leaves out the rarest


def test_far_quarters_do_not_see_each_other(arranger: ArrangementModel) -> None:
    beats = 2 * WINDOW + 40
    condition = _condition(beats)
    tokens, globals_ = torch.zeros(1, beats, N_COLUMNS, dtype=torch.long), torch.zeros(1, 7, dtype=torch.long)
    mask = arranger._window_mask(beats, torch.device("cpu"))
    assert mask is not None
    assert not mask[7, 7 + WINDOW + 1]
    assert mask[7, 7 + WINDOW]
    assert mask[:7].all()
    assert arranger(tokens, globals_, condition)[0][0].shape == (1, beats, 85)
