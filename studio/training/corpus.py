"""The training corpus on disk: songs (scores with their melodies) and sounds (rendered stems of some of
them).

Songs are shards of plain arrays; sounds are one folder a song with memory-mapped audio. Both can be extended
by running the command again with a larger count, and every item depends on its own number alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.grid import BeatGrid
from studio.core.instruments import INSTRUMENTS
from studio.core.music import Key, Meter
from studio.core.perform import perform
from studio.core.score import GLOBALS, Score
from studio.training.arranger import arrange
from studio.training.grooves import Groove, load_grooves
from studio.training.skeleton import MelodyNote, Skeleton
from studio.training.song_skeletons import make_skeleton
from studio.training.vary import vary_tune

SONGS_PER_SHARD = 200
#: Share of the songs that each collection of existing tunes gives; the rest are our own.
TUNE_SHARE = 0.22


@dataclass(frozen=True, eq=False)
class Song:
    """One training song: what is sung, and what the band plays to it."""

    score: Score
    melody: tuple[MelodyNote, ...]
    key: Key
    meter: Meter
    tempo_bpm: float

    def grid(self, tempo_bpm: float | None = None) -> BeatGrid:
        """A regular grid of exactly the score's quarters, from second 0."""
        beat_s = 60.0 / (tempo_bpm or self.tempo_bpm)
        return BeatGrid(tuple(i * beat_s for i in range(len(self.score.tokens) + 1)), self.meter)


def fitting_grooves(skeleton: Skeleton, grooves: Sequence[Groove]) -> list[Groove]:
    """Grooves that know the skeleton's meter and are at home within a tenth of its tempo."""
    fitting = []
    for groove in grooves:
        if str(skeleton.meter) in groove.meters:
            low, high = groove.feel(str(skeleton.meter)).tempo
            if low * 0.9 <= skeleton.tempo_bpm <= high * 1.1:
                fitting.append(groove)
    return fitting


def styles_by_meter() -> dict[str, list[str]]:
    """The styles that serve each meter, for the header of the arrangement weights."""
    grooves = load_grooves().values()
    return {f"{a}/{b}": [g.style for g in grooves if f"{a}/{b}" in g.meters] for a, b in Meter.SUPPORTED}


def make_song(number: int, grooves: Sequence[Groove], tunes: Sequence[Sequence[Skeleton]] = ()) -> Song:
    """Song `number` of the corpus: our own, or a varied tune of one of the given collections (TUNE_SHARE each)."""
    rng = np.random.default_rng([7, number])
    while True:
        draw = int(rng.random() / TUNE_SHARE)
        if draw < len(tunes):
            collection = tunes[draw]
            skeleton = vary_tune(collection[int(rng.integers(len(collection)))], rng)
        else:
            skeleton = make_skeleton(rng)
        fitting = fitting_grooves(skeleton, grooves)
        if rng.random() < 0.1:  # a user may ask for any style at any tempo
            fitting = [g for g in grooves if str(skeleton.meter) in g.meters]
        if fitting:
            break
    score = arrange(skeleton, fitting[int(rng.integers(len(fitting)))], rng)
    return Song(score, skeleton.melody, skeleton.key, skeleton.meter, skeleton.tempo_bpm)


def write_songs(
    folder: Path, count: int, tunes: Sequence[Sequence[Skeleton]] = (), *, first: int = 0
) -> None:
    """Songs `first` to `count` as shards; shards that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    grooves = list(load_grooves().values())
    for shard in range(first // SONGS_PER_SHARD, count // SONGS_PER_SHARD):
        path = folder / f"songs_{shard:04d}.npz"
        if path.exists():
            continue
        songs = [make_song(shard * SONGS_PER_SHARD + i, grooves, tunes) for i in range(SONGS_PER_SHARD)]
        np.savez_compressed(
            folder / "partial.npz",
            tokens=np.concatenate([s.score.tokens for s in songs]).astype(np.uint8),
            beats=[len(s.score.tokens) for s in songs],
            globals=np.stack([s.score.globals for s in songs]),
            melody=np.concatenate([[(n.start, n.end, n.pitch) for n in s.melody] for s in songs if s.melody]),
            notes=[len(s.melody) for s in songs],
            tonic=[s.key.tonic for s in songs],
            major=[s.key.mode == "major" for s in songs],
            meter=[Meter.SUPPORTED.index((s.meter.numerator, s.meter.denominator)) for s in songs],
            tempo_bpm=[s.tempo_bpm for s in songs],
        )
        (folder / "partial.npz").rename(path)
        print(path.name, flush=True)


def read_songs(folder: Path) -> list[Song]:
    """All songs of all shards."""
    songs = []
    for path in sorted(folder.glob("songs_*.npz")):
        with np.load(path, allow_pickle=False) as data:
            token_ends, note_ends = np.cumsum(data["beats"]), np.cumsum(data["notes"])
            tokens, melody = data["tokens"].astype(np.int64), data["melody"]
            globals_, tonic, major = data["globals"], data["tonic"], data["major"]
            meter, tempo = data["meter"], data["tempo_bpm"]
            for i in range(len(token_ends)):
                rows = (
                    tokens[token_ends[i] - data["beats"][i] : token_ends[i]] if i else tokens[: token_ends[0]]
                )
                notes = melody[(note_ends[i - 1] if i else 0) : note_ends[i]]
                songs.append(
                    Song(
                        Score(rows, globals_[i]),
                        tuple(MelodyNote(float(a), float(b), int(p)) for a, b, p in notes),
                        Key(int(tonic[i]), "major" if major[i] else "minor"),
                        Meter(*Meter.SUPPORTED[int(meter[i])]),
                        float(tempo[i]),
                    )
                )
    return songs


def perturbed_instruments(score: Score, rng: np.random.Generator, share: float = 0.6) -> Score:
    """The score with some stems on another instrument, so that every sound is heard in every role."""
    globals_ = score.globals.copy()
    for stem in ("drums", "bass", "harmony", "lead"):
        index = GLOBALS.index(stem)
        if globals_[index] and rng.random() < share:
            globals_[index] = rng.integers(1, len(INSTRUMENTS[stem]))
    return Score(score.tokens, globals_)


def write_sounds(folder: Path, songs: Sequence[Song], *, first: int, count: int, beats: int = 40) -> None:
    """Renders stretches of `count` songs: dry stems, excitations, notes; folders that exist are kept."""
    from studio.ml.excitation import excite
    from studio.training.render import SAMPLE_RATE, render

    for number in range(first, first + count):
        target = folder / f"{number:05d}"
        if target.exists():
            continue
        rng = np.random.default_rng([11, number])
        song = songs[number % len(songs)]
        bar = song.meter.quarters_per_bar
        start = bar * int(rng.integers(0, max(1, (len(song.score.tokens) - beats) // bar + 1)))
        tokens = song.score.tokens[start : start + beats]
        score = perturbed_instruments(Score(tokens, song.score.globals), rng)
        beat_s = 60.0 / song.tempo_bpm
        grid = BeatGrid(tuple(0.05 + i * beat_s for i in range(len(tokens) + 1)), song.meter)
        arrangement = perform(score, grid, Key(int(rng.integers(12)), song.key.mode), seed=number)
        frames = int((grid.times_s[-1] + 1.5) * SAMPLE_RATE) // 512 * 512
        stems = render(arrangement, frames, "fluid")
        partial = folder / f"partial_{number}"
        partial.mkdir(parents=True, exist_ok=True)
        audio = np.stack(list(stems.values()))
        np.save(partial / "audio.npy", (np.clip(audio / 2, -1, 1) * 32767).astype(np.int16))
        source = [
            excite(s, p.notes, seed=number, start=0, frames=frames)[0] for s, p in arrangement.parts.items()
        ]
        np.save(partial / "excitation.npy", np.stack(source).astype(np.float16))
        notes = {
            stem: {
                "instrument": part.instrument,
                "notes": [(n.start_s, n.end_s, n.pitch, n.velocity) for n in part.notes],
            }
            for stem, part in arrangement.parts.items()
        }
        (partial / "notes.json").write_text(json.dumps(notes))
        partial.rename(target)
        if number % 20 == 0:
            print(target.name, flush=True)


def sound_folders(folder: Path) -> Iterator[Path]:
    """Finished songs of the sound corpus."""
    return (p for p in sorted(folder.iterdir()) if p.name.isdigit())
