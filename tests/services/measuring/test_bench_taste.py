"""The bench of taste measures what it says: listeners, hidden measures, courses and tables, without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.ml.arrangement.arranging import Arranged, Arranger
from studio.services.measuring.bench_taste import Bench, may_promote
from studio.services.measuring.bench_taste_course import ANCHORS, REPEATS, SCREENS, Course
from studio.services.measuring.bench_taste_hidden import HIDDEN, heard_of, standards
from studio.services.measuring.bench_taste_listeners import ADVERSARIES, KINDS, Heard
from studio.services.measuring.bench_taste_material import Material, Phrase, Take
from studio.services.measuring.bench_taste_outcome import best_of, blind_test, chosen_by, outcome
from studio.services.measuring.bench_taste_presets import Preset
from studio.services.measuring.bench_taste_report import describe, interval, plot
from studio.taste.exclusion import Exclusion
from studio.taste.features import NAMES
from tests.services.band import make_analysis, make_vocal
from tests.taste.makers import arrangement

VOCALS = [f"train {i}" for i in range(4)]


class FakeMaterial(Material):
    """Takes with random measures; the learner's features are a mixture of them. Children lie between their parents."""

    def __init__(self) -> None:
        super().__init__(cast(Arranger, None), lambda: None)
        self._raw: dict[str, np.ndarray] = {}
        self._mixture = np.random.default_rng(1).normal(size=(len(HIDDEN), len(NAMES))) / len(HIDDEN) ** 0.5

    def sing(self, names: Sequence[str], first_seed: int = 0) -> None:
        for number, name in enumerate(names):
            character = float(np.random.default_rng([first_seed, number]).normal())
            self.phrases[name] = Phrase(name, make_vocal(1.0).audio, make_analysis(8.0), character)

    def draw(self, arranger: Arranger, name: str, number: int, key: str) -> list[Take]:
        rng = np.random.default_rng([VOCALS.index(name) if name in VOCALS else 9 + int(name[-1]), number])
        return [self._made(f"{key}/{i}", name, rng.normal(size=len(HIDDEN))) for i in range(8)]

    def breed(
        self, name: str, a: Take, b: Take, count: int, seed: int, key: str, mutation: float = 0.1
    ) -> list[Take]:
        rng = np.random.default_rng(seed)
        shares = rng.integers(0, 2, size=(count, len(HIDDEN)))
        first, second = self.measures(a), self.measures(b)
        return [
            self._made(f"{key}/{i}", name, share * first + (1 - share) * second, True)
            for i, share in enumerate(shares)
        ]

    def _made(self, key: str, name: str, raw: np.ndarray, is_child: bool = False) -> Take:
        self._raw[key] = raw
        features = dict(zip(NAMES, raw @ self._mixture, strict=True))
        return Take(key, name, cast(Arranged, None), features, is_child)

    def measures(self, take: Take) -> np.ndarray:
        return self._raw[take.key.partition(" beside")[0]]


@pytest.fixture(scope="module")
def bench() -> Bench:
    made = Bench(
        FakeMaterial(), Preset(listeners=1, sittings=1, adversaries=1), None, lambda _: None, Path("none")
    )
    made.prepare()
    return made


def clip(key: str, **more: float) -> Heard:
    return Heard(key, np.random.default_rng(len(key)).normal(size=len(HIDDEN)), 0.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_taste_has_the_scale_of_the_bundled_candidates(bench: Bench, kind: str) -> None:
    listener = bench.listener(kind, 0)
    by_vocal = [
        [
            listener.utility(bench.material.heard(take))
            for number in range(3)
            for take in bench.material.pool(name, number)
        ]
        for name in VOCALS
    ]
    assert np.mean([np.std(values) for values in by_vocal]) == pytest.approx(1.0, abs=0.25)
    assert 0.56 <= listener.noise <= 0.82
    assert 0.05 <= listener.lapses <= 0.10
    one = bench.material.heard(bench.material.pool(VOCALS[0], 0)[0])
    assert listener.utility(one) == bench.listener(kind, 0).utility(one)


def test_who_does_not_listen(bench: Bench) -> None:
    clips = [bench.material.heard(take) for take in bench.material.pool(VOCALS[0], 0)[:4]]
    first = bench.listener("linear", 0, "always first")
    assert {first.judge(clips).best for _ in range(5)} == {clips[0].key}
    fast = bench.listener("linear", 0, "fast clicker").judge(clips)
    assert max(fast.heard_s.values()) < 5.0
    extreme = bench.listener("linear", 0, "extremes only").judge(clips)
    assert set(extreme.stars.values()) <= {1, 5}
    wide = [Heard("good", 3 * np.sign(first._weights), 0.0), Heard("bad", -3 * np.sign(first._weights), 0.0)]
    inverted = bench.listener("linear", 0, "inverted midway")
    best = [inverted.judge(wide).best for _ in range(SCREENS)]
    assert best[: SCREENS // 2].count("good") >= 5
    assert best[SCREENS // 2 :].count("bad") >= 5


def test_an_anchor_is_heard_as_worse(bench: Bench) -> None:
    listener = bench.listener("linear", 0)
    take = bench.material.pool(VOCALS[0], 0)[0]
    beside = bench.material.heard(take, VOCALS[1])
    assert beside.is_anchor
    assert listener.utility(beside) < listener.utility(bench.material.heard(take)) - 1


def test_hidden_measures_of_known_music() -> None:
    analysis = make_analysis(8.0)

    def of(**parts: list[Note]) -> dict[str, float]:
        return dict(zip(HIDDEN, heard_of(arrangement(parts), analysis), strict=True))

    def chords(*pitches: int) -> list[Note]:
        return [Note(at, at + 0.9, pitch, 80) for at in range(8) for pitch in pitches]

    semitone, fifth = of(harmony=chords(60, 61)), of(harmony=chords(60, 67))
    assert semitone["roughness"] > 0.5 > fifth["roughness"]
    assert of(harmony=chords(60, 64, 67))["thickness"] > of(harmony=chords(60))["thickness"] + 1
    hats, kicks = ([Note(at / 2, at / 2 + 0.1, key, 80) for at in range(16)] for key in (42, 36))
    assert of(drums=hats)["sheen"] > of(drums=kicks)["sheen"]
    assert of(drums=kicks)["depth"] > of(drums=hats)["depth"]
    assert of(drums=kicks)["pulse"] > 0.8
    assert of(lead=chords(72))["beside the voice"] > of()["beside the voice"]
    assert np.isfinite(heard_of(arrangement({}), analysis)).all()
    mean, scatter = standards([[np.zeros(2), np.full(2, 2.0)], [np.full(2, 5.0), np.full(2, 5.0)]])
    assert mean == pytest.approx([3.0, 3.0])
    assert scatter == pytest.approx([0.5**0.5] * 2, abs=1e-5)


def test_a_sitting_is_as_the_product_makes_it(bench: Bench) -> None:
    course = Course(bench.material, bench.listener("linear", 1), VOCALS, breeds=True)
    course.sit()
    assert len(course.judgements) == SCREENS
    for second, first in REPEATS.items():
        assert course.judgements[second].repeat_of == course.judgements[first].screen
        assert set(course.judgements[second].keys) == set(course.judgements[first].keys)
    for place, judgement in enumerate(course.judgements):
        roles = [c.role for c in judgement.clips]
        assert roles.count("anchor") == (place in ANCHORS)
        assert roles.count("base") == 1
    assert not any(c.role == "child" for j in course.judgements for c in j.clips)
    for _ in range(3):
        course.screen()
    assert any(c.role == "child" for j in course.judgements[SCREENS:] for c in j.clips)


def test_listening_pays_and_shuffled_answers_do_not(bench: Bench) -> None:
    def gain(shuffles: bool) -> float:
        gains = []
        for seed in range(3):
            listener = bench.listener("linear", seed)
            course = Course(bench.material, listener, VOCALS, shuffles=shuffles)
            course.sit()
            assert course.taste is not None
            choose = best_of(course.taste, np.random.default_rng(0))
            gains.append(outcome(bench.material, listener, chosen_by(choose, bench.pools(16)))[0].gain)
        return float(np.mean(gains))

    assert gain(False) > 0.5
    assert abs(gain(True)) < 0.3


def test_no_promotion_by_who_is_not_trusted(bench: Bench) -> None:
    listener = bench.listener("linear", 0, "fast clicker")
    assert not may_promote(Course(bench.material, listener, VOCALS).taste or _learnt(bench), listener)
    honest = bench.listener("linear", 0)
    good, bad = (Heard(k, s * np.sign(honest._weights), 0.0) for k, s in (("good", 3), ("bad", -3)))
    rng = np.random.default_rng(0)
    assert blind_test(honest, [(good, bad)], True, rng).decision == "promote"
    assert blind_test(honest, [(good, bad)], False, rng).decision == "reject"
    assert blind_test(honest, [(bad, good)], True, rng).decision == "reject"


def _learnt(bench: Bench):  # type: ignore[no-untyped-def]
    course = Course(bench.material, bench.listener("linear", 0, "fast clicker"), VOCALS)
    course.screen()
    return course.taste


def test_nothing_is_trained_for_who_is_left_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def sit(course: Course) -> None:
        course.screen()
        assert course.taste is not None
        course.taste = replace(course.taste, exclusion=Exclusion(4, 2))

    monkeypatch.setattr(Course, "sit", sit)
    (row,) = bench.adapter_rows("linear", 0, "adapter")
    assert (row["arm"], row["kind"]) == ("left out", "linear")


def test_rows_are_kept_and_gone_on_with(tmp_path: Path, bench: Bench) -> None:
    file = tmp_path / "rows"
    preset = Preset(listeners=1, sittings=1, adversaries=0)
    said: list[str] = []
    first = Bench(FakeMaterial(), preset, file, said.append, Path("none"))
    first.once("linear 0", lambda: [{"arm": "search", "gain": 1.0}])
    with file.open("a") as broken:
        broken.write('{"part": "cut off in the mid')
    again = Bench(FakeMaterial(), preset, file, said.append, Path("none"))
    again.once("linear 0", lambda: pytest.fail("measured twice"))
    assert [row["arm"] for row in again.rows] == ["search"]
    assert json.loads(file.read_text().splitlines()[0])["part"] == "linear 0"


def test_table_and_plot() -> None:
    def row(arm: str, sitting: int, gain: float) -> dict[str, object]:
        return {
            "arm": arm, "kind": "linear", "seed": 0, "sitting": sitting, "gain": gain, "wins": 0.75,
            "diversity": 0.95, "promoted": 0.5, "excluded": False,
        }  # fmt: skip

    rows = [row("base", 0, 0.0), row("search", 1, 1.0), row("search", 1, -0.5), row(ADVERSARIES[0], 1, 0.0)]
    rows.append({"arm": "curve", "kind": "linear", "gains": [0.1, 0.6]})
    text = "\n".join(describe(rows))
    assert (
        "| search | 1 | +0.25 [-0.50, +1.00] | 0.75 [0.75, 0.75] | 0.95 [0.95, 0.95] | 50% | 50% | 2 |"
        in text
    )
    assert "+0.5 sd after 2 screens" in text
    assert "| random | +0.00 | 50% | 50% | 0% | 1 |" in text
    assert "not that people like the music" in text
    picture = plot(rows)
    assert picture.count("<circle") == 2
    assert picture.startswith("<svg")
    mean, low, high = interval([0.0, 1.0] * 50)
    assert low < mean == 0.5 < high
