"""What a pilot says: how each generation of the model fared, with intervals, who was left out, and why.

A clip's score on a screen is 1 for the best, -1 for the worst and 0 otherwise (counting analysis of best-worst choices,
Louviere, Flynn and Marley 2015); stars stand beside it where they were given. Intervals are percentiles of a bootstrap
that draws people and, of each, screens, with replacement: votes of one person, and clips of one screen, hang together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.amounts import many
from studio.core.errors import StudioError
from studio.services.taste.pilot import ANSWERS, CSV
from studio.services.taste.ratings import TasteRatings, judgement_of
from studio.storage.atomic import write_text
from studio.storage.taste_file import Answer
from studio.taste.exclusion import MOST_FAILED, exclusion
from studio.taste.reliability import reliability

REPORT = "report.md"
_DRAWS, _LEVEL = 2000, 0.95
ANCHOR = "anchor"
_LEGEND = (
    "Score: 1 for the best of a screen, -1 for the worst, 0 otherwise. In brackets: 95 % of a bootstrap over people "
    "and screens. Repeats are not counted. Against the unchanged model: share of the decided comparisons on one "
    "screen that were won."
)


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval, and the number of clips or comparisons it rests on; None for an interval of
    fewer than two screens."""

    mean: float
    low: float | None
    high: float | None
    count: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.mean:+.2f}"
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


@dataclass(frozen=True)
class Arm:
    """One kind of clip.

    Attributes:
        score: -1 to 1; `stars` 1 to 5, None where none were given.
        against_base: share of the decided comparisons with the unchanged model, on one screen, that it won; None for
            the base itself and where there were none.
    """

    name: str
    score: Estimate
    stars: Estimate | None
    against_base: Estimate | None


@dataclass(frozen=True)
class Report:
    """All of a pilot.

    Attributes:
        arms: the unchanged model first, then by generation; the anchor last.
        people: names of those counted, with their screens; `left_out` of those who were not, with the reason.
        consistency: by person, see studio.taste.reliability; None of who was shown no screen twice, for what is taken
            for granted of them then was not measured.
    """

    arms: tuple[Arm, ...]
    people: Mapping[str, int]
    left_out: Mapping[str, str]
    consistency: Mapping[str, float | None]


@dataclass(frozen=True)
class _Vote:
    """One screen of one person: arm, score and stars of each clip, and the pairs (better, worse) that were told."""

    person: str
    clips: tuple[tuple[str, float, int | None], ...]
    pairs: tuple[tuple[str, str], ...]


def arm_of(role: str, generation: int) -> str:
    """The arm of a clip."""
    if role == ANCHOR:
        return "anchor (a band for another voice)"
    if role == "base":
        return "unchanged model"
    if role == "different":
        return f"generation {generation}, unlike the rest"
    return f"generation {generation}, chosen by taste"


def report_of(answers: Mapping[str, Sequence[Answer]], *, seed: int = 1) -> Report:
    """Of each person's answers, the oldest first."""
    left_out, people, consistency = {}, {}, {}
    votes: list[_Vote] = []
    for person, own in answers.items():
        judgements = [judgement_of(answer, {}) for answer in own if answer.blind]
        verdict = exclusion(judgements)
        steady = reliability(judgements)
        consistency[person] = steady.consistency if steady.repeats else None
        if verdict.is_excluded:
            left_out[person] = verdict.told
            continue
        people[person] = len(judgements)
        # A repeat shows how steady somebody is; counted as well, it would count one opinion twice.
        votes += [_vote(person, answer) for answer in own if answer.blind and not answer.repeat_of]
    names = sorted({arm for vote in votes for arm, _, _ in vote.clips}, key=_place)
    draw = _Bootstrap(votes, seed)
    return Report(tuple(_arm(name, votes, draw) for name in names), people, left_out, consistency)


def _arm(name: str, votes: Sequence[_Vote], draw: _Bootstrap) -> Arm:
    base = arm_of("base", 0)

    def scores(vote: _Vote) -> list[float]:
        return [score for arm, score, _ in vote.clips if arm == name]

    def stars(vote: _Vote) -> list[float]:
        return [float(given) for arm, _, given in vote.clips if arm == name and given is not None]

    def wins(vote: _Vote) -> list[float]:
        """Of each decided comparison with the base, whether it was won."""
        return [
            float(pair == (name, base)) for pair in vote.pairs if set(pair) == {name, base} and name != base
        ]

    has_stars, meets = any(map(stars, votes)), any(map(wins, votes))
    return Arm(
        name, draw.estimate(scores), draw.estimate(stars) if has_stars else None,
        draw.estimate(wins) if meets else None,
    )  # fmt: skip


def write_report(folder: Path) -> Report:
    """Reads what was collected there and writes report.md beside it.

    Raises:
        StudioError: nothing was collected, or there is no room.
    """
    if not (folder / ANSWERS).exists():
        raise StudioError(
            f"There are no answers in {folder}",
            expected=ANSWERS,
            todo="Collect rated kits first: studio pilot collect. A kit that nobody voted on holds no answers",
        )
    ratings = TasteRatings(folder / ANSWERS)
    answers = {name: ratings.answers(key) for key, name in ratings.listeners()}
    report = report_of({name: own for name, own in answers.items() if own})
    try:
        write_text(folder / REPORT, text_of(report))
    except OSError as error:
        raise StudioError(
            "Cannot write the report", seen=error.strerror or str(error), expected=str(folder)
        ) from error
    return report


def text_of(report: Report) -> str:
    """The report as Markdown."""
    counted = f"{many(len(report.people), 'person', 'people')}, {many(sum(report.people.values()), 'screen')}"
    rule = f"whoever calls the hidden anchor the best on more than {MOST_FAILED:.0%} of its screens"
    lines = [
        "# Pilot",
        "",
        f"{counted}; left out: {len(report.left_out)} ({rule}).",
        "",
        "| Clips | Score, -1 to 1 | Stars | Against the unchanged model | n |",
        "|---|---|---|---|---|",
    ]
    for arm in report.arms:
        against = "" if arm.against_base is None else _share(arm.against_base)
        stars = "" if arm.stars is None else str(arm.stars).replace("+", "")
        lines.append(f"| {arm.name} | {arm.score} | {stars} | {against} | {arm.score.count} |")
    lines += ["", _LEGEND, "", "| Person | Screens | Agreement with themselves | |", "|---|---|---|---|"]
    for person, steady in report.consistency.items():
        why = report.left_out.get(person, "")
        agreed = "no repeats" if steady is None else f"{steady:.0%}"
        lines.append(f"| {person} | {report.people.get(person, '')} | {agreed} | {why} |")
    lines += ["", f"All answers, a row for each clip: {CSV}.", ""]
    return "\n".join(lines)


def _share(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:.0%} of {estimate.count}"
    return f"{estimate.mean:.0%} [{estimate.low:.0%}, {estimate.high:.0%}] of {estimate.count}"


def _place(name: str) -> tuple[int, str]:
    return (0 if name.startswith("unchanged") else 2 if name.startswith("anchor") else 1, name)


def _vote(person: str, answer: Answer) -> _Vote:
    verdict = answer.verdict
    arms = {key: arm_of(role, answer.generation) for key, role in answer.roles.items()}
    clips = tuple(
        (arm, float(key == verdict.best) - float(key == verdict.worst), verdict.stars.get(key))
        for key, arm in arms.items()
    )
    pairs = tuple((arms[a], arms[b]) for a, b in judgement_of(answer, {}).preferred)
    return _Vote(person, clips, pairs)


class _Bootstrap:
    """Draws people, and screens of each, with replacement."""

    def __init__(self, votes: Sequence[_Vote], seed: int) -> None:
        people = list(dict.fromkeys(vote.person for vote in votes))
        by_person = [[i for i, vote in enumerate(votes) if vote.person == person] for person in people]
        rng = np.random.default_rng(seed)
        self._votes = votes
        # How often each vote is drawn, [draws, votes]: of a person who was drawn k times, k times all their votes.
        self._times = np.zeros((_DRAWS, len(votes)))
        if not votes:
            return
        drawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), _DRAWS)
        for person, own in enumerate(by_person):
            even = np.full(len(own), 1 / len(own))
            self._times[:, own] = rng.multinomial(drawn[:, person] * len(own), even)

    def estimate(self, values: Callable[[_Vote], list[float]]) -> Estimate:
        """The mean of what each vote says, over all that is said."""
        said = [values(vote) for vote in self._votes]
        sums, counts = np.array([sum(v) for v in said]), np.array([len(v) for v in said], dtype=float)
        mean = float(sums.sum() / counts.sum())
        if (counts > 0).sum() < 2:
            return Estimate(mean, None, None, int(counts.sum()))
        total = self._times @ counts
        means = (self._times @ sums)[total > 0] / total[total > 0]
        low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        return Estimate(mean, float(low), float(high), int(counts.sum()))
