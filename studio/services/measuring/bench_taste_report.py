"""The bench of taste as a table with bootstrap intervals, and as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from studio.core.amounts import many
from studio.services.measuring.bench_taste_listeners import ADVERSARIES

Row = dict[str, Any]
#: Arms in the order of the table.
ARMS = (
    "base", "shuffled, best of 16", "best of 8", "best of 16", "search, its pools alone", "search", "taste alone",
    "rated clips alone", "shuffled adapter", "the paper's recipe", "adapter", "adapter and taste",
)  # fmt: skip
_RESAMPLES = 2000
CAVEAT = "Simulation shows that the mechanism works, not that people like the music."


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % bootstrap interval over listeners (percentiles of 2,000 resamples)."""
    array = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(1).integers(len(array), size=(_RESAMPLES, len(array)))
    low, high = np.percentile(array[drawn].mean(axis=1), [2.5, 97.5])
    return float(array.mean()), float(low), float(high)


def describe(rows: Sequence[Row]) -> list[str]:
    """Markdown: arms by generation, the learning curve, adversaries."""
    lines = [
        CAVEAT,
        "",
        "| | generation | gain (sd) | wins | diversity | promoted | harmed | listeners |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        for sitting in sorted({row["sitting"] for row in rows if row["arm"] == arm}):
            lines.append(
                _line(arm, sitting, [r for r in rows if r["arm"] == arm and r["sitting"] == sitting])
            )
    lines += ["", *_by_kind(rows), "", *_curve(rows), "", *_adversaries(rows)]
    return lines


def _line(arm: str, sitting: int, some: Sequence[Row]) -> str:
    gain, wins, diversity = (interval([r[name] for r in some]) for name in ("gain", "wins", "diversity"))
    promoted = float(np.mean([r["promoted"] for r in some]))
    harmed = float(np.mean([r["gain"] < 0 for r in some])) if arm != "base" else float("nan")
    told = "" if arm == "base" else f"{harmed:.0%}"
    return (
        f"| {arm} | {sitting} | {_told(gain, '+.2f')} | {_told(wins, '.2f')} | {_told(diversity, '.2f')} | "
        f"{promoted:.0%} | {told} | {len(some)} |"
    )


def _told(found: tuple[float, float, float], style: str) -> str:
    mean, low, high = (format(value, style) for value in found)
    return f"{mean} [{low}, {high}]"


def _by_kind(rows: Sequence[Row]) -> list[str]:
    arms = ("best of 16", "search")
    last = max((row["sitting"] for row in rows if row["arm"] in arms), default=0)
    kinds = list(dict.fromkeys(row["kind"] for row in rows if row["arm"] in arms))
    lines = [f"Gain by kind of listener, generation 1 and {last}:", "", "| | " + " | ".join(kinds) + " |"]
    lines.append("|---" * (len(kinds) + 1) + "|")
    for arm in arms:
        for sitting in (1, last):
            means = [
                [r["gain"] for r in rows if r["arm"] == arm and r["sitting"] == sitting and r["kind"] == kind]
                for kind in kinds
            ]
            told = " | ".join(f"{np.mean(some):+.2f}" if some else "" for some in means)
            lines.append(f"| {arm}, {sitting} | {told} |")
    return lines


def _curve(rows: Sequence[Row]) -> list[str]:
    curves = [row["gains"] for row in rows if row["arm"] == "curve"]
    if not curves:
        return []
    means = np.mean(np.array(curves), axis=0)
    enough = next((number for number, gain in enumerate(means, 1) if gain >= 0.5), None)
    told = f"+0.5 sd after {many(enough, 'screen')}" if enough else "+0.5 sd not reached in the first sitting"
    return [
        f"Best of 16 after each screen of the first sitting ({told}): "
        + ", ".join(f"{gain:+.2f}" for gain in means)
        + "."
    ]


def _adversaries(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| who does not listen | gain (sd) | promoted | though no better | left out | runs |",
        "|---|---|---|---|---|---|",
    ]
    every: list[Row] = []
    for adversary in ADVERSARIES:
        some = [row for row in rows if row["arm"] == adversary]
        if some:
            every += some
            lines.append(_adversary(adversary, some))
    return [*lines, _adversary("all", every)] if every else []


def _adversary(name: str, some: Sequence[Row]) -> str:
    promoted = float(np.mean([row["promoted"] for row in some]))
    wrongly = float(np.mean([row["promoted"] * (row["gain"] <= 0.1) for row in some]))
    left_out = float(np.mean([row["excluded"] for row in some]))
    gain = float(np.mean([row["gain"] for row in some]))
    return f"| {name} | {gain:+.2f} | {promoted:.0%} | {wrongly:.0%} | {left_out:.0%} | {len(some)} |"


def plot(rows: Sequence[Row]) -> str:
    """SVG: gain of each arm with its interval, by generation."""
    arms = [arm for arm in ARMS if any(row["arm"] == arm for row in rows)]
    left, width, step, top = 190, 420, 34, 34
    low, high = -0.5, 2.0

    def x(value: float) -> float:
        return left + width * (min(max(value, low), high) - low) / (high - low)

    height = top + step * len(arms) + 60
    size = f'width="{left + width + 30}" height="{height}"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect {size} fill="#fff"/>',
    ]
    for tick in np.arange(low, high + 0.01, 0.5):
        colour = "#888" if abs(tick) < 1e-9 else "#ddd"
        out.append(f'<path d="M{x(tick):.1f} {top - 8}V{height - 48}" stroke="{colour}"/>')
        out.append(f'<text x="{x(tick):.1f}" y="{height - 32}" text-anchor="middle">{tick:+.1f}</text>')
    shades = {0: "#666", 1: "#9cc4e4", 2: "#3d85c6", 3: "#0b3d6b"}
    for place, arm in enumerate(arms):
        middle = top + step * place + step / 2
        out.append(f'<text x="{left - 10}" y="{middle + 4:.1f}" text-anchor="end">{arm}</text>')
        for sitting in sorted({row["sitting"] for row in rows if row["arm"] == arm}):
            mean, below, above = interval(
                [r["gain"] for r in rows if r["arm"] == arm and r["sitting"] == sitting]
            )
            y = middle + (sitting - 2) * 8 if sitting else middle
            colour = shades.get(sitting, "#0b3d6b")
            out.append(
                f'<path d="M{x(below):.1f} {y:.1f}H{x(above):.1f}" stroke="{colour}" stroke-width="2"/>'
            )
            out.append(f'<circle cx="{x(mean):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
    told = "gain on held-out vocals in standard deviations of the base; generations 1 (light) to 3"
    out.append(f'<text x="{left}" y="{height - 10}">{told}</text></svg>')
    return "\n".join(out) + "\n"
