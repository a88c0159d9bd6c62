"""Do the chords the model finds for a melody agree with those people wrote? Measured on POP909.

    python -m studio.training.evaluate.chords --data DIR --models models --json OUT

Melody in, chords out, compared where the melody is sung, by time: the share of it with the same root, and with the
same triad where the human chord is major or minor (as MIREX 'majmin'). The first comparison gives the annotated beats
and key and so judges harmony alone; the second gives the notes alone and takes beats and key from our analysis.
Beside it stand baselines: the most common chord of the key, the same song's chords in another order, a chord loop of
pop music, and the plain harmonisation of the analysis. Intervals are bootstrapped over songs.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.analysis.chords import harmonise
from studio.analysis.key import find_key
from studio.analysis.readings import find_readings
from studio.core.analysis import Confidence, Given, PitchTrack, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key
from studio.core.request import GenerationRequest
from studio.core.tuning import tuning_offset
from studio.ml.arrangement.arranging import Arranger, load_arranger
from studio.ml.device import choose_device
from studio.training.collections.pop909 import PopSong, read_songs
from studio.training.evaluate.analysis import as_syllables

#: Quarters of each song, and how fine it is compared in time, in seconds.
_QUARTERS, _STEP_S = 64, 0.05
_LOOP = ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj"))
_MINOR_LOOP = ((0, "min"), (8, "maj"), (3, "maj"), (10, "maj"))
_THIRDS = {"maj": "maj", "7": "maj", "maj7": "maj", "min": "min", "min7": "min"}


@dataclass(frozen=True)
class Agreement:
    """Of one song: share of time with the right root, and with the right major or minor triad."""

    root: float
    triad: float


@dataclass(frozen=True, eq=False)
class Stretch:
    """The part of a song that is compared: its sung moments and the human chords there."""

    song: PopSong
    grid: BeatGrid
    key: Key
    notes: tuple[VocalNote, ...]
    times_s: NDArray[np.float64]
    human: tuple[Chord, ...]


def stretch_of(song: PopSong, quarters: int = _QUARTERS) -> Stretch:
    """The first sung stretch of a song, moved to begin at 0 s, in its own time and key."""
    grid = song.steady_grid(quarters)
    begin, end = grid.times_s[0], grid.times_s[-1]
    notes = tuple(
        VocalNote(n.start_s - begin, min(n.end_s, end) - begin, n.pitch, n.loudness_db, n.confidence)
        for n in song.notes
        if begin - 0.05 <= n.start_s < end - 0.05
    )
    times = np.arange(notes[0].start_s, notes[-1].end_s, _STEP_S)
    moved = BeatGrid(tuple(t - begin for t in grid.times_s), grid.meter)
    return Stretch(
        song, moved, song.key_at((begin + end) / 2), notes, times, tuple(song.chord_at(times + begin))
    )


def agreement(human: Sequence[Chord], found: Sequence[Chord]) -> Agreement:
    """Compares two rows of chords, moment by moment; where people wrote no chord nothing is compared."""
    roots, triads = [], []
    for theirs, ours in zip(human, found, strict=True):
        if theirs.root is None:
            continue
        same = theirs.root == ours.root
        roots.append(same)
        if theirs.quality in _THIRDS:
            triads.append(same and _THIRDS.get(ours.quality) == _THIRDS[theirs.quality])
    return Agreement(float(np.mean(roots)), float(np.mean(triads)) if triads else float("nan"))


def at_times(chords: Sequence[Chord], grid: BeatGrid, times_s: NDArray[np.float64]) -> list[Chord]:
    """The chord of each moment from one chord a quarter."""
    quarters = np.clip(np.floor(grid.beat_of(times_s) + 1e-6).astype(int), 0, len(chords) - 1)
    return [chords[q] for q in quarters]


def by_bar(chords: Sequence[Chord], grid: BeatGrid) -> list[Chord]:
    """One chord a bar -> one a quarter."""
    return [chords[quarter // grid.meter.quarters_per_bar] for quarter in range(grid.beats)]


def common_chords(songs: Sequence[PopSong]) -> dict[str, tuple[int, str]]:
    """For each mode the most common chord: (semitones above the tonic, quality)."""
    counts: dict[str, Counter[tuple[int, str]]] = {"major": Counter(), "minor": Counter()}
    for song in songs:
        for start, end, chord in song.chords:
            key = song.key_at(start)
            if chord.root is not None:
                counts[key.mode][(chord.root - key.tonic) % 12, chord.quality] += round(100 * (end - start))
    return {mode: count.most_common(1)[0][0] for mode, count in counts.items()}


def model_chords(
    arranger: Arranger,
    notes: Sequence[VocalNote],
    grid: BeatGrid,
    key: Key,
    seed: int,
    follow: str | None = None,
) -> tuple[Chord, ...]:
    """The model's chords, one a quarter."""
    duration = grid.times_s[-1]
    empty = np.zeros(0)
    analysis = VocalAnalysis(
        duration, PitchTrack(empty, *[empty.astype(np.float32)] * 3), tuple(notes), tuple(n.start_s for n in notes),
        -20.0, grid, key, (), Confidence(*[1.0] * 8),
    )  # fmt: skip
    silence = Audio(np.zeros((1, 1), dtype=np.float32), 44100)
    request = GenerationRequest(silence, analysis, 1, seed, Controls(follow=follow))
    return arranger.arrange(request, on_step=lambda: None)[0].arrangement.chords


@functools.cache
def heard(stretch: Stretch) -> tuple[BeatGrid, Key, list[VocalNote]]:
    """Beats and key of the notes alone, sung with a singer's scatter (25 ms, 0.2 semitones, a constant detuning)."""
    rng = np.random.default_rng([909, stretch.song.number])
    tuning = float(rng.uniform(-0.4, 0.4))
    notes = []
    for n in stretch.notes:
        start = max(0.0, n.start_s + float(rng.normal(0, 0.025)))
        end = max(start + 0.05, n.end_s + float(rng.normal(0, 0.025)))
        notes.append(VocalNote(start, end, n.pitch + tuning + float(rng.normal(0, 0.2)), -20.0, 0.9))
    notes.sort(key=lambda note: note.start_s)
    key, _ = find_key(notes)
    rhythm = find_readings(
        as_syllables(notes), notes, key, tuning_offset(notes), stretch.grid.times_s[-1], Given()
    )
    return rhythm.grid, key, notes


Method = Callable[[Stretch], Sequence[Chord]]


def methods(
    arranger: Arranger, common: dict[str, tuple[int, str]], seeds: Sequence[int]
) -> dict[str, list[Method]]:
    """Ways to find chords at the stretch's times, by the name in the table; several are averaged."""

    def constant(s: Stretch) -> list[Chord]:
        degree, quality = common[s.key.mode]
        return [Chord((s.key.tonic + degree) % 12, quality)] * len(s.times_s)

    def loop(s: Stretch) -> list[Chord]:
        table = _LOOP if s.key.mode == "major" else _MINOR_LOOP
        bars = [Chord((s.key.tonic + d) % 12, q) for d, q in table] * s.grid.bars
        return at_times(by_bar(bars, s.grid), s.grid, s.times_s)

    def shuffled(seed: int) -> Method:
        def method(s: Stretch) -> list[Chord]:
            spans = [span for span in s.song.chords if span[2].root is not None]
            order = np.random.default_rng([seed, s.song.number]).permutation(len(spans))
            lengths = np.array([spans[i][1] - spans[i][0] for i in order])
            index = np.searchsorted(np.cumsum(lengths), s.times_s % float(lengths.sum()), side="right")
            return [spans[order[min(int(i), len(order) - 1)]][2] for i in index]

        return method

    def plain(s: Stretch) -> list[Chord]:
        return at_times(by_bar(harmonise(s.notes, s.grid, s.key), s.grid), s.grid, s.times_s)

    def plain_alone(s: Stretch) -> list[Chord]:
        grid, key, notes = heard(s)
        return at_times(by_bar(harmonise(notes, grid, key), grid), grid, s.times_s)

    def model(seed: int) -> Method:
        return lambda s: at_times(model_chords(arranger, s.notes, s.grid, s.key, seed), s.grid, s.times_s)

    def unsung(seed: int) -> Method:
        return lambda s: at_times(model_chords(arranger, (), s.grid, s.key, seed), s.grid, s.times_s)

    def alone(seed: int) -> Method:
        def method(s: Stretch) -> list[Chord]:
            grid, key, notes = heard(s)
            return at_times(model_chords(arranger, notes, grid, key, seed), grid, s.times_s)

        return method

    return {
        "most common chord of the key": [constant],
        "same song's chords, shuffled": [shuffled(seed) for seed in range(10)],
        "pop loop (I V vi IV; i VI III VII)": [loop],
        "plain harmonisation (HMM)": [plain],
        "model without the melody": [unsung(seed) for seed in seeds],
        "model": [model(seed) for seed in seeds],
        "plain harmonisation, beats and key estimated": [plain_alone],
        "model, beats and key estimated": [alone(seed) for seed in seeds],
    }


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean and bootstrap 95 % interval over songs."""
    values = values[np.isfinite(values)]
    draws = np.random.default_rng(0).choice(values, (2000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="POP909")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--count", type=int, default=100, help="songs from number 101 on")
    parser.add_argument("--seeds", type=int, default=2, help="candidates of each song")
    options = parser.parse_args()
    arranger = load_arranger(options.models / "arrangement.safetensors", choose_device("auto"))
    # What is common is counted on the songs that are not compared.
    common = common_chords(read_songs(options.data, range(1, 101)))
    stretches = [stretch_of(song) for song in read_songs(options.data, range(101, 101 + options.count))]
    figures: dict[str, dict[str, list[float]]] = {}
    print("| chords | root | triad |\n|---|---|---|")
    for name, ways in methods(arranger, common, range(1, options.seeds + 1)).items():
        scores = [[agreement(s.human, way(s)) for way in ways] for s in stretches]
        figures[name] = {
            "root": [float(np.mean([a.root for a in row])) for row in scores],
            "triad": [float(np.mean([a.triad for a in row])) for row in scores],
        }
        cells = [
            "{:.3f} [{:.3f}, {:.3f}]".format(*interval(np.array(values))) for values in figures[name].values()
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
