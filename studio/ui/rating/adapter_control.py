"""Fills the page of the personal model, and does what it asks for: on the generator's lane, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.core.commands import Command, Judge, UseAdapter
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, PauseToken, Progress, StepCallback
from studio.core.pipeline import Run
from studio.core.project import Project
from studio.core.screen import Screen, Verdict
from studio.services.jobs import Job
from studio.services.project.document import now
from studio.services.taste.adapters import AdapterShelf
from studio.services.taste.training import Learned
from studio.taste.sequential import BlindTest
from studio.ui.rating.adapter_page import AdapterPage
from studio.ui.rating.model_test import ModelTest, PairSource
from studio.ui.window.questions import Questions
from studio.ui.window.workspace import Workspace

#: Rated clips that a training needs, see studio.ml.adapting.clips.
LEAST_CLIPS = 40


class Personal(PairSource, Protocol):
    """studio.services.taste.personal.PersonalModel, or what stands in its place."""

    shelf: AdapterShelf

    def apply(self) -> None: ...

    def rated_clips(self, listener: str) -> int: ...

    def memory_needed(self) -> int: ...

    def train(self, listener: str, run: Run) -> Learned: ...


class AdapterControl(QObject):
    """Main thread only. Emits `test_begun` when the blind test is to be shown."""

    test_begun = Signal()

    def __init__(
        self,
        workspace: Workspace,
        personal: Personal,
        test: ModelTest,
        listener: Callable[[], str],
        ask: Questions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace, self._personal, self._test = workspace, personal, test
        self._listener, self._ask = listener, ask
        self._job: Job[Any] | None = None
        self._pause = PauseToken()
        self.page = page = AdapterPage()
        page.show_training(False)
        page.train_wanted.connect(self.train)
        page.paused.connect(self._on_paused)
        page.cancelled.connect(lambda: self._job is not None and self._job.cancel())
        page.test_wanted.connect(self.begin_test)
        page.strength_wanted.connect(lambda value: self._change(lambda shelf: shelf.set_strength(value)))
        page.rollback_wanted.connect(self._roll_back)
        page.use_wanted.connect(lambda key: self._change(lambda shelf: shelf.promote(key)))
        page.export_wanted.connect(self._export)
        page.delete_wanted.connect(self._delete)
        page.import_wanted.connect(self._import)
        test.decided.connect(self._on_decided)
        workspace.changed.connect(self._on_changed)
        workspace.opened.connect(lambda _: QTimer.singleShot(0, self, self._tell_project))
        if self.shelf.promoted is not None:
            self._apply()

    @property
    def shelf(self) -> AdapterShelf:
        return self._personal.shelf

    @property
    def training(self) -> bool:
        return self._job is not None

    # What is shown

    def show(self) -> None:
        """The shelf as it is, and how much there is to learn from."""
        shelf, listener = self.shelf, self._listener()
        self.page.show_shelf(shelf.list(), shelf.strength, before=shelf.promoted is not None)
        if shelf.problem is not None:
            self.page.tell(str(shelf.problem))

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[int, int | None]:
            clips = self._personal.rated_clips(listener)
            try:
                return clips, self._personal.memory_needed()
            except (StudioError, OSError, ValueError, KeyError):
                return clips, None

        self._workspace.runner.submit(
            "Counting votes", run, None, on_done=lambda found: self.page.show_need(found[0], LEAST_CLIPS, found[1]),
            on_failed=self._workspace.failed.emit,
        )  # fmt: skip

    # Training

    def train(self) -> None:
        if self._job is not None:
            return
        listener, self._pause = self._listener(), PauseToken()
        pause, page = self._pause, self.page

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> Learned:
            return self._personal.train(listener, Run(cancel, on_step, pause=pause))

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._job is job:
                page.show_progress(progress.stage, progress.fraction, remaining_s)

        def ended(told: str) -> None:
            if self._job is job:
                self._job = None
                page.show_training(False)
                page.tell(told)
                self.show()

        def on_failed(error: Exception) -> None:
            ended("")
            self._workspace.failed.emit(error)

        page.show_training(True)
        page.show_progress("Waiting for the bands that are being made", 0.0, None)
        job = self._workspace.runner.submit(
            "Training", run, None, lane="generator", on_step=on_step,
            on_done=lambda learned: ended(learned.told), on_failed=on_failed,
            on_cancelled=lambda: ended("Cancelled. With the same votes it goes on where it was."),
        )  # fmt: skip
        self._job = job

    def _on_paused(self, paused: bool) -> None:
        (self._pause.pause if paused else self._pause.resume)()
        self.page.hold.setText("Go on" if paused else "Pause")

    # The test

    def begin_test(self) -> None:
        candidate = next((entry for entry in self.shelf.list() if entry.state == "candidate"), None)
        if candidate is None:
            return
        try:
            file = self.shelf.path(candidate.id)
        except StudioError as error:
            self._workspace.failed.emit(error)
            return
        self._test.begin(candidate.id, file, candidate.test)
        self.test_begun.emit()

    def _on_decided(self, test: BlindTest) -> None:
        self.page.tell(test.told)
        self._apply()
        self.show()

    # What is in use

    def _change(self, change: Callable[[AdapterShelf], object]) -> None:
        """Changes the shelf, and what is played with."""
        try:
            change(self.shelf)
        except StudioError as error:
            self._workspace.failed.emit(error)
        self._apply()
        self.show()

    def _roll_back(self) -> None:
        def change(shelf: AdapterShelf) -> None:
            back = shelf.rollback()
            self.page.tell(
                "The model as it comes is in use again."
                if back is None
                else "The one before is in use again."
            )

        self._change(change)

    def retire(self) -> None:
        """Answers were deleted: what learnt from them is put out of use, and another training is offered."""
        if self._job is not None:
            self._job.cancel()
        told = self.shelf.retire()
        if told:
            self.page.tell(told)
            self._workspace.told.emit(told)
            self._apply()
            self.show()

    def _apply(self) -> None:
        """Has the engine play with what the shelf says, after what it is doing; and tells the project."""

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
            self._personal.apply()

        self._workspace.runner.submit(
            "Changing the model", run, None, lane="generator", on_failed=self._workspace.failed.emit
        )
        self._tell_project()

    def _tell_project(self) -> None:
        """A project with a folder says which model its candidates are made with."""
        song, used = self._workspace.song, self.shelf.promoted or ""
        writable = song is not None and song.folder is not None and not self._workspace.document.read_only
        if writable and self._workspace.project.adapter != used:
            self._workspace.do(UseAdapter(used))

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        if after.adapter != (self.shelf.promoted or "") and not isinstance(command, UseAdapter):
            QTimer.singleShot(0, self, self._tell_project)
        if (
            isinstance(command, Judge)
            and command.verdict is not None
            and command.screen not in before.verdicts
        ):
            self._watch(after.screen(command.screen), command.verdict)

    def _watch(self, screen: Screen, verdict: Verdict) -> None:
        """The model in use loses its place when the unchanged one is preferred to it too often."""
        used = self.shelf.promoted
        base = [clip.key for clip in screen.clips if clip.role == "base"]
        if used is None or not base or not any(clip.origin.adapter.startswith(used) for clip in screen.clips):
            return
        outcome = "loss" if verdict.best in base else "win" if verdict.worst in base else "tie"
        if self.shelf.add_base_slot(outcome):
            told = "Your model lost to the one as it comes too often: what was in use before is so again."
            self.page.tell(told)
            self._workspace.told.emit(told)
            self._apply()

    # Files

    def _export(self, key: str) -> None:
        path = self._ask.adapter_out()
        if path is None:
            return
        try:
            self.page.tell(self.shelf.export(key, path))
        except StudioError as error:
            self._workspace.failed.emit(error)

    def _import(self) -> None:
        path = self._ask.adapter_in()
        if path is not None:
            self._change(lambda shelf: shelf.import_(path, made_at=now()))

    def _delete(self, key: str) -> None:
        if self._ask.may_delete_model():
            self._change(lambda shelf: shelf.delete(key))
