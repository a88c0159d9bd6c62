"""What earlier versions left, and what `studio generate` and exports leave, made into projects: folders of candidates.

The old folder is read and left as it is. Everything it says is taken over: candidates with their own analyses and
seeds, what was said of them, typed chords, a blind order, and the values the user had given. What is damaged in it is
left out by name.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from studio.audio.wav import write_wav
from studio.core.commands import AddCandidate, Command, Pick, SetBlind, SetChords, SetOpinion
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.music import Chord
from studio.core.opinion import MOST_STARS, NO_OPINION, Opinion
from studio.core.origin import Origin
from studio.core.project import Project
from studio.services.project.analyses import analysis_name, keep_analysis
from studio.services.project.candidates import write_candidate
from studio.services.project.document import Document, State
from studio.services.project.opening import create_project
from studio.services.project.results import Results, open_results
from studio.services.project.song import ref_of
from studio.services.vocal import Vocal
from studio.storage.project_folder import file_sha256
from studio.storage.temporary import temporary_folder

_NOTES = "session.json"


@dataclass(frozen=True)
class Migrated:
    """A project made of a folder. `notices` are sentences for the user about what of the folder was left out."""

    path: Path
    notices: tuple[str, ...] = ()


def migrate(
    folder: Path,
    projects_dir: Path,
    *,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
) -> Migrated:
    """Makes a project of a folder with candidates; its lock is given back.

    Raises:
        StudioError: no candidates there, or none that is whole; no project is left behind then.
        JobCancelled: soon after `cancel`; none is left behind either.
    """
    results = open_results(folder, on_step=on_step, cancel=cancel)
    with temporary_folder() as scratch:
        return _make_project(folder, projects_dir, results, Path(scratch), on_step, cancel)


def _make_project(
    folder: Path,
    projects_dir: Path,
    results: Results,
    scratch: Path,
    on_step: StepCallback | None,
    cancel: CancelToken | None,
) -> Migrated:
    vocal = _as_file(results.vocal, scratch)
    ref = ref_of(vocal)
    if vocal is not results.vocal:
        ref = replace(ref, found_at="")
    project = Project(title=vocal.name, vocal=ref, given=results.given)
    store = create_project(projects_dir, State(project))
    done = False
    try:
        document = Document(State(project), store)
        try:
            store.folder.keep_audio(vocal.path, ref)
        except (OSError, ValueError) as error:
            raise StudioError(
                tr("Cannot take {name} into the project", name=vocal.path.name), seen=str(error)
            ) from error
        for i, candidate in enumerate(results.candidates):
            if cancel:
                cancel.check()
            if on_step:
                on_step(
                    Progress(
                        tr("Taking in candidate {number}", number=candidate.number),
                        i / len(results.candidates),
                    )
                )
            analysis = results.analyses[candidate.number]
            name = f"{analysis_name(ref.sha256, ref.sha256, analysis.given)[:18]}-{candidate.number:02d}"
            keep_analysis(store.folder, name, analysis)
            parent, other = (candidate.settings.get(name) for name in ("parent", "other_parent"))
            seed, models = results.made_with[candidate.number]
            origin = Origin(
                vocal_sha256=ref.sha256,
                analysis=name,
                controls=candidate.recipe.controls if candidate.recipe else Controls(),
                seed=seed,
                engine=str(candidate.settings.get("engine", "band")),
                models=models,
                parent=parent if isinstance(parent, int) else None,
                change=str(candidate.settings.get("change", "")),
                other_parent=other if isinstance(other, int) else None,
            )
            record, _ = write_candidate(store.folder, candidate, origin, cancel=cancel)
            document.do(AddCandidate(record))
        for command in _said(folder, document.project):
            document.do(command)
        done = True
    finally:
        store.close()
        if not done:
            shutil.rmtree(store.folder.path, ignore_errors=True)
    return Migrated(store.folder.path, results.warnings)


def _as_file(vocal: Vocal, scratch: Path) -> Vocal:
    """The vocal with a file that holds just what is heard: the copy that an export kept beside its candidates may be
    at another level, and is another file than the one whose hash the candidates know."""
    try:
        if file_sha256(vocal.path) == vocal.sha256:
            return vocal
        path = scratch / "vocal.wav"
        write_wav(path, vocal.audio, encoding="FLOAT")
        return replace(vocal, path=path, sha256=file_sha256(path), encoding="FLOAT")
    except OSError as error:
        raise StudioError(tr("Cannot read the vocal"), seen=error.strerror or str(error)) from error


def _said(folder: Path, project: Project) -> list[Command]:
    """What an earlier session noted; a remark that cannot be read is left out rather than refuse the folder."""
    try:
        found = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(found, dict):
        return []
    commands: list[Command] = []
    remarks = found.get("remarks")
    for number in project.numbers:
        remark = remarks.get(str(number)) if isinstance(remarks, Mapping) else None
        opinion = _opinion(remark) if isinstance(remark, Mapping) else NO_OPINION
        if opinion != NO_OPINION:
            commands.append(SetOpinion(number, opinion, f"Rate candidate {number}"))
    picked = found.get("picked")
    if _is_number(picked) and picked in project.numbers:
        commands.append(Pick(picked, f"Pick candidate {picked}"))
    chords = _chords(found.get("chords"))
    if chords:
        commands.append(SetChords(chords))
    blind = found.get("blind")
    if isinstance(blind, list):
        known = [n for n in dict.fromkeys(n for n in blind if _is_number(n)) if n in project.numbers]
        commands.append(SetBlind((*known, *(n for n in project.numbers if n not in known))))
    return commands


def _opinion(remark: Mapping[str, Any]) -> Opinion:
    hidden, stars = remark.get("hidden"), remark.get("stars", 0)
    return Opinion(
        favourite=remark.get("favourite") is True,
        stars=min(max(0, stars), MOST_STARS) if _is_number(stars) else 0,
        note=str(remark.get("note", "")),
        hidden=hidden if isinstance(hidden, bool) else None,
    )


def _is_number(value: object) -> TypeGuard[int]:
    """JSON's true and false are no numbers, though Python's are."""
    return isinstance(value, int) and not isinstance(value, bool)


def _chords(names: object) -> tuple[Chord, ...] | None:
    if not isinstance(names, list):
        return None
    try:
        return tuple(Chord.parse(str(name)) for name in names) or None
    except StudioError:
        return None
