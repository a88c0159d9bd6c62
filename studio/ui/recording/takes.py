"""The takes of the song on the desk: a new recording joins them, and each choice makes its vocal in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.audio.source import Source
from studio.core.jobs import CancelToken, StepCallback
from studio.services.jobs import Job
from studio.services.project.history import Change
from studio.services.project.session import Session
from studio.services.project.session_mix import VOCAL
from studio.services.recording.comp import write_comp
from studio.services.recording.recording import Recorded
from studio.services.recording.takes import TakeSet
from studio.services.vocal import Vocal
from studio.ui.listening.playback import Playback
from studio.ui.window.workflow import Workflow


class Takes(QObject):
    """Main thread only. `takes` is None while there is no song.

    Args:
        folder: where the vocal that is put together is kept.
    """

    changed = Signal()
    vocal_replaced = Signal(object)

    def __init__(
        self, workflow: Workflow, playback: Playback, folder: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workflow, self._playback, self._folder = workflow, playback, folder
        self._session: Session | None = None
        self._original: Vocal | None = None
        self._job: Job[Any] | None = None
        self.takes: TakeSet | None = None
        workflow.opened.connect(self._on_opened)

    def _on_opened(self, session: Session) -> None:
        self._session, self._original, self._job = session, session.vocal, None
        self.takes = TakeSet.of(session.vocal.audio)
        self.changed.emit()

    def add(self, recorded: Recorded) -> int:
        """The last whole take of a recording is heard where it was sung. Returns its number, 0 without a song."""
        if self.takes is None:
            return 0
        takes = self.takes.with_takes(recorded.takes)
        number = max(takes.heard(recorded.takes[0].start_s, recorded.takes[0].end_s))
        self._change(f"Take {number}", self.takes, takes)
        return number

    def choose(self, number: int, start_s: float, end_s: float) -> None:
        """Hears a take, or 0 the old vocal, between two times."""
        if self.takes is not None:
            takes = self.takes.choose(number, start_s, end_s)
            if takes.comp == self.takes.comp:
                return
            what = f"Hear take {number}" if number else "Hear the old vocal"
            self._change(what, self.takes, takes)

    def _change(self, what: str, before: TakeSet, after: TakeSet) -> None:
        """A change that can be undone; a take that is taken back stays in its file."""
        self._workflow.undo.do(Change(what, lambda: self._set(before), lambda: self._set(after)))

    def _set(self, takes: TakeSet) -> None:
        session, original = self._session, self._original
        if session is None or original is None:
            return
        if self._job is not None:
            self._job.cancel()
        self.takes = takes
        self.changed.emit()

        def run(takes: TakeSet, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Vocal, Source]:
            vocal = write_comp(takes, original, self._folder)
            cancel.check()
            return vocal, self._playback.player.prepare(vocal.audio)

        def on_done(done: tuple[Vocal, Source]) -> None:
            if self._job is job and session is self._session:
                self._replace_vocal(session, *done)

        self._job = job = self._workflow.runner.submit(
            "Putting takes together", run, takes, on_done=on_done, on_failed=self._workflow.failed.emit
        )

    def _replace_vocal(self, session: Session, vocal: Vocal, samples: Source) -> None:
        """The new vocal is heard, drawn and listened to; candidates and the user's values stay."""
        session.vocal = vocal
        self._playback.replace_vocal(samples)
        self._workflow.pictures.draw(VOCAL, vocal.audio)
        self.vocal_replaced.emit(session)
        self._workflow.listen_again()
