"""The job that trains a personal adapter and puts it on the shelf.

It works in the generator's process. Stopped or killed, it goes on where it was when it is asked for again with the same
ratings; what comes out is a candidate for the blind test, or is kept as not fit for it, with the reason.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from studio.core.amounts import apart_in_gb
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.jobs import Progress, StepCallback
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.exporting.output_folder import check_writable
from studio.services.memory import available_bytes
from studio.services.project.document import now
from studio.services.taste.adapters import AdapterShelf
from studio.services.taste.labelled import labelled_draws
from studio.services.taste.lesson import Lesson
from studio.services.taste.shelf_state import ShelfEntry
from studio.taste.labels import DRAWS

if TYPE_CHECKING:
    from studio.ml.adapting.clips import AdapterReport, AdapterTraining, RatedClip, TrainingSettings

REPLAY = "replay.safetensors"
#: In a report that is kept: how many of its clips nobody rated.
WRITTEN = "written"
#: Share of the work that is writing draws to learn from.
_DRAWING = 0.3


class Learner(Protocol):
    """GenerationService and EngineProcess: what trains."""

    @property
    def model_hashes(self) -> Mapping[str, str]: ...

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport: ...

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]: ...

    def unchanged(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Learned:
    """The adapter as it stands on the shelf, its report, and what to tell the user."""

    entry: ShelfEntry
    report: AdapterReport
    told: str


def train_adapter(
    learner: Learner,
    shelf: AdapterShelf,
    lesson: Lesson,
    models_dir: Path,
    run: Run,
    *,
    settings: TrainingSettings | None = None,
    note: str = "",
    start: str | None = None,
    draws: int = DRAWS,
) -> Learned:
    """Trains an adapter from the base and keeps it.

    Args:
        start: id of the generation before, for the paper's method.
        draws: how many are written to learn from, where the lesson's taste is believed.

    Raises:
        StudioError: too few ratings, too little memory, or what the engine says.
        JobCancelled: within a second of `run.cancel`.
    """
    from studio.ml.adapting.clips import LEAST_CLIPS, AdapterTraining, TrainingSettings

    settings = settings or TrainingSettings()
    lesson.check(LEAST_CLIPS // 4 if settings.method == "paper" else LEAST_CLIPS)
    check_memory(memory_needed(models_dir, settings))
    check_writable(shelf.folder)
    folder = shelf.training_folder
    clips: Sequence[RatedClip] = lesson.clips
    written: Sequence[RatedClip] = ()
    if lesson.taste is not None and lesson.phrases:
        drawing = replace(run, on_step=_part_of(run, 0.0, _DRAWING))
        with learner.unchanged():
            keep = folder / "drawn"
            written = labelled_draws(learner, lesson.phrases, lesson.taste, drawing, draws, keep)
            clips = [*clips, *written]
        run = replace(run, on_step=_part_of(run, _DRAWING, 1.0))
        settings = settings.with_draws()
    training = AdapterTraining(
        clips, lesson.held_out, folder, models_dir / REPLAY, settings,
        shelf.path(start) if start else None, note,
    )  # fmt: skip
    report = learner.train(training, run)
    entry = shelf.keep(
        folder / "adapter.safetensors", asdict(report) | {WRITTEN: len(written)}, made_at=now(),
        state="candidate" if report.fit_for_test else "rejected",
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    return Learned(entry, report, told_of(report, lesson))


def told_of(report: AdapterReport, lesson: Lesson) -> str:
    """The outcome in a few sentences."""
    told = [report.verdict]
    if report.fit_for_test:
        told.append(tr("Whether you like it better is found in a blind test, old against new."))
    if lesson.taste is None and report.method == "adapter":
        told.append(
            tr(
                "It learnt from the rated clips alone: your answers are not sure enough yet to foretell others."
            )
        )
    if not lesson.by_song:
        told.append(
            tr(
                "It was judged on clips of songs it learnt from: rate accompaniments of more songs to be surer."
            )
        )
    return " ".join(told)


def _part_of(run: Run, first: float, last: float) -> StepCallback:
    """Tells the progress of a part as that of the whole."""

    def on_step(progress: Progress) -> None:
        run.on_step(replace(progress, fraction=first + progress.fraction * (last - first)))

    return on_step


def memory_needed(models_dir: Path, settings: TrainingSettings) -> int:
    """Bytes that a training of the bundled band model takes beside what is loaded: an estimate."""
    from studio.ml.adapting.memory import bytes_for_band

    return bytes_for_band(models_dir, settings)


def check_memory(needed: int) -> None:
    """Raises StudioError where the machine has less to give than a training needs."""
    free = available_bytes()
    if free is not None and free < needed:
        there, asked = apart_in_gb(free, needed)
        raise StudioError(
            tr("There is too little memory to train"),
            seen=tr("{in_gb} of memory free", in_gb=there),
            expected=asked,
            todo=tr("Close other programs, then train again"),
        )
