"""The form of our own songs: sections of whole bars and how full the band plays in each.

Half of the songs are fragments that begin with singing, because a user's recording rarely holds a whole
song.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.training.songs.skeleton import Section

#: Whole forms and fragments; the weight of each. i intro, v verse, p prechorus, c chorus, b bridge, s solo, e ending.
_SONGS = {
    "ivce": 3,
    "ivpce": 3,
    "ivvce": 2,
    "ivcve": 2,
    "ivcbce": 2,
    "vcvce": 2,
    "vvbve": 2,
    "ivsve": 1,
    "ivvbe": 1,
}
_FRAGMENTS = {
    "v": 4,
    "c": 3,
    "vv": 3,
    "vc": 5,
    "vpc": 3,
    "vcb": 1,
    "cv": 1,
    "vvbv": 2,
    "pc": 2,
    "vsv": 1,
    "bc": 1,
    "vs": 1,
}
_NAMES = {
    "i": "intro",
    "v": "verse",
    "p": "prechorus",
    "c": "chorus",
    "b": "bridge",
    "s": "solo",
    "e": "ending",
}
SUNG = ("verse", "prechorus", "chorus", "bridge", "ending")


@dataclass(frozen=True)
class Form:
    """Sections in order, and the energy (0 to 3) of each bar."""

    sections: tuple[Section, ...]
    energy: tuple[int, ...]

    @property
    def bars(self) -> int:
        return len(self.energy)


def draw_form(rng: np.random.Generator, *, short_bars: bool) -> Form:
    """A random form of about 8 to 48 bars.

    Args:
        short_bars: a bar is so short (2/4, a fast 3/4) that sections have more of them.
    """
    forms = _SONGS if rng.random() < 0.45 else _FRAGMENTS
    weights = np.array(list(forms.values()), dtype=float)
    plan = list(forms)[int(rng.choice(len(forms), p=weights / weights.sum()))]
    phrase = 8 if short_bars and rng.random() < 0.7 else 4
    blues = rng.random() < 0.05
    lengths = {
        "i": int(rng.choice([2, 4, 8], p=[0.35, 0.5, 0.15])),
        "v": 12 if blues else int(rng.choice([8, 16], p=[0.72, 0.28])),
        "p": 4,
        "c": int(rng.choice([8, 16], p=[0.85, 0.15])),
        "b": int(rng.choice([4, 8], p=[0.4, 0.6])),
        "s": int(rng.choice([2, 4, 8], p=[0.25, 0.5, 0.25])),
        "e": int(rng.choice([1, 2, 4], p=[0.2, 0.4, 0.4])),
    }
    if len(plan) > 5 or plan.count("v") + plan.count("c") > 3:
        lengths["v"], lengths["c"] = min(lengths["v"], 12), 8
    scale = 2 if phrase == 8 and lengths["v"] == 8 and len(plan) < 5 else 1
    sections, first = [], 0
    for letter in plan:
        bars = lengths[letter] * (scale if letter in "vc" else 1)
        sections.append(Section(_NAMES[letter], first, bars))
        first += bars
    return Form(tuple(sections), _energy(rng, sections))


def _energy(rng: np.random.Generator, sections: list[Section]) -> tuple[int, ...]:
    """Verses grow from one to the next, choruses are full, a bridge may drop; some songs stay in one mood."""
    level = {"intro": 1, "verse": 1, "prechorus": 2, "chorus": 3, "bridge": 2, "solo": 2, "ending": 1}
    lift = int(rng.choice([-1, 0, 1], p=[0.25, 0.6, 0.15]))
    flat = rng.random() < 0.2
    drop_bridge = rng.random() < 0.4
    seen: dict[str, int] = {}
    energy: list[int] = []
    for section in sections:
        base = level[section.name]
        times = seen.get(section.name, 0)
        seen[section.name] = times + 1
        if section.name == "verse":
            base += min(times, 1)
        if section.name == "bridge" and drop_bridge:
            base = 1
        if section.name == "intro" and rng.random() < 0.3:
            base = 0 if lift <= 0 else 2
        bars = [2 if flat else base] * section.bars
        if section.name in ("verse", "prechorus") and section.bars >= 8 and rng.random() < 0.4:
            bars[section.bars // 2 :] = [b + 1 for b in bars[section.bars // 2 :]]
        if section.name == "ending" and section.bars > 1:
            bars[-1] = bars[-1] - 1
        energy += [int(np.clip(b + lift, 0, 3)) for b in bars]
    return tuple(energy)
