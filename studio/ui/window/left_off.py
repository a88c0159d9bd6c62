"""Where a song was left is where it is found the next day: playhead, what is in sight, the seed, a blind comparison and
its letters, clips heard and not voted on, a line of chords that cannot be read."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from studio.core.commands import BeginRequest, Command, Pick, SetBlind, SetOpinion
from studio.core.project import Project
from studio.core.screen import Verdict
from studio.services.project.song import Song
from studio.storage.view_state import ViewState, keep_view
from studio.ui.comparing.compare_actions import CompareActions
from studio.ui.generating.request_panel import RequestPanel
from studio.ui.listening.analysis_panel import AnalysisPanel
from studio.ui.listening.playback import Playback
from studio.ui.rating.sitting import Sitting
from studio.ui.window.workspace import Workspace

#: A seed is kept once it has rested for so long.
_REST_MS = 300
#: What is heard and said of a screen of the rating is kept so often while it goes on.
_HEARD_MS = 1000


class LeftOff(QObject):
    """Main thread only. The seed and the line of chords are shown with the rest of the song, the comparison by
    CompareActions."""

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        sitting: Sitting,
        compare: CompareActions,
        request: RequestPanel,
        analysis: AnalysisPanel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._sitting = workspace, playback, sitting
        self._compare, self._request, self._analysis = compare, request, analysis
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.keep)
        self._said: dict[int, Verdict] = {}
        self._hearing = QTimer(self)
        self._hearing.setInterval(_HEARD_MS)
        self._hearing.timeout.connect(self._keep_said)
        sitting.changed.connect(self._follow_sitting)
        workspace.opened.connect(self._show)
        workspace.leaving.connect(self._keep)
        request.changed.connect(self._rest.start)
        analysis.chords.editingFinished.connect(self._rest.start)
        analysis.chords_changed.connect(lambda *_: self._rest.start())

    def attach(self) -> None:
        """Follows the comparison, once those who show it do."""
        self._workspace.changed.connect(self._on_changed)

    def keep(self) -> None:
        """Keeps what is shown now: who is killed is not asked."""
        if self._workspace.song is not None:
            self._keep(self._workspace.song)

    def _show(self, song: Song) -> None:
        view, timeline = song.view, self._playback.timeline
        timeline.band = view.band
        timeline.show_range(*(view.shown_s or (0.0, timeline.duration_s)))
        self._playback.seek(view.playhead_s)

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        """What is said blind is kept at once, as is the seed of a request: after a crash neither could be known."""
        blind = isinstance(command, Pick | SetOpinion) and after.blind is not None
        if blind or isinstance(command, SetBlind | BeginRequest):
            self.keep()
        elif len(before.candidates) != len(after.candidates):
            self._rest.start()

    def _follow_sitting(self) -> None:
        if self._sitting.state != "voting":
            self._hearing.stop()
        elif not self._hearing.isActive():
            self._hearing.start()

    def _keep_said(self) -> None:
        """Time that passes in silence is not worth a write of its own."""
        said = {number: replace(one, took_s=0.0) for number, one in self._sitting.unvoted.items()}
        if said != self._said:
            self._said = said
            self.keep()

    def _keep(self, song: Song) -> None:
        self._rest.stop()
        timeline = self._playback.timeline
        shown_s = timeline.start_s, timeline.end_s
        view = ViewState(
            timeline.playhead_s,
            None if shown_s == (0.0, timeline.duration_s) else shown_s,
            timeline.band,
            (self._request.seed.value(), len(song.project.candidates)),
            self._compare.blind_left,
            self._compare.letters,
            self._sitting.unvoted,
            self._request.pin.isChecked(),
            self._analysis.unread_chords(song),
        )
        if song.folder is not None and not song.document.read_only and view != song.view:
            keep_view(song.folder.path, view)
            song.view = view
