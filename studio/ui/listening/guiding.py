"""What tells the time of a song beside the singing: a guide that the user chooses, hints that come with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.core.guide import Guide
from studio.core.hints import Hint
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.services.jobs import Job
from studio.services.project.song import Song
from studio.ui.window.workspace import Workspace


class Guiding(QObject):
    """Emits `given` with fields of Given, and `hints_found` with the hints of the vocal that was opened."""

    given = Signal(object)
    hints_found = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._job: Job[Any] | None = None
        workspace.opened.connect(self._on_opened)

    def take(self, path: Path) -> None:
        """Reads a guide in the background; the song keeps its beats, bars and chords."""
        song = self._workspace.song
        if song is None:
            return
        meter = song.project.given.meter
        vocal = Path(song.project.vocal.found_at) if song.project.vocal is not None else None
        if self._job is not None:
            self._job.cancel()

        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> Guide:
            from studio.services.listening.guides import read_guide  # the window need not wait for it

            return read_guide(path, vocal=vocal, meter=meter, tempo_bpm=song.project.given.tempo_bpm)

        def on_done(guide: Guide) -> None:
            if self._job is not job or song is not self._workspace.song:
                return
            self._workspace.busy_changed.emit("")
            fields: dict[str, object] = {"guide": guide, "shift_beats": 0.0}
            if guide.key is not None and song.project.given.key is None:
                fields["key"] = guide.key
            self.given.emit(fields)

        def on_failed(error: Exception) -> None:
            if self._job is job:
                self._workspace.busy_changed.emit("")
                self._workspace.failed.emit(error)

        self._workspace.busy_changed.emit(tr("Listening to the guide {name} …", name=path.name))
        self._job = job = self._workspace.runner.submit(
            "Listening to the guide", run, path, on_done=on_done, on_failed=on_failed
        )

    def _on_opened(self, song: Song) -> None:
        self.hints_found.emit(())
        vocal = song.project.vocal
        if vocal is None:
            return
        # The file's own name and tags, not those of the project's copy.
        named = Path(vocal.found_at or song.base.path)

        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Hint, ...]:
            from studio.services.listening.hints import find_hints

            return find_hints(path)

        def on_done(hints: tuple[Hint, ...]) -> None:
            if song is self._workspace.song:
                self.hints_found.emit(hints)

        self._workspace.runner.submit(
            "Reading tags", run, named, on_done=on_done, on_failed=self._workspace.failed.emit
        )
