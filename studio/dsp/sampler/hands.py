"""How hands play what is written: keys, strings, breath.

In: notes of an arrangement. Out: strokes of a sampler. Timing stays the arrangement's but for what belongs to the hand:
the spread of a strum, fingers that are not quite together, a string that is damped when it is struck again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from studio.core.arrangement import Note
from studio.dsp.sampler.choosing import Chooser, relative_db
from studio.dsp.sampler.draws import centred, uniform
from studio.dsp.sampler.frets import fretted, power_chord
from studio.dsp.sampler.samples import SampleSet
from studio.dsp.sampler.strokes import Recorded, Stroke, Vibrato

#: Notes that begin within this are one chord.
_TOGETHER_S = 0.05
#: A strum from the lowest string to the highest: hard, and soft.
_STRUM_S = (0.008, 0.025)
#: Purposes of the draws.
_LAYER, _FINGER, _LEVEL, _PICK, _HAMMER, _NOISE = range(1, 7)


@dataclass(frozen=True)
class Touch:
    """How an instrument is played.

    Attributes:
        range_db: between velocity 32 and 127.
        release_s: see Stroke.
        pedal: whether sounds ring on into each other (keys).
        strum: 'none', 'chords' for grips of six strings, 'power' for those of a driven guitar.
        muted_s: decay of palm-muted strings; 0 for open ones. With `strum`, short strokes are muted and long ones not.
        takes: two for an instrument that is doubled left and right.
        release_db: level of recorded releases; None leaves them out.
        articulation: names of those taken; None for all that are notes.
        bright_db: see Chooser.choose.
        alone: one note at a time (made instruments).
        early_s: how much earlier a slow attack begins, to be felt in time (made instruments).
    """

    range_db: float = 22.0
    release_s: float = 0.05
    pedal: bool = False
    strum: str = "none"
    muted_s: float = 0.0
    takes: int = 1
    release_db: float | None = None
    articulation: tuple[str, ...] | None = None
    bright_db: float = 0.0
    alone: bool = False
    early_s: float = 0.0


def db(value: float) -> float:
    return float(10.0 ** (value / 20.0))


def chords_of(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes in the order of time, those that begin together as one list."""
    groups: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: (n.start_s, n.pitch)):
        if groups and note.start_s - groups[-1][0].start_s < _TOGETHER_S:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def play_keys(notes: Sequence[Note], set: SampleSet, touch: Touch, seed: int) -> list[Stroke]:
    """Piano and its kin: the melody of a chord sings out, its inside is held back, fingers fall one by one."""
    chooser = Chooser(set, touch.articulation)
    releases = [s for s in set.samples if s.articulation == "release"]
    strokes: list[Stroke] = []
    groups = chords_of(notes)
    for i, group in enumerate(groups):
        top = max(n.pitch for n in group)
        following = groups[i + 1][0].start_s if i + 1 < len(groups) else np.inf
        for note in group:
            voicing = (
                0.0
                if len(group) == 1 or note.pitch == top
                else -3.5
                if note.pitch != group[0].pitch
                else -1.5
            )
            velocity = note.velocity * (1.0 + 0.04 * centred(note, seed, _LEVEL))
            below = relative_db(velocity, touch.range_db) + voicing
            sample, gain = chooser.choose(
                note.pitch, min(below, 0.0), uniform(note, seed, _LAYER), bright_db=touch.bright_db
            )
            assert sample.pitch is not None
            late = 0.006 * uniform(note, seed, _FINGER) if len(group) > 1 else 0.0
            end = note.end_s
            if touch.pedal and following - end < 0.35:
                end = max(end, following + 0.06)  # the pedal is changed just after the new chord
            strokes.append(
                Stroke(Recorded(set, sample, note.pitch - sample.pitch), note.start_s + late, end,
                       db(gain), touch.release_s)
            )  # fmt: skip
            if releases and touch.release_db is not None:
                key = releases[int(uniform(note, seed, _NOISE) * len(releases))]
                level = touch.release_db + 0.5 * below - key.attack_db
                strokes.append(Stroke(Recorded(set, key), end, end + key.seconds, db(level)))
    return _damped(strokes, 0.02)


def play_strings(notes: Sequence[Note], set: SampleSet, touch: Touch, seed: int) -> list[Stroke]:
    """Guitars: chords as grips, strummed down and up; single notes where the hand is."""
    takes = [_guitar(notes, set, touch, seed + 7919 * take) for take in range(touch.takes)]
    if touch.takes == 1:
        return takes[0]
    sides = np.linspace(-0.9, 0.9, touch.takes)
    return [replace(s, pan=float(p)) for take, p in zip(takes, sides, strict=True) for s in take]


def _guitar(notes: Sequence[Note], set: SampleSet, touch: Touch, seed: int) -> list[Stroke]:
    chooser = Chooser(set, touch.articulation)
    noises = [s for s in set.samples if s.articulation == "release"]
    strokes: list[Stroke] = []
    hand, down = 52.0, True
    groups = chords_of(notes)
    for i, group in enumerate(groups):
        first = group[0]
        pitches = tuple(sorted({n.pitch for n in group}))
        hand += 0.5 * (float(np.mean(pitches)) - hand)
        struck = len(pitches) >= 3
        if struck and touch.strum == "chords":
            pitches = fretted(pitches)
        elif len(pitches) >= 2 and touch.strum == "power":
            pitches = power_chord(pitches)
        velocity = max(n.velocity for n in group)
        start, end = min(n.start_s for n in group), max(n.end_s for n in group)
        if i + 1 < len(groups) and struck and groups[i + 1][0].start_s - end < 0.12 and not touch.muted_s:
            end = max(end, groups[i + 1][0].start_s + 0.01)  # strings ring until the next stroke
        hardness = np.clip((velocity - 40) / 80, 0.0, 1.0)
        spread = _STRUM_S[1] + (_STRUM_S[0] - _STRUM_S[1]) * hardness if len(pitches) > 2 else 0.004
        # Doubled takes are other performances: a few milliseconds apart.
        start += 0.006 * centred(first, seed, _FINGER) if touch.takes > 1 else 0.0
        order = pitches if down else pitches[::-1]
        # An upstroke meets the high strings, and often leaves the lowest out.
        if not down and len(order) > 4:
            order = order[: len(order) - 1]
        muted = touch.muted_s * (1.0 if touch.strum != "power" or end - start < 0.3 else 0.0)
        for k, pitch in enumerate(order):
            note = Note(first.start_s, first.end_s, pitch, velocity)
            level = velocity * (1.0 + 0.05 * centred(note, seed, _LEVEL)) * (1.0 - 0.04 * k)
            level *= 1.0 if down else 0.88
            below = min(relative_db(level, touch.range_db), 0.0)
            sample, gain = chooser.choose(pitch, below, uniform(note, seed, _LAYER), hand)
            assert sample.pitch is not None
            at = start + spread * k / max(len(order) - 1, 1)
            strokes.append(
                Stroke(Recorded(set, sample, pitch - sample.pitch), at, max(end, at + 0.04), db(gain),
                       touch.release_s, decay_s=muted)
            )  # fmt: skip
        if noises and touch.release_db is not None and uniform(first, seed, _NOISE) < 0.6:
            noise = noises[int(uniform(first, seed, _PICK) * len(noises))]
            level = touch.release_db - noise.attack_db
            strokes.append(Stroke(Recorded(set, noise), end, end + noise.seconds, db(level)))
        down = not down if struck else True
    return _damped(strokes, 0.012)


def play_bass(notes: Sequence[Note], set: SampleSet, touch: Touch, seed: int) -> list[Stroke]:
    """One string at a time: the next note ends the one before; small steps in a row are sometimes hammered on."""
    chooser = Chooser(set, touch.articulation)
    strokes: list[Stroke] = []
    ordered = sorted(notes, key=lambda n: (n.start_s, n.pitch))
    hand = 36.0
    for i, note in enumerate(ordered):
        hand += 0.4 * (note.pitch - hand)
        velocity = note.velocity * (1.0 + 0.05 * centred(note, seed, _LEVEL))
        below = relative_db(velocity, touch.range_db)
        before = ordered[i - 1] if i else None
        hammered = (
            before is not None
            and 0 < abs(note.pitch - before.pitch) <= 2
            and note.start_s - before.end_s < 0.03
            and note.end_s - note.start_s < 0.3
            and uniform(note, seed, _HAMMER) < 0.3
        )
        sample, gain = chooser.choose(note.pitch, below - 4.0 * hammered, uniform(note, seed, _LAYER), hand)
        assert sample.pitch is not None
        end = note.end_s
        if i + 1 < len(ordered):
            end = min(end, ordered[i + 1].start_s + 0.004)
        strokes.append(
            Stroke(Recorded(set, sample, note.pitch - sample.pitch), note.start_s, end, db(gain),
                   touch.release_s, offset_s=0.03 * hammered, fade_in_s=0.01 * hammered, decay_s=touch.muted_s)
        )  # fmt: skip
    return strokes


def play_breath(notes: Sequence[Note], set: SampleSet, touch: Touch, seed: int) -> list[Stroke]:
    """Winds and bows: notes that touch are slurred, long ones swing, a phrase rises to its middle."""
    chooser = Chooser(set, touch.articulation)
    strokes: list[Stroke] = []
    ordered = sorted(notes, key=lambda n: (n.start_s, n.pitch))
    phrase = _phrase_places(ordered)
    for i, note in enumerate(ordered):
        slurred = i > 0 and note.start_s - ordered[i - 1].end_s < 0.06 and note.pitch != ordered[i - 1].pitch
        tied = i + 1 < len(ordered) and ordered[i + 1].start_s - note.end_s < 0.06
        arch = 3.0 * np.sin(np.pi * phrase[i]) - 2.0
        below = min(
            relative_db(note.velocity, touch.range_db) + arch + 0.8 * centred(note, seed, _LEVEL), 0.0
        )
        sample, gain = chooser.choose(note.pitch, below, uniform(note, seed, _LAYER))
        assert sample.pitch is not None
        long = note.end_s - note.start_s > 0.5
        wobble = Vibrato(4.8 + 0.7 * uniform(note, seed, _PICK), 14.0 + 8.0 * uniform(note, seed, _FINGER))
        # The sound is there in time: who blows begins before.
        early = min(0.5 * sample.attack_s, 0.05)
        strokes.append(
            Stroke(
                Recorded(set, sample, note.pitch - sample.pitch),
                note.start_s - (0.02 if slurred else early),
                ordered[i + 1].start_s + 0.015 if tied else note.end_s,
                db(gain),
                0.025 if tied else touch.release_s,
                offset_s=0.8 * sample.attack_s if slurred else 0.0,
                fade_in_s=0.035 if slurred else 0.008,
                vibrato=wobble if long else None,
            )
        )
    return strokes


def _phrase_places(notes: Sequence[Note]) -> list[float]:
    """Where in its phrase each note lies, 0 to 1; a rest of a third of a second ends a phrase."""
    places: list[float] = []
    begin = 0
    for i in range(1, len(notes) + 1):
        if i == len(notes) or notes[i].start_s - notes[i - 1].end_s > 0.33:
            first, last = notes[begin].start_s, notes[i - 1].end_s
            places += [(n.start_s - first) / max(last - first, 0.1) for n in notes[begin:i]]
            begin = i
    return places


def _damped(strokes: list[Stroke], release_s: float) -> list[Stroke]:
    """A string or key that is struck again stops what rang on it."""
    ordered = sorted(strokes, key=lambda s: s.start_s)
    latest: dict[tuple[int, float], int] = {}
    for i, stroke in enumerate(ordered):
        source = stroke.source
        if (
            not isinstance(source, Recorded)
            or source.sample.articulation == "release"
            or source.sample.pitch is None
        ):
            continue
        key = round(source.sample.pitch + source.semitones), stroke.pan
        earlier = latest.get(key)
        if earlier is not None and ordered[earlier].end_s > stroke.start_s:
            ordered[earlier] = replace(ordered[earlier], end_s=stroke.start_s, release_s=release_s)
        latest[key] = i
    return ordered
