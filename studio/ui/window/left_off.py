"""Where a song was left is where it is found the next day: playhead, what is in sight, clips heard and not voted on."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.services.project.song import Song
from studio.storage.view_state import ViewState, keep_view
from studio.ui.listening.playback import Playback
from studio.ui.rating.sitting import Sitting
from studio.ui.window.workspace import Workspace


class LeftOff(QObject):
    """Main thread only."""

    def __init__(self, workspace: Workspace, playback: Playback, sitting: Sitting, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._sitting = workspace, playback, sitting
        workspace.opened.connect(self._show)
        workspace.leaving.connect(self._keep)

    def _show(self, song: Song) -> None:
        view, timeline = song.view, self._playback.timeline
        timeline.band = view.band
        timeline.show_range(*(view.shown_s or (0.0, timeline.duration_s)))
        self._playback.seek(view.playhead_s)

    def _keep(self, song: Song) -> None:
        timeline = self._playback.timeline
        shown_s = timeline.start_s, timeline.end_s
        view = ViewState(
            timeline.playhead_s,
            None if shown_s == (0.0, timeline.duration_s) else shown_s,
            timeline.band,
            self._sitting.unvoted,
        )
        if song.folder is not None and not song.document.read_only and view != song.view:
            keep_view(song.folder.path, view)
