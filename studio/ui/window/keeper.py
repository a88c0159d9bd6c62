"""Keeps finished candidates: in the user's data folder as they come, and wherever the user exports them to."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.services.exporting.export import ExportedCandidate, free_folder
from studio.services.jobs import JobRunner
from studio.services.project.session import Session, write_notes
from studio.ui.window.use_cases import UseCases


class Keeper:
    """Submits the writing jobs; what must not be lost is finished even while the window closes."""

    def __init__(
        self, use_cases: UseCases, runner: JobRunner, on_failed: Callable[[Exception], None]
    ) -> None:
        self._use, self._runner, self._on_failed = use_cases, runner, on_failed

    def keep(self, session: Session, number: int) -> None:
        """Writes a finished candidate to the session's folder, which is made with the first."""
        if session.folder is None:
            now = datetime.datetime.now()
            session.folder = free_folder(session_folder(self._use.sessions_dir, session.vocal.name, now))
        self.write(session, number, session.folder, essential=True)
        self.keep_notes(session)

    def keep_notes(self, session: Session) -> None:
        """Writes the pick."""

        def run(session: Session, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
            write_notes(session)

        self._runner.submit("Keeping", run, session, essential=True, on_failed=self._on_failed)

    def write(
        self,
        session: Session,
        number: int,
        parent: Path,
        *,
        essential: bool = False,
        on_done: Callable[[ExportedCandidate], None] | None = None,
    ) -> None:
        """Writes one candidate below `parent`."""
        try:
            request = session.export_request(number, parent)
        except StudioError as error:
            self._on_failed(error)
            return
        self._runner.submit(
            "Writing",
            self._use.export,
            request,
            essential=essential,
            on_done=on_done,
            on_failed=self._on_failed,
        )


def session_folder(parent: Path, vocal_name: str, now: datetime.datetime) -> Path:
    """A new folder's name: when it was, and of what."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", vocal_name).strip("_")[:40] or "vocal"
    return parent / f"{now:%Y-%m-%d_%H%M%S}_{plain}"
