"""The posterior against finite differences, conjugate formulas, numerical integration and another optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.optimize import minimize

from studio.taste import model as taste_model
from studio.taste.features import NAMES, as_rows
from studio.taste.judgement import Judgement
from studio.taste.laplace import find_mode
from studio.taste.likelihood import STAR_SD, STARS_A_UTILITY, answers_of
from studio.taste.model import DELTA_SD, SHARED, learn
from studio.taste.prior import Prior, prior_of_music
from studio.taste.statements import NOT_SURE
from tests.taste.makers import judgement, plain

AXIS = {"a": {"drums": 1.0}, "b": {"drums": -1.0}, "c": {"bass": 1.0}, "d": {"bass": -1.0}}


def test_gradient_and_curvature_are_those_of_the_value() -> None:
    answers = answers_of(
        [
            judgement(AXIS, best="a", worst="b", stars={"a": 4, "c": 2}),
            judgement(AXIS, best="c"),
            judgement(AXIS, worst="d"),
            judgement(AXIS, tie=True),
            judgement(AXIS, none_usable=True, worst="b"),
        ],
        [1.0, 0.5, 0.8, 0.7, 0.3],
    )
    rng = np.random.default_rng(2)
    z, step = rng.normal(size=answers.size), 1e-5
    _, gradient, curvature = answers.at(z)
    for k, axis in enumerate(np.eye(answers.size)):
        up, up_gradient, _ = answers.at(z + step * axis)
        down, down_gradient, _ = answers.at(z - step * axis)
        assert gradient[k] == pytest.approx((up - down) / (2 * step), abs=1e-6)
        np.testing.assert_allclose(-curvature[k], (up_gradient - down_gradient) / (2 * step), atol=1e-6)
    assert np.linalg.eigvalsh(curvature).min() > -1e-9


def test_one_choice_of_two_against_numerical_integration() -> None:
    """Two clips with independent standard normal utilities, one chosen: the mean difference is that of the integral."""
    answers = answers_of([judgement(plain("ab"), best="a", blind=False)], [1.0])
    mode = find_mode(answers, np.zeros(3), np.eye(3))

    def density(y: float, x: float) -> float:
        return float(np.exp(-0.5 * (x * x + y * y)) / (2 * np.pi) / (1 + np.exp(y - x)))

    evidence, _ = dblquad(density, -8, 8, -8, 8)
    gap, _ = dblquad(lambda y, x: (x - y) * density(y, x), -8, 8, -8, 8)
    assert evidence == pytest.approx(0.5, abs=1e-6)
    assert mode.evidence == pytest.approx(np.log(0.5), abs=0.05)
    assert mode.z[0] - mode.z[1] == pytest.approx(gap / evidence, abs=0.06)


def test_stars_alone_are_the_conjugate_posterior() -> None:
    """Gaussian likelihoods: Laplace is exact, evidence and all."""
    answers = answers_of([judgement(plain("ab"), stars={"a": 5, "b": 2}, blind=False)], [1.0])
    mean, covariance = np.array([0.0, 0.0, 3.0, 0.0]), np.diag([1.0, 1.0, 0.5, 1.0])
    mode = find_mode(answers, mean, covariance)
    design = np.array([[STARS_A_UTILITY, 0, 1, 0], [0, STARS_A_UTILITY, 1, 0]])
    spread = design @ covariance @ design.T + STAR_SD**2 * np.eye(2)
    surprise = np.array([5.0, 2.0]) - design @ mean
    gain = covariance @ design.T @ np.linalg.inv(spread)
    np.testing.assert_allclose(mode.z, mean + gain @ surprise, atol=1e-9)
    np.testing.assert_allclose(
        covariance - covariance @ mode.told @ covariance, covariance - gain @ design @ covariance, atol=1e-9
    )
    exact = -0.5 * (surprise @ np.linalg.solve(spread, surprise) + np.log(np.linalg.det(spread)))
    assert mode.evidence - 2 * np.log(STAR_SD) == pytest.approx(exact, abs=1e-9)


def test_theta_is_that_of_the_model_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over (theta, delta) of one song, by a general optimiser: same mode, same covariance."""
    monkeypatch.setattr(taste_model, "PRIORS", ((0.5, 0.0),))
    said = [
        judgement(AXIS, screen="1", best="a", worst="d"),
        judgement(AXIS, screen="2", best="a", worst="b"),
    ]
    taste = learn(said)
    answers = answers_of(said, taste.reliability.weights)
    rows = as_rows(list(AXIS.values()))[:, [NAMES.index("drums"), NAMES.index("bass")]]
    # theta shared, theta of the song, delta, the threshold
    widths = np.array([0.25 * SHARED] * 2 + [0.25 * (1 - SHARED)] * 2 + [DELTA_SD**2] * 4 + [1.5**2])
    middle = np.array([0.0] * 8 + [-1.5])

    def loss(x: np.ndarray) -> float:
        z = np.concatenate([rows @ (x[:2] + x[2:4]) + x[4:8], x[8:]])
        return float(0.5 * ((x - middle) ** 2 / widths).sum() - answers.at(z)[0])

    found = minimize(loss, middle, method="BFGS", options={"gtol": 1e-8})
    places = [NAMES.index("drums"), NAMES.index("bass")]
    np.testing.assert_allclose(taste.mean[places], found.x[:2], atol=1e-4)
    step = 1e-3
    hessian = np.zeros((9, 9))
    for i, a in enumerate(step * np.eye(9)):
        for j, b in enumerate(step * np.eye(9)):
            hessian[i, j] = (
                loss(found.x + a + b) - loss(found.x + a - b) - loss(found.x - a + b) + loss(found.x - a - b)
            )
    covariance = np.linalg.inv(hessian / (4 * step**2))
    np.testing.assert_allclose(taste.covariance[np.ix_(places, places)], covariance[:2, :2], atol=1e-4)


def sitting(rng: np.random.Generator, screens: int, theta: np.ndarray | None) -> list[Judgement]:
    """Screens of four random clips, judged by theta with choice noise; None answers at random."""
    said = []
    for k in range(screens):
        rows = rng.normal(size=(4, len(NAMES)))
        clips = {
            f"{k}{name}": dict(zip(NAMES, row, strict=True)) for name, row in zip("abcd", rows, strict=True)
        }
        told = rng.gumbel(size=4) + (0 if theta is None else rows @ theta)
        order = np.argsort(told)
        keys = list(clips)
        said.append(
            judgement(clips, screen=f"s{k}", song=f"song{k % 4}", best=keys[order[-1]], worst=keys[order[0]])
        )
    return said


def test_a_taste_is_learnt_and_told() -> None:
    rng = np.random.default_rng(3)
    theta = np.zeros(len(NAMES))
    theta[NAMES.index("drums")] = -1.5
    taste = learn(sitting(rng, 24, theta))
    first = taste.explain()[0]
    assert str(first) in ("sparser drums: sure", "sparser drums: fairly sure")
    assert len(first.evidence) == 3
    assert taste.enough
    assert taste.evidence > 1
    assert taste.score({"drums": -1.0})[0] > taste.score({"drums": 1.0})[0] + 0.5
    fresh = as_rows([dict(zip(NAMES, row, strict=True)) for row in rng.normal(size=(200, len(NAMES)))])
    told, _ = taste.scores([dict(zip(NAMES, row, strict=True)) for row in fresh])
    assert np.corrcoef(told, fresh @ theta)[0, 1] > 0.7


def test_answers_at_random_leave_no_sure_taste() -> None:
    sure = [
        statement
        for seed in range(5)
        for statement in learn(sitting(np.random.default_rng([4, seed]), 12, None)).explain()
        if statement.sureness == "sure"
    ]
    assert len(sure) <= 4  # of 80; one in twenty by chance


def test_nothing_said_is_nothing_known() -> None:
    taste = learn([])
    assert taste.score({"drums": 2.0})[0] == 0.0
    assert not taste.enough
    assert {s.sureness for s in taste.explain()} == {NOT_SURE}
    assert learn([judgement(AXIS, best="a", heard_s=1.0)]).pairs == 0


def test_stars_of_a_generous_sitting_are_no_liking() -> None:
    clips = plain("abcdefgh")
    strict = judgement(
        {k: clips[k] for k in "abcd"},
        screen="1",
        sitting="x",
        stars=dict(zip("abcd", (1, 1, 2, 2), strict=True)),
    )
    generous = judgement(
        {k: clips[k] for k in "efgh"},
        screen="2",
        sitting="y",
        stars=dict(zip("efgh", (4, 4, 5, 5), strict=True)),
    )
    taste = learn([strict, generous])
    assert abs(taste.utility("c")[0] - taste.utility("g")[0]) < abs(
        taste.utility("c")[0] - taste.utility("a")[0]
    )
    with pytest.raises(KeyError):
        taste.utility("z")


def test_several_listeners_and_an_excluded_one() -> None:
    one = judgement(AXIS, best="a")
    with pytest.raises(ValueError, match="several listeners"):
        learn(
            [one, Judgement("you", *(getattr(one, n) for n in ("song", "at", "screen", "clips", "verdict")))]
        )
    fails = [judgement(AXIS, screen=str(k), roles={"a": "anchor"}, best="a", worst="b") for k in range(6)]
    left_out = learn(fails)
    assert left_out.pairs == 0
    assert left_out.mean == pytest.approx(0.0)
    assert any("another voice" in text for text in left_out.told)


def test_the_anchor_teaches_nothing() -> None:
    said = dict(AXIS) | {"x": {"drums": 2.0}}
    with_anchor = judgement(said, roles={"x": "anchor"}, best="b", worst="x", stars={"b": 4, "x": 1})
    without = judgement(AXIS, best="b", stars={"b": 4})
    assert learn([with_anchor]).mean == pytest.approx(learn([without]).mean)
    liked = judgement(said, roles={"x": "anchor"}, best="x")
    assert learn([liked]).pairs == 0


def test_liked_music_is_a_prior_that_answers_overrule() -> None:
    bright = prior_of_music([{"brightness": 1.5}] * 6)
    place = NAMES.index("brightness")
    # n s^2 / (1 + n s^2) with n = 3, s = .15
    assert bright.mean[place] == pytest.approx(1.5 * 0.0675 / 1.0675)
    assert bright.spread[place] == pytest.approx(1.0675**-0.5)
    assert np.delete(bright.mean, place) == pytest.approx(0.0)
    cold = learn([], bright)
    assert cold.score({"brightness": 1.0})[0] > 0.09
    clips = {"a": {"brightness": -1.0}, "b": {"brightness": 1.0}, "c": {"brightness": 0.5}}
    against = [judgement(clips, screen=str(k), best="a", worst="b") for k in range(12)]
    overruled = learn(against, bright)
    assert overruled.score({"brightness": 1.0})[0] < overruled.score({"brightness": -1.0})[0]
    assert prior_of_music([]).mean == pytest.approx(Prior.nothing().mean)


def test_what_is_liked_in_texture_alone_is_learnt_and_clips_without_one_are_no_trouble() -> None:
    on, off = "texture place drums 0", "texture place drums 2"
    clips = {"a": {on: 2.0}, "b": {off: 2.0}, "c": {on: 1.0, off: 1.0}}
    taste = learn([judgement(clips, screen=str(k), best="a", worst="b") for k in range(6)])
    liked, other, unknown = taste.scores([{on: 1.8, "drums": 0.0}, {off: 1.8}, {"drums": 0.0}])[0]
    assert liked > unknown > other
    assert taste.mean == pytest.approx(0.0)
    old = learn([judgement({"x": {"drums": 1.0}, "y": {"drums": -1.0}}, best="x", worst="y")])
    assert old.score({"drums": 1.0, on: 1.0})[0] > old.score({"drums": -1.0, on: 1.0})[0]
