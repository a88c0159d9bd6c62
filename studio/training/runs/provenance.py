"""What shaped the weights of a stage: kept with a run while it trains, and with the exported weights."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from studio.training.collections.corpus import SONGS_PER_SHARD, heard_instruments, sound_folders
from studio.training.runs.sources import COLLECTIONS, skeleton_file
from studio.training.sounds.voices import voice

#: Beside exported weights: what shaped each of them.
MANIFEST = "sources.json"


def provenance(run: Path, stage: str, start: Path | None) -> dict[str, Any]:
    """Of a stage that begins now.

    Args:
        start: weights it begins from; what shaped them counts too.

    Returns:
        `songs` and `sounds` (how many), `earlier_steps` (that shaped `start`) and `sources`, keys of sources.SOURCES.
    """
    found: dict[str, Any] = {
        "songs": SONGS_PER_SHARD * len(list((run / "songs").glob("songs_*.npz"))),
        "sounds": len(list(sound_folders(run / "sounds"))) if stage != "arrangement" else 0,
        "earlier_steps": 0,
        "sources": _song_sources(run),
    }
    if stage != "arrangement":
        heard = heard_instruments(sound_folders(run / "sounds"))
        found["sources"] += sorted({voice(stem, name).font for stem, name in heard})
    if start:
        before = _of_weights(start)
        found["earlier_steps"] = before["earlier_steps"] + before["steps"]
        found["sources"] += [key for key in before["sources"] if key not in found["sources"]]
    return found


def steps_taken(folder: Path) -> int:
    """Steps that shaped the averaged weights of a stage's folder."""
    return int(last_scores(folder).get("step", 0))


def last_scores(folder: Path) -> dict[str, float]:
    """The last line of a stage's held-out scores; empty when there is none."""
    path = folder / "held_out.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def _song_sources(run: Path) -> list[str]:
    read = [name for name in COLLECTIONS if skeleton_file(run, name).exists()]
    return ["factory", *read, "grooves"]


def _of_weights(weights: Path) -> dict[str, Any]:
    """Of an earlier run's averaged weights, or of exported ones."""
    manifest, settings = weights.parent / MANIFEST, weights.parent / "settings.json"
    if manifest.exists():
        return json.loads(manifest.read_text("utf-8"))["weights"][weights.stem]
    stage = weights.parent.name
    before = json.loads(settings.read_text("utf-8")) if settings.exists() else {}
    before = before or provenance(weights.parent.parent, stage, None)
    return {**before, "steps": steps_taken(weights.parent)}
