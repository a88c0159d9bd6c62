"""The taste model: a posterior over how much one person likes what.

    u_i = (theta + theta_song) . phi_i + f(phi_i, texture_i) + delta_i

phi are the features of studio.taste.features, theta the taste, theta_song its small differences from song to song, f
a smooth function of everything that is known of a clip (studio.taste.kernel), which lets a taste have an optimum or
hang on two features at once, and delta what nothing tells. All have Gaussian priors; the posterior is Laplace's
approximation at the mode. Written in the space of the clips (Rasmussen and Williams 2006, chapter 3), where theta and
delta are integrated out: the mode and the covariance are the same as over (theta, delta), and f costs nothing more.
How strong a taste is, the evidence chooses, so answers at random leave one that says nothing. In what shares theta and
f make it up is fixed: a dozen screens do not tell, and whatever they chose, chosen clips were liked less
(docs/taste-measured.md).

What is told in words is not theta alone, since most of a taste is in f, but the straight part of both: theta and the
least-squares slopes of f over the clips that were judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.taste.exclusion import Exclusion, exclusion
from studio.taste.judgement import Judgement
from studio.taste.kernel import SHARED, Clips, linear, smooth, usual_texture
from studio.taste.laplace import Mode, find_mode
from studio.taste.likelihood import answers_of, without_anchor
from studio.taste.prior import Prior
from studio.taste.reliability import Reliability, reliability
from studio.taste.statements import Statement, statements

Array = NDArray[np.float64]

#: Prior sd of theta by feature, and of f, among which the evidence chooses; the first pair says next to nothing.
PRIORS: tuple[tuple[float, float], ...] = ((0.0125, 0.1), (0.05, 0.4), (0.1, 0.8), (0.15, 1.2))
DELTA_SD = 0.5
#: Added to the squares of a feature over the judged clips, for each clip: slopes of f stay small where clips are alike.
_RIDGE = 0.3
_OFFSET_MEAN, _OFFSET_SD = 3.0, 1.0
_THRESHOLD_MEAN, _THRESHOLD_SD = -1.5, 1.5
#: Older judgements weigh little (see reliability.HALF_LIFE), and the cost grows with the cube of the clips.
MOST_JUDGEMENTS = 120
#: Pairs, by weight, below which a taste is not acted upon alone: four full screens.
ENOUGH_PAIRS = 20.0


@dataclass(frozen=True, eq=False)
class Taste:
    """What is believed of one listener.

    Attributes:
        mean, covariance: of the straight part of the taste, [16] and [16, 16], in the order of NAMES.
        strength, curve: what the evidence chose of PRIORS.
        evidence: how much likelier, as a logarithm, the answers are under this taste than under none.
        pairs: comparisons it rests on, by weight.
        reliability, exclusion: of the listener.
    """

    mean: Array
    covariance: Array
    strength: float
    curve: float
    evidence: float
    pairs: float
    reliability: Reliability
    exclusion: Exclusion
    prior: Prior
    _clips: Clips
    _usual: Array
    _keys: tuple[str, ...]
    _mode: Mode
    _judgements: tuple[Judgement, ...] = field(default=(), repr=False)

    @property
    def enough(self) -> bool:
        """Whether there are answers enough to act upon."""
        return self.pairs >= ENOUGH_PAIRS

    @property
    def says_something(self) -> bool:
        """Whether anything is known at all, by answers or by music that is liked."""
        return self.pairs > 0 or bool(self.prior.mean.any())

    @property
    def told(self) -> tuple[str, ...]:
        """What the listener should know of how their answers are used."""
        return tuple(text for text in (*self.reliability.told, self.exclusion.told) if text)

    def score(self, features: Mapping[str, float], song: str = "") -> tuple[float, float]:
        """Mean and standard deviation of a clip's utility, without what no feature tells; see `scores`."""
        mean, sd = self.scores([features], song)
        return float(mean[0]), float(sd[0])

    def scores(self, features: Sequence[Mapping[str, float]], song: str = "") -> tuple[Array, Array]:
        """Means and standard deviations, [n] each, of clips of a song; '' is a song of which nothing is known."""
        return self._scored(Clips.of(features, (song,) * len(features)))[:2]

    def utility(self, key: str) -> tuple[float, float, float]:
        """Of a clip that was judged, with what no feature tells: posterior mean and sd, and the prior's sd.

        Raises KeyError for a clip that was not, or whose judgements count nothing.
        """
        if key not in self._keys:
            raise KeyError(f"no judged clip {key}")
        at = self._keys.index(key)
        mean, sd, prior_sd = self._scored(self._clips.one(at), at)
        return float(mean[0]), float(sd[0]), float(prior_sd[0])

    def explain(self) -> tuple[Statement, ...]:
        """The taste in words, the surest first."""
        return statements(self.mean, np.sqrt(np.diag(self.covariance)), self._judgements)

    def _scored(self, clips: Clips, at: int | None = None) -> tuple[Array, Array, Array]:
        """Posterior means and standard deviations, and the prior's; with the delta of the clip at `at`."""
        spread = self.strength * self.prior.spread
        across = linear(clips, self._clips, spread) + smooth(clips, self._clips, self.curve, self._usual)
        own = np.einsum("nd,d->n", clips.rows**2, spread**2) + self.curve**2
        if at is not None:
            across[0, at] += DELTA_SD**2
            own = own + DELTA_SD**2
        known = len(self._keys)
        mean = clips.rows @ self.prior.mean + across @ self._mode.slope[:known]
        told = np.einsum("ni,ij,nj->n", across, self._mode.told[:known, :known], across)
        return mean, np.sqrt(np.maximum(own - told, 1e-9)), np.sqrt(own)


def learn(judgements: Sequence[Judgement], prior: Prior | None = None, *, length_s: float = 5.0) -> Taste:
    """The taste of one listener.

    Args:
        judgements: of one listener, the oldest first; a listener who fails the anchor is not listened to.
        length_s: how long the clips were, see reliability.

    Raises:
        ValueError: for judgements of several listeners.
    """
    if len({judgement.listener for judgement in judgements}) > 1:
        raise ValueError("judgements of several listeners")
    prior = prior or Prior.nothing()
    trust, left_out = reliability(judgements, length_s), exclusion(judgements)
    latest = tuple(map(without_anchor, judgements[-MOST_JUDGEMENTS:]))
    weights = [0.0 if left_out.is_excluded else r for r in trust.weights[-MOST_JUDGEMENTS:]]
    answers = answers_of(latest, weights)
    by_key = {clip.key: clip.features for judgement in latest for clip in judgement.clips}
    known = Clips.of([by_key[key] for key in answers.keys], answers.songs)
    usual, clips, extra = usual_texture(known), len(known), len(answers.sittings)
    mean = np.concatenate([known.rows @ prior.mean, np.full(extra, _OFFSET_MEAN), [_THRESHOLD_MEAN]])
    covariance = np.diag(
        np.concatenate([np.full(clips, DELTA_SD**2), np.full(extra, _OFFSET_SD**2), [_THRESHOLD_SD**2]])
    )
    fits: dict[tuple[float, float], Mode] = {}
    for strength, curve in PRIORS:
        full = covariance.copy()
        full[:clips, :clips] += linear(known, known, strength * prior.spread) + smooth(
            known, known, curve, usual
        )
        fits[strength, curve] = find_mode(answers, mean, full)
    strength, curve = max(fits, key=lambda pair: fits[pair].evidence)
    mode = fits[strength, curve]
    slopes = _slopes(known.rows)
    bent = smooth(known, known, curve, usual)
    spread2 = SHARED * (strength * prior.spread) ** 2
    across = spread2[:, None] * known.rows.T + slopes @ bent
    before = np.diag(spread2) + slopes @ bent @ slopes.T
    return Taste(
        mean=prior.mean + across @ mode.slope[:clips],
        covariance=before - across @ mode.told[:clips, :clips] @ across.T,
        strength=strength,
        curve=curve,
        evidence=mode.evidence - fits[PRIORS[0]].evidence,
        pairs=sum(r * len(j.preferred) for j, r in zip(latest, weights, strict=True)),
        reliability=trust,
        exclusion=left_out,
        prior=prior,
        _clips=known,
        _usual=usual,
        _keys=answers.keys,
        _mode=mode,
        _judgements=tuple(j for j, r in zip(latest, weights, strict=True) if r > 0),
    )


def _slopes(rows: Array) -> Array:
    """What makes slopes by feature, [16], of the utilities of the clips with these rows: least squares with a ridge."""
    if not len(rows):
        return np.zeros(rows.shape[::-1])
    centred = rows - rows.mean(axis=0)
    return np.asarray(
        np.linalg.solve(centred.T @ centred + _RIDGE * len(rows) * np.eye(rows.shape[1]), centred.T)
    )
