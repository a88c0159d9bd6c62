"""Bass symbols of a groove -> bass tokens that follow the chords.

Lines are thought as if every root lay within a tritone of the one before (`chord_line.nearest`): what an
approach or a walk says then depends on the chords alone and not on the key's place in the register.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.score import BASS_OFFSET, HOLD, REST
from studio.training.songs.chord_line import ChordLine, nearest


class BassWriter:
    """Resolves the symbols of one song."""

    def __init__(self, chords: ChordLine, chromatic: bool, rng: np.random.Generator) -> None:
        self.chords, self.chromatic, self.rng = chords, chromatic, rng
        self._rising = False

    def write(self, symbols: Sequence[str]) -> list[int]:
        """Tokens of one symbol a sixteenth.

        A chord change during a hold gets the new root, the first note of a chord is its root unless the style
        walks there or plays its octave, and a chord that would pass unheard gets its root where it starts.
        """
        chords = self.chords
        tokens = [REST] * len(symbols)
        sounding, fresh = False, True
        here, home = 0, 0  # the latest note above `home`, the latest root
        anticipated: int | None = None
        for t, given in enumerate(symbols):
            symbol = given
            beat, part = divmod(t, 4)
            root = chords.roots[beat]
            if root is None:
                sounding, fresh, anticipated = False, True, None
                continue
            if part == 0 and chords.changes[beat]:
                fresh = True
                here -= nearest(root - home)
                home = root
                self._rising = self.rng.random() < 0.7
                if symbol == "-":
                    symbol = "-" if anticipated == root and sounding else "R"
                elif symbol == "." and all(s in "-." for s in symbols[t : 4 * chords.next_change[beat]]):
                    symbol = "R"
                anticipated = None
            if symbol == "-":
                tokens[t] = HOLD if sounding else REST
                continue
            if symbol == ".":
                sounding = False
                continue
            if fresh and symbol not in "R8on" and not (symbol == "w" and self.rng.random() < 0.1):
                symbol = "R"
            here = self._step(symbol, t, symbols, root, here)
            if symbol == "n" and beat + 1 < len(chords.roots):
                anticipated = chords.roots[beat + 1]
            tokens[t] = BASS_OFFSET + here
            sounding, fresh = True, False
        return tokens

    def _step(self, symbol: str, t: int, symbols: Sequence[str], root: int, here: int) -> int:
        """Semitones from the chord root, -12 to 12."""
        chords, beat = self.chords, t // 4
        third, fifth = chords.intervals[beat][1:3]
        if symbol == "w":
            return self._walk(t, symbols, root, here)
        if symbol == "a":
            return self._approach(t, symbols, root, here)
        if symbol == "n":
            following = chords.roots[min(beat + 1, len(chords.roots) - 1)]
            return 0 if following is None else nearest(following - root)
        if symbol == "7":
            seventh = chords.intervals[beat][3:]
            return seventh[0] if seventh else 10 if (root + 10) % 12 in chords.scale else fifth
        if symbol == "6":
            return 9 if (root + 9) % 12 in chords.scale else fifth
        return {"R": 0, "8": 12, "o": -12, "3": third, "5": fifth, "L": fifth - 12}[symbol]

    def _goal(self, t: int, symbols: Sequence[str], root: int) -> tuple[int, int]:
        """The next chord root seen from this root, -6 to 12, and the onsets left to reach it.

        A root below is as a rule reached by walking up to its octave: low notes are few on a bass.
        """
        beat = t // 4
        change = min(self.chords.next_change[beat], beat + 8)
        following = self.chords.roots[change] if change < len(self.chords.roots) else root
        onsets = sum(s not in "-." for s in symbols[t + 1 : 4 * change])
        goal = 0 if following is None else nearest(following - root)
        return goal + 12 * (goal < 0 and self._rising), onsets

    def _approach(self, t: int, symbols: Sequence[str], root: int, here: int) -> int:
        """A step below or above the next root when it comes next, else the fifth."""
        goal, onsets = self._goal(t, symbols, root)
        fifth = self.chords.intervals[t // 4][2]
        if onsets > 0 or goal == 0:
            return fifth - 12 if here < 3 and self.rng.random() < 0.2 else fifth
        reach = (goal - 1, goal + 1, goal - 2, goal + 2)
        steps = [s for s in reach if self.chromatic or (root + s) % 12 in self.chords.scale]
        steps = [s for s in steps if -12 <= s <= 12 and s % 12 != 0] or [fifth]
        return min(steps, key=lambda s: abs(s - here) + 2.0 * self.rng.random() + 6.0 * (s == here))

    def _walk(self, t: int, symbols: Sequence[str], root: int, here: int) -> int:
        """The next quarter of a walking line: chord tones and scale steps on a path to the next root."""
        beat = t // 4
        goal, onsets = self._goal(t, symbols, root)
        if onsets == 0:
            return self._approach(t, symbols, root, here)
        wanted = here + (goal - here) / (onsets + 1)
        tones, scale = self.chords.tones[beat], self.chords.scale
        best, best_cost = 0, 1e9
        for step in range(-5, 13):
            pitch_class = (root + step) % 12
            if pitch_class not in tones | scale or step == here:
                continue
            cost = 0.4 * abs(step - wanted) + 0.4 * max(abs(step - here) - 4, 0) + 1.5 * self.rng.random()
            cost += 0.8 * (step < 0) + 1.5 * (abs(step) > 10) + 2.0 * (goal != 0 and (step - goal) % 12 == 0)
            if pitch_class not in tones:
                # Passing notes lie between the beats that carry the chord, and move on by step.
                cost += (2.0 if t % 8 == 0 else 0.8) + 1.0 * (abs(step - here) > 2)
            if cost < best_cost:
                best, best_cost = step, cost
        return best
