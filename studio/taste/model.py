"""The taste model: a posterior over how much one person likes what.

    u_i = (theta + theta_song) . phi_i + f(phi_i) + delta_i

phi are the features of studio.taste.features, theta the taste, theta_song its small differences from song to song, f
a smooth function that lets a taste have an optimum or hang on two features at once, and delta what no feature tells.
All have Gaussian priors; the posterior is Laplace's approximation at the mode. Written in the space of the clips
(Rasmussen and Williams 2006, chapter 3), where theta and delta are integrated out: the mode and the covariance are
the same as over (theta, delta), and f costs nothing more. How strong theta and f are is chosen by the evidence, so
answers at random leave a taste that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.taste.exclusion import Exclusion, exclusion
from studio.taste.features import as_rows
from studio.taste.judgement import Judgement
from studio.taste.laplace import Mode, find_mode
from studio.taste.likelihood import answers_of, without_anchor
from studio.taste.prior import Prior
from studio.taste.reliability import Reliability, reliability
from studio.taste.statements import Statement, statements

Array = NDArray[np.float64]

#: Prior sd of theta by feature, and of f, among which the evidence chooses; the first pair says nothing.
PRIORS: tuple[tuple[float, float], ...] = (
    (0.02, 0.0), (0.1, 0.0), (0.2, 0.0), (0.35, 0.0), (0.6, 0.0), (0.1, 0.6), (0.2, 0.6), (0.35, 0.6),
)  # fmt: skip
DELTA_SD = 0.5
#: Share of the variance of theta that all songs have in common.
SHARED = 0.8
#: Squared length over which f changes: half the usual squared distance of two clips.
_CURVE_LENGTH2 = 13.0
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
        mean, covariance: of theta, [16] and [16, 16], in the order of NAMES.
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
    _rows: Array
    _songs: tuple[str, ...]
    _keys: tuple[str, ...]
    _mode: Mode
    _judgements: tuple[Judgement, ...] = field(default=(), repr=False)

    @property
    def enough(self) -> bool:
        """Whether there are answers enough to act upon."""
        return self.pairs >= ENOUGH_PAIRS

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
        rows = as_rows(features)
        spread = self.strength * self.prior.spread
        songs = (song,) * len(rows)
        across = _kernel(rows, songs, self._rows, self._songs, spread, self.curve)
        own = np.einsum("nd,d->n", rows**2, spread**2) + self.curve**2
        return self._posterior(rows @ self.prior.mean, across, own)

    def utility(self, key: str) -> tuple[float, float, float]:
        """Of a clip that was judged, with what no feature tells: posterior mean and sd, and the prior's sd.

        Raises KeyError for a clip that was not, or whose judgements count nothing.
        """
        if key not in self._keys:
            raise KeyError(f"no judged clip {key}")
        at = self._keys.index(key)
        spread = self.strength * self.prior.spread
        row, song = self._rows[at : at + 1], self._songs[at : at + 1]
        across = _kernel(row, song, self._rows, self._songs, spread, self.curve)
        across[0, at] += DELTA_SD**2
        own = row[0] ** 2 @ spread**2 + self.curve**2 + DELTA_SD**2
        mean, sd = self._posterior(row @ self.prior.mean, across, np.array([own]))
        return float(mean[0]), float(sd[0]), float(own**0.5)

    def explain(self) -> tuple[Statement, ...]:
        """The taste in words, the surest first."""
        return statements(self.mean, np.sqrt(np.diag(self.covariance)), self._judgements)

    def _posterior(self, prior_mean: Array, across: Array, own: Array) -> tuple[Array, Array]:
        clips = len(self._keys)
        mean = prior_mean + across @ self._mode.slope[:clips]
        told = np.einsum("ni,ij,nj->n", across, self._mode.told[:clips, :clips], across)
        return mean, np.sqrt(np.maximum(own - told, 1e-9))


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
    rows = as_rows([by_key[key] for key in answers.keys])
    clips, extra = len(rows), len(answers.sittings)
    mean = np.concatenate([rows @ prior.mean, np.full(extra, _OFFSET_MEAN), [_THRESHOLD_MEAN]])
    covariance = np.diag(
        np.concatenate([np.full(clips, DELTA_SD**2), np.full(extra, _OFFSET_SD**2), [_THRESHOLD_SD**2]])
    )
    fits: dict[tuple[float, float], Mode] = {}
    for strength, curve in PRIORS:
        full = covariance.copy()
        full[:clips, :clips] += _kernel(
            rows, answers.songs, rows, answers.songs, strength * prior.spread, curve
        )
        fits[strength, curve] = find_mode(answers, mean, full)
    strength, curve = max(fits, key=lambda pair: fits[pair].evidence)
    mode = fits[strength, curve]
    spread2 = SHARED * (strength * prior.spread) ** 2
    across = spread2[:, None] * rows.T
    return Taste(
        mean=prior.mean + across @ mode.slope[:clips],
        covariance=np.diag(spread2) - across @ mode.told[:clips, :clips] @ across.T,
        strength=strength,
        curve=curve,
        evidence=mode.evidence - fits[PRIORS[0]].evidence,
        pairs=sum(r * len(j.preferred) for j, r in zip(latest, weights, strict=True)),
        reliability=trust,
        exclusion=left_out,
        prior=prior,
        _rows=rows,
        _songs=answers.songs,
        _keys=answers.keys,
        _mode=mode,
        _judgements=tuple(j for j, r in zip(latest, weights, strict=True) if r > 0),
    )


def _kernel(
    a: Array, songs_a: Sequence[str], b: Array, songs_b: Sequence[str], spread: Array, curve: float
) -> Array:
    """Prior covariance of the utilities of clips, without delta, [n, m]."""
    same = np.array(songs_a, dtype=object)[:, None] == np.array(songs_b, dtype=object)[None, :]
    shared = np.where(same, 1.0, SHARED)
    linear = (a * spread**2) @ b.T * shared
    if not curve:
        return np.asarray(linear)
    apart = (a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T
    return np.asarray(linear + curve**2 * np.exp(-0.5 * np.maximum(apart, 0.0) / _CURVE_LENGTH2))
