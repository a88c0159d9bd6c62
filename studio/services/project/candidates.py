"""A project's candidates on the disk: stems as they were made, bit for bit, and everything else in one JSON file.

Choices: float stems and nothing that can be had from them (band, mix, vocal), so that what is heard again and exported
later is what was made; opened lazily and mapped, so that four ten-minute candidates cost no memory. A candidate is
built under a temporary name and renamed: it is whole or absent, and a crash between that and the journal is made good
by `adopt`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.mapped import mapped_wav
from studio.audio.wav import WavWriter
from studio.core.arrangement import BAND, STEMS, Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate, NoiseStep, Recipe
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.noise_layers import NOISE_COLUMNS
from studio.core.origin import Origin
from studio.core.project import CandidateRecord
from studio.core.score import GLOBAL_VOCABULARY, N_COLUMNS, VOCABULARY, Score
from studio.services.measuring.fit_report import FitReport
from studio.storage.atomic import part_path, sync, write_bytes
from studio.storage.codec import damaged, from_json, to_json
from studio.storage.project_folder import ProjectFolder

_FILE, _FIT = "candidate.json", "fit.json"
_BLOCK = 1 << 18


@dataclass(frozen=True)
class _RecipeFile:
    globals: tuple[int, ...]
    tokens: tuple[tuple[int, ...], ...]
    noise: tuple[NoiseStep, ...]
    sound_seed: int
    controls: Controls
    gains: Mapping[str, float]


@dataclass(frozen=True)
class _CandidateFile:
    number: int
    origin: Origin
    arrangement: Arrangement
    stems: tuple[str, ...]
    sample_rate: int
    frames: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipe: _RecipeFile | None = None
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
                f"Cannot read {stem}.wav of {self._folder.name}",
                seen=f"{audio.frames} frames at {audio.sample_rate} Hz",
                expected=f"{self._frames} frames at {self._rate} Hz, as they were written",
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
    name = f"{candidate.number:02d}"
    target = folder.candidates / name
    temporary = part_path(target)
    first = next(iter(candidate.stems.values()))
    content = _CandidateFile(
        candidate.number, origin, candidate.arrangement, tuple(candidate.stems), first.sample_rate, first.frames,
        dict(candidate.settings),
        None if candidate.recipe is None else _recipe_file(candidate.recipe),
    )  # fmt: skip
    try:
        temporary.mkdir(parents=True)
        for stem, audio in candidate.stems.items():
            _write_stem(temporary / f"{stem}.wav", audio, cancel)
        (temporary / _FILE).write_bytes(to_json(content))
        for path in temporary.iterdir():
            sync(path)
        temporary.rename(target)
        sync(folder.candidates)
    except OSError as error:
        raise StudioError(
            f"Cannot keep candidate {candidate.number}",
            seen=error.strerror or str(error),
            expected=f"room and permission to write in {folder.path}",
            todo="Free some space, or save the project elsewhere",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    stems = MappedStems(target, content.stems, content.sample_rate, content.frames)
    return CandidateRecord(candidate.number, name, origin), replace(candidate, stems=stems)


def read_candidate(folder: ProjectFolder, name: str) -> tuple[CandidateRecord, Candidate]:
    """A candidate in the folder of that name below candidates; its stems are looked at when they are needed.

    Raises:
        StudioError: for a folder that is not whole.
    """
    path = folder.candidates / name
    what = f"candidate {name} of {folder.path.name}"
    try:
        content = from_json(_CandidateFile, (path / _FILE).read_bytes(), what)
    except OSError as error:
        raise StudioError(f"Cannot read {what}", seen=error.strerror or str(error)) from error
    if not set(content.stems) <= {*STEMS, BAND}:
        raise damaged(what, ValueError("a stem that no band has"))
    missing = [stem for stem in content.stems if not (path / f"{stem}.wav").is_file()]
    if missing or not content.stems:
        raise StudioError(
            f"Cannot read {what}", seen=f"no {' and no '.join(missing) or 'stems'}", expected="its stems"
        )
    candidate = Candidate(
        content.number,
        content.arrangement,
        MappedStems(path, content.stems, content.sample_rate, content.frames),
        dict(content.settings),
        None if content.recipe is None else _recipe(content.recipe, what),
    )
    return CandidateRecord(content.number, name, content.origin), candidate


def adopt(folder: ProjectFolder, known: set[int]) -> list[CandidateRecord]:
    """Whole candidates in the folder that the journal does not know: finished just before a crash."""
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
        if record.number not in known:
            known.add(record.number)
            found.append(record)
    return found


def keep_fit(folder: ProjectFolder, name: str, fit: FitReport) -> None:
    """Keeps a fit report beside its candidate, so that it is measured once. Raises OSError."""
    write_bytes(folder.candidates / name / _FIT, to_json(fit))


def read_fit(folder: ProjectFolder, name: str) -> FitReport | None:
    """The fit report of a candidate; None where none was kept, or none that can be read."""
    try:
        return from_json(FitReport, (folder.candidates / name / _FIT).read_bytes(), "a fit report")
    except (OSError, StudioError):
        return None


def _write_stem(path: Path, audio: Audio, cancel: CancelToken | None) -> None:
    with WavWriter(path, audio.sample_rate, audio.channels, audio.frames, "FLOAT") as writer:
        for start in range(0, audio.frames, _BLOCK):
            if cancel:
                cancel.check()
            writer.write(np.ascontiguousarray(audio.samples[:, start : start + _BLOCK].T))


def _recipe_file(recipe: Recipe) -> _RecipeFile:
    return _RecipeFile(
        tuple(int(n) for n in recipe.score.globals),
        tuple(tuple(int(n) for n in row) for row in recipe.score.tokens),
        recipe.noise,
        recipe.sound_seed,
        recipe.controls,
        {stem: float(gain) for stem, gain in recipe.gains.items()},
    )


def _check_layers(steps: Sequence[NoiseStep], what: str) -> None:
    """Raises StudioError for layers that no noise has."""
    for step in steps:
        if any(column not in NOISE_COLUMNS for column in step.columns):
            raise damaged(what, ValueError("a column that no score has"))
        if not 0.0 <= step.amount <= 1.0 or min(step.seed, step.candidate) < 0:
            raise damaged(what, ValueError("a layer of noise that there cannot be"))
        if step.beats is not None and not 0 <= step.beats[0] <= step.beats[1]:
            raise damaged(what, ValueError("a layer of noise that ends before it begins"))
        _check_layers(step.of, what)


def _recipe(content: _RecipeFile, what: str) -> Recipe:
    """Raises StudioError for tokens that no score can have."""
    rows, first = content.tokens, content.globals
    if any(len(row) != N_COLUMNS for row in rows) or len(first) != len(GLOBAL_VOCABULARY) or not rows:
        raise damaged(what, ValueError("a score of another shape"))
    for row, sizes in (*((row, VOCABULARY) for row in rows), (first, GLOBAL_VOCABULARY)):
        if any(not 0 <= token < size for token, size in zip(row, sizes, strict=True)):
            raise damaged(what, ValueError("a token that no score has"))
    _check_layers(content.noise, what)
    score = Score(np.array(rows, dtype=np.int64), np.array(first, dtype=np.int64))
    return Recipe(score, content.noise, content.sound_seed, content.controls, content.gains)
