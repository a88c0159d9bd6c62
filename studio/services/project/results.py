"""Exported candidates read back: what `generate` or an earlier session left in a folder, ready to be heard again.

A common gain that the export took is given back, so that candidates keep their level against the vocal. A candidate
that is damaged is left out and said so, and refuses the folder only where it is the last; of one that is whole but for
its recipe only the recipe is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from studio.audio.files import read_audio
from studio.core.analysis import Given, VocalAnalysis
from studio.core.arrangement import BAND, STEMS, Arrangement, Part
from studio.core.audio import Audio
from studio.core.candidate import Candidate, Recipe
from studio.core.comp_credits import with_recordings
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.instruments import instrument
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.music import Chord, Key, Meter
from studio.services.exporting.export import SCHEMA_VERSION
from studio.services.exporting.export_midi import read_notes
from studio.services.exporting.recipe_file import read_recipe
from studio.services.exporting.report import analysis_from_json
from studio.services.vocal import Vocal, open_vocal
from studio.storage.json_file import BadFile, read_json

Seconds = Annotated[float, Meta(ge=-1e4, le=1e5)]


class VocalEntry(Struct):
    """Of a manifest: the vocal a candidate was made for."""

    name: str = "vocal"
    sha256: str = ""


class FileEntry(Struct):
    """Of a manifest: what a file holds, see services.exporting.contents.ROLES."""

    role: str = ""


class Manifest(Struct):
    """manifest.json of a candidate, as far as it is read. What only informs may be missing."""

    candidate: Annotated[int, Meta(ge=1, le=100_000)]
    beats_s: tuple[Seconds, ...]
    meter: str
    key: str
    beat_chords: tuple[str, ...]
    instruments: dict[str, str]
    analysis: dict[str, Any]
    style: str = ""
    vocal: VocalEntry = msgspec.field(default_factory=VocalEntry)
    seed: Annotated[int, Meta(ge=-(2**62), le=2**62)] | None = None
    settings: dict[str, Any] = {}
    models: dict[str, str] = {}
    common_gain_db: Annotated[float, Meta(ge=-300.0, le=300.0)] = 0.0
    vocal_file_gain_db: Annotated[float, Meta(ge=-300.0, le=300.0)] | None = None
    files: dict[str, FileEntry] = {}
    tuning_cents: Annotated[float, Meta(ge=-1200.0, le=1200.0)] = 0.0
    schema_version: int = SCHEMA_VERSION

    def file(self, role: str, short: str) -> str:
        """The name of a file; its short one where an earlier version wrote the manifest."""
        named = [name for name, entry in self.files.items() if entry.role == role and Path(name).name == name]
        return named[0] if named else short


@dataclass(frozen=True, eq=False)
class Results:
    """A folder of candidates of one vocal.

    Attributes:
        vocal: the file the candidates were made for when it is still there unchanged, else their own copy.
        given: what the user had given for the analysis.
        candidates: in the order of their numbers, at the level the generator gave them.
        analyses: by number, what each was made for; without the pitch track, which is not kept.
        seed, models: of the first candidate's request: seed, and SHA-256 by model name.
        made_with: the same of every candidate, by number: a folder may hold those of several requests.
        warnings: sentences for the user about what could not be read; empty when all was.
    """

    vocal: Vocal
    given: Given
    candidates: tuple[Candidate, ...]
    analyses: Mapping[int, VocalAnalysis]
    seed: int
    models: Mapping[str, str]
    made_with: Mapping[int, tuple[int, Mapping[str, str]]]
    warnings: tuple[str, ...] = ()


def open_results(
    folder: Path, *, on_step: StepCallback | None = None, cancel: CancelToken | None = None
) -> Results:
    """Reads DIR with its `candidate_NN` folders, or one such folder.

    Raises:
        StudioError: when there is none, or none that can be read; it says what is wrong with the first.
        JobCancelled: soon after `cancel`.
    """
    folders = _candidate_folders(folder)
    candidates: dict[int, Candidate] = {}
    analyses: dict[int, VocalAnalysis] = {}
    made_with: dict[int, tuple[int, Mapping[str, str]]] = {}
    read: list[tuple[Path, Manifest]] = []
    warnings: list[str] = []
    first_error: StudioError | None = None
    for i, path in enumerate(folders):
        if cancel:
            cancel.check()
        if on_step:
            on_step(Progress(tr("Opening {name}", name=path.name), i / len(folders)))
        try:
            manifest = _read_manifest(path)
            candidate, analysis, lost = _read_candidate(path, manifest)
        except StudioError as error:
            first_error = first_error or error
            warnings.append(tr("{name} was left out: {seen}.", name=path.name, seen=error.seen or error.what))
            continue
        warnings += lost
        read.append((path, manifest))
        made_with.setdefault(candidate.number, (_seed(manifest), dict(manifest.models)))
        candidates.setdefault(candidate.number, candidate)
        analyses.setdefault(candidate.number, analysis)
    if first_error is not None and not read:
        raise first_error
    first = read[0][1]
    return Results(
        vocal=_find_vocal(*read[0]),
        given=analyses[first.candidate].given,
        candidates=tuple(candidates[number] for number in sorted(candidates)),
        analyses=analyses,
        seed=_seed(first),
        models=dict(first.models),
        made_with=made_with,
        warnings=tuple(warnings),
    )


def next_number(folder: Path) -> int:
    """The lowest number above those of all candidate folders."""
    names = (re.match(r"candidate_(\d+)", path.name) for path in folder.iterdir())
    return max((int(found[1]) for found in names if found), default=0) + 1


def _candidate_folders(folder: Path) -> list[Path]:
    """The candidate folders in a folder, or the folder itself. Raises StudioError when there is none."""
    try:
        folders = [folder] if (folder / "manifest.json").exists() else sorted(folder.glob("candidate_*"))
        folders = [f for f in folders if (f / "manifest.json").exists()]
        seen = tr("no candidates in it") if folder.is_dir() else tr("no such folder")
    except (OSError, ValueError) as error:
        folders, seen = [], getattr(error, "strerror", None) or str(error)
    if not folders:
        raise StudioError(
            tr("Cannot open {folder}", folder=folder),
            seen=seen,
            expected=tr("a folder with candidate_01 and so on, as Backline writes them"),
            todo=tr("Open a vocal and generate, or choose another folder"),
        )
    return folders


def _read_manifest(folder: Path) -> Manifest:
    try:
        manifest = read_json(folder / "manifest.json", Manifest)
    except BadFile as error:
        raise _damaged(folder, error) from error
    if manifest.schema_version > SCHEMA_VERSION:
        raise StudioError(
            tr("Cannot read the candidate in {folder}", folder=folder),
            seen=tr(
                "a folder of a newer Backline (schema {schema_version})",
                schema_version=manifest.schema_version,
            ),
            expected=tr("schema {schema_version} or older", schema_version=SCHEMA_VERSION),
            todo=tr("Update Backline, and open it again"),
        )
    return manifest


def _read_candidate(folder: Path, manifest: Manifest) -> tuple[Candidate, VocalAnalysis, list[str]]:
    """A candidate as it was exported, its notes those of arrangement.mid, to the tick; what it was made for; and
    sentences about what of it is lost."""
    try:
        notes = read_notes(folder / manifest.file("midi", "arrangement.mid"))
        grid = BeatGrid(manifest.beats_s, Meter.parse(manifest.meter))
        chords = tuple(Chord.parse(name) for name in manifest.beat_chords)
        if chords and len(chords) != grid.beats:
            raise BadFile(
                tr("manifest.json: {count} chords for {beats} beats", count=len(chords), beats=grid.beats)
            )
        parts = {stem: Part(name, notes.get(stem, ())) for stem, name in manifest.instruments.items()}
        for stem, part in parts.items():
            if stem not in STEMS or stem not in notes:
                raise BadFile(tr("no track named {stem!r} in arrangement.mid", stem=stem[:40]))
            instrument(stem, part.instrument)
        arrangement = Arrangement(
            grid, Key.parse(manifest.key), manifest.style, chords, parts, manifest.tuning_cents
        )
        analysis = analysis_from_json(manifest.analysis)
    except (ValueError, KeyError, StudioError) as error:
        raise _damaged(folder, error) from error
    recipe: Recipe | None = None
    lost = []
    try:
        recipe = read_recipe(folder)
    except BadFile as error:
        lost.append(tr("{name} can be heard but not varied: {error}.", name=folder.name, error=error))
    names = STEMS if parts else (BAND,)  # an engine without notes makes the band as one sound
    stems = {
        stem: _raised(read_audio(folder / manifest.file(stem, f"{stem}.wav")), -manifest.common_gain_db)
        for stem in names
    }
    shapes = {(audio.frames, audio.sample_rate) for audio in stems.values()}
    if len(shapes) > 1:
        raise _damaged(folder, BadFile(tr("stems of different lengths or rates")))
    stems = {
        stem: audio if audio.channels == 2 else Audio(np.repeat(audio.samples, 2, axis=0), audio.sample_rate)
        for stem, audio in stems.items()
    }
    settings = dict(with_recordings(_settings(manifest), partial(_settings_beside, folder, manifest)))
    return Candidate(manifest.candidate, arrangement, stems, settings, recipe), analysis, lost


def _settings(manifest: Manifest) -> dict[str, object]:
    """The settings without values that are not what their names say; those inform only."""
    settings = dict(manifest.settings)
    for name in ("seed", "parent", "other_parent", "number_in_request"):
        if name in settings and (not isinstance(settings[name], int) or isinstance(settings[name], bool)):
            del settings[name]
    for name in ("change", "engine", "weights", "licence", "style"):
        if name in settings and not isinstance(settings[name], str):
            del settings[name]
    if "change" not in settings:
        settings.pop("parent", None)
        settings.pop("other_parent", None)
    return settings


def _settings_beside(folder: Path, manifest: Manifest, number: int) -> dict[str, object] | None:
    """What another candidate of the same vocal beside one was made with; None where there is none."""
    try:
        other = _read_manifest(folder.absolute().parent / f"candidate_{number:02d}")
    except StudioError:
        return None
    same = other.candidate == number and other.vocal.sha256 == manifest.vocal.sha256
    return _settings(other) if same else None


def _seed(manifest: Manifest) -> int:
    if manifest.seed is not None:
        return manifest.seed
    seed = manifest.settings.get("seed")
    return seed if isinstance(seed, int) else 1


def _find_vocal(folder: Path, manifest: Manifest) -> Vocal:
    """The original file, if a report beside the candidates leads to it; else the candidate's copy."""
    made_for = manifest.vocal
    try:
        report = json.loads((folder.parent / "report.json").read_text(encoding="utf-8"))
        path = Path(report["vocal"]["path"])
        if path.is_file():  # a pipe would be waited for
            original = open_vocal(path)
            if original.sha256 == made_for.sha256:
                return original
    except (OSError, ValueError, KeyError, TypeError, RecursionError, StudioError):
        pass  # no report, or the file is gone: the copy serves as well
    copy = open_vocal(folder / manifest.file("vocal", "vocal.wav"))
    lowered = manifest.vocal_file_gain_db
    audio = _raised(copy.audio, -(manifest.common_gain_db if lowered is None else lowered))
    return replace(copy, name=made_for.name, sha256=made_for.sha256, audio=audio)


def _raised(audio: Audio, gain_db: float) -> Audio:
    if not gain_db:
        return audio
    gain = np.float32(10 ** (gain_db / 20))
    return Audio(audio.samples * gain, audio.sample_rate)


def _damaged(folder: Path, error: Exception) -> StudioError:
    return StudioError(
        tr("Cannot read the candidate in {folder}", folder=folder),
        seen=error.seen if isinstance(error, StudioError) and error.seen else str(error),
        expected=tr("manifest.json and arrangement.mid as they were written"),
        todo=tr("Remove this folder, or generate again"),
    )
