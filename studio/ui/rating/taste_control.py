"""Fills the taste page, off the main thread, and does what it asks for."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.core.jobs import CancelToken, StepCallback
from studio.services.taste.judged import screen_id
from studio.services.taste.screens import SongContext
from studio.taste.model import Taste
from studio.ui.rating.screen_source import ScreenSource
from studio.ui.rating.taste_page import TastePage
from studio.ui.window.preferences import Preferences
from studio.ui.window.workspace import Workspace

#: In the preferences.
LISTENER, OFF = "listener", "taste_off"


class TasteControl(QObject):
    """Main thread only."""

    def __init__(
        self, workspace: Workspace, source: ScreenSource, preferences: Preferences, window: QWidget
    ) -> None:
        super().__init__(window)
        self._workspace, self._source, self._preferences = workspace, source, preferences
        self.page = TastePage()
        self.page.named.connect(self._on_named)
        self.page.switched.connect(self._on_switched)

    @property
    def listener(self) -> str:
        return self._preferences.get(LISTENER, "me")

    def show(self) -> None:
        """What is known now; it is learnt anew, which takes a moment."""
        page, listener = self.page, self.listener
        page.show_listener(listener, used=not self._preferences.get(OFF, False), lies="")
        song = self._workspace.song
        if song is None:
            page.show_taste(None, {})
            return
        context = SongContext.of(song)
        project = context.project

        def run(context: SongContext, /, *, on_step: StepCallback, cancel: CancelToken) -> Taste | None:
            return self._source.taste(context, listener)

        def on_done(taste: Taste | None) -> None:
            if song is self._workspace.song and listener == self.listener:
                page.show_taste(taste, {screen_id(project, s): s.number for s in project.screens})

        self._workspace.runner.submit(
            "Learning", run, context, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def _on_named(self, name: str) -> None:
        if name and name != self.listener:
            self._preferences.set(LISTENER, name)
            self.show()

    def _on_switched(self, used: bool) -> None:
        self._preferences.set(OFF, not used)
        self.show()
