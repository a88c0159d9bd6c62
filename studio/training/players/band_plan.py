"""Who plays what in each bar: one pattern per player for a section and energy, kept for its return.

A band repeats itself, so a section's name and energy fix its patterns; a return may exchange one of them.
Density works in two places: it leans the choice towards thinner or fuller patterns, and it thins or fills
the chosen ones (once a plan, so that every bar of the section agrees).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.training.players.grooves import Feel, Groove, Pattern
from studio.training.songs.bars import Bar
from studio.training.songs.draws import draw, draw_index

KICK, SNARE, CLOSED_HAT, OPEN_HAT, CYMBAL, TOM, PERCUSSION = range(7)


@dataclass(frozen=True, eq=False)
class Parts:
    """Patterns that are played together.

    Attributes:
        drums: int64 [7, steps], beat and time patterns together, as dense as wished; no steps: tacet.
        bass, harmony: symbols of one or two bars.
    """

    drums: NDArray[np.int64]
    bass: str
    harmony: str


@dataclass(frozen=True, eq=False)
class Plan:
    """What the band plays in the bars of one section at one energy.

    Attributes:
        main: the patterns of most bars; other: those of every `every`-th bar (0: of none) and, where the band
            `responds`, of bars in which the singer comes to rest.
        role: what the lead does under the singing; riff: its rhythm when the role needs one.
        turnaround: whether every fourth bar leads on (a kick pickup, an open hat, an approach in the bass).
    """

    main: Parts
    other: Parts
    every: int
    responds: bool
    role: str
    riff: str
    turnaround: bool

    @property
    def has_drums(self) -> bool:
        return bool(self.main.drums.any())

    def parts(self, bar: Bar) -> Parts:
        """The patterns of a bar."""
        due = self.every and bar.place % self.every == self.every - 1
        return self.other if due or (self.responds and bar.resting) else self.main


class Planner:
    """Chooses and remembers the plans of one song."""

    def __init__(
        self,
        groove: Groove,
        feel: Feel,
        density: int,
        players: Mapping[str, str],
        tempo_bpm: float,
        peak: int,
        rng: np.random.Generator,
    ) -> None:
        """
        Args:
            density: 0 sparse, 1 medium, 2 busy.
            players: the instrument of each stem.
            tempo_bpm: above the style's fastest tempo the band plays fewer notes a bar.
            peak: the song's highest energy, where the lead seldom stays silent.
        """
        self.groove, self.feel, self.density, self.rng = groove, feel, density, rng
        self.peak = peak
        self.fast = tempo_bpm > 1.1 * feel.tempo[1]
        self.lean = (density - 1) * 1.2 - 1.0 * self.fast
        self.roomy = groove.sixteenths and tempo_bpm < 126
        self.comping = tuple(p for p in feel.harmony if players["harmony"] in p.instruments) or feel.harmony
        #: On these kits a full stroke of the percussion is a clap.
        self.claps = players["drums"] in ("electronic kit", "808 kit")
        self.plans: dict[tuple[str, int], Plan] = {}
        self.last_section: dict[tuple[str, int], int] = {}

    def plan(self, bar: Bar) -> Plan:
        """The plan of a bar: remembered by section name and energy, sometimes with one player varied."""
        key = (bar.name, bar.energy)
        if key not in self.plans:
            self.plans[key] = self._new(bar.energy)
        elif self.last_section[key] != bar.section and self.rng.random() < 0.4:
            self.plans[key] = self._varied(self.plans[key], self._new(bar.energy))
        self.last_section[key] = bar.section
        return self.plans[key]

    def _choose(self, patterns: Sequence[Pattern], energy: int, kick: str = "") -> Pattern | None:
        """A pattern for an energy: by weight, leaning with density and energy and towards the kick drum."""
        fitting = [p for p in patterns if energy in p.energies]
        if not fitting:
            return None
        counts = [p.onsets for p in fitting]
        lean = self.lean + (-0.8, -0.2, 0.0, 0.3)[energy]
        middle, spread = sum(counts) / len(counts), max(max(counts) - min(counts), 1)
        weights = []
        for pattern, onsets in zip(fitting, counts, strict=True):
            weight = pattern.weight * float(np.exp(2.0 * lean * (onsets - middle) / spread))
            if kick and pattern.line != "kick":
                struck = [i for i, c in enumerate(pattern.line) if c not in "-."]
                shared = sum(kick[i % len(kick)] != "." for i in struck)
                weight *= 0.5 + 1.5 * shared / max(len(struck), 1)
            weights.append(weight)
        return fitting[draw_index(weights, self.rng)]

    def _varied(self, plan: Plan, fresh: Plan) -> Plan:
        """The plan with the patterns of one player exchanged; drums take the bass along, which locks to them."""
        changed = (("drums", "bass"), ("bass",), ("harmony",), ())[int(self.rng.integers(4))]
        if not changed:
            return replace(plan, role=fresh.role, riff=fresh.riff)
        main, other = (
            replace(old, **{player: getattr(new, player) for player in changed})
            for old, new in ((plan.main, fresh.main), (plan.other, fresh.other))
        )
        return replace(plan, main=main, other=other)

    def _new(self, energy: int) -> Plan:
        """Draws a plan for an energy."""
        rng = self.rng
        time = self._choose(self.feel.time, energy)
        main = self._parts(energy, time)
        drawn = self._parts(energy, time) if main.drums.any() else main
        # The other bars vary one or two of the players, the rest go on as they were.
        vary = rng.random(3) < (0.4, 0.3, 0.5)
        other = Parts(
            drawn.drums if vary[0] else main.drums,
            drawn.bass if vary[0] or vary[1] else main.bass,
            drawn.harmony if vary[2] else main.harmony,
        )
        riff = self._choose(self.feel.riffs, energy)
        roles = self.groove.lead_roles[energy]
        role = draw(roles, rng)
        if role == "silent" and energy == self.peak and len(roles) > 1 and rng.random() < 0.75:
            role = draw({name: weight for name, weight in roles.items() if name != "silent"}, rng)
        every = (0, 4, 2)[draw_index((3, 4, 2), rng)]
        responds, turnaround = rng.random(2) < (0.5, 0.6)
        line = riff.line if riff else ""
        return Plan(main, other, every, bool(responds), role, line, bool(turnaround))

    def _parts(self, energy: int, time: Pattern | None) -> Parts:
        """Draws a beat for a time pattern, a bass that goes with its kick drum, and comping."""
        beat = self._choose(self.feel.beats, energy)
        assert beat is not None
        levels, kick = beat.levels, beat.rows.get("kick", "")
        if time is not None and (beat.rows or energy < 2):
            steps = max(levels.shape[1], time.levels.shape[1])
            levels = np.maximum(_lasting(levels, steps), _lasting(time.levels, steps))
        bass = self._choose(self.feel.bass, energy, kick)
        comping = self._choose(self.comping, energy)
        # Every feel is checked on loading to have these.
        assert bass is not None
        assert comping is not None
        line = bass.line
        if line == "kick":
            line = lock_to_kick(kick) if kick.strip(".") else "R" + "-" * (bass.steps - 1)
        return Parts(
            self._dress_drums(levels), self._dress_line(line, "R8"), self._dress_line(comping.line, "cs")
        )

    def _dress_drums(self, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Thins a drum pattern when sparse or too fast, adds ghost notes and soft hats when busy."""
        levels = levels.copy()
        steps = levels.shape[1]
        odd = np.arange(steps) % 2 == 1
        rng = self.rng
        if self.claps and (levels[PERCUSSION] == 2).sum() > steps // 8:
            levels[PERCUSSION] = np.minimum(levels[PERCUSSION], 1)
        if self.density == 0 or self.fast:
            levels[CLOSED_HAT, odd] = 0
            levels[PERCUSSION, odd] = 0
        if self.density == 0:
            levels[SNARE, (levels[SNARE] == 1) & odd] = 0
            if rng.random() < 0.35:
                levels[CLOSED_HAT, np.arange(steps) % 4 != 0] = 0
            if rng.random() < 0.5:
                levels[PERCUSSION] = 0
        elif self.density == 2 and steps:
            offbeats = np.arange(2, steps, 4)
            hats = levels[CLOSED_HAT]
            if hats.any() and rng.random() < 0.5:
                free = offbeats[(hats[offbeats] == 0) & (levels[OPEN_HAT, offbeats] == 0)]
                hats[free] = 1
            if self.roomy:
                if hats[offbeats].any() and rng.random() < 0.4:
                    hats[odd & (hats == 0)] = 1
                if (levels[SNARE] == 2).any():
                    ghosts = np.flatnonzero(odd & (levels[SNARE] == 0) & (levels[KICK] == 0))
                    levels[SNARE, rng.permutation(ghosts)[: int(rng.integers(1, 4))]] = 1
        return levels

    def _dress_line(self, line: str, restruck: str) -> str:
        """Thins a bass or comping line when sparse; when busy, restrikes long holds of `restruck` symbols."""
        symbols = list(line)
        if self.density == 0 or self.fast:
            for i in range(1, len(symbols), 2):
                if symbols[i] not in "-.":
                    symbols[i] = "-" if symbols[i - 1] != "." else "."
        if self.density == 0 and self.rng.random() < 0.4:
            for i in range(2, len(symbols), 4):
                if symbols[i] in "suR" and symbols[i - 2] not in "-.":
                    symbols[i] = "-"
        elif self.density == 2:
            last = "."
            for i, symbol in enumerate(symbols):
                if symbol != "-":
                    last = symbol
                elif i % 2 or last not in restruck or symbols[i - 1 : i + 2] != ["-"] * 3:
                    continue
                elif self.rng.random() < 0.15:
                    symbols[i] = "s" if last == "c" else last
        return "".join(symbols)


def lock_to_kick(kick: str) -> str:
    """A bass line of roots on the kick drum's onsets, held to the next; begins on the first beat."""
    return "R" + "".join("-" if c == "." else "R" for c in kick[1:])


def _lasting(levels: NDArray[np.int64], steps: int) -> NDArray[np.int64]:
    """Drum levels repeated to last `steps` sixteenths; silence for no pattern."""
    if not levels.shape[1]:
        return np.zeros((7, steps), np.int64)
    return np.tile(levels, (1, steps // levels.shape[1]))
