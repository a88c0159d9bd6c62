"""What each answer says of the utilities, as log-likelihoods with gradient and curvature. All are concave.

best     u_b - logsumexp over the screen of u                       (Luce 1959; Plackett 1975)
worst    -u_w - logsumexp over all but the best of -u
tie      normal scatter of u about the screen's mean, sd 1
unusable log sigma(t - u) of every clip, with a threshold t; whoever names a best says it is usable
stars    normal, offset of the sitting + .55 u, sd .7: ratings scatter by .56 to .82 of a star from one time to the
         next, which a choice by Gumbel noise (sd 1.28) matches at 1 star = 1.8 of utility
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.taste.judgement import Judgement

STARS_A_UTILITY, STAR_SD, TIE_SD = 0.55, 0.7, 1.0
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Choices:
    """Choices among equally many: of the m-th, `taken` had the largest `sign` times the latent.

    Attributes:
        places: int64 [m, k].
        taken: column of what was taken, int64 [m].
        sign, weight: float64 [m].
    """

    places: NDArray[np.int64]
    taken: NDArray[np.int64]
    sign: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class Answers:
    """All answers over a latent vector: utilities of the clips, then offsets of sittings, then the threshold.

    Attributes:
        keys: of the clips, in the order of the utilities.
        songs: of each clip.
        sittings: names of the sittings that gave stars, in the order of their offsets.
        choices: by how many were chosen among.
        above: (higher, lower, weight) of two places: log sigma(z_higher - z_lower).
        quadratic, linear: of what is normal, -z Q z / 2 + l z.
        constant: so that values compare between models.
    """

    keys: tuple[str, ...]
    songs: tuple[str, ...]
    sittings: tuple[str, ...]
    choices: tuple[Choices, ...]
    above: tuple[tuple[int, int, float], ...]
    quadratic: Array
    linear: Array
    constant: float

    @property
    def size(self) -> int:
        return len(self.keys) + len(self.sittings) + 1

    def at(self, z: Array) -> tuple[float, Array, Array]:
        """Log-likelihood, its gradient and its negative Hessian (positive semidefinite)."""
        value = float(-0.5 * z @ self.quadratic @ z + self.linear @ z) + self.constant
        gradient = self.linear - self.quadratic @ z
        curvature = self.quadratic.copy()
        for some in self.choices:
            u = some.sign[:, None] * z[some.places]
            u -= u.max(axis=1, keepdims=True)
            shifted = np.exp(u)
            total = shifted.sum(axis=1)
            p = shifted / total[:, None]
            rows = np.arange(len(u))
            value += float(some.weight @ (u[rows, some.taken] - np.log(total)))
            slope = -p
            slope[rows, some.taken] += 1.0
            np.add.at(gradient, some.places, (some.weight * some.sign)[:, None] * slope)
            bends = np.einsum("mi,ij->mij", p, np.eye(p.shape[1])) - p[:, :, None] * p[:, None, :]
            np.add.at(
                curvature,
                (some.places[:, :, None], some.places[:, None, :]),
                some.weight[:, None, None] * bends,
            )
        for high, low, r in self.above:
            gap = z[high] - z[low]
            value -= r * float(np.logaddexp(0.0, -gap))
            miss = 1 / (1 + np.exp(gap))
            gradient[high] += r * miss
            gradient[low] -= r * miss
            bend = r * miss * (1 - miss)
            curvature[high, high] += bend
            curvature[low, low] += bend
            curvature[high, low] -= bend
            curvature[low, high] -= bend
        return value, gradient, curvature


def answers_of(judgements: Sequence[Judgement], weights: Sequence[float]) -> Answers:
    """The answers with a weight above 0, without the anchors: why they are disliked, no feature tells."""
    used = [(without_anchor(j), r) for j, r in zip(judgements, weights, strict=True) if r > 0]
    song_of = {clip.key: j.song for j, _ in used for clip in j.clips}
    place = {key: number for number, key in enumerate(song_of)}
    sittings = tuple(dict.fromkeys(j.sitting for j, _ in used if j.verdict.stars))
    size = len(place) + len(sittings) + 1
    threshold = size - 1
    quadratic, linear, constant = np.zeros((size, size)), np.zeros(size), 0.0
    choices: dict[int, list[tuple[NDArray[np.int64], int, float, float]]] = {}
    above: list[tuple[int, int, float]] = []
    for judgement, r in used:
        verdict = judgement.verdict
        at = np.array([place[key] for key in judgement.keys], dtype=np.int64)
        best = place[verdict.best] if verdict.best else None
        if best is not None:
            choices.setdefault(len(at), []).append((at, best, 1.0, r))
        if verdict.worst:
            left = at[at != best]
            choices.setdefault(len(left), []).append((left, place[verdict.worst], -1.0, r))
        if verdict.tie:
            centring = np.eye(len(at)) - 1 / len(at)
            quadratic[np.ix_(at, at)] += r / TIE_SD**2 * centring
        if verdict.none_usable:
            above += [(threshold, int(i), r) for i in at]
        elif best is not None and judgement.blind:
            above.append((best, threshold, r))
        for key, stars in verdict.stars.items():
            pair = np.array([place[key], len(place) + sittings.index(judgement.sitting)])
            slope = np.array([STARS_A_UTILITY, 1.0])
            quadratic[np.ix_(pair, pair)] += r / STAR_SD**2 * np.outer(slope, slope)
            linear[pair] += r / STAR_SD**2 * stars * slope
            constant -= 0.5 * r * (stars / STAR_SD) ** 2
    return Answers(
        tuple(place), tuple(song_of.values()), sittings, tuple(map(_gathered, choices.values())), tuple(above),
        quadratic, linear, constant,
    )  # fmt: skip


def _gathered(some: Sequence[tuple[NDArray[np.int64], int, float, float]]) -> Choices:
    places = np.stack([at for at, *_ in some])
    taken = np.array([int(np.flatnonzero(at == one)[0]) for at, one, *_ in some])
    return Choices(places, taken, np.array([sign for *_, sign, _ in some]), np.array([r for *_, r in some]))


def without_anchor(judgement: Judgement) -> Judgement:
    """The same as if the anchor had not been shown."""
    anchors = {clip.key for clip in judgement.clips if clip.role == "anchor"}
    if not anchors:
        return judgement
    verdict = judgement.verdict
    return replace(
        judgement,
        clips=tuple(clip for clip in judgement.clips if clip.key not in anchors),
        verdict=replace(
            verdict,
            best=None if verdict.best in anchors else verdict.best,
            worst=None if verdict.worst in anchors else verdict.worst,
            stars={key: stars for key, stars in verdict.stars.items() if key not in anchors},
        ),
    )
