"""Simulated listeners: four kinds of taste, the ways in which people err, and five who do not listen.

A taste is a function of the hidden measures, scaled so that the bundled model's candidates of one vocal differ by one
standard deviation. A quarter of its variance cannot be learnt: it hangs on the single clip. Ratings scatter by .56 to
.82 from one time to the next, 5 to 10 % are slips, the first place and loud clips are favoured a little, tastes
drift, and attention fades over a sitting. Half of them give stars.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.core.screen import Verdict
from studio.services.measuring.bench_taste_hidden import HIDDEN

Array = NDArray[np.float64]

KINDS = ("linear", "ideal point", "interaction", "by the vocal")
ADVERSARIES = ("random", "always first", "inverted midway", "extremes only", "fast clicker")
#: Share of a taste's variance that no measure explains.
UNLEARNABLE = 0.25
_HEARD_S, _CLICKED_S = 8.0, 1.0
_ANCHOR_LOSS = 2.5


@dataclass(frozen=True, eq=False)
class Heard:
    """A clip as a listener hears it.

    Attributes:
        key: unique; the part of a taste that cannot be learnt hangs on it.
        measures: [14], of HIDDEN, in standard deviations.
        vocal: one number for what the singing is like, standard normal.
        loudness: of the playing, in standard deviations.
        is_anchor: whether it is a band made for another voice.
    """

    key: str
    measures: Array
    vocal: float
    loudness: float = 0.0
    is_anchor: bool = False


@dataclass(eq=False)
class Listener:
    """One simulated person, with a state: how many screens were judged."""

    kind: str
    seed: int
    adversary: str = ""
    noise: float = field(init=False)
    lapses: float = field(init=False)
    screens: int = 0
    _scale: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([77, self.seed, KINDS.index(self.kind)])
        self.noise = float(rng.uniform(0.56, 0.82))
        self.lapses = float(rng.uniform(0.05, 0.10))
        self._first_bias = float(rng.uniform(0.0, 0.3))
        self._loudness_bias = float(rng.uniform(0.0, 0.3))
        count = len(HIDDEN)
        cares = rng.permutation(count)[:5]
        self._weights = np.zeros(count)
        self._weights[cares] = rng.normal(size=5)
        self._by_vocal = np.zeros(count)
        self._by_vocal[cares] = rng.normal(size=5) * 0.6
        self._ideal = rng.normal(size=count)
        self._pairs = cares[:4].reshape(2, 2)
        self._products = rng.normal(size=2)
        self._drift = np.zeros(count)
        self._drift[cares] = rng.normal(size=5) * 0.006
        self._rng = np.random.default_rng([78, self.seed, KINDS.index(self.kind)])

    @property
    def name(self) -> str:
        return f"{self.kind} {self.seed}" + (f", {self.adversary}" if self.adversary else "")

    @property
    def gives_stars(self) -> bool:
        """Stars are optional: every other listener gives them."""
        return self.seed % 2 == 1 or self.adversary == "extremes only"

    @property
    def listens(self) -> bool:
        """Whether clips are heard long enough to be judged."""
        return self.adversary != "fast clicker"

    def settle(self, usual: Sequence[Sequence[Heard]]) -> None:
        """Sets the scale by the bundled model's candidates, by vocal."""
        by_vocal = [np.array([self._learnable(clip) for clip in clips]) for clips in usual]
        every = np.concatenate(by_vocal)
        within = float(np.sqrt(np.mean([values.var() for values in by_vocal])))
        self._scale = (float(every.mean()), within + 1e-9)

    def utility(self, clip: Heard) -> float:
        """How much a clip is liked, in standard deviations of the bundled model's candidates; without drift."""
        mean, scale = self._scale
        learnable = (self._learnable(clip) - mean) / scale
        own = np.random.default_rng([zlib.crc32(clip.key.encode()), self.seed, 5]).normal()
        liked = (1 - UNLEARNABLE) ** 0.5 * learnable + UNLEARNABLE**0.5 * float(own)
        return liked - (_ANCHOR_LOSS if clip.is_anchor else 0.0)

    def _learnable(self, clip: Heard) -> float:
        h = clip.measures
        if self.kind == "linear":
            return float(self._weights @ h)
        if self.kind == "ideal point":
            cares = self._weights != 0
            return float(-((h - self._ideal)[cares] ** 2).sum())
        if self.kind == "interaction":
            products = h[self._pairs].prod(axis=1)
            return float(self._weights @ h + self._products @ products)
        return float((self._weights + self._by_vocal * clip.vocal) @ h)

    def judge(self, clips: Sequence[Heard], *, screen_of: int = 12) -> Verdict:
        """The verdict on a screen, clips in the order shown: best, worst and stars."""
        tired = 1.0 + 0.3 * (self.screens % screen_of) / screen_of
        liked = np.array([self.utility(c) + self.screens * float(self._drift @ c.measures) for c in clips])
        if self.adversary == "inverted midway" and self.screens >= screen_of // 2:
            liked = -liked
        felt = liked + self._rng.normal(0, self.noise * tired, len(clips))
        felt[0] += self._first_bias
        felt += self._loudness_bias * np.array([c.loudness for c in clips])
        self.screens += 1
        if self.adversary in ("random", "extremes only", "fast clicker") or self._rng.random() < self.lapses:
            felt = self._rng.normal(size=len(clips))
        if self.adversary == "always first":
            felt = -np.arange(len(clips), dtype=np.float64)
        best, worst = int(felt.argmax()), int(felt.argmin())
        stars = {c.key: int(np.clip(round(3 + f), 1, 5)) for c, f in zip(clips, felt, strict=True)}
        if not self.gives_stars:
            stars = {}
        if self.adversary == "extremes only":
            stars = {c.key: 5 if f > 0 else 1 for c, f in zip(clips, felt, strict=True)}
        heard = _CLICKED_S if self.adversary == "fast clicker" else _HEARD_S
        return Verdict(
            best=clips[best].key, worst=clips[worst].key, stars=stars,
            heard_s={clip.key: heard for clip in clips}, plays={clip.key: 1 for clip in clips},
            took_s=heard * len(clips),
        )  # fmt: skip

    def prefers(self, new: Heard, old: Heard) -> str:
        """One blind comparison, sides by chance: 'win', 'loss' or 'tie' for the new one."""
        turned = bool(self._rng.random() < 0.5)
        pair = (old, new) if turned else (new, old)
        felt = np.array([self.utility(c) for c in pair]) + self._rng.normal(0, self.noise, 2)
        felt[0] += self._first_bias
        if self.adversary == "inverted midway":
            felt = -felt
        if self.adversary in ("random", "extremes only", "fast clicker") or self._rng.random() < self.lapses:
            felt = self._rng.normal(size=2)
        if self.adversary == "always first":
            felt = np.array([1.0, 0.0])
        if abs(felt[0] - felt[1]) < 0.1:
            return "tie"
        return "win" if (pair[int(felt.argmax())] is new) else "loss"
