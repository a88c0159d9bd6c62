"""What the lead plays under the singing: pads, guide tones, counter-lines, riffs, arpeggios, doublings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from studio.core.score import LEAD_CHORD
from studio.training.players.band_plan import Plan
from studio.training.players.grooves import Feel, Groove
from studio.training.players.lead_canvas import CENTRE, CHORD, HIGHEST, LOWEST, LeadCanvas
from studio.training.songs.bars import Bar

#: Lead instruments that can play the sustained chord.
CHORDAL = frozenset(
    {"strings", "slow strings", "warm pad", "choir", "vibraphone", "brass section", "saw lead"}
)
#: Lead instruments too slow for short notes.
SLOW = frozenset({"slow strings", "warm pad", "choir"})
_ARPEGGIOS = ((0, 1, 2, 3), (0, 1, 2, 3, 2, 1), (3, 2, 1, 0), (0, 2, 1, 3), (0, 1, 3, 2, 4, 3, 2, 1))


class LeadRoles:
    """Plays bars of one song in the role their plan gives the lead."""

    def __init__(
        self,
        canvas: LeadCanvas,
        groove: Groove,
        feel: Feel,
        instrument: str,
        density: int,
        rng: np.random.Generator,
    ) -> None:
        self.canvas, self.groove, self.rng = canvas, groove, rng
        self.chordal, self.slow = instrument in CHORDAL, instrument in SLOW
        self.pulse = feel.pulse
        self.running = self.chordal and groove.sixteenths and density > 0
        #: Melodic shapes by riff, so that a riff returns as it was.
        self.contours: dict[str, tuple[int, ...]] = {}
        self.roles: Mapping[str, Callable[[Bar, Plan], None]] = {
            "pad": self._pad if self.chordal else self._guide,
            "guide": self._guide,
            "counter": self._guide if self.slow else self._counter,
            "riff": self._slow_riff if self.slow else self._riff,
            "arpeggio": self._pad if self.slow else self._arpeggio,
            "double": lambda bar, plan: self._follow(bar, 0),
            "thirds": lambda bar, plan: self._follow(bar, -2),
        }

    def play(self, bar: Bar, plan: Plan, hits: Sequence[int]) -> None:
        """One bar. A bar of band hits has nothing else, and those only as chords."""
        if plan.role not in self.roles:
            return
        if not hits:
            self.roles[plan.role](bar, plan)
        elif self.chordal:
            self._hit(bar, hits)

    def _pad(self, bar: Bar, plan: Plan) -> None:
        """Sustained chords, struck again when the chord changes or a section begins."""
        c = self.canvas
        for start, stop in c.spans(bar.first, bar.first + bar.steps, bar.steps):
            if c.chords.roots[start // 4] is None:
                continue
            held = bar.place % 4 != 0 and not c.chords.changes[start // 4]
            if held and c.sounding(start) == LEAD_CHORD:
                c.hold(start, stop)
            else:
                c.play(start, stop, CHORD)

    def _guide(self, bar: Bar, plan: Plan) -> None:
        """Long thirds and sevenths, moving as little as possible."""
        c = self.canvas
        every = bar.steps if bar.energy < 3 else max(bar.steps // 2, 4)
        for start, stop in c.spans(bar.first, bar.first + bar.steps, every):
            root = c.chords.roots[start // 4]
            if root is None:
                continue
            steps = c.chords.intervals[start // 4]
            guides = {(root + s) % 12 for s in (steps[1], steps[-1])}
            pitch = c.pitch(start, stop, c.last, strong=True)
            for target in (c.last, c.last - 3, c.last + 3):
                other = c.pitch(start, stop, target, strong=True)
                if other is not None and other % 12 in guides and abs(other - c.last) <= 5:
                    pitch = other
                    break
            c.play(start, stop, pitch)

    def _counter(self, bar: Bar, plan: Plan) -> None:
        """Moves where the singer holds or rests and holds where the singer moves."""
        c = self.canvas
        direction = 1 if c.last < CENTRE else -1
        for start, stop in c.spans(bar.first, bar.first + bar.steps, self.pulse):
            tones, _ = c.allowed[start // 4]
            if not tones:
                continue
            sounding = c.sounding(start) == 2 + c.last
            fits = c.last % 12 in tones and not c.rubs(c.last, start, stop)
            moving = not any(c.onsets[start:stop]) or start == bar.first
            stale = start - c.struck(start) >= 2 * bar.steps
            if sounding and fits and not stale and not (moving and self.rng.random() < 0.7):
                c.hold(start, stop)
                continue
            step = 2 * direction if self.rng.random() < 0.7 else -2 * direction
            strong = start == bar.first or c.chords.changes[start // 4]
            pitch = c.pitch(start, stop, c.last + step, strong=strong)
            if sounding and pitch == c.last and not stale:
                c.hold(start, stop)
            else:
                c.play(start, stop, pitch)

    def _hit(self, bar: Bar, hits: Sequence[int]) -> None:
        """The band's hits as chords, the last one held for a quarter."""
        c = self.canvas
        for step, after in zip(hits, [*hits[1:], hits[-1] + 4], strict=True):
            if c.chords.roots[(bar.first + step) // 4] is not None:
                first = bar.first + step
                change = 4 * c.chords.next_change[first // 4]
                stop = min(bar.first + after, first + 4, bar.first + bar.steps, change)
                c.play(first, stop, CHORD)

    def _slow_riff(self, bar: Bar, plan: Plan) -> None:
        """Slow players sing a riff's chords and leave one of single notes."""
        (self._riff if "C" in plan.riff and "x" not in plan.riff else self._pad)(bar, plan)

    def _riff(self, bar: Bar, plan: Plan) -> None:
        """The plan's rhythm on a contour of chord tones that the whole song shares."""
        c = self.canvas
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
                if stop % 4 == 0 and c.chords.changes[stop // 4]:
                    break
                stop += 1
            if c.chords.roots[start // 4] is None:
                continue
            if symbol == "C" and self.chordal:
                c.play(start, stop, CHORD)
                continue
            target = CENTRE + 2.0 * contour[struck % len(contour)]
            c.play(start, stop, c.pitch(start, stop, target, strong=i % 4 == 0 or stop - start > 2))
            struck += 1

    def _arpeggio(self, bar: Bar, plan: Plan) -> None:
        """Chord tones up and down in eighths, in sixteenths at full energy where the style has them."""
        c = self.canvas
        every = 1 if bar.energy == 3 and self.running else 2
        shape = self.contours.setdefault("arpeggio", _ARPEGGIOS[int(self.rng.integers(len(_ARPEGGIOS)))])
        for i in range(0, bar.steps, every):
            start = bar.first + i
            root = c.chords.roots[start // 4]
            if root is None:
                continue
            ladder = [p for p in range(6, 22) if p % 12 in c.chords.tones[start // 4]]
            pitch = ladder[shape[i // every % len(shape)] % len(ladder)]
            if not c.rubs(pitch, start, start + every):
                c.play(start, start + every, pitch)
                continue
            c.play(start, start + every, c.pitch(start, start + every, pitch, strong=True))

    def _follow(self, bar: Bar, degrees: int) -> None:
        """Doubles the sung line, in unison or a diatonic third below, where that is in key."""
        c = self.canvas
        scale = sorted(c.chords.scale)
        for start in range(bar.first, bar.first + bar.steps):
            if not c.onsets[start] or c.sung[start] < 0:
                continue
            stop = start + 1
            while stop < c.steps and c.sung[stop] == c.sung[start] and not c.onsets[stop]:
                if stop % 4 == 0 and c.chords.changes[stop // 4]:
                    break
                stop += 1
            pc = c.sung[start]
            if pc in c.chords.scale:
                pc = scale[(scale.index(pc) + degrees) % 7]
            if pc not in c.allowed[start // 4][1]:
                continue
            pitch = min(
                (p for p in range(LOWEST, HIGHEST + 1) if p % 12 == pc), key=lambda p: abs(p - c.last)
            )
            # A third under a note that changes function may rub with the chord: then stay out.
            if degrees and any((pitch - tone) % 12 == 1 for tone in c.chords.tones[start // 4]):
                continue
            c.play(start, min(stop, bar.first + bar.steps), pitch)


def _contour(rng: np.random.Generator) -> tuple[int, ...]:
    """Heights of a riff's notes around its centre, a step being about a third: a walk that turns home."""
    heights, height = [], int(rng.integers(-1, 3))
    for _ in range(12):
        heights.append(height)
        step = (0, 0, 1, -1, 1, -1, 2, -2)[int(rng.integers(8))]
        height += step if abs(height + step) <= 3 else -step
    return tuple(heights)
