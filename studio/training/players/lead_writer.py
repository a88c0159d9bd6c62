"""The lead player: a role under the singing, answers where the singer rests, a last chord."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.score import REST
from studio.training.players.band_plan import Plan
from studio.training.players.grooves import Feel, Groove
from studio.training.players.lead_answers import LeadAnswers
from studio.training.players.lead_canvas import CHORD, LeadCanvas
from studio.training.players.lead_roles import CHORDAL, LeadRoles
from studio.training.songs.bars import Bar
from studio.training.songs.chord_line import ChordLine
from studio.training.songs.skeleton import Skeleton


def write_lead(
    skeleton: Skeleton,
    chords: ChordLine,
    bars: Sequence[Bar],
    plans: Sequence[Plan],
    hits: Sequence[Sequence[int]],
    groove: Groove,
    feel: Feel,
    instrument: str,
    density: int,
    rng: np.random.Generator,
) -> list[int]:
    """Lead tokens, one a sixteenth.

    Args:
        plans, hits: of each bar; hits are the sixteenths struck by the whole band.
        density: 0 sparse, 1 medium, 2 busy.
    """
    canvas = LeadCanvas(skeleton, chords, pentatonic=groove.pentatonic)
    roles = LeadRoles(canvas, groove, feel, instrument, density, rng)
    answers = LeadAnswers(canvas, groove, feel, instrument, density, rng)
    for bar, plan, struck in zip(bars, plans, hits, strict=True):
        roles.play(bar, plan, struck)
    answers.play(bars, plans, [bool(struck) for struck in hits])
    _end(canvas, bars[-1], instrument in CHORDAL)
    return canvas.tokens


def _end(c: LeadCanvas, bar: Bar, chordal: bool) -> None:
    """A last chord or chord tone, held with the band, if the lead has been playing at all."""
    before = c.tokens[max(bar.first - 2 * bar.steps, 0) : bar.first]
    c.tokens[bar.first :] = [REST] * (c.steps - bar.first)
    if not any(before) or c.chords.roots[bar.first // 4] is None:
        return
    stop = min(bar.first + bar.steps - 4, 4 * c.chords.next_change[bar.first // 4])
    stop = max(stop, bar.first + 2)
    if chordal:
        c.play(bar.first, stop, CHORD)
    else:
        c.play(bar.first, stop, c.pitch(bar.first, stop, c.last, strong=True))
