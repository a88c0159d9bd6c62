"""The pilot kit: a set of screens that other people rate in their own program, and their answers brought together.

A kit is a project with nothing private in it: the phrases that are sung, one after the other, and the screens, not yet
voted on. Each person gets a kit of their own, with screens and clips in another order, so that neither place nor
fatigue favours a clip (the 2025 pilot, arXiv 2506.04852, showed candidates in random order and mixed the unchanged
model in; this adds hidden repeats, hidden anchors and matched loudness). What comes back is the kit, voted on.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from studio.audio.wav import write_wav
from studio.core.amounts import many
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.commands import AddScreen
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.project import Project
from studio.core.screen import KIT, Clip, Screen
from studio.services.costs import Costs
from studio.services.exporting.output_folder import check_writable
from studio.services.project.analyses import analysis_name, read_analysis
from studio.services.project.clips import clip_band, has_clip, read_clip, write_clip
from studio.services.project.document import State, now
from studio.services.project.opening import create_project, read_state
from studio.services.project.song import open_ref, ref_of
from studio.services.taste.ratings import TasteRatings
from studio.services.taste.screens import ScreenMaker, ScreenOrder, SongContext
from studio.services.taste.sitting import new_sitting
from studio.services.vocal import Vocal, analyse_vocal, open_vocal
from studio.storage.project_folder import SUFFIX, ProjectFolder, file_name, is_project
from studio.taste.exclusion import exclusion

#: Silence between the phrases of a kit's vocal.
_GAP_S = 1.0
#: In what is collected.
ANSWERS, CSV = "answers.db", "answers.csv"


@dataclass(frozen=True, eq=False)
class Source:
    """Screens to be given away: a project's folder, its state's project, and which of its screens."""

    folder: ProjectFolder
    project: Project
    screens: tuple[Screen, ...]


def screens_of(path: Path, sitting: str = "") -> Source:
    """The screens of a project, all or those of a sitting, whose clips still stand. Votes are not looked at.

    Raises:
        StudioError: no project, or none of its screens stands.
    """
    if not is_project(path):
        raise StudioError(
            f"Cannot take screens from {path.name}",
            seen="no project in it",
            expected="a folder Song.backline",
        )
    folder = ProjectFolder(path)
    project = read_state(folder)[0].project
    standing = [
        screen
        for screen in project.screens
        if sitting in ("", screen.sitting) and all(has_clip(folder, key) for key in screen.keys)
    ]
    numbers = {screen.number for screen in standing}
    whole = tuple(screen for screen in standing if screen.repeat_of is None or screen.repeat_of in numbers)
    if not whole:
        count = len(project.screens)
        raise StudioError(
            f"There is no screen in {path.name} to give away",
            seen=f"{many(count, 'screen')}, none with its sound",
            expected="screens that were made for rating",
            todo="Rate some in the program, or let new ones be made: --make 12",
        )
    return Source(folder, project, whole)


def make_screens(
    path: Path,
    maker: ScreenMaker,
    count: int,
    place: Path,
    *,
    generation: int = 0,
    on_step: StepCallback,
    cancel: CancelToken,
) -> Source:
    """New screens for a kit, of a project or a vocal, without touching it; each says what the unchanged model does.

    Args:
        place: a folder for them, which is the caller's to remove.

    Raises:
        StudioError, JobCancelled: see ScreenMaker.make.
    """
    vocal, analysis, title = _heard(path, on_step, cancel)
    store = create_project(place, State(Project(title=title, vocal=ref_of(vocal))))
    try:
        store.folder.keep_audio(vocal.path, ref_of(vocal))
    finally:
        store.close()
    project = Project(title=title, vocal=ref_of(vocal))
    sitting = new_sitting()
    for number in range(1, count + 1):
        song = SongContext(store.folder, project, vocal, analysis, "pilot")

        def step(progress: Progress, number: int = number) -> None:
            stage = f"Screen {number} of {count}: {progress.stage.lower()}"
            on_step(Progress(stage, (number - 1 + progress.fraction) / count))

        order = ScreenOrder(number, sitting, number, generation=generation)
        project = AddScreen(maker.make(song, order, on_step=step, cancel=cancel)).apply(project)
    return Source(store.folder, project, project.screens)


def export_kits(
    source: Source, out: Path, *, people: int = 1, title: str = "", on_step: StepCallback, cancel: CancelToken
) -> tuple[Path, ...]:
    """Writes a kit for each person into `out`: `Title 1.backline` and so on.

    Raises:
        StudioError: a vocal that is gone, or no room.
        JobCancelled: kits that are finished stay.
    """
    title = title or source.project.title or "Pilot"
    check_writable(out)
    out.mkdir(parents=True, exist_ok=True)
    spans = sorted({screen.phrase_s for screen in source.screens})
    name = file_name(title) or "Pilot"
    targets = [out / f"{name} {person}{SUFFIX}" for person in range(1, people + 1)]
    for target in targets:
        if target.exists():
            raise StudioError(
                f"{target.name} is there already", todo="Choose another folder, or another title"
            )
    with tempfile.TemporaryDirectory(dir=out, prefix=".pilot") as work:
        vocal, moved = _phrases_alone(source, spans, Path(work))
        for person, target in enumerate(targets, 1):
            on_step(Progress(f"Writing kit {person} of {people}", (person - 1) / people))
            _write_kit(source, target, title, vocal, moved, person, cancel)
    return tuple(targets)


def _write_kit(
    source: Source,
    target: Path,
    title: str,
    vocal: Vocal,
    moved: dict[tuple[float, float], tuple[float, float]],
    person: int,
    cancel: CancelToken,
) -> None:
    ref = replace(ref_of(vocal), found_at="", name=title)
    folder = ProjectFolder(target)
    try:
        folder.make()
        rng = np.random.default_rng([person, len(source.screens)])
        screens = _shuffled(source.screens, rng, f"{KIT}{person}")
        given = []
        for screen in screens:
            phrase_s = moved[screen.phrase_s]
            clips = tuple(_anonymous(clip, ref.sha256) for clip in screen.clips)
            given.append(replace(screen, phrase_s=phrase_s, clips=clips, made_at=now()))
            for clip in clips:
                cancel.check()
                if has_clip(folder, clip.key):
                    continue
                kept = read_clip(source.folder, clip.key)
                kept = replace(kept, origin=clip.origin, phrase_s=phrase_s)
                write_clip(folder, kept, clip_band(source.folder, clip.key), cancel=cancel)
        state = State(Project(title=title, vocal=ref, screens=tuple(given)))
        folder.keep_audio(vocal.path, ref)
        create_project(target.parent, state, path=target).close()
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _shuffled(screens: Sequence[Screen], rng: np.random.Generator, sitting: str) -> list[Screen]:
    """The screens in another order, repeats as far behind what they repeat as chance allows, clips in another order."""
    new = [screen for screen in screens if screen.repeat_of is None]
    order: list[Screen] = [new[int(i)] for i in rng.permutation(len(new))]
    for screen in screens:
        if screen.repeat_of is None:
            continue
        first = next(place for place, other in enumerate(order) if other.number == screen.repeat_of)
        least = min(first + 4, len(order))
        order.insert(int(rng.integers(least, len(order) + 1)), screen)
    numbers = {screen.number: place for place, screen in enumerate(order, 1)}
    made = []
    for screen in order:
        clips = tuple(screen.clips[int(i)] for i in rng.permutation(len(screen.clips)))
        again = None if screen.repeat_of is None else numbers[screen.repeat_of]
        made.append(
            replace(screen, number=numbers[screen.number], sitting=sitting, clips=clips, repeat_of=again)
        )
    return made


def _anonymous(clip: Clip, vocal_sha256: str) -> Clip:
    """A clip that says nothing of the song it came from."""
    origin = replace(clip.origin, vocal_sha256=vocal_sha256, analysis="pilot", request="", made_at="")
    return replace(clip, origin=origin)


def _phrases_alone(
    source: Source, spans: Sequence[tuple[float, float]], work: Path
) -> tuple[Vocal, dict[tuple[float, float], tuple[float, float]]]:
    """A vocal of the phrases alone, and where each lies in it."""
    wanted = {clip.origin.vocal_sha256 for screen in source.screens for clip in screen.clips}
    if len(wanted) != 1:
        raise StudioError(
            "These screens were made for different takes of the vocal", seen=f"{len(wanted)} vocals",
            expected="screens of one vocal", todo="Export those of one sitting: --sitting",
        )  # fmt: skip
    found = next(iter(sorted(source.folder.audio.glob(f"{wanted.pop()}.*"))), None)
    if found is None:
        raise StudioError("The vocal of these screens is gone", expected=f"a file in {source.folder.audio}")
    audio = open_vocal(found).audio
    rate = audio.sample_rate
    gap = np.zeros((audio.channels, round(_GAP_S * rate)), dtype=np.float32)
    parts, moved, at = [gap], {}, gap.shape[1]
    for start, end in spans:
        part = audio.samples[:, round(start * rate) : round(end * rate)]
        moved[start, end] = (at / rate, (at + part.shape[1]) / rate)
        parts += [part, gap]
        at += part.shape[1] + gap.shape[1]
    path = work / "phrases.wav"
    write_wav(path, Audio(np.concatenate(parts, axis=1), rate), encoding="PCM_24")
    return open_vocal(path), moved


def _heard(path: Path, on_step: StepCallback, cancel: CancelToken) -> tuple[Vocal, VocalAnalysis, str]:
    """The vocal of a project or a file, and what was heard in it."""
    if not is_project(path):
        vocal = open_vocal(path)
        return vocal, _analysed(vocal, on_step, cancel), vocal.name
    folder = ProjectFolder(path)
    project = read_state(folder)[0].project
    if project.vocal is None:
        raise StudioError(f"There is no vocal in {path.name}", todo="Choose a project with one")
    vocal = open_ref(folder, project.vocal)
    name = analysis_name(vocal.sha256, vocal.sha256, project.given)
    kept = read_analysis(folder, name)
    return vocal, kept or _analysed(vocal, on_step, cancel), project.title


def _analysed(vocal: Vocal, on_step: StepCallback, cancel: CancelToken) -> VocalAnalysis:
    def step(progress: Progress) -> None:
        on_step(Progress("Listening", 0.0, progress.remaining_s))

    return analyse_vocal(vocal.audio, Given(), on_step=step, cancel=cancel, costs=Costs())


# What comes back


@dataclass(frozen=True)
class Collected:
    """What was brought together: answers by person, and sentences to be said."""

    people: dict[str, int]
    told: tuple[str, ...]


def collect(kits: Sequence[tuple[str, Path]], out: Path) -> Collected:
    """Brings the answers of kits into `out`, beside what is there: answers.db and answers.csv. Taking a kit in again
    changes nothing.

    Args:
        kits: a person's name, and the kit that they voted on.

    Raises:
        StudioError: no kit, or no room.
    """
    check_writable(out)
    out.mkdir(parents=True, exist_ok=True)
    ratings = TasteRatings(out / ANSWERS)
    people: dict[str, int] = {}
    told = []
    for name, path in kits:
        if not is_project(path):
            raise StudioError(
                f"{path.name} is no kit", seen="no project in it", expected="a kit that was voted on"
            )
        folder = ProjectFolder(path)
        project = read_state(folder)[0].project
        ratings.take(project, folder, name)
        people[name] = len(project.verdicts)
        left = exclusion(ratings.judgements(name))
        if left.told:
            told.append(f"{name}: {left.told}")
        if len(project.verdicts) < len(project.screens):
            told.append(f"{name} voted on {len(project.verdicts)} of {many(len(project.screens), 'screen')}.")
    if ratings.path.exists():
        ratings.export_csv(out / CSV)
    return Collected(people, tuple(told))
