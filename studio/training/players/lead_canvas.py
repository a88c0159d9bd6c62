"""The lead's part while it is being written: the harmony under it, the singer beside it, pitches that fit both.

Pitches are semitones above the lead register's tonic, 0 to 23. Every pitch chosen here is in the chord or in
the key, never a semitone from a note sung while it lasts, and as a rule a third or more away from it.
"""

from __future__ import annotations

from studio.core.score import HOLD, LEAD_CHORD, REST
from studio.training.songs.chord_line import ChordLine
from studio.training.songs.skeleton import Skeleton

#: In place of a pitch: the sustained chord.
CHORD = LEAD_CHORD - 2
LOWEST, HIGHEST, CENTRE = 3, 22, 12
_MAJOR_PENTATONIC = frozenset({0, 2, 4, 7, 9})
_MINOR_PENTATONIC = frozenset({0, 3, 5, 7, 10})


class LeadCanvas:
    """Tokens of one song's lead, written in any order.

    Attributes:
        tokens: one a sixteenth.
        sung, onsets: for each sixteenth the pitch class sung above the tonic (-1 for none) and whether a sung
            note begins.
        allowed: for each quarter the chord's tones, and the tones a line may pass through.
        last: the latest pitch played.
    """

    def __init__(self, skeleton: Skeleton, chords: ChordLine, *, pentatonic: bool) -> None:
        self.chords = chords
        self.steps = 4 * skeleton.beats
        self.tokens = [REST] * self.steps
        self.sung, self.onsets = _sung(skeleton, self.steps)
        self.last = CENTRE
        scale = chords.scale
        if pentatonic:
            scale &= _MINOR_PENTATONIC if skeleton.key.mode == "minor" else _MAJOR_PENTATONIC
        self.allowed = [self._allowed(beat, scale) for beat in range(skeleton.beats)]

    def _allowed(self, beat: int, scale: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Chord tones, and with them scale tones that do not rub against the chord's altered tones."""
        tones = self.chords.tones[beat]
        foreign = tones - self.chords.scale
        passing = frozenset(p for p in scale if not any((p - f) % 12 in (1, 11) for f in foreign))
        return tones, passing | tones

    def _sung_in(self, start: int, stop: int) -> set[int]:
        """Pitch classes above the tonic."""
        return {p for p in self.sung[start:stop] if p >= 0}

    def rubs(self, pitch: int, start: int, stop: int) -> bool:
        """Whether a pitch lies a semitone from anything sung in the meantime."""
        return any((pitch - other) % 12 in (1, 11) for other in self._sung_in(start, stop))

    def pitch(
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
        for pitch in range(LOWEST, HIGHEST + 1):
            pc = pitch % 12
            if pc not in pool:
                continue
            cost = abs(pitch - target) + 0.05 * abs(pitch - CENTRE) + 2.5 * (pitch == avoid)
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

    def play(self, start: int, stop: int, pitch: int | None) -> None:
        """A note or, for None, a rest."""
        if pitch is None:
            return
        stop = min(stop, self.steps)
        self.tokens[start] = 2 + pitch
        self.tokens[start + 1 : stop] = [HOLD] * (stop - start - 1)
        if pitch != CHORD:
            self.last = pitch

    def spans(self, start: int, stop: int, every: int) -> list[tuple[int, int]]:
        """Divides sixteenths at chord changes and every so many sixteenths from the start."""
        cuts = [
            t
            for t in range(start, stop)
            if t == start or (t - start) % every == 0 or (t % 4 == 0 and self.chords.changes[t // 4])
        ]
        return list(zip(cuts, [*cuts[1:], stop], strict=True))

    def struck(self, t: int) -> int:
        """Where the note, or the rest, began that reaches up to a sixteenth."""
        t -= 1
        while t > 0 and self.tokens[t] == HOLD:
            t -= 1
        return max(t, 0)

    def sounding(self, t: int) -> int:
        """The token of the note that still sounds when a sixteenth begins, REST for none."""
        return self.tokens[self.struck(t)] if t else REST

    def hold(self, start: int, stop: int) -> None:
        """Lets what sounds go on."""
        self.tokens[start:stop] = [HOLD] * (stop - start)

    def cut(self, t: int) -> None:
        """Ends what was held over the end of a phrase laid on top of it; a pad's chord is struck again."""
        if self.sounding(t) == LEAD_CHORD:
            self.tokens[t] = LEAD_CHORD
            return
        while t < self.steps and self.tokens[t] == HOLD:
            self.tokens[t] = REST
            t += 1


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
