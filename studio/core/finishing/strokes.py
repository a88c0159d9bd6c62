"""Strokes that got lost and stops that nobody meant.

Tokens of one moment are drawn side by side, so that a player may be told to hold what was never struck: a bar of such
holds is silent. And where all players rest at once while somebody sings, a band seems to have stopped dead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.finishing.grid_view import GridView, nearest_tone, runs, sounds
from studio.core.grid import STEPS_PER_BEAT
from studio.core.score import BASS_OFFSET, HARMONY_STROKES, HOLD, LEAD_CHORD

#: Sixteenths that must be held for nothing before a stroke is missed: one alone is a rest.
_SHORTEST = 2
#: Bars before and after in which the player is looked up.
_BARS = 4
#: Seconds of silence of the whole band, beyond which it is heard as a stop.
LONGEST_STOP_S = 0.25
#: Bars of a phrase, at whose end a band may break off.
_PHRASE_BARS = 4


def restore_strokes(view: GridView) -> None:
    """Strikes what is held without having been struck, as the player does in other bars at that place."""
    for stem in ("bass", "harmony", "lead"):
        line = view.line(stem)
        bar = view.setting.bar * STEPS_PER_BEAT
        orphans = runs((line == HOLD) & ~sounds(line))
        for first, stop in orphans:
            if stop - first >= _SHORTEST:
                token = _usual(view, stem, line, first, bar)
                if token is not None:
                    line[first] = token
        view.write(stem, line)


def _usual(view: GridView, stem: str, line: NDArray[np.int64], step: int, bar: int) -> int | None:
    """What the player strikes there in the nearest bar, earlier ones first; None where no chord is."""
    tones = view.chord_tones(step)
    if not tones:
        return None
    places = [step + sign * bar * away for away in range(1, _BARS + 1) for sign in (-1, 1)]
    struck = [int(line[place]) for place in places if 0 <= place < len(line) and line[place] > HOLD]
    if stem == "bass":
        return struck[0] if struck else BASS_OFFSET
    if stem == "harmony":
        return struck[0] if struck else HARMONY_STROKES.index("chord" if view.energy(step) >= 2 else "soft")
    if not struck or struck[0] == LEAD_CHORD:
        return struck[0] if struck else None
    return 2 + nearest_tone(struck[0] - 2, tones)


def ring_on(view: GridView) -> None:
    """Lets bass or chords sound on where the whole band would be silent.

    A break at the end of a phrase, under the singer, is left alone: bands do that.
    """
    silent = ~np.any([view.sounding(stem) for stem in view.playing], axis=0)
    changes = view.changes()
    for first, stop in runs(silent):
        if (stop - first) * view.setting.step_s < LONGEST_STOP_S or _is_break(view, first, stop):
            continue
        for stem in ("bass", "harmony"):
            if _hold_until(view, stem, first, stop, changes):
                break


def _is_break(view: GridView, first: int, stop: int) -> bool:
    phrase = _PHRASE_BARS * view.setting.bar * STEPS_PER_BEAT
    return stop % phrase == 0 and stop - first <= phrase // 8 and bool(view.setting.sung[first:stop].any())


def _hold_until(view: GridView, stem: str, first: int, stop: int, changes: NDArray[np.bool_]) -> bool:
    """Holds a stem's last note through a silence, as long as its chord lasts; False where it has none."""
    if not view.playing[stem]:
        return False
    line = view.line(stem)
    on = np.flatnonzero(sounds(line)[:first])
    # What ended more than a bar ago is no longer in anybody's ear.
    if not len(on) or first - on[-1] > view.setting.bar * STEPS_PER_BEAT:
        return False
    begin = int(on[-1]) + 1
    held = np.flatnonzero(changes[begin:stop])
    end = begin + int(held[0]) if len(held) else stop
    if end <= first or not view.may_write(stem, begin, end):
        return False
    line[begin:end] = HOLD
    view.write(stem, line)
    return True
