"""What is written beside the sound: the analysis as JSON, report.json of a run, and the memory it took."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct, field
from msgspec.structs import asdict

from studio.core.analysis import (
    HEARD,
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
from studio.core.language import tr
from studio.core.music import Chord, Key, Meter
from studio.storage.atomic import write_json
from studio.storage.json_file import converted

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
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)
    status: str = "done"
    schema_version: int = SCHEMA_VERSION


def write_report(folder: Path, report: Report) -> Path:
    """Writes DIR/report.json, whole or not at all."""
    path = folder / "report.json"
    write_json(path, {"schema_version": report.schema_version, **dataclasses.asdict(report)})
    return path


def analysis_json(analysis: VocalAnalysis) -> dict[str, object]:
    """The musical facts of a vocal. `source` says of each value whether it was given or estimated."""
    given, grid = analysis.given, analysis.grid
    return {
        "duration_s": round(analysis.duration_s, 6),
        "tempo_bpm": round(analysis.tempo_bpm, 3),
        "meter": str(grid.meter),
        "key": str(analysis.key),
        "first_downbeat_s": _first_downbeat(grid),
        "shift_beats": given.shift_beats,
        "guide": _guide_json(given.guide),
        "loudness_lufs": round(analysis.loudness_lufs, 2),
        "chords": [chord.name(analysis.key) for chord in analysis.chords],
        "confidence": {
            name: round(value, 3) for name, value in dataclasses.asdict(analysis.confidence).items()
        },
        "source": {
            "tempo": _source(given.tempo_bpm),
            "key": _source(given.key),
            "downbeat": _source(given.downbeat_s),
            "meter": _source(given.meter),
            "tuning": _source(given.tuning),
        },
        "beats_s": [round(t, 6) for t in grid.times_s],
        "readings": [
            _reading_json(analysis, analysis.grid, analysis.chords, analysis.confidence.beats),
            *(_reading_json(analysis, r.grid, r.chords, r.confidence) for r in analysis.alternatives),
        ],
        "onsets_s": [round(t, 4) for t in analysis.onsets_s],
        "tuning_cents": round(analysis.tuning_cents, 2),
        "heard": analysis.heard,
        "chords_heard": analysis.chords_heard,
        "given": {"drift": given.drift, "tuning": given.tuning},
        "syllables": [
            {
                "onset_s": round(s.onset_s, 4),
                "start_s": round(s.start_s, 4),
                "end_s": round(s.end_s, 4),
                "strength": round(s.strength, 3),
                "loudness_db": round(s.loudness_db, 1),
                "pitch": None if s.pitch is None else round(s.pitch, 2),
                "contour": [round(step, 2) for step in s.contour],
            }
            for s in analysis.syllables
        ],
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
    }


def _first_downbeat(grid: BeatGrid) -> float | None:
    first_s = grid.first_downbeat_s
    return None if first_s is None else round(first_s, 6)


def _reading_json(
    analysis: VocalAnalysis, grid: BeatGrid, chords: tuple[Chord, ...], probability: float
) -> dict[str, object]:
    """One way to count the vocal; the first of the list is the one that was taken."""
    return {
        "tempo_bpm": round(grid.tempo_bpm, 3),
        "meter": str(grid.meter),
        "first_downbeat_s": _first_downbeat(grid),
        "probability": round(probability, 3),
        "beats_s": [round(t, 6) for t in grid.times_s],
        "chords": [chord.name(analysis.key) for chord in chords],
    }


Seconds = Annotated[float, Meta(ge=-1e4, le=1e5)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Level = Annotated[float, Meta(ge=-1e4, le=1e3)]
Pitch = Annotated[float, Meta(ge=-100.0, le=300.0)]
Source = Literal["given", "estimated"]


class _Note(Struct):
    start_s: Seconds
    end_s: Seconds
    pitch: Pitch
    loudness_db: Level = -20.0
    confidence: Share = 1.0


class _Syllable(Struct):
    onset_s: Seconds
    start_s: Seconds
    end_s: Seconds
    strength: Share = 1.0
    loudness_db: Level = -20.0
    pitch: Pitch | None = None
    contour: tuple[Pitch, ...] = ()


class _Reading(Struct):
    beats_s: tuple[Seconds, ...]
    meter: str
    chords: tuple[str, ...] = ()
    probability: Share = 0.0


class _Sources(Struct):
    tempo: Source = "estimated"
    key: Source = "estimated"
    downbeat: Source = "estimated"
    meter: Source = "estimated"


class _Guide(Struct):
    times_s: tuple[Seconds, ...]
    downbeat: int
    meter: str
    source: str = ""
    chords: tuple[str, ...] = ()
    key: str | None = None
    steady: bool = False


class _Given(Struct):
    drift: bool | None = None
    tuning: Annotated[float, Meta(ge=-1200.0, le=1200.0)] | None = None


class _AnalysisFile(Struct):
    duration_s: Annotated[float, Meta(ge=0.0, le=1e5)]
    meter: str
    key: str
    beats_s: tuple[Seconds, ...]
    chords: tuple[str, ...]
    tempo_bpm: Annotated[float, Meta(gt=0.0, le=1e4)] = 120.0
    first_downbeat_s: Seconds | None = None
    shift_beats: Annotated[float, Meta(ge=-1e3, le=1e3)] = 0.0
    loudness_lufs: Level = -20.0
    confidence: dict[str, Share] = {}
    source: _Sources = field(default_factory=_Sources)
    onsets_s: tuple[Seconds, ...] = ()
    notes: tuple[_Note, ...] = ()
    syllables: tuple[_Syllable, ...] = ()
    readings: tuple[_Reading, ...] = ()
    tuning_cents: Annotated[float, Meta(ge=-1200.0, le=1200.0)] = 0.0
    heard: str = "voice"
    chords_heard: bool = False
    given: _Given = field(default_factory=_Given)
    guide: _Guide | None = None


def given_from_json(analysis: Mapping[str, Any]) -> Given:
    """What the user had given, read back from `analysis_json`. Raises BadFile, a ValueError, for anything else."""
    return _given(converted(analysis, _AnalysisFile, tr("the analysis")))


def _given(read: _AnalysisFile) -> Given:
    source = read.source
    given_downbeat = source.downbeat == "given"
    return Given(
        tempo_bpm=read.tempo_bpm if source.tempo == "given" else None,
        key=Key.parse(read.key) if source.key == "given" else None,
        downbeat_s=read.first_downbeat_s if given_downbeat else None,
        meter=Meter.parse(read.meter) if source.meter == "given" else None,
        # The first downbeat of the report is already shifted.
        shift_beats=0.0 if given_downbeat else read.shift_beats,
        drift=read.given.drift,
        tuning=read.given.tuning,
        guide=_guide(read.guide),
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


def _guide(read: _Guide | None) -> Guide | None:
    if read is None:
        return None
    return Guide(
        times_s=read.times_s,
        downbeat=read.downbeat,
        meter=Meter.parse(read.meter),
        source=read.source,
        chords=tuple(Chord.parse(name) for name in read.chords),
        key=Key.parse(read.key) if read.key else None,
        steady=read.steady,
    )


def analysis_from_json(content: Mapping[str, Any]) -> VocalAnalysis:
    """What `analysis_json` wrote, but for the pitch track, which it leaves out.

    Raises:
        BadFile, ValueError, StudioError: for anything else.
    """
    read = converted(content, _AnalysisFile, tr("the analysis"))
    none = np.zeros(0, dtype=np.float32)
    return VocalAnalysis(
        duration_s=read.duration_s,
        pitch=PitchTrack(np.zeros(0), none, none, none),
        notes=tuple(VocalNote(**asdict(note)) for note in read.notes),
        onsets_s=read.onsets_s,
        loudness_lufs=read.loudness_lufs,
        grid=BeatGrid(read.beats_s, Meter.parse(read.meter)),
        key=Key.parse(read.key),
        chords=tuple(Chord.parse(name) for name in read.chords),
        confidence=Confidence(
            **{f.name: read.confidence.get(f.name, _default(f)) for f in dataclasses.fields(Confidence)}
        ),
        given=_given(read),
        alternatives=tuple(
            Reading(
                BeatGrid(reading.beats_s, Meter.parse(reading.meter)),
                tuple(Chord.parse(name) for name in reading.chords),
                reading.probability,
            )
            for reading in read.readings[1:]
        ),
        syllables=tuple(Syllable(**asdict(syllable)) for syllable in read.syllables),
        tuning_cents=read.tuning_cents,
        heard=read.heard if read.heard in HEARD else "voice",
        chords_heard=read.chords_heard,
    )


def _default(entry: dataclasses.Field[Any]) -> float:
    return 0.0 if entry.default is dataclasses.MISSING else float(entry.default)


def peak_memory_bytes() -> int | None:
    """The most memory this process has had resident; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _source(value: object) -> str:
    return "estimated" if value is None else "given"
