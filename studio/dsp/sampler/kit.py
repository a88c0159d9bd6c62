"""A drummer: General MIDI keys to the pieces of a recorded kit, light hands on the cymbals, one foot on the hi-hat.

No stroke has the recording of the one before; an open hi-hat ends where the next stroke closes it; accents on the snare
are flammed now and then, soft strokes before a backbeat dragged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studio.core.arrangement import Note
from studio.dsp.sampler.choosing import relative_db
from studio.dsp.sampler.draws import centred, uniform
from studio.dsp.sampler.percussion import SHAKEN, Shaken
from studio.dsp.sampler.samples import Sample, SampleSet
from studio.dsp.sampler.strokes import Recorded, Source, Stroke

#: Pieces that a key may be, the first that the kit has, and the level of the loudest stroke in dB.
PIECES: Mapping[int, tuple[tuple[str, ...], float]] = {
    36: (("kick",), 0.0),
    35: (("kick_left", "kick"), 0.0),
    38: (("snare",), -1.0),
    40: (("snare",), -1.0),
    37: (("snare_rest", "snare"), -6.0),
    42: (("hihat_closed",), -9.0),
    44: (("hihat_closed",), -13.0),
    46: (("hihat_open",), -7.0),
    49: (("crash_left",), -5.0),
    57: (("crash_right",), -5.0),
    52: (("china",), -6.0),
    51: (("ride_right",), -8.0),
    59: (("ride_left", "ride_right"), -8.0),
    53: (("ride_right_bell",), -8.0),
    50: (("tom1",), -3.0),
    48: (("tom1",), -3.0),
    47: (("tom2",), -3.0),
    45: (("tom3",), -3.0),
    43: (("tom4_floor",), -3.0),
    41: (("tom4_floor",), -3.0),
}
_HATS = ("hihat_closed", "hihat_open")
_LAYER, _LEVEL, _TAKE, _FLAM, _SIDE = range(1, 6)
#: A hi-hat that closes takes this long to fall by 8.7 dB.
_CHOKE_S = 0.012
_FLAM_S, _DRAG_S = 0.026, 0.055


@dataclass(frozen=True)
class DrumTouch:
    """How a kit is played and damped.

    Attributes:
        range_db: between velocity 32 and 127.
        damping_s: decay that cloths on drums and cymbals add, by piece; none for those not named.
        levels_db: added to the levels of PIECES, by piece.
        graces: whether strokes are flammed and dragged.
    """

    range_db: float = 24.0
    damping_s: Mapping[str, float] | None = None
    levels_db: Mapping[str, float] | None = None
    graces: bool = True


class Kit:
    """The recordings of a kit by piece, and what each played last."""

    def __init__(self, set: SampleSet) -> None:
        self._set = set
        self._pieces: dict[str, list[Sample]] = defaultdict(list)
        for sample in set.samples:
            self._pieces[sample.piece].append(sample)
        self._layers = {
            piece: {
                layer: float(np.median([s.attack_db for s in samples if s.layer == layer]))
                for layer in sorted({s.layer for s in samples})
            }
            for piece, samples in self._pieces.items()
        }
        self._last: dict[str, str] = {}
        self._turn: dict[tuple[str, int], int] = defaultdict(int)

    def piece(self, key: int) -> str | None:
        """The piece that a key plays; None for one the kit has not."""
        names = PIECES.get(key, ((), 0.0))[0]
        return next((name for name in names if name in self._pieces), None)

    def strike(self, piece: str, below_db: float, chance: float) -> tuple[Source, float]:
        """A recording of a piece, and the gain in dB that gives it its level; takes in turn, layers by chance."""
        layers = self._layers[piece]
        top = max(layers.values())
        ranked = sorted(layers, key=lambda k: abs(layers[k] - top - below_db))
        layer = ranked[0]
        if len(ranked) > 1:
            a, b = (abs(layers[k] - top - below_db) for k in ranked[:2])
            if chance > (b + 1.5) / (a + b + 3.0):
                layer = ranked[1]
        takes = [s for s in self._pieces[piece] if s.layer == layer]
        turn = self._turn[piece, layer]
        if takes[turn % len(takes)].name == self._last.get(piece) and len(takes) > 1:
            turn += 1
        sample = takes[turn % len(takes)]
        self._turn[piece, layer] = turn + 1
        self._last[piece] = sample.name
        return Recorded(self._set, sample), below_db - sample.attack_db


def play_kit(notes: Sequence[Note], set: SampleSet, touch: DrumTouch, seed: int) -> list[Stroke]:
    """Strokes of a drummer for notes on General MIDI's drum keys; keys of what a kit has not are not heard."""
    kit = Kit(set)
    strokes: list[Stroke] = []
    open_hat: int | None = None
    for note in sorted(notes, key=lambda n: (n.start_s, n.pitch)):
        velocity = note.velocity * (1.0 + 0.05 * centred(note, seed, _LEVEL))
        below = min(relative_db(velocity, touch.range_db), 0.0)
        piece = kit.piece(note.pitch)
        if piece is None:
            if note.pitch in SHAKEN:
                strokes.append(_shaken(note, below, seed))
            continue
        if piece in _HATS and open_hat is not None:
            strokes[open_hat] = replace(strokes[open_hat], end_s=note.start_s, release_s=_CHOKE_S)
            open_hat = None
        level = PIECES[note.pitch][1] + (touch.levels_db or {}).get(piece, 0.0)
        graces = _graces(note, piece, seed) if touch.graces else ()
        for before_s, softer_db in (*graces, (0.0, 0.0)):
            source, gain = kit.strike(
                piece, below + softer_db, uniform(note, seed, _LAYER + 8 * round(1e3 * before_s))
            )
            strokes.append(
                Stroke(source, max(note.start_s - before_s, 0.0), note.start_s + 30.0,
                       float(10.0 ** ((gain + level) / 20.0)), decay_s=(touch.damping_s or {}).get(piece, 0.0))
            )  # fmt: skip
        if piece == "hihat_open":
            open_hat = len(strokes) - 1
    return strokes


def _graces(note: Note, piece: str, seed: int) -> tuple[tuple[float, float], ...]:
    """Small strokes before a stroke: how long before, and how much softer."""
    if piece != "snare":
        return ()
    chance = uniform(note, seed, _FLAM)
    if note.velocity >= 108 and chance < 0.08:
        return ((_FLAM_S, -12.0),)
    if note.velocity < 70 and chance < 0.10:
        return ((_DRAG_S, -8.0), (_DRAG_S / 2, -7.0))
    return ()


def _shaken(note: Note, below: float, seed: int) -> Stroke:
    sound = SHAKEN[note.pitch]
    source = Shaken(note.pitch, int(uniform(note, seed, _TAKE) * sound.takes))
    gain = 10.0 ** ((below + sound.level_db) / 20.0)
    side = sound.pan + 0.1 * centred(note, seed, _SIDE)
    return Stroke(source, max(note.start_s - sound.early_s, 0.0), note.start_s + 30.0, float(gain), pan=side)
