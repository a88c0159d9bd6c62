"""What the finishing rules look at and write on: a score's tokens by stem, laid out in sixteenths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Key
from studio.core.score import COLUMNS, GLOBALS, HOLD, REST, Score, token_chord, unpack_drums

#: Sixteenths for which a drum is still heard.
_DRUM_RINGS = 2


@dataclass(frozen=True, eq=False)
class Setting:
    """What the rules know beside the score.

    Attributes:
        bar: quarters in a bar.
        step_s: seconds in a sixteenth.
        end: the quarter at which the recording ends, as a number of quarters.
        sung: bool [L * 4], whether the singer sounds on each sixteenth.
        onsets: bool [L * 4], whether a sung note begins there.
    """

    bar: int
    step_s: float
    end: float
    sung: NDArray[np.bool_]
    onsets: NDArray[np.bool_]


class GridView:
    """A copy of a score's tokens that rules change, and only where they may.

    Attributes:
        tokens: int64 [L, 21].
        free: bool [L, 21].
    """

    def __init__(self, score: Score, free: NDArray[np.bool_], setting: Setting) -> None:
        self.tokens, self.free, self.setting = score.tokens.copy(), free, setting
        self.beats, self.steps = len(self.tokens), len(self.tokens) * STEPS_PER_BEAT
        self.playing = {stem: int(score.globals[GLOBALS.index(stem)]) > 0 for stem in STEMS}
        self.globals = score.globals

    def line(self, stem: str) -> NDArray[np.int64]:
        """The tokens of bass, harmony or lead, one a sixteenth: a copy, [L * 4]."""
        return self.tokens[:, COLUMNS[stem]].reshape(-1).copy()

    def write(self, stem: str, line: NDArray[np.int64]) -> None:
        """Takes a changed copy of `line`, where tokens are free."""
        columns = COLUMNS[stem]
        self.tokens[:, columns] = np.where(
            self.free[:, columns], line.reshape(-1, STEPS_PER_BEAT), self.tokens[:, columns]
        )

    def may_write(self, stem: str, first: int, stop: int) -> bool:
        """Whether all sixteenths of a span are free."""
        return bool(self.free[:, COLUMNS[stem]].reshape(self.steps, -1)[first:stop].all())

    def drums(self) -> NDArray[np.int64]:
        """Levels 0 to 2, [L * 4, 7]."""
        return unpack_drums(self.tokens[:, COLUMNS["drums"]]).transpose(0, 2, 1).reshape(self.steps, -1)

    def write_drums(self, levels: NDArray[np.int64]) -> None:
        """Takes changed levels [L * 4, 7], where tokens are free."""
        columns = COLUMNS["drums"]
        digits = levels.reshape(self.beats, STEPS_PER_BEAT, -1)
        packed = np.einsum("lsc,s->lc", digits, 3 ** np.arange(STEPS_PER_BEAT)[::-1])
        self.tokens[:, columns] = np.where(self.free[:, columns], packed, self.tokens[:, columns])

    def changes(self) -> NDArray[np.bool_]:
        """Whether a chord begins on each sixteenth, [L * 4]."""
        new = np.zeros(self.steps, dtype=bool)
        chord = self.tokens[:, 0]
        new[::STEPS_PER_BEAT] = np.append(True, chord[1:] != chord[:-1])
        return new

    def chord_tones(self, step: int) -> tuple[int, ...]:
        """Pitch classes of the chord at a sixteenth, above the tonic; none where there is no chord."""
        return token_chord(int(self.tokens[step // STEPS_PER_BEAT, 0]), Key(0, "major")).pitch_classes

    def energy(self, step: int) -> int:
        return int(self.tokens[step // STEPS_PER_BEAT, COLUMNS["energy"]][0])

    def sounding(self, stem: str) -> NDArray[np.bool_]:
        """Whether a stem sounds on each sixteenth, [L * 4]; a drum is heard for an eighth."""
        if not self.playing[stem]:
            return np.zeros(self.steps, dtype=bool)
        if stem == "drums":
            hit = (self.drums() > 0).any(1)
            return np.convolve(hit, np.ones(_DRUM_RINGS), mode="full")[: self.steps] > 0
        return sounds(self.line(stem))


def sounds(line: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a note sounds on each sixteenth of a line: one that holds nothing does not."""
    place = np.arange(len(line))
    rested = np.maximum.accumulate(np.where(line == REST, place, -1))
    struck = np.maximum.accumulate(np.where(line > HOLD, place, -1))
    return np.asarray(struck > rested)


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The spans (first, stop) in which a mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def nearest_tone(token: int, tones: tuple[int, ...], lowest: int = 0, highest: int = 23) -> int:
    """The height above the tonic, of those that are chord tones, nearest to `token`; the lower of two."""
    heights = [h for h in range(lowest, highest + 1) if h % 12 in tones]
    return min(heights, key=lambda h: (abs(h - token), h)) if heights else token
