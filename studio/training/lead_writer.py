"""The lead player: pads, lines and riffs under the singing, answers where the singer rests.

Pitches are tokens' semitones above the lead register's tonic, 0 to 23. Every note is in the chord or in the
key, never a semitone from the note sung at that moment, and as a rule a third or more away from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from studio.core.score import HOLD, LEAD_CHORD, REST
from studio.training.band_plan import Bar, Plan
from studio.training.chord_line import ChordLine
from studio.training.grooves import Feel, Groove, Pattern
from studio.training.skeleton import Skeleton

#: Lead instruments that can play the sustained chord.
CHORDAL = frozenset(
    {"strings", "slow strings", "warm pad", "choir", "vibraphone", "brass section", "saw lead"}
)
#: Lead instruments too slow for short notes.
SLOW = frozenset({"slow strings", "warm pad", "choir"})
_LOWEST, _HIGHEST, _CENTRE = 3, 22, 12
_MAJOR_PENTATONIC = frozenset({0, 2, 4, 7, 9})
_MINOR_PENTATONIC = frozenset({0, 3, 5, 7, 10})


class LeadWriter:
    """Writes the lead of one song."""

    def __init__(
        self,
        skeleton: Skeleton,
        chords: ChordLine,
        groove: Groove,
        feel: Feel,
        instrument: str,
        density: int,
        rng: np.random.Generator,
    ) -> None:
        self.chords, self.groove, self.rng = chords, groove, rng
        self.feel = feel
        self.instrument = instrument
        self.chordal, self.slow = instrument in CHORDAL, instrument in SLOW
        self.eagerness = (0.6, 1.0, 1.25)[density]
        self.density = density
        self.steps = 4 * skeleton.beats
        self.tokens = [REST] * self.steps
        self.sung, self.onsets = _sung(skeleton, self.steps)
        minor = skeleton.key.mode == "minor"
        self.pentatonic = _MINOR_PENTATONIC if minor else _MAJOR_PENTATONIC
        self.allowed = [self._allowed(beat) for beat in range(skeleton.beats)]
        #: The song's own melodic idea: scale steps from note to note.
        self.motif = _motif(rng)
        #: How many of its steps the answer under way has told.
        self.told = 0
        self.contours: dict[str, tuple[int, ...]] = {}
        self.figures: dict[tuple[int, str], Pattern] = {}
        #: Whether sections, by name and energy, are answered.
        self.habits: dict[tuple[str, int], bool] = {}
        self.last = _CENTRE

    def write(self, bars: Sequence[Bar], plans: Sequence[Plan], hits: Sequence[tuple[int, ...]]) -> list[int]:
        """Lead tokens of every sixteenth. Bars with hits have nothing else, and those only as chords."""
        roles: dict[str, Callable[[Bar, Plan], None]] = {
            "pad": self._pad if self.chordal else self._guide,
            "guide": self._guide,
            "counter": self._guide if self.slow else self._counter,
            "riff": self._slow_riff if self.slow else self._riff,
            "arpeggio": self._pad if self.slow else self._arpeggio,
            "double": lambda bar, plan: self._follow(bar, 0),
            "thirds": lambda bar, plan: self._follow(bar, -2),
        }
        for bar, plan, struck in zip(bars, plans, hits, strict=True):
            if struck and plan.role != "silent" and self.chordal:
                self._hit(bar, struck)
            elif not struck and plan.role in roles:
                roles[plan.role](bar, plan)
        self._answers(bars, plans, [bool(struck) for struck in hits])
        self._end(bars[-1])
        return self.tokens

    # --- pitches ----------------------------------------------------------------------------------------

    def _allowed(self, beat: int) -> tuple[frozenset[int], frozenset[int]]:
        """Chord tones, and passing tones: scale tones that do not rub against the chord's altered tones."""
        tones = self.chords.tones[beat]
        foreign = tones - self.chords.scale
        source = self.chords.scale & self.pentatonic if self.groove.pentatonic else self.chords.scale
        passing = frozenset(p for p in source if not any((p - f) % 12 in (1, 11) for f in foreign))
        return tones, passing | tones

    def _sung_in(self, start: int, stop: int) -> set[int]:
        """Pitch classes above the tonic."""
        return {p for p in self.sung[start:stop] if p >= 0}

    def _rubs(self, pitch: int, start: int, stop: int) -> bool:
        """Whether a pitch lies a semitone from anything sung in the meantime."""
        return any((pitch - other) % 12 in (1, 11) for other in self._sung_in(start, stop))

    def _pitch(
        self, start: int, stop: int, target: float, *, strong: bool, avoid: int | None = None
    ) -> int | None:
        """The best pitch near a target for the sixteenths start to stop; None when every one would rub.

        `strong` asks for a chord tone, `avoid` for another pitch than the one before. A note lasts over sung
        notes: it must be a semitone from none of them.
        """
        beat = start // 4
        tones, passing = self.allowed[beat]
        pool = tones if strong else passing
        if not pool:
            return None
        sung = self._sung_in(start, stop)
        best, best_cost = None, 1e9
        for pitch in range(_LOWEST, _HIGHEST + 1):
            pc = pitch % 12
            if pc not in pool:
                continue
            cost = abs(pitch - target) + 0.05 * abs(pitch - _CENTRE) + 2.5 * (pitch == avoid)
            if pc not in tones and any((pc - tone) % 12 == 1 for tone in tones):
                cost += 2.0  # the avoid note, a semitone above a chord tone
            for other in sung:
                distance = min((pc - other) % 12, (other - pc) % 12)
                if distance == 1:
                    cost = 1e9
                    break
                cost += 5.0 if distance == 2 else 1.5 if distance == 0 else 0.0
            if cost < best_cost:
                best, best_cost = pitch, cost
        return best

    def _play(self, start: int, stop: int, pitch: int | None) -> None:
        """A note or, for None, a rest."""
        if pitch is None:
            return
        stop = min(stop, self.steps)
        self.tokens[start] = 2 + pitch
        self.tokens[start + 1 : stop] = [HOLD] * (stop - start - 1)
        if pitch != LEAD_CHORD - 2:
            self.last = pitch

    def _spans(self, start: int, stop: int, every: int) -> list[tuple[int, int]]:
        """Divides sixteenths at chord changes and every so many sixteenths from the start."""
        cuts = [
            t
            for t in range(start, stop)
            if t == start or (t - start) % every == 0 or (t % 4 == 0 and self.chords.changes[t // 4])
        ]
        return list(zip(cuts, [*cuts[1:], stop], strict=True))

    def _struck(self, t: int) -> int:
        """Where the note, or the rest, began that reaches up to a sixteenth."""
        t -= 1
        while t > 0 and self.tokens[t] == HOLD:
            t -= 1
        return max(t, 0)

    def _sounding(self, t: int) -> int:
        """The token of the note that still sounds when a sixteenth begins, REST for none."""
        return self.tokens[self._struck(t)] if t else REST

    # --- under the singing ------------------------------------------------------------------------------

    def _pad(self, bar: Bar, plan: Plan) -> None:
        """Sustained chords, struck again when the chord changes or a section begins."""
        for start, stop in self._spans(bar.first, bar.first + bar.steps, bar.steps):
            if self.chords.roots[start // 4] is None:
                continue
            held = bar.place % 4 != 0 and not self.chords.changes[start // 4]
            if held and self._sounding(start) == LEAD_CHORD:
                self.tokens[start:stop] = [HOLD] * (stop - start)
            else:
                self._play(start, stop, LEAD_CHORD - 2)

    def _guide(self, bar: Bar, plan: Plan) -> None:
        """Long thirds and sevenths, moving as little as possible."""
        every = bar.steps if bar.energy < 3 else max(bar.steps // 2, 4)
        for start, stop in self._spans(bar.first, bar.first + bar.steps, every):
            root = self.chords.roots[start // 4]
            if root is None:
                continue
            steps = self.chords.intervals[start // 4]
            guides = {(root + s) % 12 for s in (steps[1], steps[-1])}
            pitch = self._pitch(start, stop, self.last, strong=True)
            for target in (self.last, self.last - 3, self.last + 3):
                other = self._pitch(start, stop, target, strong=True)
                if other is not None and other % 12 in guides and abs(other - self.last) <= 5:
                    pitch = other
                    break
            self._play(start, stop, pitch)

    def _counter(self, bar: Bar, plan: Plan) -> None:
        """Moves where the singer holds or rests and holds where the singer moves."""
        unit = 6 if self.feel is self.groove.feels.get("6/8") else 4
        direction = 1 if self.last < _CENTRE else -1
        for start, stop in self._spans(bar.first, bar.first + bar.steps, unit):
            tones, _ = self.allowed[start // 4]
            if not tones:
                continue
            sounding = self._sounding(start) == 2 + self.last
            fits = self.last % 12 in tones and not self._rubs(self.last, start, stop)
            moving = not any(self.onsets[start:stop]) or start == bar.first
            stale = start - self._struck(start) >= 2 * bar.steps
            if sounding and fits and not stale and not (moving and self.rng.random() < 0.7):
                self.tokens[start:stop] = [HOLD] * (stop - start)
                continue
            step = 2 * direction if self.rng.random() < 0.7 else -2 * direction
            strong = start == bar.first or self.chords.changes[start // 4]
            pitch = self._pitch(start, stop, self.last + step, strong=strong)
            if sounding and pitch == self.last and not stale:
                self.tokens[start:stop] = [HOLD] * (stop - start)
            else:
                self._play(start, stop, pitch)

    def _hit(self, bar: Bar, hits: Sequence[int]) -> None:
        """The band's hits as chords, the last one held for a quarter."""
        for step, after in zip(hits, [*hits[1:], hits[-1] + 4], strict=True):
            if self.chords.roots[(bar.first + step) // 4] is not None:
                first = bar.first + step
                change = 4 * self.chords.next_change[first // 4]
                stop = min(bar.first + after, first + 4, bar.first + bar.steps, change)
                self._play(first, stop, LEAD_CHORD - 2)

    def _slow_riff(self, bar: Bar, plan: Plan) -> None:
        """Slow players sing a riff's chords and leave one of single notes."""
        (self._riff if "C" in plan.riff and "x" not in plan.riff else self._pad)(bar, plan)

    def _riff(self, bar: Bar, plan: Plan) -> None:
        """The plan's rhythm on a contour of chord tones that the whole song shares."""
        contour = self.contours.setdefault(plan.riff, _contour(self.rng))
        offset = bar.place * bar.steps % len(plan.riff)
        line = [plan.riff[(offset + i) % len(plan.riff)] for i in range(bar.steps)]
        struck = plan.riff[:offset].count("x")
        for i, symbol in enumerate(line):
            if symbol not in "xC":
                continue
            start = bar.first + i
            stop = start + 1
            while stop < bar.first + bar.steps and line[stop - bar.first] == "-":
                if stop % 4 == 0 and self.chords.changes[stop // 4]:
                    break
                stop += 1
            if self.chords.roots[start // 4] is None:
                continue
            if symbol == "C" and self.chordal:
                self._play(start, stop, LEAD_CHORD - 2)
                continue
            target = _CENTRE + 2.0 * contour[struck % len(contour)]
            self._play(start, stop, self._pitch(start, stop, target, strong=i % 4 == 0 or stop - start > 2))
            struck += 1

    def _arpeggio(self, bar: Bar, plan: Plan) -> None:
        """Chord tones up and down in eighths, in sixteenths at full energy where the style has them."""
        every = 1 if bar.energy == 3 and self.groove.sixteenths and self.density > 0 and self.chordal else 2
        shape = self.contours.setdefault("arpeggio", _ARPEGGIOS[int(self.rng.integers(len(_ARPEGGIOS)))])
        for i in range(0, bar.steps, every):
            start = bar.first + i
            root = self.chords.roots[start // 4]
            if root is None:
                continue
            ladder = [p for p in range(6, 22) if p % 12 in self.chords.tones[start // 4]]
            pitch = ladder[shape[i // every % len(shape)] % len(ladder)]
            if not self._rubs(pitch, start, start + every):
                self._play(start, start + every, pitch)
                continue
            self._play(start, start + every, self._pitch(start, start + every, pitch, strong=True))

    def _follow(self, bar: Bar, degrees: int) -> None:
        """Doubles the sung line, in unison or a diatonic third below, where that is in key."""
        scale = sorted(self.chords.scale)
        for start in range(bar.first, bar.first + bar.steps):
            if not self.onsets[start] or self.sung[start] < 0:
                continue
            stop = start + 1
            while stop < self.steps and self.sung[stop] == self.sung[start] and not self.onsets[stop]:
                if stop % 4 == 0 and self.chords.changes[stop // 4]:
                    break
                stop += 1
            pc = self.sung[start]
            if pc in self.chords.scale:
                pc = scale[(scale.index(pc) + degrees) % 7]
            if pc not in self.allowed[start // 4][1]:
                continue
            pitch = min(
                (p for p in range(_LOWEST, _HIGHEST + 1) if p % 12 == pc), key=lambda p: abs(p - self.last)
            )
            # A third under a note that changes function may rub with the chord: then stay out.
            if degrees and any((pitch - tone) % 12 == 1 for tone in self.chords.tones[start // 4]):
                continue
            self._play(start, min(stop, bar.first + bar.steps), pitch)

    # --- answers ----------------------------------------------------------------------------------------

    def _answers(self, bars: Sequence[Bar], plans: Sequence[Plan], silent: Sequence[bool]) -> None:
        """Plays phrases in the singer's rests: one after a line, more where nobody sings."""
        step_bar = bars[0].steps
        t = 0
        while t < self.steps:
            if self.sung[t] >= 0:
                t += 1
                continue
            stop = t
            while stop < self.steps and self.sung[stop] < 0:
                stop += 1
            if stop - t >= 4:
                self._answer(t, stop, bars, plans, silent, step_bar)
            t = stop

    def _answer(
        self,
        gap: int,
        stop: int,
        bars: Sequence[Bar],
        plans: Sequence[Plan],
        silent: Sequence[bool],
        step_bar: int,
    ) -> None:
        """Fills one gap, or leaves it: a section is answered as a habit, a gap now and then left."""
        bar, plan = bars[gap // step_bar], plans[gap // step_bar]
        long = stop - gap >= 2 * step_bar
        key = (bar.name, bar.energy)
        if key not in self.habits:
            chance = self.groove.answers[bar.energy] * self.eagerness * (0.5 if self.slow else 1.4)
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
            weights = np.array([p.weight * p.steps for p in fitting], float)
            kept = fitting[int(np.searchsorted(np.cumsum(weights), self.rng.random() * weights.sum()))]
            self.figures.setdefault(key, kept)
        return kept.line

    def _phrase(self, start: int, stop: int, cell: str) -> None:
        """One phrase on a rhythm: the motif's steps, chord tones on strong places and at the end."""
        line = cell[: stop - start]
        places = [i for i, c in enumerate(line) if c in "xC"]
        if stop < self.steps and self.tokens[stop] == HOLD:
            self._cut(stop)
        self.tokens[start:stop] = [REST] * (stop - start)
        target, pitch = float(np.clip(self.last, 8, 17)), None
        for number, place in enumerate(places):
            first, after = start + place, start + place + 1
            while after < stop and line[after - start] == "-":
                after += 1
            for beat in range(first // 4 + 1, -(-after // 4)):
                if self.chords.changes[beat]:
                    after = 4 * beat
                    break
            if self.chords.roots[first // 4] is None:
                continue
            final = number == len(places) - 1
            strong = final or number == 0 or first % 8 == 0
            before = pitch
            pitch = self._pitch(
                first, after, target, strong=strong, avoid=before if number % 4 != 3 else None
            )
            self._play(first, after, pitch)
            step = self.motif[self.told % len(self.motif)]
            self.told += 1
            target = (target if pitch is None else pitch) + 1.8 * step
            if not 6 <= target <= 20:
                target -= 3.6 * step

    def _cut(self, t: int) -> None:
        """Ends what was held over the end of a phrase laid on top of it; a pad's chord is struck again."""
        if self._sounding(t) == LEAD_CHORD:
            self.tokens[t] = LEAD_CHORD
            return
        while t < self.steps and self.tokens[t] == HOLD:
            self.tokens[t] = REST
            t += 1

    def _end(self, bar: Bar) -> None:
        """A last chord or chord tone, held with the band, if the lead has been playing at all."""
        before = self.tokens[max(bar.first - 2 * bar.steps, 0) : bar.first]
        self.tokens[bar.first :] = [REST] * (self.steps - bar.first)
        if not any(before) or self.chords.roots[bar.first // 4] is None:
            return
        stop = min(bar.first + bar.steps - 4, 4 * self.chords.next_change[bar.first // 4])
        stop = max(stop, bar.first + 2)
        if self.chordal:
            self._play(bar.first, stop, LEAD_CHORD - 2)
        else:
            self._play(bar.first, stop, self._pitch(bar.first, stop, self.last, strong=True))


#: Rhythms for a rest of little more than a quarter.
_SHORT = ("x---", "x-x-", "..x-")
_ARPEGGIOS = ((0, 1, 2, 3), (0, 1, 2, 3, 2, 1), (3, 2, 1, 0), (0, 2, 1, 3), (0, 1, 3, 2, 4, 3, 2, 1))


def _sung(skeleton: Skeleton, steps: int) -> tuple[list[int], list[bool]]:
    """For each sixteenth the pitch class sung above the tonic (-1 for none) and whether a note begins."""
    sung, onsets = [-1] * steps, [False] * steps
    for note in skeleton.melody:
        first, last = round(note.start * 4), max(round(note.end * 4), round(note.start * 4) + 1)
        for t in range(max(first, 0), min(last, steps)):
            sung[t] = (note.pitch - skeleton.key.tonic) % 12
        if 0 <= first < steps:
            onsets[first] = True
    return sung, onsets


def _motif(rng: np.random.Generator) -> tuple[int, ...]:
    """Steps of a short idea, in scale steps: mostly by step, one leap, turning back after it."""
    steps = [int(rng.choice((-1, 1))) for _ in range(int(rng.integers(3, 6)))]
    leap = int(rng.integers(len(steps)))
    steps[leap] *= int(rng.integers(2, 4))
    if leap + 1 < len(steps):
        steps[leap + 1] = -1 if steps[leap] > 0 else 1
    return tuple(steps)


def _contour(rng: np.random.Generator) -> tuple[int, ...]:
    """Heights of a riff's notes around its centre, a step being about a third: a walk that turns home."""
    heights, height = [], int(rng.integers(-1, 3))
    for _ in range(12):
        heights.append(height)
        step = (0, 0, 1, -1, 1, -1, 2, -2)[int(rng.integers(8))]
        height += step if abs(height + step) <= 3 else -step
    return tuple(heights)
