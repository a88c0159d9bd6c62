"""Measures how often a result shows what was asked for.

    python -m studio.training.evaluate.controls --models models --songs RUN/songs

Melodies of the corpus that training held out are sung by a disturbed voice (training.disturb) and arranged with one
wish at a time, the seed the same for every value of the wish. Style is judged from the notes alone, without the
instruments, by linear discriminant analysis learnt on the corpus; the corpus' own held-out songs give its ceiling.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import Confidence, PitchTrack, VocalAnalysis
from studio.core.arrangement import STEMS, Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import DENSITIES, ENERGIES, FOLLOWS, Controls
from studio.core.grid import BeatGrid
from studio.core.instruments import INSTRUMENTS
from studio.core.music import Chord
from studio.core.request import GenerationRequest, Vary
from studio.core.score import COLUMNS, HOLD, QUALITY_NAMES, STYLES, VOCABULARY, Score, unpack_drums
from studio.ml.arrangement.arranging import Arranged, Arranger, load_arranger
from studio.ml.device import choose_device
from studio.training.collections.corpus import Song, read_songs
from studio.training.songs.disturb import disturb

_BAR = 4
#: Quarters of each melody that are arranged.
_LONGEST = 64
_SHRINKAGE = 0.1


def style_features(score: Score) -> NDArray[np.float64]:
    """What the players of a song in 4/4 do, on the sixteenths of a bar; no instruments."""
    tokens = score.tokens[: len(score.tokens) // _BAR * _BAR]
    bars = len(tokens) // _BAR
    drums = unpack_drums(tokens[:, COLUMNS["drums"]]).transpose(1, 0, 2).reshape(-1, bars, 16)
    parts = [drums.mean(1).ravel() / 2, (drums > 0).mean((1, 2)), (drums == 1).mean((1, 2))]
    for stem in ("bass", "harmony", "lead"):
        steps = tokens[:, COLUMNS[stem]]
        parts.append((steps > HOLD).reshape(bars, 16).mean(0))
        parts.append((steps == HOLD).reshape(bars, 16).mean(0))
        kinds = np.bincount(steps.ravel(), minlength=VOCABULARY[COLUMNS[stem].start])[HOLD + 1 :]
        parts.append(kinds / max(1, kinds.sum()))
    chord = tokens[:, 0]
    quality = np.bincount((chord[chord > 0] - 1) // 12, minlength=len(QUALITY_NAMES)) / max(
        1, (chord > 0).sum()
    )
    changes = (np.diff(chord, prepend=chord[:1]) != 0).reshape(bars, _BAR).mean(0)
    swing = np.eye(3)[int(score.globals[2])]
    return np.concatenate([*parts, quality, changes, swing])


class StyleJudge:
    """Linear discriminant analysis with a shrunk common covariance and equal priors."""

    def __init__(self, features: NDArray[np.float64], styles: NDArray[np.int64]) -> None:
        self.styles = np.unique(styles)
        means = np.stack([features[styles == s].mean(0) for s in self.styles])
        inner = features - means[np.searchsorted(self.styles, styles)]
        covariance = inner.T @ inner / len(inner)
        covariance += _SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        self._weights = np.linalg.solve(covariance, means.T)
        self._bias = -0.5 * np.einsum("sd,ds->s", means, self._weights)

    def rank(self, features: NDArray[np.float64], style: int) -> int:
        """How many other styles fit better than `style`."""
        scores = features @ self._weights + self._bias
        return int((scores > scores[int(np.searchsorted(self.styles, style))]).sum())


def sung(song: Song, number: int) -> VocalAnalysis:
    """What an analysis would tell of the song's first bars; tempo, beats and key as they are."""
    times_s = song.grid().times_s[: _LONGEST + 1]
    grid = BeatGrid(times_s, song.meter)
    notes = disturb(song.melody, np.random.default_rng([23, number]), tempo_bpm=song.tempo_bpm)
    heard = tuple(note for note in notes if note.start_s < times_s[-1])
    none = np.zeros(0, dtype=np.float32)
    return VocalAnalysis(
        duration_s=grid.times_s[-1],
        pitch=PitchTrack(np.zeros(0), none, none, none),
        notes=heard,
        onsets_s=tuple(n.start_s for n in heard),
        loudness_lufs=-20.0,
        grid=grid,
        key=song.key,
        chords=(),
        confidence=Confidence(*[1.0] * 8),
    )


class Trial:
    """Asks the arranger for one candidate of one song at a time."""

    def __init__(self, arranger: Arranger, songs: Sequence[Song]) -> None:
        self._arranger = arranger
        self.songs = songs
        self.analyses = [sung(song, i) for i, song in enumerate(songs)]

    def ask(self, song: int, controls: Controls, *, seed: int = 0, change: Vary | None = None) -> Arranged:
        silence = Audio(np.zeros((1, 1), dtype=np.float32), 44100)
        request = GenerationRequest(silence, self.analyses[song], 1, 100 * seed + song, controls, change)
        return self._arranger.arrange(request, on_step=lambda: None)[0]

    def in_order(self, values: Sequence[Controls]) -> list[list[Arranged]]:
        """For each song, what each of the wishes gave."""
        return [[self.ask(i, value) for value in values] for i in range(len(self.songs))]


def strokes(arranged: Arranged) -> float:
    """Notes and hits begun in a quarter, all stems together; a chord counts as one."""
    tokens = arranged.recipe.score.tokens
    hits = (unpack_drums(tokens[:, COLUMNS["drums"]]) > 0).sum()
    return float((hits + (tokens[:, COLUMNS["bass"].start :] > HOLD).sum()) / len(tokens))


def velocity(arranged: Arranged) -> float:
    """Mean velocity of all notes."""
    notes = [n.velocity for part in arranged.arrangement.parts.values() for n in part.notes]
    return float(np.mean(notes)) if notes else 0.0


def agreement(arrangement: Arrangement, analysis: VocalAnalysis) -> tuple[float, float]:
    """(share of sung time whose pitch is in the chord, share of harmony notes on a pitch sung while they sound)."""
    grid = arrangement.grid
    inside = total = 0.0
    for note in analysis.notes:
        middle = float(grid.beat_of((note.start_s + note.end_s) / 2))
        chord = arrangement.chords[min(max(0, int(middle)), len(arrangement.chords) - 1)]
        length = note.end_s - note.start_s
        inside += length * (round(note.pitch) % 12 in chord.pitch_classes)
        total += length
    shared = heard = 0
    for played in arrangement.parts["harmony"].notes:
        classes = {
            round(v.pitch) % 12
            for v in analysis.notes
            if v.start_s < played.end_s and v.end_s > played.start_s
        }
        if classes:
            heard += 1
            shared += played.pitch % 12 in classes
    return inside / max(total, 1e-9), shared / max(heard, 1)


def rising(rows: Sequence[Sequence[float]]) -> float:
    """Share of neighbouring pairs in which the value rises as asked."""
    pairs = [low < high for row in rows for low, high in pairwise(row)]
    return float(np.mean(pairs))


def measure_density(trial: Trial) -> str:
    made = trial.in_order([Controls(density=name) for name in DENSITIES])
    counts = [[strokes(a) for a in row] for row in made]
    return f"density: strokes a quarter {_means(counts, DENSITIES)}; in order {rising(counts):.2f}"


def measure_energy(trial: Trial) -> str:
    made = trial.in_order([Controls(energy=(name,)) for name in ENERGIES])
    loud, count = ([[f(a) for a in row] for row in made] for f in (velocity, strokes))
    return (
        f"energy: velocity {_means(loud, ENERGIES)}, in order {rising(loud):.2f}; "
        f"strokes a quarter {_means(count, ENERGIES)}, in order {rising(count):.2f}"
    )


def measure_instruments(trial: Trial) -> str:
    rng = np.random.default_rng(1)
    named = played = asked = silent = left_out = 0
    for i in range(len(trial.songs)):
        names = {s: INSTRUMENTS[s][int(rng.integers(1, len(INSTRUMENTS[s])))].name for s in STEMS}
        out = STEMS[i % len(STEMS)]
        parts = trial.ask(i, Controls(instruments={**names, out: "none"})).arrangement.parts
        for stem in STEMS:
            if stem == out:
                left_out += 1
                silent += not parts[stem].notes
            else:
                asked += 1
                named += parts[stem].instrument == names[stem]
                played += bool(parts[stem].notes)
    return (
        f"instruments: as named {named / asked:.2f}, and heard {played / asked:.2f}; "
        f"left out where asked {silent / left_out:.2f}"
    )


def measure_chords(trial: Trial) -> str:
    rng = np.random.default_rng(2)
    right = []
    for i, analysis in enumerate(trial.analyses):
        roots = [analysis.key.scale[int(rng.integers(7))] for _ in range(4)]
        chords = tuple(Chord(root, str(rng.choice(QUALITY_NAMES))) for root in roots)
        arrangement = trial.ask(i, Controls(chords=chords)).arrangement
        size = arrangement.grid.meter.quarters_per_bar
        right += [chord == chords[beat // size % 4] for beat, chord in enumerate(arrangement.chords)]
    return f"chords: as given in {np.mean(right):.3f} of the quarters"


def measure_follow(trial: Trial) -> str:
    made = trial.in_order([Controls(follow=name) for name in FOLLOWS])
    shares = [[agreement(a.arrangement, trial.analyses[i]) for a in row] for i, row in enumerate(made)]
    inside, shared = ([[s[k] for s in row] for row in shares] for k in (0, 1))
    notes = [[float(strokes(a)) for a in row] for row in made]
    return (
        f"follow: sung time inside the chord {_means(inside, FOLLOWS)}, in order {rising(inside):.2f}; "
        f"harmony notes on a sung pitch {_means(shared, FOLLOWS)}; strokes a quarter {_means(notes, FOLLOWS)}"
    )


def measure_style(trial: Trial, judge: StyleJudge, styles: Sequence[int], own: Sequence[Song]) -> str:
    """Each song is asked for two styles of its meter; also how well the judge knows held-out songs of the corpus."""
    rng = np.random.default_rng(3)
    ranks = []
    for i in range(len(trial.songs)):
        for style in rng.choice(styles, 2, replace=False):
            made = trial.ask(i, Controls(style=STYLES[int(style)]))
            ranks.append(judge.rank(style_features(made.recipe.score), int(style)))
    known = [judge.rank(style_features(s.score), int(s.score.globals[0])) for s in own]
    asked, ceiling = np.array(ranks), np.array(known)
    return (
        f"style among {len(judge.styles)}: heard first {np.mean(asked < 1):.2f}, among the first three "
        f"{np.mean(asked < 3):.2f}; corpus {np.mean(ceiling < 1):.2f}, {np.mean(ceiling < 3):.2f}; "
        f"chance {1 / len(judge.styles):.2f}, {3 / len(judge.styles):.2f}"
    )


def measure_variation(trial: Trial) -> str:
    """Share of tokens that differ from the parent, by stem; a stranger has the same wishes and another seed."""
    rows: dict[str, list[list[float]]] = {"near": [], "far": [], "stranger": []}
    styles = {"near": 0, "far": 0, "stranger": 0}
    for i in range(len(trial.songs)):
        one = trial.ask(i, Controls())
        before = one.recipe.score
        parent = Candidate(1, one.arrangement, {}, recipe=one.recipe)
        children = {
            "near": trial.ask(i, Controls(), seed=1, change=Vary(parent, "near")),
            "far": trial.ask(i, Controls(), seed=1, change=Vary(parent, "far")),
            "stranger": trial.ask(i, Controls(), seed=1),
        }
        for name, child in children.items():
            differ = child.recipe.score.tokens != before.tokens
            rows[name].append([float(differ[:, columns].mean()) for columns in COLUMNS.values()])
            styles[name] += int(child.recipe.score.globals[0] == before.globals[0])
    told = []
    for name, shares in rows.items():
        mean = np.mean(shares, axis=0)
        each = ", ".join(f"{c} {v:.2f}" for c, v in zip(COLUMNS, mean, strict=True))
        told.append(f"{name} {np.mean(mean):.2f} ({each}; same style {styles[name] / len(trial.songs):.2f})")
    return "variation: share of tokens unlike the parent's: " + "; ".join(told)


def _means(rows: Sequence[Sequence[float]], names: Sequence[str]) -> str:
    means = np.mean(rows, axis=0)
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(names, means, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, required=True, help="folder with arrangement.safetensors")
    parser.add_argument("--songs", type=Path, required=True, help="folder with the corpus' songs_*.npz")
    parser.add_argument("--count", type=int, default=40, help="melodies")
    parser.add_argument("--only", nargs="*", help="names of measures")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    songs = read_songs(options.songs)
    ours = [(i, s) for i, s in enumerate(songs) if str(s.meter) == "4/4" and s.melody]
    kept = [s for i, s in ours if i % 50]
    held_out = [s for i, s in ours if i % 50 == 0]
    judge = StyleJudge(
        np.stack([style_features(s.score) for s in kept]), np.array([int(s.score.globals[0]) for s in kept])
    )
    arranger = load_arranger(options.models / "arrangement.safetensors", choose_device(options.device))
    trial = Trial(arranger, held_out[: options.count])
    print(f"{len(trial.songs)} melodies, judge learnt from {len(kept)} songs", flush=True)
    measures: Mapping[str, Callable[[], str]] = {
        "density": lambda: measure_density(trial),
        "energy": lambda: measure_energy(trial),
        "instruments": lambda: measure_instruments(trial),
        "chords": lambda: measure_chords(trial),
        "follow": lambda: measure_follow(trial),
        "style": lambda: measure_style(trial, judge, arranger.styles["4/4"], held_out),
        "variation": lambda: measure_variation(trial),
    }
    for name, measure in measures.items():
        if not options.only or name in options.only:
            print(measure(), flush=True)


if __name__ == "__main__":
    main()
