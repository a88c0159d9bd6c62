"""The takes of the song on the desk: a recording joins them, and each choice makes its vocal in the background."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from studio.audio.source import Source
from studio.core.commands import AddTakes, Command, SetComp
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.project import Project
from studio.core.takes import BASE, Comp, Take, choose_take, last_whole
from studio.services.jobs import Job
from studio.services.project.opening import sound_path
from studio.services.project.song import Song
from studio.services.recording.comp import keep_takes, write_comp
from studio.services.recording.recording import Recorded
from studio.services.recording.takes import phrases
from studio.services.vocal import Vocal
from studio.ui.listening.playback import Playback
from studio.ui.window.workspace import Workspace

Spans = tuple[tuple[float, float], ...]


class Takes(QObject):
    """Main thread only."""

    def __init__(self, workspace: Workspace, playback: Playback, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._playback = workspace, playback
        self._job: Job[Any] | None = None
        self._cut: tuple[Song, tuple[Take, ...], Spans] | None = None
        workspace.changed.connect(self._on_changed)

    def add(self, recorded: Recorded) -> None:
        """The last whole take of a recording is heard where it was sung."""
        if not recorded.takes:  # ended at once, or before the punch began
            self._workspace.told.emit(
                tr("Too short for a take; the recording was kept: {path}", path=recorded.path)
            )
            return
        song = self._workspace.song
        folder = self._workspace.ensure_folder()
        if song is None or folder is None:
            self._workspace.told.emit(tr("The recording was kept: {path}", path=recorded.path))
            return

        def run(recorded: Recorded, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Take, ...]:
            return keep_takes(recorded, folder)

        def on_done(takes: tuple[Take, ...]) -> None:
            if song is not self._workspace.song or not self._workspace.do(AddTakes(takes)):
                return
            project = self._workspace.project
            number = last_whole(project.takes, len(takes))
            take = project.takes[number - 1]
            self._choose(song, number, take.start_s, take.end_s, f"Take {number}")
            self._workspace.told.emit(_told(len(project.takes), len(takes), number))

        self._workspace.runner.submit(
            "Saving", run, recorded, lane="writer", essential=True, on_done=on_done,
            on_failed=self._workspace.failed.emit,
        )  # fmt: skip

    def choose(self, number: int, start_s: float, end_s: float) -> None:
        """Hears a take, or 0 the old vocal, between two times."""
        song = self._workspace.song
        if song is not None:
            what = f"Hear take {number}" if number else "Hear the old vocal"
            self._choose(song, number, start_s, end_s, what)

    def covers(self, number: int, start_s: float, end_s: float) -> bool:
        """Whether a take has any of this stretch."""
        if number == BASE:
            return True
        take = self._workspace.project.takes[number - 1]
        return take.start_s < end_s and take.end_s > start_s

    def phrases(self) -> Spans:
        """Where the phrases begin and end, seconds. They stay as they are while takes are chosen among: cut anew from
        the vocal that a choice makes, a phrase would end elsewhere, and its takes could not be held against each
        other."""
        song = self._workspace.song
        if song is None:
            return ()
        takes = song.project.takes
        if self._cut is not None and self._cut[0] is song and self._cut[1] == takes:
            return self._cut[2]
        if song.analysis is None:
            return ((0.0, song.base.audio.duration_s),)
        self._cut = song, takes, phrases(song.analysis)
        return self._cut[2]

    def heard(self, start_s: float, end_s: float) -> frozenset[int]:
        """The takes heard between two times."""
        song = self._workspace.song
        comp = song.project.comp if song is not None else None
        if song is None or comp is None:
            return frozenset({BASE})
        rate = song.base.audio.sample_rate
        return comp.heard(round(start_s * rate), round(end_s * rate))

    def _choose(self, song: Song, number: int, start_s: float, end_s: float, what: str) -> None:
        audio = song.base.audio
        comp = song.project.comp or Comp(audio.frames)
        chosen = choose_take(comp, song.project.takes, number, start_s, end_s, audio.sample_rate)
        if chosen != comp:
            self._workspace.do(SetComp(chosen, what))

    def _on_changed(self, before: Project, after: Project, _: Command) -> None:
        song = self._workspace.song
        if song is None or song.folder is None or before.comp == after.comp:
            return
        if self._job is not None:
            self._job.cancel()
        folder, base, comp, takes = song.folder, song.base, after.comp, after.takes

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Vocal, Source]:
            vocal = write_comp(comp, takes, base, folder, lambda ref: sound_path(folder, ref))
            cancel.check()
            return vocal, self._playback.player.prepare(vocal.audio)

        def on_done(done: tuple[Vocal, Source]) -> None:
            if self._job is job and song.project.comp == comp:
                self._workspace.replace_vocal(song, *done)

        self._job = job = self._workspace.runner.submit(
            "Putting takes together", run, None, on_done=on_done, on_failed=self._workspace.failed.emit
        )


def _told(last: int, new: int, heard: int) -> str:
    """That `new` takes were recorded, the last of which is number `last`, and which is heard."""
    said = tr("Take {number} is heard where it was sung. Record > Takes chooses others.", number=heard)
    if new == 1:
        return said
    return (
        tr("{new} takes recorded, {first} to {last}.", new=new, first=last - new + 1, last=last) + f" {said}"
    )
