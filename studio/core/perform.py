"""From score to arrangement: tokens become notes in seconds, as players would place and voice them.

Rules, not learnt: chords and lead keep clear of the singer (voicing.py), drums get General MIDI keys, timing and
velocity are humanised. The same function serves training and the application, so the model hears what it will be asked
for. Every random draw belongs to a position (stem, sixteenth), so a change elsewhere never moves a note in
time; registers, octaves and voicings do follow the chords of the song.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.grid import STEPS_PER_BEAT, BeatGrid
from studio.core.instruments import ELECTRONIC_KITS, INSTRUMENTS, Instrument, instrument
from studio.core.music import Chord, Key
from studio.core.score import (
    BASS_OFFSET,
    COLUMNS,
    GLOBALS,
    HARMONY_STROKES,
    HOLD,
    LEAD_CHORD,
    REST,
    STYLES,
    SWINGS,
    Score,
    token_chord,
    unpack_drums,
)
from studio.core.voicing import clear_octave, masking_of, turned, voicings_of

#: Where the four sixteenths of a quarter fall, by swing: light swings sixteenths, heavy swings eighths.
SWING_STEPS = {
    "straight": (0.0, 0.25, 0.5, 0.75),
    "light": (0.0, 0.29, 0.5, 0.79),
    "heavy": (0.0, 1 / 3, 2 / 3, 5 / 6),
}

#: A player is never earlier on a step than this.
EARLIEST_S = 0.012
_VELOCITY_OF_ENERGY = (62, 78, 92, 104)
_DRUM_KEYS = {"kick": 36, "snare": 38, "closed_hat": 42, "open_hat": 46}
#: Velocity beside a kick or snare of the same moment: a drummer keeps time with light hands.
_WEIGHTS = {"closed_hat": 0.7, "open_hat": 0.7, "cymbal": 0.8, "percussion": 0.75}
_RIDE, _CRASH = 51, 49  # the soft and the full level of the cymbal column
_TOMS = (50, 47, 45, 43)
CLAP, _SHAKER, TAMBOURINE = 39, 70, 54
#: Stems that have accents of their own.
_SINGS_ITSELF = ("lead",)
_GUITARS = ("nylon guitar", "steel guitar", "clean guitar", "driven guitar", "harp")


class _Player:
    """Places notes of one stem: timing from grid and swing, jitter and velocity from the position."""

    def __init__(
        self, score: Score, grid: BeatGrid, stem: str, seed: int, push: NDArray[np.float32] | None = None
    ) -> None:
        steps = len(score.tokens) * STEPS_PER_BEAT
        rng = np.random.default_rng([seed, STEMS.index(stem)])
        offsets = np.array(SWING_STEPS[SWINGS[int(score.globals[GLOBALS.index("swing")])]])
        beats = np.arange(len(score.tokens) + 1)[:, None] + offsets
        self._times = grid.time_of(beats).reshape(-1)
        self._jitter_s = np.clip(rng.normal(0.0, 0.005, steps), -EARLIEST_S, EARLIEST_S)
        self._push = rng.normal(0.0, 4.0, steps)
        if push is not None and stem not in _SINGS_ITSELF:
            self._push += push.reshape(-1)
        self._energy = score.tokens[:, COLUMNS["energy"]][:, 0]
        self.notes: list[Note] = []

    def add(
        self,
        start: int,
        end: int,
        pitch: int,
        *,
        soft: bool = False,
        accent: bool = False,
        late_s: float = 0.0,
        weight: float = 1.0,
    ) -> None:
        """One note from step `start` to step `end`; `weight` scales its velocity."""
        base = _VELOCITY_OF_ENERGY[int(self._energy[start // STEPS_PER_BEAT])]
        metric = (6, -6, 0, -8)[start % STEPS_PER_BEAT]
        velocity = weight * (base + metric + self._push[start] - 26 * soft + 12 * accent)
        start_s = float(self._times[start] + self._jitter_s[start] + late_s)
        end_s = max(float(self._times[end]) - 0.01, start_s + 0.05)
        self.notes.append(Note(start_s, end_s, pitch, int(np.clip(velocity, 12, 127))))


def _into_range(pitch: int, instrument: Instrument) -> int:
    """Moves a pitch by octaves into the instrument's range."""
    while pitch < instrument.low:
        pitch += 12
    while pitch > instrument.high:
        pitch -= 12
    return pitch


def _drums(player: _Player, tokens: NDArray[np.int64], kit: Instrument) -> None:
    levels = unpack_drums(tokens)  # [beats, classes, 4]
    levels = levels.transpose(0, 2, 1).reshape(-1, levels.shape[1])  # [steps, classes]
    electronic = kit.name in ELECTRONIC_KITS
    for step, row in enumerate(levels):
        kick, snare, closed, opened, cymbal, tom, percussion = (int(v) for v in row)
        for name, level in (("kick", kick), ("snare", snare), ("closed_hat", closed), ("open_hat", opened)):
            if level:
                player.add(
                    step, step + 1, _DRUM_KEYS[name], soft=level == 1, accent=name == "snare" and level == 2,
                    weight=_WEIGHTS.get(name, 1.0),
                )  # fmt: skip
        if cymbal:
            player.add(
                step, step + 1, _CRASH if cymbal == 2 else _RIDE, soft=cymbal == 1, weight=_WEIGHTS["cymbal"]
            )
        if tom:
            player.add(step, step + 1, _TOMS[step % 4], soft=tom == 1)
        if percussion:
            key = (CLAP if electronic else TAMBOURINE) if percussion == 2 else _SHAKER
            player.add(step, step + 1, key, soft=percussion == 1, weight=_WEIGHTS["percussion"])


def _ends(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each step, the step where a note begun there stops: the next token that is not a hold."""
    ends = np.empty(len(tokens), dtype=np.int64)
    stop = len(tokens)
    for step in range(len(tokens) - 1, -1, -1):
        ends[step] = stop
        if tokens[step] != HOLD:
            stop = step
    return ends


def _bass_roots(chords: Sequence[Chord]) -> list[int]:
    """The bass register's root of each quarter: between E1 and A2, as near as can be to the root before."""
    roots: list[int] = []
    previous = 33
    for chord in chords:
        if chord.root is not None:
            low = 28 + (chord.root - 4) % 12
            previous = min((p for p in (low, low + 12) if p <= 45), key=lambda p: abs(p - previous))
        roots.append(previous)
    return roots


def _bass(player: _Player, tokens: NDArray[np.int64], chords: Sequence[Chord], bass: Instrument) -> None:
    flat = tokens.reshape(-1)
    ends = _ends(flat)
    roots = _bass_roots(chords)
    for step, token in enumerate(flat):
        beat = step // STEPS_PER_BEAT
        if token > HOLD and chords[beat].root is not None:
            pitch = roots[beat] + int(token) - BASS_OFFSET
            player.add(step, int(ends[step]), _into_range(pitch, bass))


def _chord_ends(chords: Sequence[Chord]) -> list[int]:
    """For each quarter, the step where its chord gives way to another."""
    ends = [0] * len(chords)
    stop = len(chords)
    for beat in range(len(chords) - 1, -1, -1):
        if beat + 1 < len(chords) and chords[beat + 1] != chords[beat]:
            stop = beat + 1
        ends[beat] = stop * STEPS_PER_BEAT
    return ends


def _harmony(
    player: _Player,
    tokens: NDArray[np.int64],
    chords: Sequence[Chord],
    masking: NDArray[np.float64],
    instrument: Instrument,
) -> None:
    flat = tokens.reshape(-1)
    ends = _ends(flat)
    guitar = instrument.name in _GUITARS or instrument.like in _GUITARS
    voicings = voicings_of(chords, 57 if guitar else 62, masking)
    chord_ends = _chord_ends(chords)
    strum_up = False
    # Where the next rest or full chord falls: broken-chord notes of a decaying instrument ring until then.
    breaks = np.append(np.flatnonzero((flat == REST) | ((flat >= 2) & (flat <= 5))), len(flat))
    for step, token in enumerate(flat):
        beat = step // STEPS_PER_BEAT
        voices = voicings[beat]
        if token <= HOLD or not voices:
            continue
        root = chords[beat].root
        assert root is not None  # a voiced chord has a root
        low = 40 + (root - 4) % 12
        stroke = HARMONY_STROKES[int(token)]
        end = int(ends[step])
        if stroke in ("chord", "soft", "accent", "upper"):
            struck = voices[-3:] if stroke == "upper" else ((low, *voices) if low < voices[0] - 2 else voices)
            strum_s = 0.009 if guitar else 0.0015
            order = reversed(struck) if guitar and strum_up else struck
            for position, pitch in enumerate(order):
                late_s = position * strum_s
                player.add(
                    step, end, _into_range(pitch, instrument),
                    soft=stroke in ("soft", "upper"), accent=stroke == "accent", late_s=late_s,
                )  # fmt: skip
            strum_up = not strum_up
            continue
        if not instrument.sustained:
            end = int(min(chord_ends[beat], breaks[np.searchsorted(breaks, step, side="right")], step + 16))
            end = max(end, step + 1)
        pitch = low if stroke == "low" else voices[(int(stroke[-1]) - 1) % len(voices)]
        player.add(step, end, _into_range(pitch, instrument))


def _lead(
    player: _Player,
    tokens: NDArray[np.int64],
    chords: Sequence[Chord],
    masking: NDArray[np.float64],
    key: Key,
    instrument: Instrument,
    bar: int,
) -> None:
    flat = tokens.reshape(-1)
    ends = _ends(flat)
    voicings = voicings_of(chords, 64, masking) if (flat == LEAD_CHORD).any() else []
    # The two octaves of the tokens lie about the middle of the instrument, so that few notes must be folded.
    lowest = (instrument.low + instrument.high) // 2 - 12
    tonic = lowest - 6 + (key.tonic - lowest + 6) % 12
    line: list[tuple[int, int, int]] = []
    for step, token in enumerate(flat):
        if token <= HOLD:
            continue
        if token == LEAD_CHORD:
            beat = step // STEPS_PER_BEAT
            voices = voicings[beat]
            if (beat // bar - _chord_start(chords, beat) // bar) % 2:
                voices = turned(voices)
            for pitch in voices:
                player.add(step, int(ends[step]), _into_range(pitch, instrument), soft=True)
        else:
            line.append((step, int(ends[step]), _into_range(tonic + int(token) - 2, instrument)))
    for phrase in _phrases(line):
        octave = clear_octave(phrase, masking, instrument)
        for start, end, pitch in phrase:
            player.add(start, end, pitch + octave)


def _chord_start(chords: Sequence[Chord], beat: int) -> int:
    """The quarter since which the chord of a quarter has sounded."""
    while beat and chords[beat - 1] == chords[beat]:
        beat -= 1
    return beat


def _phrases(line: Sequence[tuple[int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """A line of (start, end, pitch), in steps, cut where it rests."""
    phrases: list[list[tuple[int, int, int]]] = []
    for note in line:
        if phrases and phrases[-1][-1][1] == note[0]:
            phrases[-1].append(note)
        else:
            phrases.append([note])
    return phrases


def perform(
    score: Score,
    grid: BeatGrid,
    key: Key,
    *,
    seed: int,
    sounds: Mapping[str, str] | None = None,
    salience: NDArray[np.float64] | None = None,
    push: NDArray[np.float32] | None = None,
) -> Arrangement:
    """Plays a score on a grid.

    Args:
        score: tokens for every quarter of the grid.
        grid: beat times; must have as many quarters as the score.
        key: what the score's relative pitches refer to.
        seed: of the humanising.
        sounds: by stem, a name of core.instruments.SOUNDS to play with where the score has the instrument it is like.
        salience: how strongly the vocal sounds at each MIDI pitch in each quarter, 0 to 1, [beats, 128] (see
            dsp.pitch_salience); chords and lead are placed where it leaves room.
        push: added to the velocities of all stems but the lead, by sixteenth, [beats, 4].

    Raises:
        ValueError: when score and grid differ in length.
    """
    if len(score.tokens) != grid.beats:
        raise ValueError(f"the score has {len(score.tokens)} quarters, the grid {grid.beats}")
    chords = tuple(token_chord(t, key) for t in score.tokens[:, 0])
    masking = masking_of(np.zeros((grid.beats, 128)) if salience is None else salience)
    parts: dict[str, Part] = {}
    for stem in STEMS:
        entry = INSTRUMENTS[stem][int(score.globals[GLOBALS.index(stem)])]
        sound = instrument(stem, (sounds or {}).get(stem, entry.name))
        if sound.like == entry.name:
            entry = sound
        player = _Player(score, grid, stem, seed, push)
        tokens = score.tokens[:, COLUMNS[stem]]
        if entry.name != "none":
            if stem == "drums":
                _drums(player, tokens, entry)
            elif stem == "bass":
                _bass(player, tokens, chords, entry)
            elif stem == "harmony":
                _harmony(player, tokens, chords, masking, entry)
            else:
                _lead(player, tokens, chords, masking, key, entry, grid.meter.quarters_per_bar)
        parts[stem] = Part(entry.name, tuple(sorted(player.notes, key=lambda n: (n.start_s, n.pitch))))
    return Arrangement(grid, key, STYLES[int(score.globals[0])], chords, parts)
