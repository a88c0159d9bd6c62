"""What the band agrees on at the seams of the form: fills, stops, hits, builds, entries and the ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.training.players.band_plan import Plan
from studio.training.players.grooves import Feel, Groove, Pattern
from studio.training.songs.bars import Bar
from studio.training.songs.chord_line import ChordLine
from studio.training.songs.draws import draw_index

#: Sixteenths of band hits in a bar, by its length and the felt beat's. No odd ones: eighths may swing.
_HITS = {
    (8, 4): ((0,), (0, 4), (0, 6)),
    (12, 4): ((0,), (0, 6), (0, 8), (0, 4, 8)),
    (12, 6): ((0,), (0, 6), (0, 6, 10), (0, 4, 6)),
    (16, 4): ((0,), (0, 6), (0, 6, 12), (0, 4, 10), (0, 8, 14), (0, 6, 8)),
}


@dataclass(frozen=True)
class Cue:
    """What happens in one bar besides its patterns.

    Attributes:
        fill: a drum fill ending the bar; pickup: play it although the drums have been silent.
        stop: the sixteenth from which drums, bass and harmony are silent.
        hits: sixteenths that the whole band strikes, with nothing between.
        build: bars left of a snare roll, 0 for none.
        drums_out, bass_out: the player waits for a later entry.
        final: the last bar: one stroke, held.
        ring: sixteenths for which the final stroke is held.
    """

    fill: Pattern | None = None
    pickup: bool = False
    stop: int | None = None
    hits: tuple[int, ...] = ()
    build: int = 0
    drums_out: bool = False
    bass_out: bool = False
    final: bool = False
    ring: int = 0


def place_cues(
    bars: Sequence[Bar],
    plans: Sequence[Plan],
    chords: ChordLine,
    groove: Groove,
    feel: Feel,
    rng: np.random.Generator,
) -> list[Cue]:
    """One cue a bar."""
    phrase = 8 if bars[0].steps == 8 else 4
    cues: list[Cue] = []
    waiting = 0
    drums_out = bass_out = False
    build = 0
    for i, bar in enumerate(bars):
        if bar.place == 0:
            waiting, drums_out, bass_out = _entries(bar, groove, rng)
            lift = _lift_after(bars, i)
            build = min(4, bar.length) if lift and rng.random() < groove.build else 0
        out = bar.place < waiting
        if i == len(bars) - 1:
            ring = bar.steps - 4 if rng.random() < 0.7 else 4
            quarters = range(bar.first // 4, (bar.first + bar.steps) // 4)
            latest = max((q for q in quarters if chords.changes[q]), default=quarters[0])
            ring = max(ring, 4 * (latest - quarters[0] + 1))
            cues.append(Cue(final=True, ring=ring, drums_out=out and drums_out, bass_out=out and bass_out))
            continue
        fill: Pattern | None = None
        stop: int | None = None
        hits: tuple[int, ...] = ()
        left = bar.length - bar.place
        lifts = bar.ends_section and (bar.next_energy > bar.energy or bar.next_energy == 3)
        if lifts and rng.random() < groove.stop and bar.energy > 0:
            if rng.random() < 0.5:
                choices = _HITS[bar.steps, feel.pulse]
                hits = choices[int(rng.integers(len(choices)))]
            else:
                half = {8: 4, 12: 6, 16: 8}[bar.steps]
                stop = bar.steps - (4 if rng.random() < 0.6 else half)
        entry = waiting and bar.place == waiting - 1
        due = bar.ends_section or (bar.place + 1) % phrase == 0
        if bar.ends_section or entry:
            chance = 0.85
        else:
            # A drummer fills where the singer leaves room.
            chance = groove.fill * ((1.6 if bar.resting else 0.5) if due else 0.3 * bar.resting)
        if stop is None and not hits and rng.random() < chance:
            fill = _fill(feel, max(bar.energy, bar.next_energy), bar.steps, not bar.ends_section, rng)
        next_plan = plans[min(i + 1, len(plans) - 1)]
        pickup = next_plan.has_drums and rng.random() < 0.5
        cues.append(
            Cue(
                fill if build == 0 else None,
                pickup,
                stop,
                hits,
                left if build and left <= build else 0,
                out and drums_out,
                out and bass_out,
            )
        )
    return cues


def _entries(bar: Bar, groove: Groove, rng: np.random.Generator) -> tuple[int, bool, bool]:
    """Bars before drums and bass come in, and which of them waits."""
    if bar.length < 4 or bar.energy == 3:
        return 0, False, False
    if bar.name == "intro" and rng.random() < 0.4:
        return bar.length // 2, True, bool(rng.random() < 0.5)
    if bar.name in ("bridge", "verse") and bar.section > 0 and rng.random() < 0.1:
        return bar.length // 2, True, False
    return 0, False, False


def _lift_after(bars: Sequence[Bar], start: int) -> bool:
    """Whether the section beginning at a bar leads from below into the fullest level."""
    after = start + bars[start].length
    return after < len(bars) and bars[after].energy == 3 and bars[start].energy < 3


def _fill(feel: Feel, energy: int, steps: int, short: bool, rng: np.random.Generator) -> Pattern | None:
    """A fill for an energy; inside a section rather a short one."""
    fitting = [p for p in feel.fills if energy in p.energies and p.steps <= steps]
    if not fitting or energy == 0:
        return None
    weights = [p.weight * (4.0 / p.steps if short else 1.0) for p in fitting]
    return fitting[draw_index(weights, rng)]
