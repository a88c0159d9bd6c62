"""`studio bench taste`: does rating pay? Simulated listeners, the bundled arrangement model, vocals that were never
rated.

Simulation shows that the mechanism works, not that people like the music. Each listener goes through sittings of
twelve screens, by several ways of choosing and learning; after each sitting (a generation) the hidden utility of what
would be played to them is measured on held-out vocals, from the same noise for all ways. Rows are written as they are
found, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from studio.services.measuring.bench_taste_adapters import METHODS, Adapters, against_base, told
from studio.services.measuring.bench_taste_course import POOLS, SCREENS, VISITS, Course
from studio.services.measuring.bench_taste_listeners import ADVERSARIES, KINDS, Listener
from studio.services.measuring.bench_taste_material import Material, Take
from studio.services.measuring.bench_taste_outcome import (
    Choice,
    Chooser,
    any_of,
    best_of,
    blind_test,
    bred,
    chosen_by,
    outcome,
)
from studio.services.measuring.bench_taste_presets import Preset
from studio.taste.foretelling import foretelling, is_believed
from studio.taste.model import Taste

Row = dict[str, Any]
#: Pools of 8 for each held-out vocal.
_HELD_OUT_POOLS = 4
#: Blind tests of each listener; the mean of their decisions is taken.
_TESTS = 20
#: Trust below which no new model is offered to a listener.
_LEAST_TRUST = 0.25
#: Sittings before an adapter is trained (about 75 clips), and held-out pools of 8 that are drawn with it.
_SITTINGS_TO_TRAIN, _ADAPTED_POOLS = 2, 4


class Bench:
    """One run.

    Args:
        rows_file: keeps each row as a line of JSON; None keeps none.
        say: gets what is measured next.
        world: other singers and other listeners than in any other world; what was settled in one is measured in
            another.
    """

    def __init__(
        self,
        material: Material,
        preset: Preset,
        rows_file: Path | None,
        say: Callable[[str], None],
        models_dir: Path,
        device: str = "cpu",
        world: int = 0,
    ) -> None:
        self.material, self.preset, self._say, self._world = material, preset, say, world
        self._models_dir, self._device = models_dir, device
        self._file = rows_file
        self.rows: list[Row] = []
        if rows_file is not None and rows_file.is_file():
            lines = rows_file.read_text(encoding="utf-8").splitlines()
            self.rows = [json.loads(line) for line in lines if line.endswith("}")]
        self.vocals = [f"train {i}" for i in range(preset.vocals)]
        self.held_out = [f"held out {i}" for i in range(preset.held_out)]

    def run(self) -> list[Row]:
        """All rows. Raises JobCancelled."""
        self.prepare()
        for rows in (self.taste_rows, self.shuffled_rows, self.search_rows):
            self.listen(rows)
        self.mislead()
        self.adapt()
        return self.rows

    def listen(self, rows: Callable[[str, int], list[Row]]) -> None:
        """One way to learn, for all listeners."""
        for seed in range(self.preset.listeners):
            for kind in KINDS:
                self.once(f"{rows.__name__} {kind} {seed}", partial(rows, kind, seed))

    def mislead(self) -> None:
        """Those who do not listen."""
        for seed in range(self.preset.adversaries):
            for adversary in ADVERSARIES:
                self.once(f"{adversary} {seed}", partial(self.adversary_rows, adversary, seed))

    def prepare(self) -> None:
        """Sings the vocals and draws all pools of the base; listeners are scaled by them."""
        self._say("singing and arranging for all listeners")
        self.material.sing(self.vocals, 100 * self._world)
        self.material.sing(self.held_out, 100 * self._world + 50)
        for name in self.vocals:
            for number in range(POOLS * VISITS * self.preset.sittings):
                self.material.pool(name, number)
        for name in self.held_out:
            for number in range(_HELD_OUT_POOLS):
                self.material.pool(name, number)
        self.material.settle()

    def once(self, part: str, make: Callable[[], list[Row]]) -> None:
        """Makes the rows of a part, unless they are there."""
        if any(row["part"] == part for row in self.rows):
            return
        self._say(part)
        made = [{"part": part, **row} for row in make()]
        self.rows += made
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(row) + "\n" for row in made))

    def listener(self, kind: str, seed: int, adversary: str = "") -> Listener:
        """Scaled by all pools of the base."""
        listener = Listener(kind, 1000 * self._world + seed, adversary)
        by_vocal: dict[str, list[Take]] = {}
        for (name, _), takes in self.material.pools.items():
            by_vocal.setdefault(name, []).extend(takes)
        listener.settle([[self.material.heard(take) for take in takes] for takes in by_vocal.values()])
        return listener

    def pools(self, size: int) -> list[list[list[Take]]]:
        """By held-out vocal, pools of so many takes of the base (a multiple of 8)."""
        step = size // 8
        return [
            [
                [take for number in range(first, first + step) for take in self.material.pool(name, number)]
                for first in range(0, _HELD_OUT_POOLS, step)
            ]
            for name in self.held_out
        ]

    def taste_rows(self, kind: str, seed: int) -> list[Row]:
        """The base, best of 8 and of 16 after each sitting, and best of 16 after each screen of the first."""
        listener = self.listener(kind, seed)
        course = Course(self.material, listener, self.vocals)
        rows = [self.row(listener, "base", 0, any_of(np.random.default_rng(seed)), 8)]
        curve: list[float] = []
        for sitting in range(1, self.preset.sittings + 1):
            for _ in range(SCREENS):
                course.screen()
                if sitting == 1 and course.taste:
                    chosen = chosen_by(best_of(course.taste, np.random.default_rng(seed)), self.pools(16))
                    curve.append(outcome(self.material, listener, chosen)[0].gain)
            assert course.taste is not None
            for size in (8, 16):
                choose = best_of(course.taste, np.random.default_rng(seed))
                row = self.row(listener, f"best of {size}", sitting, choose, size, course.taste)
                rows.append(row | {"found": course.taste.evidence})
        rows.append({"arm": "curve", "kind": kind, "seed": seed, "gains": curve})
        return rows

    def search_rows(self, kind: str, seed: int) -> list[Row]:
        """Best of 16 and their descendants after each sitting, and beside it, from the same answers, best of 16."""
        listener = self.listener(kind, seed)
        course = Course(self.material, listener, self.vocals, breeds=True)
        rows = []
        for sitting in range(1, self.preset.sittings + 1 if seed < self.preset.long else 2):
            course.sit()
            assert course.taste is not None
            choose = bred(course, np.random.default_rng(seed))
            rows.append(self.row(listener, "search", sitting, choose, 16, course.taste))
            plain = best_of(course.taste, np.random.default_rng(seed))
            rows.append(self.row(listener, "search, its pools alone", sitting, plain, 16, course.taste))
        return rows

    def shuffled_rows(self, kind: str, seed: int) -> list[Row]:
        """Best of 16 by a taste that was learnt of shuffled answers."""
        listener = self.listener(kind, seed)
        course = Course(self.material, listener, self.vocals, shuffles=True)
        rows = []
        for sitting in range(1, self.preset.sittings + 1):
            course.sit()
            assert course.taste is not None
            choose = best_of(course.taste, np.random.default_rng(seed))
            row = self.row(listener, "shuffled, best of 16", sitting, choose, 16, course.taste)
            rows.append(row | {"found": course.taste.evidence})
        return rows

    def adversary_rows(self, adversary: str, seed: int) -> list[Row]:
        """Whether a taste learnt of somebody who does not listen would be promoted by them."""
        listener = self.listener(KINDS[seed % len(KINDS)], 100 + seed, adversary)
        course = Course(self.material, listener, self.vocals)
        rows = []
        for sitting in range(1, self.preset.sittings + 1):
            course.sit()
            assert course.taste is not None
            choose = best_of(course.taste, np.random.default_rng(seed))
            row = self.row(listener, adversary, sitting, choose, 16, course.taste)
            rows.append(row | {"excluded": course.taste.exclusion.is_excluded})
        return rows

    def adapt(self) -> None:
        """Everything that trains, for some listeners of each kind."""
        for seed in range(self.preset.adapted):
            for kind in KINDS:
                for method in METHODS:
                    self.once(f"{method}: {kind} {seed}", partial(self.adapter_rows, kind, seed, method))

    def adapter_rows(self, kind: str, seed: int, method: str) -> list[Row]:
        """After two sittings: a training's draws alone; of the adapter itself also the best of 16 by the taste, and
        beside it the best of 16 of the base."""
        listener = self.listener(kind, seed)
        course = Course(self.material, listener, self.vocals, shuffles=method == "shuffled adapter")
        for _ in range(_SITTINGS_TO_TRAIN):
            course.sit()
        taste, count = course.taste, _ADAPTED_POOLS
        assert taste is not None
        if taste.exclusion.is_excluded:  # in the program too there is nothing to train on then
            return [{"arm": "left out", "kind": kind, "seed": listener.seed, "sitting": _SITTINGS_TO_TRAIN}]
        found = foretelling(course.judgements, taste.prior)
        believed = is_believed(taste, found)
        base = [pools[:count] for pools in self.pools(8)]
        report, drawn = self.adapters.measured(course, method, self.held_out, count, seed, believed=believed)
        row = self.judged(listener, method, _SITTINGS_TO_TRAIN, against_base(drawn, base), taste)
        rows = [row | told(report) | {"foretold": found.right, "believed": believed}]
        if method != "adapter":
            return rows
        choose = best_of(taste, np.random.default_rng(seed))
        together, adapted = _in_pairs(base), _in_pairs(drawn)
        both: list[list[Choice]] = [
            [(choice, pool) for (choice, _), pool in zip(choices, pools, strict=True)]
            for choices, pools in zip(chosen_by(choose, adapted), together, strict=True)
        ]
        for arm, chosen in (("taste alone", chosen_by(choose, together)), ("adapter and taste", both)):
            rows.append(self.judged(listener, arm, _SITTINGS_TO_TRAIN, chosen, taste))
        return rows

    @cached_property
    def adapters(self) -> Adapters:
        """Loads all models at the first training."""
        return Adapters(self.material, self._models_dir, self._device, self.preset.adapter_steps)

    def row(
        self,
        listener: Listener,
        arm: str,
        sitting: int,
        choose: Chooser,
        size: int,
        taste: Taste | None = None,
    ) -> Row:
        """The outcome of choosing from pools of the base."""
        return self.judged(listener, arm, sitting, chosen_by(choose, self.pools(size)), taste)

    def judged(
        self,
        listener: Listener,
        arm: str,
        sitting: int,
        chosen: Sequence[Sequence[Choice]],
        taste: Taste | None,
    ) -> Row:
        """An outcome and how the blind test of it ends."""
        found, pairs = outcome(self.material, listener, chosen)
        tests = [
            blind_test(
                listener, pairs, may_promote(taste, listener), np.random.default_rng([listener.seed, test])
            )
            for test in range(_TESTS)
        ]
        return {
            "arm": arm, "kind": listener.kind, "seed": listener.seed, "sitting": sitting, "gain": found.gain,
            "wins": found.wins, "diversity": found.diversity,
            "promoted": float(np.mean([test.decision == "promote" for test in tests])),
            "trials": float(np.mean([len(test.counted) for test in tests])),
        }  # fmt: skip


def _in_pairs(pools: Sequence[Sequence[list[Take]]]) -> list[list[list[Take]]]:
    """Pools of 8 by vocal, each two put together."""
    return [[first + second for first, second in zip(of[::2], of[1::2], strict=True)] for of in pools]


def may_promote(taste: Taste | None, listener: Listener) -> bool:
    """Whether a blind test counts: its listener is not excluded, answers repeats alike, and listens."""
    if taste is None:
        return True
    trusted = taste.reliability.trust >= _LEAST_TRUST
    return not taste.exclusion.is_excluded and trusted and listener.listens


def bench_taste(
    models_dir: Path,
    preset: Preset,
    device: str,
    *,
    world: int = 0,
    rows_file: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """All rows of a preset, see Bench. Raises StudioError for missing weights."""
    material = Material.load(models_dir, device, lambda: None)
    return Bench(material, preset, rows_file, on_step, models_dir, device, world).run()
