"""The training corpus on disk: songs (scores with their melodies) and sounds (rendered stems of some of
them).

Songs are shards of plain arrays; sounds are one folder a song. Both can be extended by running the command again
with a larger count, and every item depends on its own number alone (a sound also on the number of songs), so
that several processes write what one would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from studio.core.arrangement import STEMS
from studio.core.grid import BeatGrid
from studio.core.instruments import INSTRUMENTS, SOUNDS, choices
from studio.core.jobs import CancelToken
from studio.core.music import Key, Meter
from studio.core.perform import perform
from studio.core.score import GLOBALS, Score
from studio.training.players.arranger import arrange
from studio.training.players.grooves import Groove, load_grooves
from studio.training.runs.parallel import map_items
from studio.training.runs.sources import source_of
from studio.training.songs.skeleton import MelodyNote, Skeleton
from studio.training.songs.skeleton_store import read_skeletons
from studio.training.songs.song_skeletons import make_skeleton
from studio.training.songs.vary import vary_tune

SONGS_PER_SHARD = 200
#: Share of the songs that each collection of existing tunes gives; the rest are our own.
TUNE_SHARE = 0.22


@dataclass(frozen=True, eq=False)
class Song:
    """One training song: what is sung, what the band plays to it, and where the tune is from (sources.py)."""

    score: Score
    melody: tuple[MelodyNote, ...]
    key: Key
    meter: Meter
    tempo_bpm: float
    source: str

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
    return {f"{a}/{b}": [g.style for g in grooves if f"{a}/{b}" in g.meters] for a, b in Meter.WRITTEN}


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
    source = source_of(skeleton.source).key
    return Song(score, skeleton.melody, skeleton.key, skeleton.meter, skeleton.tempo_bpm, source)


def write_songs(
    folder: Path,
    count: int,
    tunes: Sequence[Path] = (),
    *,
    workers: int = 1,
    cancel: CancelToken | None = None,
) -> None:
    """At least `count` songs, as whole shards; shards that exist are kept.

    Args:
        tunes: skeleton files (skeleton_store) of the collections.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = [s for s in range(-(-count // SONGS_PER_SHARD)) if not _shard_path(folder, s).exists()]
    for shard, _ in map_items(partial(_write_shard, folder, tuple(tunes)), shards, workers, cancel):
        print(_shard_path(folder, shard).name, flush=True)


def _shard_path(folder: Path, shard: int) -> Path:
    return folder / f"songs_{shard:04d}.npz"


@lru_cache(maxsize=4)
def _tunes(path: Path) -> list[Skeleton]:
    return read_skeletons(path)


def _write_shard(folder: Path, tunes: tuple[Path, ...], shard: int) -> None:
    grooves = list(load_grooves().values())
    collections = [_tunes(path) for path in tunes]
    numbers = range(shard * SONGS_PER_SHARD, (shard + 1) * SONGS_PER_SHARD)
    songs = [make_song(number, grooves, collections) for number in numbers]
    unfinished = folder / f"partial_{shard}.npz"
    np.savez_compressed(
        unfinished,
        tokens=np.concatenate([s.score.tokens for s in songs]).astype(np.uint8),
        beats=[len(s.score.tokens) for s in songs],
        globals=np.stack([s.score.globals for s in songs]),
        melody=np.concatenate([[(n.start, n.end, n.pitch) for n in s.melody] for s in songs if s.melody]),
        notes=[len(s.melody) for s in songs],
        tonic=[s.key.tonic for s in songs],
        major=[s.key.mode == "major" for s in songs],
        meter=[Meter.WRITTEN.index((s.meter.numerator, s.meter.denominator)) for s in songs],
        tempo_bpm=[s.tempo_bpm for s in songs],
        source=[s.source for s in songs],
    )
    unfinished.rename(_shard_path(folder, shard))


def read_songs(folder: Path) -> list[Song]:
    """All songs of all shards."""
    return [song for path in sorted(folder.glob("songs_*.npz")) for song in _read_shard(path)]


@lru_cache(maxsize=2)
def _read_shard(path: Path) -> list[Song]:
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    tokens, melody = data["tokens"].astype(np.int64), data["melody"]
    token_ends, note_ends = np.cumsum(data["beats"]), np.cumsum(data["notes"])
    sources = data.get("source", [""] * len(token_ends))
    songs = []
    for i in range(len(token_ends)):
        rows = tokens[token_ends[i] - data["beats"][i] : token_ends[i]]
        notes = melody[note_ends[i] - data["notes"][i] : note_ends[i]]
        songs.append(
            Song(
                Score(rows, data["globals"][i]),
                tuple(MelodyNote(float(a), float(b), int(p)) for a, b, p in notes),
                Key(int(data["tonic"][i]), "major" if data["major"][i] else "minor"),
                Meter(*Meter.WRITTEN[int(data["meter"][i])]),
                float(data["tempo_bpm"][i]),
                str(sources[i]),
            )
        )
    return songs


def other_instruments(
    score: Score, rng: np.random.Generator, share: float = 0.6
) -> tuple[Score, dict[str, str]]:
    """The score with some stems on another instrument, so that every sound is heard in every role.

    Returns:
        the score, and by stem the sounds (core.instruments.SOUNDS) that play instead of what it names.
    """
    globals_ = score.globals.copy()
    sounds: dict[str, str] = {}
    for stem in STEMS:
        index = GLOBALS.index(stem)
        if globals_[index] and rng.random() < share:
            entries = choices(stem)
            entry = entries[int(rng.integers(1, len(entries)))]
            names = [player.name for player in INSTRUMENTS[stem]]
            globals_[index] = names.index(entry.like or entry.name)
            if entry.like:
                sounds[stem] = entry.name
    return Score(score.tokens, globals_), sounds


def write_sounds(
    folder: Path,
    songs: Path,
    count: int,
    *,
    beats: int = 40,
    workers: int = 1,
    cancel: CancelToken | None = None,
) -> None:
    """Renders a stretch of `beats` quarters of `count` songs of the folder `songs`; folders that exist are kept.

    Each gets a folder with `audio.npy` (int16 [4, T], dry stems at half scale), `excitation.npy` (float16 [4, T])
    and `notes.json` (by stem: instrument and notes in seconds).
    """
    missing = [number for number in range(count) if not (folder / f"{number:05d}").exists()]
    for number, _ in map_items(partial(_write_sound, folder, songs, beats), missing, workers, cancel):
        if number % 20 == 0:
            print(f"sounds {number:05d}", flush=True)


def _write_sound(folder: Path, songs: Path, beats: int, number: int) -> None:
    from studio.ml.sound.excitation import excite
    from studio.training.sounds.render import SAMPLE_RATE, render

    rng = np.random.default_rng([11, number])
    shards = sorted(songs.glob("songs_*.npz"))
    shard, place = divmod(number % (SONGS_PER_SHARD * len(shards)), SONGS_PER_SHARD)
    song = _read_shard(shards[shard])[place]
    bar = song.meter.quarters_per_bar
    start = bar * int(rng.integers(0, max(1, (len(song.score.tokens) - beats) // bar + 1)))
    tokens = song.score.tokens[start : start + beats]
    score, sounds = other_instruments(Score(tokens, song.score.globals), rng)
    beat_s = 60.0 / song.tempo_bpm
    grid = BeatGrid(tuple(0.05 + i * beat_s for i in range(len(tokens) + 1)), song.meter)
    arrangement = perform(score, grid, Key(int(rng.integers(12)), song.key.mode), seed=number, sounds=sounds)
    frames = int((grid.times_s[-1] + 1.5) * SAMPLE_RATE) // 512 * 512
    stems = render(arrangement, frames)
    unfinished = folder / f"partial_{number}"
    unfinished.mkdir(parents=True, exist_ok=True)
    audio = np.stack(list(stems.values()))
    np.save(unfinished / "audio.npy", (np.clip(audio / 2, -1, 1) * 32767).astype(np.int16))
    source = [
        excite(s, p.notes, seed=number, start=0, frames=frames)[0] for s, p in arrangement.parts.items()
    ]
    np.save(unfinished / "excitation.npy", np.stack(source).astype(np.float16))
    notes = {
        stem: {
            "instrument": part.instrument,
            "notes": [(n.start_s, n.end_s, n.pitch, n.velocity) for n in part.notes],
        }
        for stem, part in arrangement.parts.items()
    }
    (unfinished / "notes.json").write_text(json.dumps(notes))
    unfinished.rename(folder / f"{number:05d}")


def sound_folders(folder: Path) -> Iterator[Path]:
    """Finished songs of the sound corpus."""
    return (p for p in sorted(folder.iterdir()) if p.name.isdigit())


def heard_instruments(folders: Iterable[Path]) -> set[tuple[str, str]]:
    """(stem, instrument) of everything that plays in these songs of the sound corpus."""
    heard = set()
    for folder in folders:
        parts = json.loads((folder / "notes.json").read_text())
        heard |= {(stem, part["instrument"]) for stem, part in parts.items() if part["notes"]}
    return heard


def known_sounds(heard: set[tuple[str, str]]) -> int:
    """How many of SOUNDS, from the first on, were all heard: those that a mel model can learn."""
    return next((i for i, (stem, entry) in enumerate(SOUNDS) if (stem, entry.name) not in heard), len(SOUNDS))
