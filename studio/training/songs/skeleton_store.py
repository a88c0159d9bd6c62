"""Keeps skeletons read from score collections in one compressed JSON file, since reading scores takes minutes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from studio.core.music import Chord, Key, Meter
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton


def cached_skeletons(path: Path, read: Callable[[], Iterable[Skeleton]]) -> list[Skeleton]:
    """The skeletons of `path`; when it does not exist, those of `read()`, which are then kept there."""
    if not path.exists():
        write_skeletons(path, read())
    return read_skeletons(path)


def write_skeletons(path: Path, skeletons: Iterable[Skeleton]) -> None:
    """Writes skeletons; the file appears only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with gzip.open(partial, "wt", encoding="utf-8") as file:
        json.dump([_as_json(s) for s in skeletons], file)
    partial.replace(path)


def read_skeletons(path: Path) -> list[Skeleton]:
    """Reads what `write_skeletons` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [_from_json(item) for item in json.load(file)]


def _as_json(song: Skeleton) -> dict[str, object]:
    return {
        "key": str(song.key),
        "meter": str(song.meter),
        "tempo_bpm": song.tempo_bpm,
        "sections": [(s.name, s.first_bar, s.bars) for s in song.sections],
        "chords": " ".join(chord.name() for chord in song.chords),
        "energy": "".join(str(level) for level in song.energy),
        "melody": [(n.start, n.end, n.pitch) for n in song.melody],
        "source": song.source,
        "licence": song.licence,
    }


def _from_json(item: dict) -> Skeleton:
    return Skeleton(
        key=Key.parse(item["key"]),
        meter=Meter.parse(item["meter"]),
        tempo_bpm=item["tempo_bpm"],
        sections=tuple(Section(*s) for s in item["sections"]),
        chords=tuple(Chord.parse(name) for name in item["chords"].split()),
        energy=tuple(int(level) for level in item["energy"]),
        melody=tuple(MelodyNote(*n) for n in item["melody"]),
        source=item["source"],
        licence=item["licence"],
    )
