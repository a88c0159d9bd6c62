"""Exported candidates read back: what `generate` or an earlier session left in a folder, ready to be heard again.

A common gain that the export took is given back, so that candidates keep their level against the vocal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.files import read_audio
from studio.core.analysis import Given, VocalAnalysis
from studio.core.arrangement import BAND, STEMS, Arrangement, Part
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.music import Chord, Key, Meter
from studio.services.exporting.export_midi import read_notes
from studio.services.exporting.report import analysis_from_json
from studio.services.generating.recipe_file import read_recipe
from studio.services.vocal import Vocal, open_vocal


@dataclass(frozen=True, eq=False)
class Results:
    """A folder of candidates of one vocal.

    Attributes:
        vocal: the file the candidates were made for when it is still there unchanged, else their own copy.
        given: what the user had given for the analysis.
        candidates: in the order of their numbers, at the level the generator gave them.
        analyses: by number, what each was made for; without the pitch track, which is not kept.
        seed, models: of the first candidate's request: seed, and SHA-256 by model name.
    """

    vocal: Vocal
    given: Given
    candidates: tuple[Candidate, ...]
    analyses: Mapping[int, VocalAnalysis]
    seed: int
    models: Mapping[str, str]


def open_results(
    folder: Path, *, on_step: StepCallback | None = None, cancel: CancelToken | None = None
) -> Results:
    """Reads DIR with its `candidate_NN` folders, or one such folder. Raises StudioError when there is none."""
    folders = [folder] if (folder / "manifest.json").exists() else sorted(folder.glob("candidate_*"))
    folders = [f for f in folders if (f / "manifest.json").exists()]
    if not folders:
        raise StudioError(
            f"Cannot open {folder}",
            seen="no candidates in it" if folder.is_dir() else "no such folder",
            expected="a folder with candidate_01 and so on, as Backline writes them",
            todo="Open a vocal and generate, or choose another folder",
        )
    manifests = [_read_manifest(f) for f in folders]
    candidates: dict[int, Candidate] = {}
    analyses: dict[int, VocalAnalysis] = {}
    for i, (path, manifest) in enumerate(zip(folders, manifests, strict=True)):
        if cancel:
            cancel.check()
        if on_step:
            on_step(Progress(f"Opening {path.name}", i / len(folders)))
        candidate, analysis = _read_candidate(path, manifest)
        candidates.setdefault(candidate.number, candidate)
        analyses.setdefault(candidate.number, analysis)
    first = manifests[0]
    return Results(
        vocal=_find_vocal(folders[0], first),
        given=analyses[int(first["candidate"])].given,
        candidates=tuple(candidates[number] for number in sorted(candidates)),
        analyses=analyses,
        seed=int(first["seed"]),
        models=dict(first["models"]),
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from error
    return manifest


def _read_candidate(folder: Path, manifest: Mapping[str, Any]) -> tuple[Candidate, VocalAnalysis]:
    """A candidate as it was exported, its notes those of arrangement.mid, to the tick; and what it was made for."""
    try:
        notes = read_notes(folder / "arrangement.mid")
        arrangement = Arrangement(
            grid=BeatGrid(tuple(manifest["beats_s"]), Meter.parse(manifest["meter"])),
            key=Key.parse(manifest["key"]),
            style=manifest["style"],
            chords=tuple(Chord.parse(name) for name in manifest["beat_chords"]),
            parts={stem: Part(name, notes[stem]) for stem, name in manifest["instruments"].items()},
            # Candidates made before there was a tuning were made at 440 Hz.
            tuning_cents=float(manifest.get("tuning_cents", 0.0)),
        )
        number, settings = int(manifest["candidate"]), dict(manifest["settings"])
        analysis, recipe = analysis_from_json(manifest["analysis"]), read_recipe(folder)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    names = STEMS if arrangement.parts else (BAND,)  # an engine without notes makes the band as one sound
    stems = {stem: _at_made_level(read_audio(folder / f"{stem}.wav"), manifest) for stem in names}
    return Candidate(number, arrangement, stems, settings, recipe), analysis


def _find_vocal(folder: Path, manifest: Mapping[str, Any]) -> Vocal:
    """The original file, if a report beside the candidates leads to it; else the candidate's copy."""
    made_for = manifest["vocal"]
    try:
        report = json.loads((folder.parent / "report.json").read_text(encoding="utf-8"))
        original = open_vocal(Path(report["vocal"]["path"]))
        if original.sha256 == made_for["sha256"]:
            return original
    except (OSError, ValueError, KeyError, TypeError, StudioError):
        pass  # no report, or the file is gone: the copy serves as well
    copy = open_vocal(folder / "vocal.wav")
    audio = _at_made_level(copy.audio, manifest)
    return replace(copy, name=made_for["name"], sha256=made_for["sha256"], audio=audio)


def _at_made_level(audio: Audio, manifest: Mapping[str, Any]) -> Audio:
    gain_db = float(manifest["common_gain_db"])
    if not gain_db:
        return audio
    return Audio(audio.samples * np.float32(10 ** (-gain_db / 20)), audio.sample_rate)


def _damaged(folder: Path, error: Exception) -> StudioError:
    return StudioError(
        f"Cannot read the candidate in {folder}",
        seen=f"{type(error).__name__}: {error}",
        expected="manifest.json and arrangement.mid as they were written",
        todo="Remove this folder, or generate again",
    )
