"""What is read before a song can be put on the desk: a vocal, a project, or an old folder that becomes one.

Nothing here is for the main thread: files are read, copied and hashed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.audio.source import Source
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.commands import Rename
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.mix import Mix
from studio.core.project import Begun, Project
from studio.services.project.analyses import analysis_name, read_analysis
from studio.services.project.candidates import read_candidate
from studio.services.project.document import Document, State
from studio.services.project.moving import copy_project, copy_writing
from studio.services.project.opening import SoundMissing, open_project, sound_path
from studio.services.project.song import Song, open_ref, ref_of
from studio.services.project.store import ProjectStore
from studio.services.recording.comp import write_comp
from studio.services.vocal import open_vocal
from studio.storage.project_folder import SUFFIX, ProjectFolder, is_project
from studio.storage.recent import RecentProject, RecentProjects
from studio.storage.view_state import read_view


@dataclass(frozen=True, eq=False)
class Ready:
    """A song that was read in the background and can be put on the desk.

    Attributes:
        samples: of its vocal, prepared for the player.
        notices: what had to be made good, as sentences.
        interrupted: a request that was cut off; see `Opened`.
    """

    song: Song
    samples: Source
    notices: tuple[str, ...] = ()
    interrupted: Begun | None = None

    def let_go(self) -> None:
        """Closes a project that was opened for nobody."""
        let_go(self.song.document)


class SongReader:
    """Its methods raise StudioError, JobCancelled; a project is let go of then.

    Args:
        projects_dir: where an old folder becomes a project.
        prepare: makes a vocal ready for the player.
        on_problem: see ProjectStore.
    """

    def __init__(
        self,
        projects_dir: Path,
        recent: RecentProjects,
        prepare: Callable[[Audio], Source],
        on_problem: Callable[[StudioError | None], None],
    ) -> None:
        self._projects_dir, self._recent = projects_dir, recent
        self._prepare, self._on_problem = prepare, on_problem

    def vocal(self, path: Path, given: Given, mix: Mix) -> Ready:
        """A song that is begun.

        Args:
            given: what is known of the vocal.
            mix: of the song before: its balance is gone on with.
        """
        vocal = open_vocal(path)
        mix = Mix(balance=mix.balance, matched=mix.matched)
        project = Project(title=vocal.name, vocal=ref_of(vocal), given=given, mix=mix)
        song = Song(Document(State(project)), None, vocal, vocal)
        return Ready(song, self._prepare(vocal.audio))

    def folder(self, path: Path, read_only: bool, cancel: CancelToken, on_step: StepCallback) -> Ready:
        """A project, or a folder of candidates that becomes one.

        Args:
            read_only: only looks at a project that another window has.
        """
        if is_project(path):
            return self._project(path, read_only, cancel)
        known = self._recent.imported(path.resolve())
        if known is not None:
            return self._project(Path(known.path), read_only, cancel)
        from studio.services.project.migrating import migrate  # the window need not wait for it

        made = migrate(path, self._projects_dir, on_step=on_step, cancel=cancel)
        ready = self._project(made.path, False, cancel)
        title = ready.song.project.title
        self._recent.add(RecentProject(str(made.path), title, imported_from=str(path.resolve())))
        notice = tr(
            "{name} was made by an earlier version: it is a project now, {name_2}. The folder stays.",
            name=path.name,
            name_2=made.path.name,
        )
        return dataclasses.replace(ready, notices=(notice, *made.notices, *ready.notices))

    def copy(self, path: Path, into: Path, cancel: CancelToken) -> Ready:
        """A copy, in the folder `into`, of a project that cannot be worked on where it lies."""
        stem, count = path.stem, 2
        while (target := into / f"{stem} copy {count}{SUFFIX}").exists():
            count += 1
        return self.copy_as(path, target, cancel)

    def copy_as(self, path: Path, target: Path, cancel: CancelToken) -> Ready:
        """A copy of a project, which is not changed, as a new folder `target` and under its name."""
        source = ProjectFolder(path)
        copy_project(source, target, cancel)
        copy_writing(source, ProjectFolder(target))
        ready = self._project(target, False, cancel)
        ready.song.document.do(Rename(target.stem))  # two songs of one title cannot be told apart
        return ready

    def _project(self, path: Path, read_only: bool, cancel: CancelToken) -> Ready:
        opened = open_project(path, read_only=read_only, on_problem=self._on_problem)
        document, folder = opened.document, opened.folder
        try:
            cancel.check()
            project, notices = document.project, list(opened.notices)
            if project.vocal is None:
                raise StudioError(
                    tr("{stem} has no vocal", stem=path.stem), seen=tr("a project that was just begun")
                )
            base = open_ref(folder, project.vocal)
            vocal = base
            try:
                vocal = write_comp(
                    project.comp, project.takes, base, folder, lambda ref: sound_path(folder, ref)
                )
            except SoundMissing as error:
                notices.append(tr("{error} The vocal before the takes is heard instead.", error=error))
            candidates: dict[int, Candidate] = {}
            for record in project.candidates:
                try:
                    candidates[record.number] = read_candidate(folder, record.folder)[1]
                except StudioError as error:
                    notices.append(str(error))
            analysis: VocalAnalysis | None = None
            name = analysis_name(vocal.sha256, base.sha256, project.given)
            try:
                analysis = read_analysis(folder, name)
            except StudioError as error:
                notices.append(tr("{error} It is listened to again.", error=error))
            cancel.check()
            song = Song(
                document, folder, base, vocal, analysis, name, candidates, view=read_view(folder.path)
            )
            samples = self._prepare(vocal.audio)
            return Ready(song, samples, tuple(notices), opened.interrupted)
        except BaseException:
            let_go(document)
            raise


def let_go(document: Document) -> None:
    """Closes the project of a document, where it has one."""
    if isinstance(document.keeper, ProjectStore):
        document.keeper.close()
