"""What the user says of a vocal, one thing after another: what was said before and is shown as the user's stays, and
what cannot be is refused, in the window as on the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.music import PLAYED_BPM
from studio.core.tempos import said_bpm

if TYPE_CHECKING:
    from studio.core.analysis import Given, VocalAnalysis

#: What bar lines do not depend on.
_APART = frozenset({"key", "tuning"})


def check(fields: Mapping[str, Any], duration_s: float = math.inf) -> None:
    """Raises StudioError for a tempo that nobody plays, or a downbeat outside of a vocal of `duration_s`."""
    tempo_bpm, downbeat_s = fields.get("tempo_bpm"), fields.get("downbeat_s")
    if tempo_bpm is not None:
        _check_tempo(tempo_bpm, tr("The band does not play at that tempo"))
    if downbeat_s is not None and not 0.0 <= downbeat_s <= duration_s:
        raise StudioError(
            tr("The downbeat is outside of the vocal"),
            seen=tr("{downbeat_s:.3f} s", downbeat_s=downbeat_s),
            expected=tr("0 to {duration_s:.3f} s", duration_s=duration_s),
            todo=tr("Give a moment inside the vocal at which a bar begins"),
        )


def check_metronome(tempo_bpm: float) -> None:
    """Raises StudioError for a tempo that the metronome does not go at: there is no band to a recording yet."""
    _check_tempo(tempo_bpm, tr("The metronome does not go at that tempo"))


def _check_tempo(tempo_bpm: float, what: str) -> None:
    slowest, fastest = PLAYED_BPM
    if not slowest <= tempo_bpm <= fastest:
        raise StudioError(
            what,
            seen=tr("{tempo} bpm", tempo=said_bpm(tempo_bpm)),
            expected=tr("{slowest:g} to {fastest:g} bpm", slowest=slowest, fastest=fastest),
            todo=tr("Give a tempo in between: half or double it where that is meant"),
        )


def give(
    given: Given, fields: Mapping[str, Any], heard: VocalAnalysis | None, duration_s: float = math.inf
) -> Given:
    """What is given once `fields` of it are said.

    Bar lines that were moved by beats are moved from where they were heard, and with another tempo or meter they are
    heard elsewhere: the downbeat that is shown is kept as one that was typed.

    Args:
        heard: the vocal as it was heard last, maybe before the bar lines were moved.
        duration_s: of the vocal.

    Raises:
        StudioError: see `check`; of what is said, not of what was given before.
    """
    check(fields, duration_s)
    new = replace(given, **fields)
    if "shift_beats" in fields or not given.shift_beats or fields.keys() <= _APART:
        return new
    new = replace(new, shift_beats=0.0)
    if "downbeat_s" in fields or new.guide is not None or given.guide is not None or heard is None:
        return new
    return replace(new, downbeat_s=_moved(given, heard).first_downbeat_s)


def _moved(given: Given, heard: VocalAnalysis) -> BeatGrid:
    """The grid as it is once the bar lines are moved as far as is given."""
    grid, before, duration_s = heard.grid, heard.given.shift_beats, heard.duration_s
    if given.downbeat_s is not None and given.downbeat_s != heard.given.downbeat_s:
        tempo_bpm = given.tempo_bpm or grid.tempo_bpm
        meter = given.meter or grid.meter
        grid, before = BeatGrid.regular(tempo_bpm, meter, duration_s, given.downbeat_s), 0.0
    return grid if before == given.shift_beats else grid.shifted(given.shift_beats - before, duration_s)
