"""Real folk tunes with chords: the Nottingham Music Database in ABC as song skeletons.

A tune becomes a song when it is used: `studio.training.songs.vary.vary_tune` chooses its key, tempo and sections.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.core.music import Chord, Key, Meter, parse_pitch_class
from studio.training.collections.abc_notation import AbcError, AbcTune, parse_tune, split_tunes
from studio.training.collections.abc_repeats import AbcBar
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton

LICENCE = "Nottingham Music Database, cleaned edition; traditional tunes"

_METERS = {(4, 4): (4, 4), (2, 2): (4, 4), (3, 4): (3, 4), (6, 8): (6, 8), (2, 4): (2, 4)}
_QUALITIES = {
    "": "maj",
    "m": "min",
    "7": "7",
    "m7": "min7",
    "maj7": "maj7",
    "d": "dim",
    "dim": "dim",
    "6": "maj",
    "m6": "min",
    "7b9": "7",
    "9": "7",
    "sus4": "sus4",
}
_MIN_BARS = 6


def nottingham_skeletons(folder: Path) -> Iterator[Skeleton]:
    """Every usable tune of the collection's *.abc files, in order, with repeats unfolded.

    Tunes with other meters than Meter.WRITTEN, a change of meter, or bars that do not add up are left out; a
    tune that changes its key becomes one skeleton a key. The melody lies about E4; the tempo is a usual one.
    """
    for path in sorted(folder.glob("*.abc")):
        for text in split_tunes(path.read_text(encoding="latin-1")):
            try:
                yield from tune_skeletons(parse_tune(text), name=path.stem)
            except AbcError:
                continue


def tune_skeletons(tune: AbcTune, *, name: str = "") -> list[Skeleton]:
    """The skeletons of one tune, one for each run of a key. Raises AbcError."""
    if tune.meter not in _METERS:
        raise AbcError(f"the meter {tune.meter[0]}/{tune.meter[1]}")
    meter = Meter(*_METERS[tune.meter])
    groups: list[list[int]] = []
    for i, section in enumerate(tune.sections):
        if any(bar.key != section[0].key for bar in section):
            raise AbcError("the key changes within a section")
        if groups and tune.sections[groups[-1][-1]][0].key == section[0].key:
            groups[-1].append(i)
        else:
            groups.append([i])
    skeletons = []
    for group in groups:
        line = _lay_out([tune.sections[i] for i in group], Fraction(meter.quarters_per_bar))
        if line.bars >= _MIN_BARS and len(line.notes) >= 8 and line.chords:
            source = f"nottingham/{name}: {tune.title}"
            skeletons.append(
                _skeleton(
                    line, [tune.labels[i] for i in group], tune.sections[group[0]][0].key, meter, source
                )
            )
    return skeletons


def parse_symbol(text: str) -> Chord | None:
    """A chord symbol of the collection ('Gm/d', 'D/f+', 'Gd' for a diminished chord); None when unreadable."""
    match = re.fullmatch(r"\(?([A-G][#b]?)([^/()]*)(/[a-gA-G][+#b]*)?\)?", text.strip())
    if not match or match[2] not in _QUALITIES:
        return None
    return Chord(parse_pitch_class(match[1]), _QUALITIES[match[2]])


@dataclass(frozen=True)
class _Line:
    """Notes and chords of a whole tune in quarters from its first downbeat."""

    notes: list[tuple[float, float, int]]
    chords: list[tuple[float, Chord]]
    starts: list[int]
    bars: int


def _lay_out(sections: list[tuple[AbcBar, ...]], full: Fraction) -> _Line:
    """Places bars one after the other; a short first bar of a section is a pickup into the bar before."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    chords: list[tuple[Fraction, Chord]] = []
    starts: list[int] = []
    at = Fraction(0)
    for number, section in enumerate(sections):
        for i, bar in enumerate(section):
            if bar.length > full:
                raise AbcError("a bar is too long")
            filled = at % full
            if i == 0 and bar.length < full and (len(section) > 1 or number < len(sections) - 1):
                boundary = at if filled == 0 else at - filled + full
                at = boundary - bar.length
                notes = [(s, min(e, at), p) for s, e, p in notes if s < at]
                chords = [c for c in chords if c[0] < at]
                starts.append(int(boundary / full))
            else:
                if filled and filled + bar.length > full:
                    at += full - filled
                if i == 0:
                    starts.append(int(at / full))
            for onset, duration, pitch, tied in bar.notes:
                start = at + onset
                if tied and notes and notes[-1][2] == pitch and notes[-1][1] == start:
                    notes[-1] = (notes[-1][0], start + duration, pitch)
                else:
                    notes.append((start, start + duration, pitch))
            for onset, symbol in bar.chords:
                chord = parse_symbol(symbol)
                if chord is not None:
                    chords.append((at + onset, chord))
            at += bar.length
    return _Line(
        [(float(start), float(end), pitch) for start, end, pitch in notes],
        [(float(start), chord) for start, chord in chords],
        starts,
        int(-(-at // full)),
    )


def _skeleton(line: _Line, labels: list[int], written_key: str, meter: Meter, source: str) -> Skeleton:
    beats = line.bars * meter.quarters_per_bar
    chords = _quarter_chords(line, beats)
    key = _sounding_key(written_key, line, chords)
    shift = _shift_to(64, [p for _, _, p in line.notes])
    melody = tuple(MelodyNote(s, e, p + shift) for s, e, p in line.notes)
    chords = [_moved(c, shift) for c in chords]
    sections, energy = _form(line, labels)
    tempo = {(4, 4): 112.0, (3, 4): 120.0, (6, 8): 132.0, (2, 4): 100.0}[(meter.numerator, meter.denominator)]
    return Skeleton(
        Key((key.tonic + shift) % 12, key.mode),
        meter,
        tempo,
        sections,
        tuple(chords),
        tuple(e for e in energy for _ in range(meter.quarters_per_bar)),
        melody,
        source,
        LICENCE,
    )


def _quarter_chords(line: _Line, beats: int) -> list[Chord]:
    """The chord that covers most of each quarter; of two halves (as in 6/8) the one that fits the melody."""
    starts = [start for start, _ in line.chords]
    onsets = [start for start, _, _ in line.notes]
    chosen: list[Chord] = []
    for q in range(beats):
        first = max(bisect_right(starts, q) - 1, 0)
        last = max(bisect_left(starts, q + 1), first + 1)
        sounding = line.notes[max(bisect_right(onsets, q) - 1, 0) : bisect_left(onsets, q + 1)]
        scores = []
        for k in range(first, last):
            span = (starts[k], starts[k + 1] if k + 1 < len(starts) else float(beats))
            chord = line.chords[k][1]
            fit = sum(_overlap(q, s, e) for s, e, p in sounding if p % 12 in chord.pitch_classes)
            scores.append(_overlap(q, *span) + fit / 10)
        chosen.append(line.chords[first + scores.index(max(scores))][1])
    return chosen


def _overlap(quarter: int, start: float, end: float) -> float:
    return max(min(end, quarter + 1) - max(start, quarter), 0.0)


def _sounding_key(written: str, line: _Line, chords: list[Chord]) -> Key:
    """The written key, unless the tune is at home on another chord of its signature (modes, relative minor)."""
    match = re.match(r"([A-G][#b]?)\s*([A-Za-z]*)", written)
    assert match is not None
    minor = match[2].lower() in ("m", "min", "minor", "dor", "aeo", "phr")
    key = Key(parse_pitch_class(match[1]), "minor" if minor else "major")
    last, first = chords[-1], chords[0]
    at_home = last.root is not None and (first.root == last.root or line.notes[-1][2] % 12 == last.root)
    if at_home and last.quality in ("maj", "min") and last.root != key.tonic and last.root in key.scale:
        return Key(last.root or 0, "minor" if last.quality == "min" else "major")
    return key


def _form(line: _Line, labels: list[int]) -> tuple[tuple[Section, ...], list[int]]:
    """Sections named by their music: the first is the verse, the second the chorus; a repeat is fuller."""
    names = ("verse", "chorus", "bridge")
    sections: list[Section] = []
    energy = [1] * line.bars
    seen: dict[int, int] = {}
    stops = [*line.starts[1:], line.bars]
    spans = list(zip(line.starts, stops, labels, strict=True))
    order = list(dict.fromkeys(label for start, stop, label in spans if stop > start))
    for start, stop, label in spans:
        start = 0 if not sections else start
        if stop <= start:
            continue
        place = order.index(label)
        name = names[place] if place < 3 else names[place % 2]
        sections.append(Section(name, start, stop - start))
        times = seen.get(label, 0)
        seen[label] = times + 1
        level = min(3, (2 if name == "chorus" else 1) + min(times, 1) + (place > 2))
        energy[start:stop] = [level] * (stop - start)
    return tuple(sections), energy


def _shift_to(target: int, pitches: list[int]) -> int:
    return round(target - (min(pitches) + max(pitches)) / 2)


def _moved(chord: Chord, shift: int) -> Chord:
    return chord if chord.root is None else Chord((chord.root + shift) % 12, chord.quality)
