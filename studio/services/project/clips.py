"""Clips of the blind rating on the disk: the band as it was heard, and all that is needed to make it again, to breed
from it and to train on it.

A clip is built under a temporary name and renamed, before the project is told of its screen. What no screen names when
a project is opened was made ahead when the program ended, and goes.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.mapped import mapped_wav
from studio.core.analysis import PitchTrack, VocalAnalysis
from studio.core.arrangement import Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.language import tr
from studio.core.names import is_file_name
from studio.core.origin import Origin
from studio.core.part_path import part_path
from studio.core.project import Project
from studio.services.project.candidates import write_float_wav
from studio.services.project.kept_recipe import KeptRecipe, kept_recipe, recipe_of_kept
from studio.storage.atomic import new_folder
from studio.storage.codec import from_json, to_json
from studio.storage.project_folder import ProjectFolder

_FILE, _BAND = "clip.json", "band.wav"


@dataclass(frozen=True, eq=False)
class KeptClip:
    """What lies beside a clip's sound.

    Attributes:
        key: see core.screen.Clip, as `origin` and `features`.
        phrase_s: first and last second in the vocal.
        candidate: arrangement, recipe and settings, without stems; its time 0 is the phrase's start.
        analysis: of the phrase alone, without the pitch track. An anchor's candidate was made for another.
        gain_db: what was added to the band, see core.screen.Clip.
        vocal_gain_db: what the vocal is played with beside all clips of the screen: 0, or below where the loudest mix
            would have peaked above -1 dBTP.
    """

    key: str
    role: str
    origin: Origin
    phrase_s: tuple[float, float]
    candidate: Candidate
    analysis: VocalAnalysis
    features: Mapping[str, float] = field(default_factory=dict)
    gain_db: float = 0.0
    vocal_gain_db: float = 0.0


@dataclass(frozen=True)
class _ClipFile:
    key: str
    role: str
    origin: Origin
    phrase_s: tuple[float, float]
    number: int
    arrangement: Arrangement
    recipe: KeptRecipe
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    analysis: VocalAnalysis
    features: Mapping[str, float]
    gain_db: float
    vocal_gain_db: float
    sample_rate: int
    frames: int
    schema_version: int = 1


def write_clip(
    folder: ProjectFolder, clip: KeptClip, band: Audio, *, cancel: CancelToken | None = None
) -> None:
    """Writes a clip; its band as it is to be heard, gain included.

    Raises:
        StudioError: no room, or no right to write there; nothing is left behind then.
        JobCancelled: likewise.
    """
    folder.require()
    made = clip.candidate
    none = np.zeros(0, dtype=np.float32)
    bare = replace(clip.analysis, pitch=PitchTrack(np.zeros(0), none, none, none))
    content = _ClipFile(
        clip.key, clip.role, clip.origin, clip.phrase_s, made.number, made.arrangement,
        kept_recipe(recipe_of(made)), dict(made.settings), dict(made.models), bare, dict(clip.features),
        clip.gain_db, clip.vocal_gain_db, band.sample_rate, band.frames,
    )  # fmt: skip
    target = folder.screens / clip.key
    with new_folder(
        target,
        tr("Cannot keep an accompaniment for rating"),
        expected=tr("room and permission to write in {path}", path=folder.path),
        todo=tr("Free some space, or save the project elsewhere"),
    ) as temporary:
        write_float_wav(temporary / _BAND, band, cancel)
        (temporary / _FILE).write_bytes(to_json(content))


def read_clip(folder: ProjectFolder, key: str) -> KeptClip:
    """A clip without its sound. Raises StudioError where it is gone or damaged."""
    return _kept(*_read(folder, key))


def clip_of_content(content: bytes) -> KeptClip:
    """A clip of what its file holds, wherever that is kept. Raises StudioError for damage."""
    what = tr("an accompaniment that was rated")
    return _kept(from_json(_ClipFile, content, what), what)


def _kept(content: _ClipFile, what: str) -> KeptClip:
    candidate = Candidate(
        content.number, content.arrangement, {}, dict(content.settings), recipe_of_kept(content.recipe, what),
        dict(content.models),
    )  # fmt: skip
    return KeptClip(
        content.key, content.role, content.origin, content.phrase_s, candidate, content.analysis,
        content.features, content.gain_db, content.vocal_gain_db,
    )  # fmt: skip


def clip_band(folder: ProjectFolder, key: str) -> Audio:
    """A clip's band as it is heard, mapped. Raises StudioError where it is gone or damaged."""
    content, what = _read(folder, key)
    audio = mapped_wav(folder.screens / key / _BAND)
    if (audio.sample_rate, audio.frames) != (content.sample_rate, content.frames):
        raise StudioError(
            tr("Cannot read {what}", what=what),
            seen=tr(
                "{frames} frames at {sample_rate} Hz", frames=audio.frames, sample_rate=audio.sample_rate
            ),
            expected=tr(
                "{frames} frames at {sample_rate} Hz, as they were written",
                frames=content.frames,
                sample_rate=content.sample_rate,
            ),
        )
    return audio


def has_clip(folder: ProjectFolder, key: str) -> bool:
    """Whether a clip stands there."""
    return (folder.screens / key / _FILE).is_file()


def drop_clips(folder: ProjectFolder, keys: tuple[str, ...]) -> None:
    """Removes clips that no screen will name."""
    for key in keys:
        if is_file_name(key) and key:
            _discard(folder.screens / key)


def sweep_clips(folder: ProjectFolder, project: Project, coming: frozenset[int] = frozenset()) -> int:
    """Removes the clips that no screen of the project names, and those of screens that were passed over, behind which
    others were voted on: no sitting comes back to them. Returns how many.

    Args:
        coming: screens whose votes were taken back and can come again.

    Only for whoever has the project's lock, and before anything is made.
    """
    if not folder.screens.is_dir():
        return 0
    last = max(project.verdicts, default=0)
    voted = project.verdicts.keys() | coming
    kept = [screen for screen in project.screens if screen.number in voted or screen.number > last]
    named = {key for screen in kept for key in screen.keys}
    left = [p for p in folder.screens.iterdir() if p.name not in named and (p / _FILE).is_file()]
    for path in left:
        _discard(path)
    return len(left)


def _discard(path: Path) -> None:
    """Removes a clip's folder. It first gets the name of one that is being written: files go one after the other, and
    what a kill leaves of them would else be a clip without its file, which nothing takes away any more."""
    going = part_path(path)
    with contextlib.suppress(OSError):
        path.rename(going)
    shutil.rmtree(going, ignore_errors=True)


def _read(folder: ProjectFolder, key: str) -> tuple[_ClipFile, str]:
    what = tr("an accompaniment for rating of {name}", name=folder.path.name)
    if not (key and is_file_name(key)):
        raise StudioError(tr("Cannot read {what}", what=what), seen=tr("a name that no folder has"))
    try:
        return from_json(_ClipFile, (folder.screens / key / _FILE).read_bytes(), what), what
    except OSError as error:
        raise StudioError(tr("Cannot read {what}", what=what), seen=error.strerror or str(error)) from error
