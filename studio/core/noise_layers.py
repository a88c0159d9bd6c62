"""Layers of noise that a child inherits: no more of them than its own noise needs.

A family that is bred for many generations would otherwise carry the layers of all its ancestors, which grow like the
number of ancestors does; most of them are hidden below later ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from studio.core.candidate import GLOBALS_NOISE, NoiseStep
from studio.core.score import COLUMNS

#: Every name a layer's columns may have.
NOISE_COLUMNS = (*COLUMNS, GLOBALS_NOISE)


def needed(steps: Sequence[NoiseStep], columns: Collection[str], beats: int) -> tuple[NoiseStep, ...]:
    """The layers that decide the noise of some columns, and of nothing else where that can be told apart.

    Args:
        columns: of NOISE_COLUMNS.
        beats: quarters of the song.
    """
    kept: list[NoiseStep] = []
    open_ = set(columns)
    for step in reversed(steps):
        whole = step.beats is None or step.beats == (0, beats)
        touched = open_ if step.beats is None else open_ & set(step.columns)
        if not touched or not step.amount:
            continue
        inner = needed(step.of, touched, beats) or step.of
        shown = step if step.beats is None else replace(step, columns=_in_order(touched))
        kept.append(replace(shown, of=inner))
        if whole and step.amount == 1.0:
            open_ = open_ - touched
        if not open_:
            break
    kept.reverse()
    if len(kept) == 1 and kept[0].of and kept[0].amount == 1.0 and kept[0].beats in (None, (0, beats)):
        return kept[0].of
    return tuple(kept)


def layers(steps: Sequence[NoiseStep]) -> int:
    """How many there are, those of others included."""
    return sum(1 + layers(step.of) for step in steps)


def _in_order(columns: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in NOISE_COLUMNS if name in columns)
