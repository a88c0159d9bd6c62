"""Sampling scores: wishes are kept, noise decides, nothing stays masked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.errors import JobCancelled
from studio.core.instruments import INSTRUMENTS
from studio.core.jobs import CancelToken
from studio.core.music import Key, Meter
from studio.core.score import COLUMNS, GLOBALS, HOLD, N_COLUMNS, REST, STYLES, pack_drums
from studio.ml.arrangement.logit_bias import STROKES, liveliness, rarity, unusualness
from studio.ml.arrangement.melody import N_MELODY
from studio.ml.arrangement.model import WINDOW, ArrangementModel, Condition, places, song_features
from studio.ml.arrangement.noise import fresh_noise
from studio.ml.arrangement.sampler import CALLS, Wishes, _draw, _other_players, sample_scores


def _condition(beats: int) -> Condition:
    melody = torch.rand(1, beats, N_MELODY, generator=torch.Generator().manual_seed(0))
    return Condition(melody, places(Meter(4, 4), beats)[None], song_features(100.0, Key(0, "major"))[None])


def test_fixed_tokens_and_globals_are_kept_and_the_rest_is_filled(arranger: ArrangementModel) -> None:
    fixed = np.full((8, N_COLUMNS), -1, dtype=np.int64)
    fixed[:, 0] = [1, 1, 1, 1, 13, 13, 13, 13]
    wishes = Wishes(tokens=fixed, globals={"style": 3, "density": 2})
    scores = sample_scores(arranger, _condition(8), [fresh_noise(1, i, 8) for i in range(2)], wishes)
    for score in scores:  # Score itself refuses tokens that stayed masked
        assert score.tokens[:, 0].tolist() == [1, 1, 1, 1, 13, 13, 13, 13]
        assert score.globals[GLOBALS.index("style")] == 3
        assert score.globals[GLOBALS.index("density")] == 2


def test_the_noise_decides(arranger: ArrangementModel) -> None:
    first, again, other = (
        sample_scores(arranger, _condition(8), [fresh_noise(seed, 0, 8)], Wishes())[0].tokens
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.1


def test_candidates_take_different_styles_from_those_allowed(arranger: ArrangementModel) -> None:
    noise = [fresh_noise(1, i, 4) for i in range(4)]
    scores = sample_scores(arranger, _condition(4), noise, Wishes(styles=(2, 5, 7, 11)))
    assert sorted(int(s.globals[0]) for s in scores) == [2, 5, 7, 11]


def test_progress_counts_every_call_and_cancel_stops(arranger: ArrangementModel) -> None:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    sample_scores(arranger, _condition(4), [fresh_noise(1, 0, 4)], Wishes(), on_step=count)
    assert steps == CALLS
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        sample_scores(arranger, _condition(4), [fresh_noise(1, 0, 4)], Wishes(), on_step=token.check)


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


def test_bolder_scores_have_more_different_chords(arranger: ArrangementModel) -> None:
    noise = [fresh_noise(1, i, 64) for i in range(2)] * 2
    wishes = Wishes(boldness=(0.0, 0.0, 1.0, 1.0))
    safe, _, bold, _ = (
        len(set(s.tokens[:, 0])) for s in sample_scores(arranger, _condition(64), noise, wishes)
    )
    assert bold > safe


def test_styles_few_singers_mean_are_held_back_but_stay_possible() -> None:
    costs = dict(zip(STYLES, rarity(torch.device("cpu")).tolist(), strict=True))
    assert costs["pop"] == 0.0 < costs["jig"] < 5.0


def test_players_that_are_unusual_in_the_style_cost_what_was_asked(arranger: ArrangementModel) -> None:
    players = [entry.name for entry in INSTRUMENTS["harmony"]]
    styles = torch.tensor([STYLES.index("piano ballad"), STYLES.index("funk")])
    ballad, funk = unusualness(styles, "harmony", 3.0).tolist()
    assert [name for name, cost in zip(players, ballad, strict=True) if not cost] == ["piano"]
    assert funk[players.index("clavinet")] == 0.0 < funk[players.index("harp")] == 3.0
    # A network that knows nothing draws anybody, and with a strong lean the usual ones only; who is wished for stays.
    noise = [fresh_noise(seed, 0, 4) for seed in range(12)]
    free, leant, wished = (
        {
            players[int(score.globals[GLOBALS.index("harmony")])]
            for score in sample_scores(arranger, _condition(4), noise, Wishes(globals=given, unusual=nats))
        }
        for nats, given in (
            (0.0, {"style": STYLES.index("piano ballad")}),
            (50.0, {"style": STYLES.index("piano ballad")}),
            (50.0, {"style": STYLES.index("piano ballad"), "harmony": players.index("harp")}),
        )
    )
    assert leant == {"piano"} != free
    assert wished == {"harp"}


def test_bands_of_one_style_have_other_players_while_there_are_usual_ones() -> None:
    noise = torch.zeros(4)
    alike = torch.tensor([[3.0, 2.5, 2.0, -9.0]]).expand(4, 4)
    assert _other_players(alike, noise).tolist() != [0, 0, 0, 0]
    # Only one is usual: all have it.
    assert _other_players(torch.tensor([[6.0, 0.0, 0.0]]).expand(4, 3), noise).tolist() == [0, 0, 0, 0]


def test_strokes_are_favoured_by_how_many_a_token_has() -> None:
    device = torch.device("cpu")
    plain, busy = liveliness("style", device), liveliness("busy", device)
    drums, bass, lead = (COLUMNS[name].start for name in ("drums", "bass", "lead"))
    hits = pack_drums(np.array([2, 0, 1, 0]))
    for columns, asked in ((plain, "style"), (busy, "busy")):
        of_drums, of_bass, _, of_lead = STROKES[asked]
        assert columns[drums][hits].item() == pytest.approx(2 * of_drums)
        assert columns[drums][0].item() == 0.0
        assert columns[bass][HOLD + 5].item() == pytest.approx(of_bass)
        assert columns[lead][HOLD + 1].item() == pytest.approx(of_lead)
        assert columns[lead][HOLD].item() == 0.0
        assert columns[bass][REST].item() == 0.0 < columns[lead][REST].item()
    assert not any(columns[COLUMNS["chord"].start].any() for columns in (plain, busy))
