"""One simulated listener's way through the sittings: screens as the product makes them, answers, and the taste
learnt.

A sitting has twelve screens of four clips over four vocals, each vocal three times: two screens are hidden repeats,
two hide an anchor. Children of what was liked are in the pools after about one sitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from studio.core.screen import Verdict
from studio.services.measuring.bench_taste_listeners import Listener
from studio.services.measuring.bench_taste_material import Material, Take
from studio.taste.archive import Archive, Kept
from studio.taste.judgement import JudgedClip, Judgement
from studio.taste.model import Taste, learn
from studio.taste.search import Entry, Place, choose, may_breed, parents, worth

SCREENS = 12
VISITS = 3
#: Requests of eight that a screen is chosen from.
POOLS = 2
#: Which screens of a sitting show an earlier one again, and which hide an anchor (counted from 0).
REPEATS = {6: 1, 11: 7}
ANCHORS = (3, 9)
#: Children in the pool of a screen.
_CHILDREN = 6


@dataclass(eq=False)
class Course:
    """What one listener heard, said and was learnt of.

    Args:
        vocals: names of the four training vocals.
        breeds: whether children are bred.
        shuffles: whether answers are shuffled before they are learnt from.
        explores: whether screens are drawn by chance, as the paper's were, and not by the taste.
    """

    material: Material
    listener: Listener
    vocals: Sequence[str]
    breeds: bool = False
    shuffles: bool = False
    explores: bool = False
    judgements: list[Judgement] = field(default_factory=list)
    takes: dict[str, Take] = field(default_factory=dict)
    taste: Taste | None = None
    archive: Archive = field(default_factory=Archive)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([91, self.listener.seed, 0, self.shuffles, self.explores])

    @property
    def screens(self) -> int:
        return len(self.judgements)

    def sit(self) -> None:
        """One sitting."""
        for _ in range(SCREENS):
            self.screen()

    def screen(self) -> None:
        """The next screen, its verdict, and what is learnt of it."""
        sitting, place = divmod(self.screens, SCREENS)
        first = sitting * SCREENS
        repeat = self.judgements[first + REPEATS[place]] if place in REPEATS else None
        name = self.vocals[place % len(self.vocals)] if repeat is None else repeat.song
        if repeat is None:
            shown = self._shown(name, sitting * VISITS + place // len(self.vocals), place in ANCHORS)
        else:
            before = [(self.takes[clip.key], clip.role) for clip in repeat.clips]
            shown = [before[int(i)] for i in self._rng.permutation(len(before))]
        heard = [self.material.heard(take, name if role == "anchor" else None) for take, role in shown]
        verdict = self.listener.judge(heard, screen_of=SCREENS)
        if self.shuffles:
            verdict = _shuffled(verdict, [take.key for take, _ in shown], self._rng)
        self.takes |= {take.key: take for take, _ in shown}
        clips = tuple(JudgedClip(take.key, role, take.features) for take, role in shown)
        at, screen, again = f"{self.screens:05d}", f"s{self.screens}", repeat.screen if repeat else ""
        said = Judgement(self.listener.name, name, at, screen, clips, verdict, f"sitting {sitting}", again)
        self.judgements.append(said)
        self.taste = learn(self.judgements)
        for take, role in shown:
            if role != "anchor" and self.taste.pairs:
                self.archive = self.archive.adding(Kept(take.key, take.features, self.value(take)))

    def value(self, take: Take) -> float:
        """Posterior mean of a clip that was judged; 0 where nothing is known."""
        if self.taste is None:
            return 0.0
        try:
            return self.taste.utility(take.key)[0]
        except KeyError:
            return 0.0

    def _shown(self, name: str, number: int, anchored: bool) -> list[tuple[Take, str]]:
        pool = [take for half in range(POOLS) for take in self.material.pool(name, POOLS * number + half)]
        if self.breeds and may_breed(self.taste):
            pool += self._children(name, pool, number)
        by_key = {take.key: take for take in pool}
        entries = [Entry(take.key, take.features, take.is_child) for take in pool]
        if self.explores:
            drawn = self._rng.permutation(len(entries))[:4]
            places = tuple(
                Place(entries[int(i)].key, "base" if n == 0 else "different") for n, i in enumerate(drawn)
            )
        else:
            places = choose(entries, self.taste, self.archive, self._rng, song=name)
        shown = [(by_key[place.key], place.role) for place in places]
        if anchored:
            others = [other for other in self.vocals if other != name]
            foreign = self.material.pool(others[int(self._rng.integers(len(others)))], POOLS * number)
            spare = next(i for i, (_, role) in enumerate(shown) if role == "different")
            taken = replace(foreign[int(self._rng.integers(len(foreign)))])
            shown[spare] = (replace(taken, key=f"{taken.key} beside {name}"), "anchor")
        return shown

    def _children(self, name: str, pool: Sequence[Take], number: int) -> list[Take]:
        """Children of two judged clips, of this vocal or others, or of the pool's most promising."""
        a, b = self.liked(self._rng) or promising(self._known, pool, name, self._rng)
        key = f"{name}/{number}/child of {self.listener.name}"
        return self.material.breed(name, a, b, _CHILDREN, self.screens + 100 * self.listener.seed, key, 0.0)

    @property
    def _known(self) -> Taste:
        assert self.taste is not None
        return self.taste

    def liked(self, rng: np.random.Generator) -> tuple[Take, Take] | None:
        """Two judged clips of the best quarter; None before there are any."""
        known = {key: take for key, take in self.takes.items() if "beside" not in key}
        features = {key: take.features for key, take in known.items()}
        pairs = parents(self._known, features, rng)
        return (known[pairs[0][0]], known[pairs[0][1]]) if pairs else None


def promising(
    taste: Taste, pool: Sequence[Take], song: str, rng: np.random.Generator, best: int = 3
) -> tuple[Take, Take]:
    """Two of the pool's `best` by the taste."""
    values = worth([Entry(t.key, t.features, t.is_child) for t in pool], taste, rng, song=song)
    top = [pool[int(i)] for i in np.argsort(-values)[:best]]
    a, b = rng.choice(len(top), size=2, replace=False)
    return top[int(a)], top[int(b)]


def _shuffled(verdict: Verdict, keys: Sequence[str], rng: np.random.Generator) -> Verdict:
    turned = dict(zip(keys, (keys[int(i)] for i in rng.permutation(len(keys))), strict=True))
    return replace(
        verdict,
        best=turned[verdict.best] if verdict.best else None,
        worst=turned[verdict.worst] if verdict.worst else None,
        stars={turned[key]: stars for key, stars in verdict.stars.items()},
    )
