"""Real song with real harmony: the OpenScore Lieder Corpus as song skeletons.

The vocal line is the melody; chords are estimated from the piano a quarter at a time; energy follows how densely the
piano plays. Of a song whose meter changes the longest stretch of one meter is kept, and long songs are cut into
stretches, because a training crop is shorter than they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.music import Chord, Key, Meter
from studio.training.collections.chord_estimate import estimate_chords
from studio.training.collections.musicxml import (
    MusicXmlError,
    XmlMeasure,
    XmlNote,
    XmlPart,
    XmlScore,
    read_score,
)
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton

LICENCE = "OpenScore Lieder Corpus, CC0 1.0"

_METERS = {(4, 4): (4, 4), (2, 2): (4, 4), (3, 4): (3, 4), (6, 8): (6, 8), (2, 4): (2, 4), (4, 8): (2, 4)}
_MIN_BARS, _MAX_BARS = 8, 40
_MAX_RANGE = 24
_VOICE_WEIGHT = 0.5


def lieder_skeletons(folder: Path) -> Iterator[Skeleton]:
    """Every usable stretch of the folder's *.mxl files, in order; scores that do not fit are left out."""
    for path in sorted(folder.glob("*.mxl")):
        try:
            score = read_score(path)
        except MusicXmlError:
            continue
        yield from song_skeletons(score, name=path.stem)


def song_skeletons(score: XmlScore, *, name: str = "") -> list[Skeleton]:
    """Stretches of up to 40 bars of a song for one voice and piano; empty when it is anything else."""
    voices = [part for part in score.parts if part.sung]
    pianos = [part for part in score.parts if not part.sung]
    if len(voices) != 1 or not pianos:
        return []
    run = _longest_run(score.measures)
    if len(run) < _MIN_BARS:
        return []
    meter = Meter(*_METERS[run[0].meter])
    size = meter.quarters_per_bar
    downbeat = run[0].start if run[0].length == size else run[0].start + run[0].length
    bars = sum(1 for m in run if m.length == size)
    melody = _melody(voices[0], float(downbeat), bars * size)
    if len(melody) < 16 or max(n.pitch for n in melody) - min(n.pitch for n in melody) > _MAX_RANGE:
        return []
    piano = _table([note for part in pianos for note in part.notes], float(downbeat), 1.0)
    voice = _table(voices[0].notes, float(downbeat), _VOICE_WEIGHT)
    chords = estimate_chords(np.concatenate([piano, voice]), bars * size, meter)
    key = _key(run, np.concatenate([piano, voice]), chords)
    energy = _energy(piano, bars, size)
    source = f"lieder/{name}: {score.title}"
    return _stretches(key, meter, chords, energy, melody, source)


def _longest_run(measures: tuple[XmlMeasure, ...]) -> list[XmlMeasure]:
    """The longest run of full measures of one supported meter, with a pickup measure before it."""
    runs: list[list[XmlMeasure]] = [[]]
    for measure in measures:
        meter = _METERS.get(measure.meter)
        full = Meter(*meter).quarters_per_bar if meter else 0
        if measure.length != full or (runs[-1] and runs[-1][-1].meter != measure.meter):
            runs.append([])
        if measure.length <= full:
            runs[-1].append(measure)
    return max(runs, key=len)


def _melody(part: XmlPart, downbeat: float, beats: int) -> list[MelodyNote]:
    """The upper line of the voice, without overlap, within the stretch and a bar's pickup before it."""
    upper = min((note.voice for note in part.notes), default="1")
    line: list[MelodyNote] = []
    for note in sorted((n for n in part.notes if n.voice == upper), key=lambda n: (n.start, -n.pitch)):
        start, end = float(note.start) - downbeat, float(note.end) - downbeat
        if start <= -2 or end > beats or (line and start < line[-1].end - 1e-6):
            continue
        line.append(MelodyNote(start, end, note.pitch))
    return line


def _table(notes: list[XmlNote], downbeat: float, weight: float) -> NDArray[np.float64]:
    rows = [(float(n.start) - downbeat, float(n.end) - downbeat, n.pitch, weight) for n in notes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _key(run: list[XmlMeasure], notes: NDArray[np.float64], chords: list[Chord]) -> Key:
    """Of the signature's major and minor key the one in which the stretch ends, else the one more often home."""
    fifths = [m.fifths for m in run]
    major = 7 * max(set(fifths), key=fifths.count) % 12
    minor = (major + 9) % 12
    for chord in reversed(chords[-2:]):
        if chord.root == major and chord.quality == "maj":
            return Key(major, "major")
        if chord.root == minor and chord.quality in ("min", "maj"):
            return Key(minor, "minor")
    home = [
        sum(c == Chord(root, quality) for c in chords) for root, quality in ((major, "maj"), (minor, "min"))
    ]
    return Key(major, "major") if home[0] >= home[1] else Key(minor, "minor")


def _energy(piano: NDArray[np.float64], bars: int, size: int) -> list[int]:
    """0 to 3 a bar, from the piano's notes a bar over a window of four, relative to the song."""
    starts = piano[:, 0]
    counts = np.histogram(starts, bins=np.arange(bars + 1) * size)[0].astype(float)
    smooth = np.convolve(np.pad(counts, (1, 2), mode="edge"), np.ones(4) / 4, mode="valid")
    if smooth.max() < 1.3 * max(smooth.min(), 1.0):  # one texture throughout
        return [1] * bars
    ranks = np.searchsorted(np.quantile(smooth, [0.2, 0.55, 0.85]), smooth, side="right")
    return [int(r) for r in ranks]


def _stretches(
    key: Key, meter: Meter, chords: list[Chord], energy: list[int], melody: list[MelodyNote], source: str
) -> list[Skeleton]:
    """Cuts a long song where the voice rests, and names sections by whether it sings."""
    size, bars = meter.quarters_per_bar, len(energy)
    sung = np.zeros(bars, dtype=bool)
    for note in melody:
        sung[max(int(note.start // size), 0) : int(-(-note.end // size))] = True
    cuts = [0]
    while bars - cuts[-1] > _MAX_BARS:
        window = range(cuts[-1] + _MAX_BARS // 2, cuts[-1] + _MAX_BARS)
        cuts.append(next((b for b in window if not sung[b]), cuts[-1] + _MAX_BARS - 8))
    songs = []
    for first, last in zip(cuts, [*cuts[1:], bars], strict=True):
        line = _cut(melody, first * size, last * size)
        if last - first >= _MIN_BARS and len(line) >= 12:
            songs.append(
                Skeleton(
                    key=key,
                    meter=meter,
                    tempo_bpm=90.0,
                    sections=_sections(sung[first:last]),
                    chords=tuple(chords[first * size : last * size]),
                    energy=tuple(e for e in energy[first:last] for _ in range(size)),
                    melody=tuple(line),
                    source=source,
                    licence=LICENCE,
                )
            )
    return songs


def _cut(melody: list[MelodyNote], start: int, stop: int) -> list[MelodyNote]:
    """Notes that begin in the stretch, or in its pickup when it is the first."""
    return [
        MelodyNote(n.start - start, min(n.end, stop) - start, n.pitch)
        for n in melody
        if (n.start >= start or (start == 0 and n.start < 0)) and n.start < stop
    ]


def _sections(sung: NDArray[np.bool_]) -> tuple[Section, ...]:
    """Runs of two silent bars or more are intro, solo and ending; what is sung is cut into verses of eight bars."""
    bars = len(sung)
    silent = [not s for s in sung]
    for b in range(bars):  # a single silent bar belongs to the singing
        neighbours = silent[max(b - 1, 0) : b] + silent[b + 1 : b + 2]
        silent[b] = silent[b] and any(neighbours)
    sections: list[Section] = []
    first = 0
    for b in range(1, bars + 1):
        if b < bars and silent[b] == silent[first]:
            continue
        if silent[first]:
            name = "intro" if first == 0 else "ending" if b == bars else "solo"
            sections.append(Section(name, first, b - first))
        else:
            pieces = max(1, round((b - first) / 8))
            edges = np.linspace(first, b, pieces + 1).round().astype(int).tolist()
            sections += [Section("verse", a, c - a) for a, c in pairwise(edges)]
        first = b
    return tuple(sections)
