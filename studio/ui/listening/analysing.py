"""Listening to the vocal: again whenever the vocal, or what the user says of it, changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.commands import Command
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.project import Project
from studio.services.jobs import Job
from studio.services.project.analyses import analysis_name, keep_analysis, read_analysis
from studio.services.project.song import Song
from studio.services.vocal import Vocal
from studio.ui.listening.playback import Playback
from studio.ui.window.workspace import Workspace

#: studio.services.vocal.analyse_vocal, or what stands in its place.
Analyse = Callable[..., VocalAnalysis]


class Analysing(QObject):
    """Emits `analysed` with the Song whose `analysis` is new, or None where it failed, and `stepped` (Progress)."""

    analysed = Signal(object)
    stepped = Signal(object)

    def __init__(
        self, workspace: Workspace, playback: Playback, analyse: Analyse, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._analyse = workspace, playback, analyse
        self._job: Job[Any] | None = None
        workspace.opened.connect(self._on_opened)
        workspace.vocal_replaced.connect(self._listen)
        workspace.changed.connect(self._on_changed)

    def _on_opened(self, song: Song) -> None:
        if song.analysis is not None:
            self._show(song, song.analysis, song.analysis_name)
        else:
            self._listen(song)

    def _on_changed(self, before: Project, after: Project, _: Command) -> None:
        song = self._workspace.song
        if song is not None and before.given != after.given:
            self._listen(song)

    def _show(self, song: Song, analysis: VocalAnalysis, name: str) -> None:
        song.analysis, song.analysis_name = analysis, name
        self._playback.timeline.set_grid(analysis.grid)
        self._workspace.busy_changed.emit("")
        self.analysed.emit(song)

    def _listen(self, song: Song) -> None:
        if self._job is not None:
            self._job.cancel()
        given, vocal, base, folder = song.project.given, song.vocal, song.base, song.folder
        wanted = song.wanted_analysis

        def heard(
            sound: Vocal, over: VocalAnalysis | None, on_step: StepCallback, cancel: CancelToken
        ) -> VocalAnalysis:
            name = analysis_name(sound.sha256, base.sha256, given)
            try:
                known = read_analysis(folder, name) if folder is not None else None
            except StudioError:
                known = None
            if known is not None:
                return known
            analysis = self._analyse(sound.audio, given, song=over, on_step=on_step, cancel=cancel)
            if folder is not None:
                keep_analysis(folder, name, analysis)
            return analysis

        def run(_: Audio, /, *, on_step: StepCallback, cancel: CancelToken) -> VocalAnalysis:
            # A comp keeps the beats and the key of the vocal it was sung over, which the bands play to.
            over = None if vocal is base else heard(base, None, on_step, cancel)
            return heard(vocal, over, on_step, cancel)

        def on_done(analysis: VocalAnalysis) -> None:
            if self._job is job and song is self._workspace.song and song.wanted_analysis == wanted:
                self._job = None
                self._show(song, analysis, wanted)

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._job is job:
                doing = tr(
                    "Listening to the vocal: {stage} {fraction:.0%}",
                    stage=progress.stage,
                    fraction=progress.fraction,
                )
                self._workspace.busy_changed.emit(doing)
                self.stepped.emit(progress)

        def on_failed(error: Exception) -> None:
            if self._job is not job:
                return
            self._job = None
            self._workspace.busy_changed.emit("")
            self._workspace.failed.emit(error)
            if song is self._workspace.song:
                self.analysed.emit(song)

        self._workspace.busy_changed.emit(tr("Listening to the vocal …"))
        job = self._workspace.runner.submit(
            "Listening", run, vocal.audio, on_step=on_step, on_done=on_done, on_failed=on_failed
        )
        self._job = job
