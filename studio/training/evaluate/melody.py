"""Do the melodies the generator is trained on look like real vocals heard through our own analysis?

    python -m studio.training.evaluate.melody --songs DIR --vocals DIR --pictures DIR

Training melodies are songs of a corpus, disturbed and put on a grid as in training; real ones are recordings after
automatic analysis, with the estimated tempo, grid and key. Both become the same measures, compared by quantiles, by
distance (Wasserstein over the training's spread; total variation where values are classes) and by cover: the share of
real values between the 1st and 99th percentile of training. The collections need not sing the same music: cover near
1 is what training must give, distance tells where they differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from studio.analysis import analyse
from studio.core.analysis import VocalNote
from studio.core.audio import Audio
from studio.core.grid import STEPS_PER_BEAT, BeatGrid
from studio.core.music import Key
from studio.core.tuning import tuning_offset
from studio.ml.arrangement.melody import STEP_FEATURES, SUNG, melody_features
from studio.training.collections.corpus import Song, read_songs
from studio.training.songs.disturb import disturb, estimated_grid, sung_tempo

#: A gap this long ends a phrase, in seconds.
_BREATH_S = 0.3
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One measure: its name, its unit, and the classes of it when it is not a quantity."""

    name: str
    unit: str
    classes: int = 0


#: In the order of the table. 'song' measures have one value a song.
MEASURES = (
    Measure("tempo", "bpm, a song"),
    Measure("note length", "quarters"),
    Measure("note length in seconds", "s"),
    Measure("time between onsets", "quarters"),
    Measure("rest after a note", "quarters"),
    Measure("notes per quarter", "a song"),
    Measure("voiced steps", "share, a song"),
    Measure("cover of voiced steps", "share"),
    Measure("phrase length", "quarters"),
    Measure("onset off the sixteenth", "ms"),
    Measure("place in the quarter", "sixteenth", STEPS_PER_BEAT),
    Measure("interval", "semitones", 25),
    Measure("range", "semitones, a song"),
    Measure("height", "octaves above middle C"),
    Measure("pitch off the semitone", "semitones"),
    Measure("notes in the scale", "share, a song"),
    Measure("clearest pitch class", "share of a voiced step"),
    Measure("loudness", "20 dB about the median"),
    Measure("level change, note to note", "dB"),
)


@dataclass(frozen=True, eq=False)
class Sung:
    """Notes on a grid, from wherever they come."""

    notes: Sequence[VocalNote]
    grid: BeatGrid
    key: Key


def measure(sung: Sung) -> dict[str, Values]:
    """Every measure of one melody of two or more notes; classes as whole numbers from 0."""
    notes, grid = sung.notes, sung.grid
    starts = np.array([n.start_s for n in notes])
    ends = np.array([n.end_s for n in notes])
    start_beat, end_beat = grid.beat_of(starts), grid.beat_of(ends)
    quarter_s = 60.0 / grid.tempo_bpm
    pitch = np.array([n.pitch for n in notes]) - tuning_offset(notes)
    level = np.array([n.loudness_db for n in notes])
    gap_s = np.maximum(starts[1:] - ends[:-1], 0.0)
    last = np.append(np.flatnonzero(gap_s > _BREATH_S), len(notes) - 1)
    first = np.append(0, last[:-1] + 1)
    steps = melody_features(notes, grid, sung.key).astype(np.float64).reshape(-1, STEP_FEATURES)
    low, high = (int(x) for x in np.round(grid.beat_of([starts[0], ends[-1]]) * STEPS_PER_BEAT))
    heard = steps[max(low, 0) : high]
    voiced = heard[heard[:, SUNG] > 0.05]
    sixteenth = np.round(start_beat * STEPS_PER_BEAT)
    in_scale = np.isin(np.round(pitch).astype(int) % 12, sung.key.scale)
    return {
        "tempo": np.array([grid.tempo_bpm]),
        "note length": end_beat - start_beat,
        "note length in seconds": ends - starts,
        "time between onsets": np.diff(start_beat),
        "rest after a note": gap_s / quarter_s,
        "notes per quarter": np.array([len(notes) / max(end_beat[-1] - start_beat[0], 1.0)]),
        "voiced steps": np.array([len(voiced) / max(len(heard), 1)]),
        "cover of voiced steps": voiced[:, SUNG],
        "phrase length": end_beat[last] - start_beat[first],
        "onset off the sixteenth": 1000 * (start_beat - sixteenth / STEPS_PER_BEAT) * quarter_s,
        "place in the quarter": sixteenth % STEPS_PER_BEAT,
        "interval": np.clip(np.round(np.diff(pitch)), -12, 12) + 12,
        "range": np.array([np.ptp(np.quantile(pitch, [0.03, 0.97]))]),
        "height": (pitch - 60) / 12,
        "pitch off the semitone": pitch - np.round(pitch),
        "notes in the scale": np.array([np.mean(in_scale)]),
        "clearest pitch class": voiced[:, :12].max(axis=1) / voiced[:, SUNG],
        "loudness": voiced[:, 15] / voiced[:, SUNG],
        "level change, note to note": np.abs(np.diff(level)),
    }


def pooled(melodies: Iterable[Sung]) -> dict[str, Values]:
    """All values of each measure over many melodies."""
    rows = [measure(m) for m in melodies if len(m.notes) > 2]
    return {m.name: np.concatenate([row[m.name] for row in rows]) for m in MEASURES}


def training_melodies(songs: Sequence[Song], count: int) -> list[Sung]:
    """The first stretch (40 s) of `count` songs spread over the corpus, by one singer each."""
    chosen = songs[:: max(1, len(songs) // count)][:count]
    melodies = []
    for index, song in enumerate(chosen):
        rng = np.random.default_rng([14, index])
        tempo = sung_tempo(rng, song.tempo_bpm)
        notes = disturb(song.melody, rng, tempo_bpm=tempo)
        grid = estimated_grid(rng, tempo_bpm=tempo, beats=len(song.score.tokens), meter=song.meter)
        until = notes[0].start_s + 40.0 if notes else 0.0
        melodies.append(Sung([n for n in notes if n.start_s < until], grid, song.key))
    return melodies


def real_melodies(folder: Path) -> list[Sung]:
    """Every recording of a folder through automatic analysis."""
    melodies = []
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".flac", ".wav")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        analysis = analyse(Audio(np.ascontiguousarray(samples.T), rate))
        melodies.append(Sung(analysis.notes, analysis.grid, analysis.key))
    return melodies


def distance(kind: Measure, training: Values, real: Values) -> float:
    """Wasserstein distance over the training's spread, or total variation between classes, 0 to 1."""
    if kind.classes:
        shares = [np.bincount(v.astype(int), minlength=kind.classes) / len(v) for v in (training, real)]
        return float(0.5 * np.abs(shares[0] - shares[1]).sum())
    spread = float(np.std(training))
    return float(wasserstein_distance(training, real)) / max(spread, 1e-9)


def cover(training: Values, real: Values) -> float:
    """Share of real values between the 1st and 99th percentile of training."""
    low, high = np.quantile(training, [0.01, 0.99])
    return float(np.mean((real >= low - 1e-9) & (real <= high + 1e-9)))


def table(training: dict[str, Values], real: dict[str, Values]) -> str:
    """Markdown: means, quantiles, distance and cover of each measure."""
    lines = [
        "| measure | unit | training mean (5, 50, 95 %) | real mean (5, 50, 95 %) | distance | cover |",
        "|---|---|---|---|---|---|",
    ]
    for kind in MEASURES:
        a, b = training[kind.name], real[kind.name]
        if kind.classes == STEPS_PER_BEAT:
            cells = [" ".join(f"{np.mean(v == k):.2f}" for k in range(STEPS_PER_BEAT)) for v in (a, b)]
        else:
            zero = 12 if kind.name == "interval" else 0
            cells = [
                f"{np.mean(v) - zero:.2f} ({', '.join(f'{q - zero:.2f}' for q in np.quantile(v, [0.05, 0.5, 0.95]))})"
                for v in (a, b)
            ]
        lines.append(
            f"| {kind.name} | {kind.unit} | {cells[0]} | {cells[1]} | {distance(kind, a, b):.2f} | {cover(a, b):.2f} |"
        )
    return "\n".join(lines)


def draw(training: dict[str, Values], real: dict[str, Values], path: Path) -> None:
    """Histograms of every measure, training filled and real as a line, one small picture."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    columns = 5
    rows = -(-len(MEASURES) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(2.6 * columns, 1.8 * rows), layout="constrained")
    for axis in axes.flat[len(MEASURES) :]:
        axis.axis("off")
    for axis, kind in zip(axes.flat, MEASURES, strict=False):
        a, b = training[kind.name], real[kind.name]
        if kind.classes:
            edges = np.arange(kind.classes + 1) - 0.5 - (12 if kind.name == "interval" else 0)
            a, b = (v - (12 if kind.name == "interval" else 0) for v in (a, b))
        else:
            low, high = np.quantile(np.concatenate([np.quantile(a, [0.005, 0.995]), b]), [0.0, 0.995])
            edges = np.linspace(low, high, 13 if len(b) < 40 else 31)
        for values, style in ((a, {"color": "0.78", "histtype": "stepfilled"}), (b, {"color": "C3"})):
            axis.hist(
                np.clip(values, edges[0], edges[-1]), edges, density=True, **{"histtype": "step", **style}
            )
        axis.set_title(kind.name, fontsize=8)
        axis.set_xlabel(kind.unit, fontsize=6, labelpad=1)
        axis.tick_params(labelsize=6)
        axis.set_yticks([])
    figure.savefig(path, dpi=72)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=Path, required=True, help="songs of a training run")
    parser.add_argument("--vocals", type=Path, required=True, help="recordings")
    parser.add_argument("--pictures", type=Path, help="folder for melody_features.png")
    parser.add_argument("--count", type=int, default=400, help="training songs")
    options = parser.parse_args()
    training = pooled(training_melodies(read_songs(options.songs), options.count))
    real = pooled(real_melodies(options.vocals))
    print(table(training, real))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        draw(training, real, options.pictures / "melody_features.png")


if __name__ == "__main__":
    main()
