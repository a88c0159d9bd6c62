"""From run folders to what ships: half-precision weights, a model card each, and the manifest of all sources.

The manifest (`sources.json`) is the data: for every weights file its hash, how it was trained and what shaped it.
Cards are the manifest put into the hand-written texts of `cards/`, and can be written anew at any time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from studio.core.errors import StudioError
from studio.ml.sound.mel import MelContract
from studio.ml.weights import save_weights
from studio.training.runs import checkpoints
from studio.training.collections.corpus import styles_by_meter
from studio.training.runs.presets import PRESETS
from studio.training.runs.provenance import MANIFEST, last_scores, provenance, steps_taken
from studio.training.runs.replay import write_replay
from studio.training.runs.sources import SHIPPABLE, SOURCES, source

_TEMPLATES = Path(__file__).with_name("cards")
#: What is not weights but lies beside them, is listed with them and has a card as they do.
REPLAY = "replay"
_CROPS = {
    "arrangement": "up to 64 quarters",
    "mel": "160 frames (1.9 s)",
    "vocoder": "64 frames (0.74 s)",
}


def export_models(run: Path, models: Path) -> None:
    """Exports every stage the run has averaged weights of; other weights in `models` stay as they are.

    Raises:
        StudioError: when the run has none, or a source may not ship.
    """
    trained = [stage for stage in checkpoints.STAGES if checkpoints.averaged(run, stage).exists()]
    if not trained:
        raise StudioError("There is nothing to export", seen=f"no trained weights in {run}",
                          todo="run 'studio train all' or one of its stages first")  # fmt: skip
    entries = {stage: _entry(run, stage) for stage in trained}
    models.mkdir(parents=True, exist_ok=True)
    for stage, entry in entries.items():
        path = models / f"{stage}.safetensors"
        save_weights(load_file(checkpoints.averaged(run, stage)), path, _header(run, stage))
        entry |= _fingerprint(path)
        print(f"wrote {path}", flush=True)
    manifest = models / MANIFEST
    known = json.loads(manifest.read_text("utf-8"))["weights"] if manifest.exists() else {}
    write_manifest(manifest, {**known, **entries})
    write_cards(models)


def export_replay(run: Path, models: Path) -> None:
    """Writes the replay material of personal adapters, its card and its place in the manifest."""
    models.mkdir(parents=True, exist_ok=True)
    path, manifest = models / f"{REPLAY}.safetensors", models / MANIFEST
    entry = write_replay(run, path)
    known = json.loads(manifest.read_text("utf-8"))["weights"] if manifest.exists() else {}
    write_manifest(manifest, {**known, REPLAY: {**entry, **_fingerprint(path)}})
    write_cards(models)
    print(f"wrote {path}", flush=True)


def write_manifest(path: Path, weights: dict[str, dict[str, Any]]) -> None:
    """Writes what shaped each weights file, and every source in full.

    Raises:
        StudioError: for a source whose licence lets nothing ship.
    """
    keys = {key for entry in weights.values() for key in entry["sources"]}
    for key in keys:
        if source(key).licence not in SHIPPABLE:
            raise StudioError("A source may not ship", seen=f"{key}: {source(key).licence}",
                              expected=", ".join(SHIPPABLE))  # fmt: skip
    table = {s.key: asdict(s) for s in SOURCES if s.key in keys}
    ordered = {stage: weights[stage] for stage in (*checkpoints.STAGES, REPLAY) if stage in weights}
    path.write_text(json.dumps({"weights": ordered, "sources": table}, indent=1) + "\n", "utf-8")


def write_cards(models: Path) -> None:
    """A card for every weights file of the manifest."""
    weights = json.loads((models / MANIFEST).read_text("utf-8"))["weights"]
    for stage, entry in weights.items():
        (models / f"{stage}.md").write_text(card(stage, entry), "utf-8")


def card(stage: str, entry: dict[str, Any]) -> str:
    """The model card of a stage, from its entry in the manifest."""
    rows = [source(key) for key in entry["sources"]]
    lines = [f"| {s.title} | {s.origin} | {s.licence} | {s.use} |" for s in rows]
    table = "\n".join(["| What | Origin | Licence | Used for |", "|---|---|---|---|", *lines])
    text = (_TEMPLATES / f"{stage}.md").read_text("utf-8")
    size_mb = f"{entry['bytes'] / 1e6:.1f}"
    if stage == REPLAY:
        facts = {name: entry[name] for name in ("crops", "beats", "sha256")}
        return text.format(size_mb=size_mb, sources=table, **facts)
    corpus = f"{entry['songs']:,} songs"
    if entry["sounds"]:
        corpus = f"{entry['sounds']:,} stretches of 40 quarters, rendered from {corpus}, with four stems each"
    earlier = f", after {entry['earlier_steps']:,} of earlier runs" if entry["earlier_steps"] else ""
    scores = ", ".join(f"{name} {value:.3g}" for name, value in entry["held_out"].items())
    training = (
        f"{corpus}.\n{entry['steps']:,} steps of {entry['batch']} crops of {_CROPS[stage]}{earlier}, on "
        f"{'a GPU' if entry['device'] == 'cuda' else 'a CPU'}.\nLosses on held-out songs: {scores}."
    )
    return text.format(size_mb=size_mb, sha256=entry["sha256"], sources=table, training=training)


def _entry(run: Path, stage: str) -> dict[str, Any]:
    """How a stage was trained. Runs older than their settings files had the sizes of the cpu preset."""
    settings = checkpoints.read_settings(run, stage) or provenance(run, stage, None)
    scores = last_scores(run / stage)
    return {
        "steps": steps_taken(run / stage),
        "earlier_steps": settings["earlier_steps"],
        "batch": settings.get("batch", getattr(PRESETS["cpu"], stage).batch),
        "device": settings.get("device", "cpu"),
        "songs": settings["songs"],
        "sounds": settings["sounds"],
        "held_out": {name: value for name, value in scores.items() if name not in ("step", "loss")},
        "sources": settings["sources"],
    }


def _header(run: Path, stage: str) -> dict[str, Any]:
    """What the weights file says of itself."""
    header: dict[str, Any] = {
        "config": checkpoints.read_settings(run, stage).get("config", checkpoints.default_config(stage))
    }
    if stage == "arrangement":
        return {**header, "styles": styles_by_meter()}
    return {**header, "contract": MelContract().as_dict()}


def _fingerprint(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
