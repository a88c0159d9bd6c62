"""Bass symbols of a groove -> bass tokens that follow the chords.

Lines are thought in the register -5 to 6 semitones around the tonic (`chord_line.register`), so that an
approach note leads to where the next root really is; a player of the tokens should place roots the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.score import BASS_OFFSET, HOLD, REST
from studio.training.chord_line import ChordLine, register


class BassWriter:
    """Resolves the symbols of one song."""

    def __init__(self, chords: ChordLine, chromatic: bool, rng: np.random.Generator) -> None:
        self.chords, self.chromatic, self.rng = chords, chromatic, rng

    def write(self, symbols: Sequence[str]) -> list[int]:
        """Tokens of one symbol a sixteenth.

        A chord change during a hold gets the new root, the first note of a chord is its root unless the style
        walks there or plays its octave, and a chord that would pass unheard gets its root where it starts.
        """
        chords = self.chords
        tokens = [REST] * len(symbols)
        sounding, fresh, last = False, True, 0  # last: pitch of the latest note, semitones from the tonic
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
            step = self._step(symbol, t, symbols, root, last)
            if symbol == "n" and beat + 1 < len(chords.roots):
                anticipated = chords.roots[beat + 1]
            tokens[t] = BASS_OFFSET + step
            last = register(root) + step
            sounding, fresh = True, False
        return tokens

    def _step(self, symbol: str, t: int, symbols: Sequence[str], root: int, last: int) -> int:
        """Semitones from the chord root, -12 to 12."""
        chords, beat = self.chords, t // 4
        third, fifth = chords.intervals[beat][1:3]
        if symbol == "w":
            return self._walk(t, symbols, root, last)
        if symbol == "a":
            return self._approach(t, symbols, root, last)
        if symbol == "n":
            following = chords.roots[min(beat + 1, len(chords.roots) - 1)]
            return 0 if following is None else register(following) - register(root)
        if symbol == "7":
            seventh = chords.intervals[beat][3:]
            return seventh[0] if seventh else 10 if (root + 10) % 12 in chords.scale else fifth
        if symbol == "6":
            return 9 if (root + 9) % 12 in chords.scale else fifth
        return {"R": 0, "8": 12, "o": -12, "3": third, "5": fifth, "L": fifth - 12}[symbol]

    def _goal(self, t: int, symbols: Sequence[str], root: int) -> tuple[int, int]:
        """The next chord root in the register, seen from this root, and the onsets left to reach it."""
        beat = t // 4
        change = min(self.chords.next_change[beat], beat + 8)
        following = self.chords.roots[change] if change < len(self.chords.roots) else root
        onsets = sum(s not in "-." for s in symbols[t + 1 : 4 * change])
        return (0 if following is None else register(following) - register(root)), onsets

    def _approach(self, t: int, symbols: Sequence[str], root: int, last: int) -> int:
        """A step below or above the next root when it comes next, else the fifth below it."""
        goal, onsets = self._goal(t, symbols, root)
        here = last - register(root)
        if onsets > 0 or goal == 0:
            fifth = self.chords.intervals[t // 4][2]
            return fifth - 12 if here < 3 and self.rng.random() < 0.4 else fifth
        reach = (goal - 1, goal + 1, goal - 2, goal + 2)
        steps = [s for s in reach if self.chromatic or (root + s) % 12 in self.chords.scale]
        steps = [s for s in steps if -12 <= s <= 12 and s % 12 != 0] or [self.chords.intervals[t // 4][2]]
        return min(steps, key=lambda s: abs(s - here) + 2.0 * self.rng.random() + 6.0 * (s == here))

    def _walk(self, t: int, symbols: Sequence[str], root: int, last: int) -> int:
        """The next quarter of a walking line: chord tones and scale steps on a path to the next root."""
        beat = t // 4
        goal, onsets = self._goal(t, symbols, root)
        if onsets == 0:
            return self._approach(t, symbols, root, last)
        here = last - register(root)
        wanted = here + (goal - here) / (onsets + 1)
        tones, scale = self.chords.tones[beat], self.chords.scale
        best, best_cost = 0, 1e9
        for step in range(-8, 13):
            pitch_class = (root + step) % 12
            if pitch_class not in tones | scale or step == here:
                continue
            leap = abs(step - here)
            cost = 0.5 * abs(step - wanted) + 0.3 * max(leap - 4, 0) + (0.0 if pitch_class in tones else 1.0)
            cost += 2.5 * self.rng.random() + (1.5 if abs(step) > 9 else 0.0)
            if t % 8 == 0 and pitch_class not in tones:
                cost += 1.0
            if cost < best_cost:
                best, best_cost = step, cost
        return best
