"""How a song begins, grows and ends: players come in one by one, a new level is announced, the last bar is a last bar.

Only where the singing says so: a recording that breaks off in the middle of a line has no ending, and one that begins
with the singer has no way in.
"""

from __future__ import annotations

import numpy as np

from studio.core.finishing.grid_view import GridView, nearest_tone
from studio.core.grid import STEPS_PER_BEAT
from studio.core.instruments import INSTRUMENTS
from studio.core.score import BASS_OFFSET, DRUM_CLASSES, GLOBALS, HARMONY_STROKES, HOLD, LEAD_CHORD, REST

_KICK, _SNARE, _OPEN, _CYMBAL, _TOM = (
    DRUM_CLASSES.index(name) for name in ("kick", "snare", "open_hat", "cymbal", "tom")
)
#: Bars before the singer that make a way in.
_SHORTEST_INTRO = 2
#: Quarters of the last bar that must be left of the recording.
_LAST_SOUNDS = 1.0
#: Energy from which a new level is announced by a cymbal.
_LOUD = 2
#: Those of the lead that play the last chord in chords; the others one note of it.
_CHORDAL = frozenset({"strings", "slow strings", "warm pad", "choir", "brass section"})


def last_bar(view: GridView) -> int | None:
    """The sixteenth at which the last bar begins; None where the song does not end but is cut off.

    It is the last bar of which a quarter is left, and it is an ending if the singer begins nothing new in it after its
    first quarter.
    """
    setting = view.setting
    bar = setting.bar * STEPS_PER_BEAT
    number = int((min(setting.end, view.beats) - _LAST_SOUNDS) // setting.bar)
    if number < 1 or not setting.sung.any():
        return None
    first = number * bar
    moving = setting.onsets[first + STEPS_PER_BEAT + 1 :].any()
    return None if moving else first


def end_song(view: GridView) -> None:
    """A last stroke on the first beat of the last bar, held to the end, by all who play until then."""
    first = last_bar(view)
    if first is None:
        return
    before = slice(max(0, first - view.setting.bar * STEPS_PER_BEAT), first + 1)
    heard = {stem: bool(view.sounding(stem)[before].any()) for stem in view.playing}
    beat = first // STEPS_PER_BEAT
    view.tokens[beat:, 0] = np.where(view.free[beat:, 0], view.tokens[beat, 0], view.tokens[beat:, 0])
    if heard["drums"]:
        levels = view.drums()
        time = levels[before]
        levels[first:] = 0
        loud = view.energy(first) >= _LOUD
        if time[:, _KICK].any() or loud:
            levels[first, _KICK] = 2 if loud else 1
        levels[first, _CYMBAL] = 2 if loud else 1
        view.write_drums(levels)
    tones = view.chord_tones(first)
    if not tones:
        return
    last = {
        "bass": BASS_OFFSET,
        "harmony": HARMONY_STROKES.index("chord" if view.energy(first) >= _LOUD else "soft"),
        "lead": _last_lead(view, first, tones),
    }
    for stem, token in last.items():
        if heard[stem]:
            line = view.line(stem)
            line[first], line[first + 1 :] = token, HOLD if token != REST else REST
            view.write(stem, line)


def _last_lead(view: GridView, first: int, tones: tuple[int, ...]) -> int:
    player = INSTRUMENTS["lead"][int(view.globals[GLOBALS.index("lead")])].name
    struck = view.line("lead")[: first + 1]
    struck = struck[struck > HOLD]
    if player in _CHORDAL or not len(struck) or struck[-1] == LEAD_CHORD:
        return LEAD_CHORD if player in _CHORDAL else REST
    return 2 + nearest_tone(int(struck[-1]) - 2, tones)


def enter_one_by_one(view: GridView) -> None:
    """Chords alone in the first half of a way in: drums keep to hats and shakers, the bass waits."""
    if not view.setting.sung.any():
        return
    bar = view.setting.bar * STEPS_PER_BEAT
    bars = int(np.argmax(view.setting.sung)) // bar
    if bars < _SHORTEST_INTRO:
        return
    stop = bars // 2 * bar
    chords = view.sounding("harmony")[:stop] | view.sounding("lead")[:stop]
    if chords.reshape(-1, bar).mean(1).min() < 0.5:
        return
    levels = view.drums()
    levels[:stop, [_KICK, _SNARE, _OPEN, _CYMBAL, _TOM]] = 0
    view.write_drums(levels)
    line = view.line("bass")
    line[:stop] = REST
    if stop < len(line) and line[stop] == HOLD and view.chord_tones(stop):
        line[stop] = BASS_OFFSET
    view.write("bass", line)


def announce(view: GridView) -> None:
    """Where the energy rises to a loud bar, a fill leads there and a cymbal marks it, if drums play on both sides."""
    bar = view.setting.bar * STEPS_PER_BEAT
    levels = view.drums()
    if not view.playing["drums"]:
        return
    for first in range(bar, view.steps - bar + 1, bar):
        rises = view.energy(first) > view.energy(first - 1)
        both = levels[first - bar : first].any() and levels[first : first + bar].any()
        if not rises or view.energy(first) < _LOUD or not both:
            continue
        last = levels[first - STEPS_PER_BEAT : first]
        if not last[:, [_SNARE, _TOM]][1:].any():
            last[2:, _SNARE] = (1, 2)
        levels[first, _KICK] = 2
        levels[first, _CYMBAL] = 2
    view.write_drums(levels)
