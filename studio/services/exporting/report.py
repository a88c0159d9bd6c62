"""What is written beside the sound: the analysis as JSON, report.json of a run, and the memory it took."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.analysis import (
    Confidence,
    Given,
    PitchTrack,
    Reading,
    Syllable,
    VocalAnalysis,
    VocalNote,
)
from studio.core.grid import BeatGrid
from studio.core.guide import Guide
from studio.core.music import Chord, Key, Meter

SCHEMA_VERSION = 1


@dataclass
class Report:
    """One run of the generator, written to report.json.

    Attributes:
        vocal: name, path, sha256, duration and rate.
        analysis: see `analysis_json`.
        stages_s: seconds of work by stage, in the order they ran.
        candidates: of each the folder (relative to the report), style, instruments, chords, gain and checks.
        real_time_factor: seconds of work per second of vocal per candidate; loading the models not counted.
        peak_memory_bytes: of the process; None where the system does not tell.
        models: SHA-256 by model name.
        settings: the request's controls.
        status: 'done', 'cancelled' or 'failed'; the candidates listed are whole in any case.
    """

    vocal: Mapping[str, object]
    analysis: Mapping[str, object]
    device: str
    stages_s: Mapping[str, float]
    candidates: list[Mapping[str, object]]
    real_time_factor: float | None
    peak_memory_bytes: int | None
    models: Mapping[str, str]
    seed: int
    settings: Mapping[str, object] = field(default_factory=dict)
    status: str = "done"
    schema_version: int = SCHEMA_VERSION


def write_report(folder: Path, report: Report) -> Path:
    """Writes DIR/report.json, whole or not at all."""
    path = folder / "report.json"
    write_json(path, {"schema_version": report.schema_version, **asdict(report)})
    return path


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Indented JSON under a temporary name, then renamed."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(content, indent=2, default=_plain) + "\n", encoding="utf-8")
    temporary.replace(path)


def analysis_json(analysis: VocalAnalysis) -> dict[str, object]:
    """The musical facts of a vocal. `source` says of each value whether it was given or estimated."""
    given, grid = analysis.given, analysis.grid
    return {
        "duration_s": round(analysis.duration_s, 6),
        "tempo_bpm": round(analysis.tempo_bpm, 3),
        "meter": str(grid.meter),
        "key": str(analysis.key),
        "first_downbeat_s": next((round(t, 6) for t in grid.downbeats_s if t >= 0), None),
        "shift_beats": given.shift_beats,
        "guide": _guide_json(given.guide),
        "loudness_lufs": round(analysis.loudness_lufs, 2),
        "chords": [chord.name(analysis.key) for chord in analysis.chords],
        "confidence": {name: round(value, 3) for name, value in asdict(analysis.confidence).items()},
        "source": {
            "tempo": _source(given.tempo_bpm),
            "key": _source(given.key),
            "downbeat": _source(given.downbeat_s),
            "meter": _source(given.meter),
            "tuning": _source(given.tuning),
        },
        "drift": given.drift,
        "tuning_cents": round(analysis.tuning_cents, 1),
        "heard": analysis.heard,
        "beats_s": [round(t, 6) for t in grid.times_s],
        "readings": [
            _reading_json(analysis, analysis.grid, analysis.chords, analysis.confidence.beats),
            *(_reading_json(analysis, r.grid, r.chords, r.confidence) for r in analysis.alternatives),
        ],
        "onsets_s": [round(t, 4) for t in analysis.onsets_s],
        "notes": [
            {
                "start_s": round(n.start_s, 4),
                "end_s": round(n.end_s, 4),
                "pitch": round(n.pitch, 2),
                "loudness_db": round(n.loudness_db, 1),
                "confidence": round(n.confidence, 3),
            }
            for n in analysis.notes
        ],
        "syllables": [
            {
                "onset_s": round(s.onset_s, 4),
                "start_s": round(s.start_s, 4),
                "end_s": round(s.end_s, 4),
                "strength": round(s.strength, 3),
                "loudness_db": round(s.loudness_db, 1),
                "pitch": None if s.pitch is None else round(s.pitch, 2),
                "contour": list(s.contour),
            }
            for s in analysis.syllables
        ],
    }


def _reading_json(
    analysis: VocalAnalysis, grid: BeatGrid, chords: tuple[Chord, ...], probability: float
) -> dict[str, object]:
    """One way to count the vocal; the first of the list is the one that was taken."""
    return {
        "tempo_bpm": round(grid.tempo_bpm, 3),
        "meter": str(grid.meter),
        "first_downbeat_s": next((round(t, 6) for t in grid.downbeats_s if t >= 0), None),
        "probability": round(probability, 3),
        "beats_s": [round(t, 6) for t in grid.times_s],
        "chords": [chord.name(analysis.key) for chord in chords],
    }


def given_from_json(analysis: Mapping[str, Any]) -> Given:
    """What the user had given, read back from `analysis_json`."""
    source = analysis["source"]
    given_downbeat = source["downbeat"] == "given"
    return Given(
        tempo_bpm=float(analysis["tempo_bpm"]) if source["tempo"] == "given" else None,
        key=Key.parse(analysis["key"]) if source["key"] == "given" else None,
        downbeat_s=analysis["first_downbeat_s"] if given_downbeat else None,
        meter=Meter.parse(analysis["meter"]) if source["meter"] == "given" else None,
        # The first downbeat of the report is already shifted.
        shift_beats=0.0 if given_downbeat else float(analysis.get("shift_beats", 0.0)),
        drift=analysis.get("drift"),
        guide=_guide_from_json(analysis.get("guide")),
        tuning=float(analysis["tuning_cents"]) if source.get("tuning") == "given" else None,
    )


def _guide_json(guide: Guide | None) -> dict[str, object] | None:
    if guide is None:
        return None
    return {
        "source": guide.source,
        "times_s": [round(t, 6) for t in guide.times_s],
        "downbeat": guide.downbeat,
        "meter": str(guide.meter),
        "chords": [chord.name(guide.key) for chord in guide.chords],
        "key": str(guide.key) if guide.key else None,
        "steady": guide.steady,
    }


def _guide_from_json(content: Mapping[str, Any] | None) -> Guide | None:
    if content is None:
        return None
    return Guide(
        times_s=tuple(float(t) for t in content["times_s"]),
        downbeat=int(content["downbeat"]),
        meter=Meter.parse(content["meter"]),
        source=str(content["source"]),
        chords=tuple(Chord.parse(name) for name in content["chords"]),
        key=Key.parse(content["key"]) if content["key"] else None,
        steady=bool(content["steady"]),
    )


def analysis_from_json(content: Mapping[str, Any]) -> VocalAnalysis:
    """What `analysis_json` wrote, but for the pitch track, which it leaves out."""
    key, none = Key.parse(content["key"]), np.zeros(0, dtype=np.float32)
    return VocalAnalysis(
        duration_s=float(content["duration_s"]),
        pitch=PitchTrack(np.zeros(0), none, none, none),
        notes=tuple(VocalNote(**note) for note in content["notes"]),
        onsets_s=tuple(content["onsets_s"]),
        loudness_lufs=float(content["loudness_lufs"]),
        grid=BeatGrid(tuple(content["beats_s"]), Meter.parse(content["meter"])),
        key=key,
        chords=tuple(Chord.parse(name) for name in content["chords"]),
        confidence=Confidence(
            **{f.name: float(content["confidence"].get(f.name, 0.0)) for f in fields(Confidence)}
        ),
        given=given_from_json(content),
        alternatives=tuple(
            Reading(
                BeatGrid(tuple(r["beats_s"]), Meter.parse(r["meter"])),
                tuple(Chord.parse(name) for name in r["chords"]),
                float(r["probability"]),
            )
            for r in content.get("readings", [])[1:]
        ),
        syllables=tuple(
            Syllable(**{**s, "contour": tuple(s["contour"])}) for s in content.get("syllables", [])
        ),
        tuning_cents=float(content.get("tuning_cents", 0.0)),
        heard=content.get("heard", "voice"),
    )


def peak_memory_bytes() -> int | None:
    """The most memory this process has had resident; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _source(value: object) -> str:
    return "estimated" if value is None else "given"


def _plain(value: Any) -> object:
    """numpy scalars and arrays as numbers and lists; anything else as its text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
