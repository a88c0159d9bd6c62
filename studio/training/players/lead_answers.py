"""What the lead answers where the singer rests: phrases on the song's own motif, kept as a habit of a section."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.score import HOLD, REST
from studio.training.players.band_plan import Plan
from studio.training.players.grooves import Feel, Groove, Pattern
from studio.training.players.lead_canvas import LeadCanvas
from studio.training.players.lead_roles import SLOW
from studio.training.songs.bars import Bar
from studio.training.songs.draws import draw_index

#: Rhythms for a rest of little more than a quarter.
_SHORT = ("x---", "x-x-", "..x-")


class LeadAnswers:
    """Answers the singer of one song."""

    def __init__(
        self,
        canvas: LeadCanvas,
        groove: Groove,
        feel: Feel,
        instrument: str,
        density: int,
        rng: np.random.Generator,
    ) -> None:
        self.canvas, self.groove, self.feel, self.rng = canvas, groove, feel, rng
        self.eagerness = (0.6, 1.0, 1.25)[density] * (0.5 if instrument in SLOW else 1.4)
        #: The song's own melodic idea, in scale steps from note to note, and how many of them have been told.
        self.motif, self.told = _motif(rng), 0
        self.figures: dict[tuple[int, str], Pattern] = {}
        #: Whether sections, by name and energy, are answered.
        self.habits: dict[tuple[str, int], bool] = {}

    def play(self, bars: Sequence[Bar], plans: Sequence[Plan], silent: Sequence[bool]) -> None:
        """Phrases in the singer's rests: one after a line, more where nobody sings; none in `silent` bars."""
        c = self.canvas
        t = 0
        while t < c.steps:
            if c.sung[t] >= 0:
                t += 1
                continue
            stop = t
            while stop < c.steps and c.sung[stop] < 0:
                stop += 1
            if stop - t >= 4:
                self._answer(t, stop, bars, plans, silent)
            t = stop

    def _answer(
        self,
        gap: int,
        stop: int,
        bars: Sequence[Bar],
        plans: Sequence[Plan],
        silent: Sequence[bool],
    ) -> None:
        """Fills one gap, or leaves it: a section is answered as a habit, a gap now and then left."""
        step_bar = bars[0].steps
        bar, plan = bars[gap // step_bar], plans[gap // step_bar]
        long = stop - gap >= 2 * step_bar
        key = (bar.name, bar.energy)
        if key not in self.habits:
            chance = self.groove.answers[bar.energy] * self.eagerness
            chance *= 1.3 if long or bar.name in ("intro", "solo", "ending") else 1.0
            chance *= 0.5 if plan.role in ("riff", "arpeggio") else 1.0
            self.habits[key] = bool(self.rng.random() < chance)
        if self.rng.random() >= (0.85 if self.habits[key] else 0.08):
            return
        self.told = 0
        start = gap + gap % 2
        if gap and stop - start > 8 and self.rng.random() < 0.6:
            start += 2 if self.rng.random() < 0.6 else 4
        while start + 4 <= stop:
            bar = bars[start // step_bar]
            cell = self._cell(bar.energy, stop - start, start // (4 * step_bar) % 2, bar.name)
            if cell is None or silent[start // step_bar] or bar is bars[-1]:
                return
            self._phrase(start, min(start + len(cell), stop), cell)
            start += len(cell)
            pause = (-start) % (step_bar // 2 if step_bar > 8 else 4)
            start += pause + (step_bar // 2 if self.rng.random() < 0.5 and bar.name != "solo" else 0)
            if not long and self.rng.random() < 0.6:
                return

    def _cell(self, energy: int, room: int, variant: int, name: str) -> str | None:
        """A rhythm that fits: the section's own figure when it does, for a band repeats itself."""
        fitting = [p for p in self.feel.cells if energy in p.energies and p.steps <= room]
        if not fitting:
            return _SHORT[int(self.rng.integers(len(_SHORT)))] if room < 8 else None
        key = (energy * 2 + variant, name)
        kept = self.figures.get(key)
        if kept is None or kept.steps > room or self.rng.random() < 0.2:
            kept = fitting[draw_index([p.weight * p.steps for p in fitting], self.rng)]
            self.figures.setdefault(key, kept)
        return kept.line

    def _phrase(self, start: int, stop: int, cell: str) -> None:
        """One phrase on a rhythm: the motif's steps, chord tones on strong places and at the end."""
        c = self.canvas
        line = cell[: stop - start]
        places = [i for i, symbol in enumerate(line) if symbol in "xC"]
        if stop < c.steps and c.tokens[stop] == HOLD:
            c.cut(stop)
        c.tokens[start:stop] = [REST] * (stop - start)
        target, pitch = float(np.clip(c.last, 8, 17)), None
        for number, place in enumerate(places):
            first, after = start + place, start + place + 1
            while after < stop and line[after - start] == "-":
                after += 1
            for beat in range(first // 4 + 1, -(-after // 4)):
                if c.chords.changes[beat]:
                    after = 4 * beat
                    break
            if c.chords.roots[first // 4] is None:
                continue
            final = number == len(places) - 1
            strong = final or number == 0 or first % 8 == 0
            before = pitch
            pitch = c.pitch(first, after, target, strong=strong, avoid=before if number % 4 != 3 else None)
            c.play(first, after, pitch)
            step = self.motif[self.told % len(self.motif)]
            self.told += 1
            target = (target if pitch is None else pitch) + 1.8 * step
            if not 6 <= target <= 20:
                target -= 3.6 * step


def _motif(rng: np.random.Generator) -> tuple[int, ...]:
    """Steps of a short idea, in scale steps: mostly by step, one leap, turning back after it."""
    steps = [int(rng.choice((-1, 1))) for _ in range(int(rng.integers(3, 6)))]
    leap = int(rng.integers(len(steps)))
    steps[leap] *= int(rng.integers(2, 4))
    if leap + 1 < len(steps):
        steps[leap + 1] = -1 if steps[leap] > 0 else 1
    return tuple(steps)
