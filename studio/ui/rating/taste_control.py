"""Fills the taste page, keeps the user's database up to date with the open project, and does what the page asks for.

The database is brought up to date off the main thread when a song is opened and after every vote and mark; what the
project says is always there first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.core.commands import AddCandidate, Command, Judge, Pick, SetOpinion
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr, trn
from studio.core.project import Project
from studio.services.jobs import Job
from studio.services.project.song import Song
from studio.services.taste.judged import screen_id, song_of
from studio.services.taste.ratings import OWN, Gone
from studio.services.taste.screens import SongContext
from studio.taste.model import Taste
from studio.ui.rating.screen_source import Teaching
from studio.ui.rating.taste_page import TastePage
from studio.ui.window.preferences import Preferences
from studio.ui.window.questions import Questions
from studio.ui.window.workspace import Workspace

#: In the preferences.
LISTENER, OFF = "listener", "taste_off"
#: Votes and marks that come close together are kept in one go.
_REST_MS = 200


class TasteControl(QObject):
    """Main thread only. Emits `forgotten` with how many answers were deleted.

    Args:
        ask: for files and before anything is deleted.
    """

    forgotten = Signal(int)

    def __init__(
        self,
        workspace: Workspace,
        teaching: Teaching,
        preferences: Preferences,
        ask: Questions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace, self._source = workspace, teaching.screens
        self._ratings, self._music = teaching.ratings, teaching.music
        self._preferences, self._ask = preferences, ask
        self._learning: Job[Any] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._take)
        self.page = page = TastePage()
        page.named.connect(self._on_named)
        page.switched.connect(self._on_switched)
        page.export_wanted.connect(self._export)
        page.forget_wanted.connect(self._forget)
        page.music_wanted.connect(self._choose_music)
        page.music_dropped.connect(self.take_music)
        page.music_forgotten.connect(self._forget_music)
        workspace.opened.connect(lambda _: self._rest.start())
        workspace.changed.connect(self._on_changed)

    @property
    def listener(self) -> str:
        return self._preferences.get(LISTENER, OWN)

    # What is shown

    def show(self) -> None:
        """What is known now; it is learnt anew, which takes a moment."""
        page, listener, song = self.page, self.listener, self._workspace.song
        used = not self._preferences.get(OFF, False)
        page.show_listener(listener, used=used, lies=str(self._ratings.path))
        page.show_music(self._music.names(listener))
        self._show_said()
        if song is None:
            return
        context = SongContext.of(song)
        project = context.project

        def run(context: SongContext, /, *, on_step: StepCallback, cancel: CancelToken) -> Taste | None:
            return self._source.taste(context, listener)

        def on_done(taste: Taste | None) -> None:
            if self._learning is job:
                page.show_taste(taste, {screen_id(project, s): s.number for s in project.screens}, used=used)

        job = self._workspace.runner.submit(
            "Learning", run, context, on_done=on_done, on_failed=self._workspace.failed.emit
        )
        self._learning = job

    def _show_said(self) -> None:
        """Whether there is anything to forget or to save, once the database was asked."""
        listener, project = self.listener, self._workspace.project
        song = song_of(project) if self._workspace.song is not None else ""

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> frozenset[str]:
            return frozenset(answer.song for answer in self._ratings.answers(listener))

        def on_done(said_of: frozenset[str]) -> None:
            if listener == self.listener and project is self._workspace.project:
                voted = bool(project.verdicts)
                self.page.show_said(
                    of_song=voted or (bool(song) and song in said_of), of_listener=voted or bool(said_of)
                )

        self._workspace.runner.submit(
            "Counting", run, None, lane="writer", on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def guide(self, song: Song) -> Callable[[], Taste | None]:
        """What gives the taste that a song's candidates are chosen by; to be called off the main thread."""
        context, listener = SongContext.of(song), self.listener
        return lambda: self._source.taste(context, listener)

    # Keeping

    def _on_changed(self, _: Project, __: Project, command: Command) -> None:
        if isinstance(command, Judge | SetOpinion | Pick | AddCandidate):
            self._rest.start()

    def _take(self) -> None:
        """Brings the database up to date."""
        song = self._workspace.song
        if song is None or self._workspace.document.read_only:
            return
        project, folder, listener, candidates = (
            song.project,
            song.folder,
            self.listener,
            dict(song.candidates),
        )

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> int:
            return self._ratings.take(project, folder, listener, candidates)

        def on_done(_: int) -> None:
            if self.page.isVisible():
                self._show_said()

        self._workspace.runner.submit(
            "Keeping votes", run, None, essential=True, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    # What is asked for

    def _on_named(self, name: str) -> None:
        if name and name != self.listener:
            self._preferences.set(LISTENER, name)
            self.show()

    def _on_switched(self, used: bool) -> None:
        self._preferences.set(OFF, not used)
        self.show()

    def _export(self) -> None:
        path = self._ask.table()
        if path is None:
            return
        listener = self.listener

        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> int:
            return self._ratings.export_csv(path, [listener])

        self._submit(
            tr("Saving"),
            run,
            path,
            lambda rows: self._tell(trn("{count} row in {path}", "{count} rows in {path}", rows, path=path)),
        )

    def _forget(self, what: str) -> None:
        """Deletes after asking: the votes of the open song, or all of the listener's."""
        song, listener = self._workspace.song, self.listener
        if song is None and what == "song":
            return
        if not self._ask.may_forget(what, listener):
            return
        key = song_of(self._workspace.project) if what == "song" else ""
        if song is not None:
            for number in sorted(song.project.verdicts):
                if not self._workspace.do(Judge(number, None)):
                    return

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> Gone:
            return self._ratings.delete(listener=listener, song=key)

        def on_done(gone: Gone) -> None:
            self._tell(" ".join(gone.told))
            self.show()
            self.forgotten.emit(gone.answers)

        self._rest.stop()
        self._submit(tr("Forgetting"), run, None, on_done)

    def forgotten_at(self) -> str:
        """When the listener last deleted what they said of the open song; empty for never, or where the file cannot be
        read: what is wrong with it, whoever writes to it tells."""
        try:
            return self._ratings.forgotten_at(self.listener, song_of(self._workspace.project))
        except StudioError:
            return ""

    def _choose_music(self) -> None:
        paths = self._ask.music()
        if paths:
            self.take_music(paths)

    def take_music(self, paths: Sequence[str | Path]) -> None:
        """Listens to music that is liked: it begins from its sound."""
        listener = self.listener

        def run(files: list[Path], /, *, on_step: StepCallback, cancel: CancelToken) -> list[StudioError]:
            return self._music.take(listener, files, on_step=on_step, cancel=cancel)

        def on_done(failed: list[StudioError]) -> None:
            for error in failed:
                self._workspace.failed.emit(error)
            self.show()

        self._workspace.told.emit(tr("Listening to the music you like …"))
        self._submit(tr("Listening"), run, [Path(path) for path in paths], on_done, lane="files")

    def _forget_music(self) -> None:
        self._music.forget(self.listener)
        self.show()

    def _submit(self, title: str, run: Any, request: Any, on_done: Any, lane: Any = "writer") -> None:
        self._workspace.runner.submit(
            title, run, request, lane=lane, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def _tell(self, text: str) -> None:
        self._workspace.told.emit(text)
