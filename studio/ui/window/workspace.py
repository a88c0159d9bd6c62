"""The open project in the window: opens and closes it, gives its commands, and tells everybody what changed.

Nobody else holds a document. What follows from a change (listening again, drawing, loading) is done by those who hear
`changed`; each drops a result whose cause no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from studio.audio.source import Source
from studio.core.analysis import Given
from studio.core.commands import Command, Rename, SetLoop, SetMix, told
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.project import Loop, Project
from studio.services.jobs import Job, JobRunner
from studio.services.project.candidates import read_candidate
from studio.services.project.document import Document, State, now
from studio.services.project.moving import copy_project, copy_writing
from studio.services.project.opening import create_project, open_project
from studio.services.project.reading import Ready, SongReader, let_go
from studio.services.project.song import Song
from studio.services.project.store import ProjectStore
from studio.services.project.vocal_file import keep_vocal
from studio.services.vocal import Vocal
from studio.storage.project_folder import SUFFIX, FolderGone, ProjectFolder, is_project
from studio.storage.recent import RecentProject, RecentProjects
from studio.ui.listening.playback import Playback
from studio.ui.window.bridge import Bridge

#: A drag of the loop is kept once it has rested for so long.
_REST_MS = 300
#: How often what could not be kept is tried again.
_RETRY_MS = 3000


class Workspace(QObject):
    """Main thread only.

    Args:
        projects_dir: where new projects are made.
        recent: the list of projects that were open lately.
    """

    busy_changed = Signal(str)
    #: A Song is on the desk.
    opened = Signal(object)
    #: The Song on the desk is about to be closed.
    leaving = Signal(object)
    #: The project before, the project after, the command.
    changed = Signal(object, object, object)
    #: The vocal of the song was put together anew from takes.
    vocal_replaced = Signal(object)
    failed = Signal(object)
    told = Signal(str)
    #: A vocal that has a project: the RecentProject, and what to call to begin a new one all the same.
    known = Signal(object, object)
    #: A request that was cut off.
    interrupted = Signal(object)

    def __init__(
        self, playback: Playback, projects_dir: Path, recent: RecentProjects, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._playback, self.projects_dir, self.recent = playback, projects_dir, recent
        self.bridge = Bridge(self)
        self.runner = JobRunner(self.bridge.post)
        self.song: Song | None = None
        self.document = Document(State())
        self._unsubscribe = self.document.subscribe(self._on_changed)
        self._reader = SongReader(projects_dir, recent, playback.player.prepare, self._on_problem)
        self._opening: Job[Any] | None = None
        self._made_before = False
        self._loop_timer = QTimer(self)
        self._loop_timer.setSingleShot(True)
        self._loop_timer.setInterval(_REST_MS)
        self._loop_timer.timeout.connect(self._keep_loop)
        self._retry_timer = QTimer(self)
        self._retry_timer.setInterval(_RETRY_MS)
        self._retry_timer.timeout.connect(self._retry)
        playback.mix_wanted.connect(lambda mix: self.do(SetMix(mix)))
        playback.timeline.loop_changed.connect(self._loop_timer.start)
        playback.timeline.punch_changed.connect(self._loop_timer.start)

    @property
    def project(self) -> Project:
        return self.document.project

    # Commands

    def do(self, command: Command) -> bool:
        """Gives a command; whether it was taken. The first that is worth keeping makes the project's folder."""
        if not isinstance(command, SetMix | SetLoop) and self.song is not None and self.song.folder is None:
            self.ensure_folder()  # one that there is takes the journal along wherever it goes
        try:
            self.document.do(command)
        except (StudioError, ValueError) as error:
            self.failed.emit(error)
            return False
        return True

    def undo(self) -> None:
        self._tell(tr("Undone"), self.document.undo)

    def redo(self) -> None:
        self._tell(tr("Done again"), self.document.redo)

    def tell_nothing_heard(self) -> None:
        """Says why there is no candidate that is heard, to do something with."""
        if self.song is None:
            self.told.emit(tr("Open a vocal first"))
        elif not self.project.candidates:
            self.told.emit(tr("There are no candidates yet"))
        else:
            self.told.emit(tr("No candidate is heard"))

    def _tell(self, verb: str, go: Callable[[], str]) -> None:
        try:
            what = go()
        except StudioError as error:  # it is only looked at
            self.failed.emit(error)
            return
        self.told.emit(f"{verb}: {told(what)}" if what else tr("Nothing left to undo or redo"))

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        if before.mix != after.mix:
            self._playback.show_mix(after.mix)
        if self.song is not None and (len(before.candidates), before.title) != (
            len(after.candidates),
            after.title,
        ):
            self._remember(self.song)  # at once: a program that is killed tells no list how many there are
        self.changed.emit(before, after, command)

    def _keep_loop(self) -> None:
        timeline = self._playback.timeline
        loop = Loop(timeline.region, timeline.looping, timeline.punch_s)
        if self.song is not None and loop != self.project.loop:
            self.do(SetLoop(loop))

    # The folder

    def ensure_folder(self) -> ProjectFolder | None:
        """The project's folder for what is to be written to it, made when there is none yet. None on an empty desk,
        where it is only looked at, where none can be made or it is not where it was; the reason was told then."""
        song = self.song
        if song is None or self.document.read_only:
            return None
        if song.folder is not None:
            return song.folder if self._is_there(song.folder) else None
        try:
            store = create_project(self.projects_dir, self.document.state, self._on_problem)
        except StudioError as error:
            if not self._made_before:  # said once; every later change tries again
                self._made_before = True
                self.failed.emit(error)
            return None
        self._adopt_store(song, store)
        self._keep_vocal(song, store.folder)
        return store.folder

    def _is_there(self, folder: ProjectFolder) -> bool:
        try:
            folder.require()
        except StudioError as error:
            self.failed.emit(error)
            return False
        return True

    def _adopt_store(self, song: Song, store: ProjectStore) -> None:
        self.document.keeper = store
        song.folder = store.folder
        self._remember(song)

    def _keep_vocal(self, song: Song, folder: ProjectFolder) -> None:
        ref, name = self.project.vocal, song.base.path.name
        if ref is None or folder.kept(ref) is not None:
            return

        def run(vocal: Vocal, /, *, on_step: StepCallback, cancel: CancelToken) -> bool:
            try:
                return keep_vocal(folder, vocal, ref)
            except FolderGone:
                raise
            except (OSError, ValueError, StudioError) as error:
                raise StudioError(
                    tr("The project has no copy of {name}", name=name),
                    seen=getattr(error, "strerror", None) or getattr(error, "seen", "") or str(error),
                    expected=tr("room in {path}", path=folder.path),
                    todo=tr("Make room, then save (Ctrl+S); until then leave the file where it is"),
                ) from error

        def on_done(was_file: bool) -> None:
            if not was_file:
                self.told.emit(
                    tr(
                        "{name} is gone or was changed: the project keeps the sound that was opened",
                        name=name,
                    )
                )

        self.runner.submit(
            "Saving", run, song.base, lane="writer", essential=True, on_done=on_done,
            on_failed=self.failed.emit,
        )  # fmt: skip

    def _remember(self, song: Song) -> None:
        if song.folder is None or self.document.read_only:
            return
        vocal = self.project.vocal
        try:
            self.recent.add(
                RecentProject(
                    str(song.folder.path), self.project.title, vocal.sha256 if vocal else "", now(),
                    len(self.project.candidates),
                )
            )  # fmt: skip
        except OSError as error:
            self.told.emit(
                tr("The list of recent projects could not be kept: {strerror}", strerror=error.strerror)
            )

    def _on_problem(self, problem: StudioError | None) -> None:
        """Called by the store on any thread."""

        def show() -> None:
            store = self.document.keeper
            if isinstance(store, ProjectStore) and store.unkept:
                self._retry_timer.start()
            if problem is None:
                self.told.emit(tr("Everything is saved again"))
            else:
                self.failed.emit(problem)

        self.bridge.post(show)

    def _retry(self) -> None:
        store = self.document.keeper
        if not isinstance(store, ProjectStore) or not store.unkept:
            self._retry_timer.stop()
            return
        store.retry()

    def save(self) -> Path | None:
        """Writes a snapshot now; everything was kept as it came. The folder; None where there is none."""
        folder = self.ensure_folder()
        if folder is not None and self.song is not None:
            self._keep_vocal(self.song, folder)  # where it could not be kept before
        if isinstance(self.document.keeper, ProjectStore):
            self.document.keeper.save()
        return folder.path if folder is not None else None

    def save_as(self, path: Path) -> None:
        """Copies the project to another folder, and goes on there; the old folder stays as it was. One that was only
        looked at can be worked on there, as it is by then in the window that has it."""
        song = self.song
        if song is None:
            return
        path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        inside = next((parent for parent in path.parents if is_project(parent)), None)
        if inside is not None:
            self.failed.emit(
                StudioError(
                    tr("Cannot save as {name}", name=path.name),
                    seen=tr("a folder inside the project {stem}", stem=inside.stem),
                    todo=tr("Choose a folder outside of it"),
                )
            )
            return
        old = song.folder
        if old is not None and path == old.path:
            return
        if path.exists():
            self.failed.emit(
                StudioError(
                    tr("Cannot save as {name}", name=path.name),
                    seen=tr("something of that name"),
                    todo=tr("Choose another name"),
                )
            )
            return
        if old is None:
            try:
                store = create_project(path.parent, self.document.state, self._on_problem, path=path)
            except StudioError as error:
                self.failed.emit(error)
                return
            self._adopt_store(song, store)
            self._keep_vocal(song, store.folder)
            self.told.emit(tr("Saved as {path}", path=path))
            return
        if self.document.read_only:
            self._work_on_copy(old, path)
            return

        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
            copy_project(old, path, cancel)

        def on_done(_: None) -> None:
            if self.song is song:
                self._go_on_in(song, old, ProjectFolder(path))

        self.busy_changed.emit(tr("Saving as {name} …", name=path.name))
        self.runner.submit("Saving", run, path, lane="writer", on_done=on_done, on_failed=self._on_failed)

    def _work_on_copy(self, looked_at: ProjectFolder, path: Path) -> None:
        mix = self.project.mix

        def on_ready(ready: Ready) -> None:
            self._put_on_desk(ready)
            self.do(SetMix(mix))  # what is heard goes on
            self._tell_saved_as(path, looked_at)

        self._submit_opening(
            path, lambda cancel, _: self._reader.copy_as(looked_at.path, path, cancel), on_ready
        )

    def _tell_saved_as(self, path: Path, old: ProjectFolder) -> None:
        self.told.emit(tr("Saved as {path}; {name} stays as it was", path=path, name=old.path.name))

    def _go_on_in(self, song: Song, old: ProjectFolder, new: ProjectFolder) -> None:
        """The sounds are there already: takes along what was done meanwhile, and leaves the old folder alone."""
        store = self.document.keeper
        assert isinstance(store, ProjectStore)
        store.close()
        try:
            copy_writing(old, new)
            opened = open_project(new.path, on_problem=self._on_problem)
        except (StudioError, OSError) as error:
            self.document.keeper = open_project(old.path, on_problem=self._on_problem).document.keeper
            self._on_failed(error)
            return
        self.document.keeper = opened.document.keeper
        song.folder = new
        for record in self.project.candidates:
            if record.number in song.candidates:
                song.candidates[record.number] = read_candidate(new, record.folder)[1]
        self.do(Rename(new.path.stem))
        self._remember(song)
        self.busy_changed.emit("")
        self._tell_saved_as(new.path, old)

    # Opening

    def open(self, path: Path, given: Given = Given(), *, read_only: bool = False) -> None:  # noqa: B008  # immutable
        """Opens a vocal, a project, or a folder of candidates that becomes one, in the background.

        Args:
            given: what is known of a vocal that was just recorded.
            read_only: only looks at a project that another window has.
        """
        folder = self.song.folder if self.song is not None else None
        if folder is not None and path.resolve() == folder.path.resolve():
            self.told.emit(tr("This project is open already"))
            return
        if path.is_dir():
            self._submit_opening(
                path, lambda cancel, on_step: self._reader.folder(path, read_only, cancel, on_step)
            )
        else:
            mix = self.project.mix
            self._submit_opening(path, lambda *_: self._reader.vocal(path, given, mix), self._begin_or_ask)

    def open_copy(self, path: Path, into: Path) -> None:
        """Opens a copy of a project that cannot be worked on where it lies, in the folder `into`."""
        self._submit_opening(path, lambda cancel, _: self._reader.copy(path, into, cancel))

    def _submit_opening(
        self,
        path: Path,
        read: Callable[[CancelToken, StepCallback], Ready],
        on_ready: Callable[[Ready], None] | None = None,
    ) -> None:
        if self._opening is not None:
            self._opening.cancel()

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> Ready:
            ready = read(cancel, on_step)
            if cancel.cancelled:
                ready.let_go()
            cancel.check()
            return ready

        def on_done(ready: Ready) -> None:
            if self._opening is not job:
                ready.let_go()
                return
            self._opening = None
            self.busy_changed.emit("")
            (on_ready or self._put_on_desk)(ready)

        def on_failed(error: Exception) -> None:
            if self._opening is job:  # the failure of an opening that was overtaken is nobody's concern
                self._opening = None
                self._on_failed(error)

        self.busy_changed.emit(tr("Opening {name} …", name=path.name))
        self._opening = job = self.runner.submit("Opening", run, None, on_done=on_done, on_failed=on_failed)

    def _begin_or_ask(self, ready: Ready) -> None:
        known = self.recent.of_vocal(ready.song.base.sha256)
        if known is None:
            self._put_on_desk(ready)
        else:
            self.known.emit(known, lambda: self._put_on_desk(ready))

    def _put_on_desk(self, ready: Ready) -> None:
        self._close_document()
        song = ready.song
        self.song, self.document = song, song.document
        self._unsubscribe = self.document.subscribe(self._on_changed)
        self._made_before = False
        self._playback.load_vocal(ready.samples, song.base.audio.duration_s)
        loop = self.project.loop
        self._playback.timeline.set_region(loop.region_s, looping=loop.looping)
        self._playback.timeline.set_punch(loop.punch_s)
        self._loop_timer.stop()
        self._playback.show_mix(self.project.mix)
        self._remember(song)
        self.opened.emit(song)
        if ready.notices:
            self.told.emit(" ".join(ready.notices))
        if ready.interrupted is not None and not self.document.read_only:
            self.interrupted.emit(ready.interrupted)

    def replace_vocal(self, song: Song, vocal: Vocal, samples: Source) -> None:
        """The comp was put together: the new vocal is heard, drawn and listened to; candidates stay."""
        if song is self.song:
            song.vocal = vocal
            self._playback.replace_vocal(samples)
            self.vocal_replaced.emit(song)

    # End

    def _close_document(self) -> None:
        self._unsubscribe()
        self._keep_loop()
        if self.song is not None:
            self._remember(self.song)
            self.leaving.emit(self.song)
        let_go(self.document)

    def close(self) -> None:
        """Stops the generator, keeps what it had finished, waits for all jobs, and ends the threads."""
        self._loop_timer.stop()
        self.runner.stop_generator()
        # What was handed over while we waited is still in the queue: it is kept as well, and so is what follows.
        for _ in range(3):
            QCoreApplication.sendPostedEvents(self.bridge)
        self.runner.shutdown()
        QCoreApplication.sendPostedEvents(self.bridge)
        self.bridge.close()
        self._close_document()
        self._playback.close()

    def _on_failed(self, error: Exception) -> None:
        self.busy_changed.emit("")
        self.failed.emit(error)
