"""Measures the vocal analysis: notes on annotated recordings, rhythm and key on melodies with known beats.

    python -m studio.training.evaluate.analysis --vocals DIR
    python -m studio.training.evaluate.analysis --lieder DIR --nottingham DIR

`--vocals` holds recordings with a text file each (start, end, MIDI pitch per line). The other two are scores: their
melodies are sung at a random tempo with a singer's scatter, and tempo, beats, bar lines, meter and key are compared
with the score. Songs are drawn in a fixed order, so two runs compare.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.analysis import analyse
from studio.analysis.key import find_key
from studio.analysis.readings import find_readings
from studio.analysis.tempo_search import LAG_S
from studio.core.analysis import Given, Syllable, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.music import Meter
from studio.core.tuning import tuning_offset
from studio.training.collections.lieder import lieder_skeletons
from studio.training.collections.nottingham import nottingham_skeletons
from studio.training.songs.skeleton import Skeleton

_EXCERPT_S = 45.0
_FEWEST_NOTES = 16


def as_syllables(notes: Iterable[VocalNote]) -> tuple[Syllable, ...]:
    """Notes as the syllables they would be heard as."""
    return tuple(Syllable(n.start_s + LAG_S, n.start_s, n.end_s, 1.0, n.loudness_db, n.pitch) for n in notes)


def paired(
    reference: NDArray[np.float64], found: NDArray[np.float64], tolerance_s: float
) -> list[tuple[int, int]]:
    """One-to-one pairs (reference, found) of times within a tolerance, nearest first."""
    if len(reference) == 0 or len(found) == 0:
        return []
    distance = np.abs(reference[:, None] - found[None])
    order = np.argsort(distance, axis=None)
    left: set[int] = set()
    right: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for flat in order:
        i, j = (int(x) for x in np.unravel_index(flat, distance.shape))
        if distance[i, j] > tolerance_s:
            break
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((i, j))
    return pairs


def f_measure(reference: NDArray[np.float64], found: NDArray[np.float64], tolerance_s: float) -> float:
    """Harmonic mean of precision and recall of times."""
    return 2 * len(paired(reference, found, tolerance_s)) / max(1, len(reference) + len(found))


@dataclass(frozen=True)
class NoteScores:
    """Of one recording: F of starts within 50 ms, F of starts with the right pitch, spread of the pitch error."""

    onset_f: float
    pitched_f: float
    pitch_spread: float


def score_notes(analysis: VocalAnalysis, truth: NDArray[np.float64]) -> NoteScores:
    """Compares notes with rows (start, end, MIDI pitch). A constant pitch offset of the annotation is removed."""
    inside = [n for n in analysis.notes if truth[0, 0] - 0.2 < n.end_s and n.start_s < truth[-1, 1] + 0.2]
    pairs = paired(truth[:, 0], np.array([n.start_s for n in inside]), 0.05)
    total = max(1, len(truth) + len(inside))
    error = np.array([inside[j].pitch - truth[i, 2] for i, j in pairs])
    error = error - np.median(error) if len(error) else error
    right = int((np.abs(error) < 0.5).sum())
    spread = float(np.median(np.abs(error))) if len(error) else 0.0
    return NoteScores(2 * len(pairs) / total, 2 * right / total, spread)


def beats_on_onsets(analysis: VocalAnalysis, onsets_s: NDArray[np.float64]) -> tuple[float, float]:
    """Share of beats with an annotated onset within 40 ms, and the same for the grid moved by eighths of a beat."""
    times = np.asarray(analysis.grid.times_s)
    beats = np.nonzero((times > onsets_s[0] - 0.1) & (times < onsets_s[-1] + 0.1))[0]

    def share(shift: float) -> float:
        moved = analysis.grid.time_of(beats + shift)
        return float((np.abs(moved[:, None] - onsets_s[None]).min(axis=1) < 0.04).mean())

    return share(0.0), float(np.mean([share(k / 8) for k in range(1, 8)]))


def evaluate_vocals(folder: Path) -> None:
    """Prints a line for each recording, and the means."""
    rows: list[tuple[float, ...]] = []
    for path in sorted(folder.glob("*.flac")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        analysis = analyse(Audio(np.ascontiguousarray(samples.T), rate))
        truth = np.loadtxt(path.with_suffix(".txt"), ndmin=2)
        notes = score_notes(analysis, truth)
        hit, chance = beats_on_onsets(analysis, truth[:, 0])
        rows.append((notes.onset_f, notes.pitched_f, notes.pitch_spread, hit, chance))
        print(
            f"{path.stem:>10}  notes F {notes.onset_f:.2f}, pitched {notes.pitched_f:.2f}, spread "
            f"{notes.pitch_spread:.2f}; {analysis.tempo_bpm:5.1f} bpm {analysis.grid.meter} {analysis.key!s:9}; "
            f"beats on onsets {hit:.2f} (chance {chance:.2f}), confidence {analysis.confidence.beats:.2f}"
        )
    means = ", ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
    print(f"mean notes F, pitched F, pitch spread, beats on onsets, chance: {means}")


def sung(song: Skeleton, rng: np.random.Generator) -> tuple[list[VocalNote], float]:
    """The first stretch of a song as a singer would give it, and seconds a quarter."""
    quarter_s = 60.0 / float(np.clip(song.tempo_bpm * rng.uniform(0.9, 1.1), 60.0, 150.0))
    tuning = float(rng.uniform(-0.4, 0.4))
    notes = []
    for note in song.melody:
        start = (note.start - song.melody[0].start) * quarter_s + float(rng.normal(0, 0.025))
        end = start + max(0.06, (note.end - note.start) * quarter_s * 0.9)
        notes.append(
            VocalNote(
                start + 1.0, end + 1.0, note.pitch + tuning + float(rng.normal(0, 0.15)), confidence=0.9
            )
        )
    return sorted((n for n in notes if n.start_s < _EXCERPT_S), key=lambda n: n.start_s), quarter_s


def evaluate_songs(songs: Iterable[Skeleton], count: int) -> None:
    """Prints the means over `count` songs for each meter."""
    rng = np.random.default_rng(0)
    rows: dict[str, list[tuple[float, ...]]] = {}
    for song in itertools.islice((s for s in songs if s.meter in (Meter(4, 4), Meter(3, 4))), count):
        notes, quarter_s = sung(song, rng)
        if len(notes) < _FEWEST_NOTES:
            continue
        key, _ = find_key(notes)
        duration_s = notes[-1].end_s + 0.5
        grid = find_readings(as_syllables(notes), notes, key, tuning_offset(notes), duration_s, Given()).grid
        first = song.melody[0].start
        last = first + (notes[-1].start_s - 1.0) / quarter_s
        quarters = np.arange(np.ceil(first), last + 0.01)
        bars = quarters[quarters % song.meter.quarters_per_bar == 0]
        seconds = [1.0 + (beats - first) * quarter_s for beats in (quarters, bars)]
        span = (notes[0].start_s - 0.1, notes[-1].start_s + 0.1)
        found = [within(times, span) for times in (grid.times_s, grid.downbeats_s)]
        ratio = grid.tempo_bpm * quarter_s / 60.0
        rows.setdefault(str(song.meter), []).append(
            (
                float(abs(ratio - 1) < 0.04),
                float(min(abs(ratio / octave - 1) for octave in (0.5, 1, 2)) < 0.04),
                f_measure(seconds[0], found[0], 0.07),
                f_measure(seconds[1], found[1], 0.07),
                float(grid.meter.quarters_per_bar == song.meter.quarters_per_bar),
                float(key == song.key),
            )
        )
    for meter, values in rows.items():
        tempo, octave, beats, downbeats, right_meter, right_key = np.mean(values, axis=0)
        print(
            f"{meter} ({len(values)}): tempo {tempo:.2f}, with octaves {octave:.2f}; beat F {beats:.2f}, downbeat F "
            f"{downbeats:.2f}; meter {right_meter:.2f}; key {right_key:.2f}"
        )


def within(times: Sequence[float], span: tuple[float, float]) -> NDArray[np.float64]:
    """The times inside a span."""
    values = np.asarray(times)
    return values[(values >= span[0]) & (values <= span[1])]


def _shuffled(songs: Iterator[Skeleton]) -> list[Skeleton]:
    found = list(songs)
    return [found[i] for i in np.random.default_rng(1).permutation(len(found))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vocals", type=Path)
    parser.add_argument("--lieder", type=Path)
    parser.add_argument("--nottingham", type=Path)
    parser.add_argument("--count", type=int, default=100, help="songs of each collection")
    options = parser.parse_args()
    if options.vocals:
        evaluate_vocals(options.vocals)
    if options.lieder:
        evaluate_songs(_shuffled(lieder_skeletons(options.lieder)), options.count)
    if options.nottingham:
        evaluate_songs(_shuffled(nottingham_skeletons(options.nottingham)), options.count)


if __name__ == "__main__":
    main()
