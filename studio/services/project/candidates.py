"""A project's candidates on the disk: stems as they were made, bit for bit, and everything else in one JSON file.

Choices: float stems and nothing that can be had from them (band, mix, vocal), so that what is heard again and exported
later is what was made; opened lazily and mapped, so that four ten-minute candidates cost no memory. A candidate is
built under a temporary name and renamed: it is whole or absent, and a crash between that and the journal is made good
by `adopt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.mapped import mapped_wav
from studio.audio.wav import WavWriter
from studio.core.arrangement import BAND, STEMS, Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.comp_credits import with_recordings
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.language import tr
from studio.core.origin import COMP, Origin
from studio.core.project import CandidateRecord
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.levels import CandidateLevels
from studio.services.project.kept_recipe import KeptRecipe, kept_recipe, recipe_of_kept
from studio.storage.atomic import free_folder, new_folder, write_bytes
from studio.storage.codec import damaged, from_json, to_json
from studio.storage.project_folder import ProjectFolder

_FILE, _FIT = "candidate.json", "fit.json"
_LEVELS = "levels.json"
_BLOCK = 1 << 18


@dataclass(frozen=True)
class _CandidateFile:
    number: int
    origin: Origin
    arrangement: Arrangement
    stems: tuple[str, ...]
    sample_rate: int
    frames: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipe: KeptRecipe | None = None
    schema_version: int = 1


class MappedStems(Mapping[str, Audio]):
    """Stems in a candidate's folder; a stem is mapped while somebody holds it."""

    def __init__(self, folder: Path, names: tuple[str, ...], sample_rate: int, frames: int) -> None:
        self._folder, self._names, self._rate, self._frames = folder, names, sample_rate, frames

    def __getitem__(self, stem: str) -> Audio:
        if stem not in self._names:
            raise KeyError(stem)
        audio = mapped_wav(self._folder / f"{stem}.wav")
        if (audio.sample_rate, audio.frames) != (self._rate, self._frames):
            raise StudioError(
                tr("Cannot read {stem}.wav of {name}", stem=stem, name=self._folder.name),
                seen=tr(
                    "{frames} frames at {sample_rate} Hz", frames=audio.frames, sample_rate=audio.sample_rate
                ),
                expected=tr(
                    "{frames} frames at {rate} Hz, as they were written", frames=self._frames, rate=self._rate
                ),
            )
        return audio

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_candidate(
    folder: ProjectFolder, candidate: Candidate, origin: Origin, *, cancel: CancelToken | None = None
) -> tuple[CandidateRecord, Candidate]:
    """Writes a finished candidate under its number.

    Returns:
        What the document is told, and the candidate with its stems in the project's folder.

    Raises:
        StudioError: no room, or no right to write there; nothing is left behind then.
    """
    folder.require()
    name = f"{candidate.number:02d}"
    target = free_folder(folder.candidates / name)  # one that was taken back keeps its own
    first = next(iter(candidate.stems.values()))
    content = _CandidateFile(
        candidate.number, origin, candidate.arrangement, tuple(candidate.stems), first.sample_rate, first.frames,
        dict(candidate.settings),
        None if candidate.recipe is None else kept_recipe(candidate.recipe),
    )  # fmt: skip
    with new_folder(
        target,
        tr("Cannot keep candidate {number}", number=candidate.number),
        expected=tr("room and permission to write in {path}", path=folder.path),
        todo=tr("Free some space, or save the project elsewhere"),
    ) as temporary:
        for stem, audio in candidate.stems.items():
            write_float_wav(temporary / f"{stem}.wav", audio, cancel)
        (temporary / _FILE).write_bytes(to_json(content))
    stems = MappedStems(target, content.stems, content.sample_rate, content.frames)
    return CandidateRecord(candidate.number, target.name, origin), replace(candidate, stems=stems)


def read_candidate(folder: ProjectFolder, name: str) -> tuple[CandidateRecord, Candidate]:
    """A candidate in the folder of that name below candidates; its stems are looked at when they are needed.

    Raises:
        StudioError: for a folder that is not whole.
    """
    path = folder.candidates / name
    what = tr("candidate {name} of {name_2}", name=name, name_2=folder.path.name)
    try:
        content = from_json(_CandidateFile, (path / _FILE).read_bytes(), what)
    except OSError as error:
        raise StudioError(tr("Cannot read {what}", what=what), seen=error.strerror or str(error)) from error
    if not set(content.stems) <= {*STEMS, BAND}:
        raise damaged(what, ValueError("a stem that no band has"))
    missing = [stem for stem in content.stems if not (path / f"{stem}.wav").is_file()]
    if missing or not content.stems:
        raise StudioError(
            tr("Cannot read {what}", what=what),
            seen=tr("no {names}", names=tr(" and no ").join(missing) or tr("stems")),
            expected=tr("its stems"),
        )
    candidate = Candidate(
        content.number,
        content.arrangement,
        MappedStems(path, content.stems, content.sample_rate, content.frames),
        dict(with_recordings(content.settings, lambda number: _settings_of(folder, number))),
        None if content.recipe is None else recipe_of_kept(content.recipe, what),
    )
    return CandidateRecord(content.number, name, content.origin), candidate


def _settings_of(folder: ProjectFolder, number: int) -> Mapping[str, object] | None:
    """What another candidate was made with; None where none of that number can be read. Of several, of which all but
    one were taken back, the last."""
    found = None
    for path in sorted(folder.candidates.glob(f"{number:02d}*")):
        try:
            content = from_json(_CandidateFile, (path / _FILE).read_bytes(), path.name)
        except (OSError, StudioError):
            continue
        if content.number == number:
            found = content.settings
    return found


def adopt(folder: ProjectFolder, known: set[int]) -> list[CandidateRecord]:
    """Whole candidates in the folder that the journal does not know: finished just before a crash. Not comps: those
    were taken back, or can be made again from what was chosen."""
    if not folder.candidates.is_dir():
        return []
    found = []
    for path in sorted(folder.candidates.iterdir()):
        if not path.is_dir() or path.name.startswith("."):
            continue
        try:
            record, _ = read_candidate(folder, path.name)
        except StudioError:
            continue  # not ours, or not whole: it stays where it is
        if record.number not in known and record.origin.engine != COMP:
            known.add(record.number)
            found.append(record)
    return found


def keep_fit(folder: ProjectFolder, name: str, fit: FitReport) -> None:
    """Keeps a fit report beside its candidate, so that it is measured once. Raises OSError."""
    write_bytes(folder.candidates / name / _FIT, to_json(fit))


def read_fit(folder: ProjectFolder, name: str) -> FitReport | None:
    """The fit report of a candidate; None where none was kept, or none that can be read."""
    try:
        return from_json(FitReport, (folder.candidates / name / _FIT).read_bytes(), tr("a fit report"))
    except (OSError, StudioError):
        return None


def write_float_wav(path: Path, audio: Audio, cancel: CancelToken | None) -> None:
    """Samples as they are, bit for bit. Raises OSError, JobCancelled."""
    with WavWriter(path, audio.sample_rate, audio.channels, audio.frames, "FLOAT") as writer:
        for start in range(0, audio.frames, _BLOCK):
            if cancel:
                cancel.check()
            writer.write(np.ascontiguousarray(audio.samples[:, start : start + _BLOCK].T))


def keep_levels(folder: ProjectFolder, name: str, levels: CandidateLevels) -> None:
    """Keeps the levels of a candidate beside it, so that they are measured once. Raises OSError."""
    write_bytes(folder.candidates / name / _LEVELS, to_json(levels))


def read_levels(folder: ProjectFolder, name: str) -> CandidateLevels | None:
    """The levels of a candidate; None where none were kept, or none that can be read."""
    try:
        kept = (folder.candidates / name / _LEVELS).read_bytes()
        return from_json(CandidateLevels, kept, "the levels of a candidate")
    except (OSError, StudioError):
        return None
