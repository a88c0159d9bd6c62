"""Puts the pages of taste into the window, and takes them out again: what is heard, which keys and menus count."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from studio.ui.rating.deck import PhraseDeck
from studio.ui.rating.mode import KEPT_ACTIONS, TasteMode
from studio.ui.rating.rating_page import RatingPage
from studio.ui.rating.screen_source import ScreenSource
from studio.ui.rating.sitting import Sitting
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.window.preferences import Preferences
from studio.ui.window.workspace import Workspace


class TasteActions(QObject):
    """`handlers` are what the window's actions do; `attach` follows when the actions and menus stand.

    Args:
        stack: of the window.
        song: its page of the song.
    """

    def __init__(
        self,
        workspace: Workspace,
        deck: PhraseDeck,
        source: ScreenSource,
        pictures: SpectrogramJobs,
        preferences: Preferences,
        stack: QStackedWidget,
        song: QWidget,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._stack, self._song, self._window, self.deck = stack, song, window, deck
        self._menus: list[QMenu] = []
        self.sitting = Sitting(workspace, deck, source, preferences, self)
        self.rating = RatingPage(self.sitting, pictures, preferences)
        self.mode = TasteMode({"rate": ("Rate", self.rating)})
        stack.addWidget(self.mode)
        self.rating.left.connect(self.leave)
        self.mode.left.connect(self.leave)
        self.mode.shown.connect(self._on_page)
        workspace.opened.connect(lambda _: self.leave())
        self.handlers: dict[str, Callable[[], object]] = {"teach": lambda: self.enter("rate")}

    def attach(self, actions: Mapping[str, QAction], song_menus: list[QMenu]) -> None:
        """
        Args:
            song_menus: that say nothing while a page of taste is shown.
        """
        self._menus = song_menus
        self.mode.kept = [QKeySequence(key) for name in KEPT_ACTIONS for key in actions[name].shortcuts()]

    @property
    def shown(self) -> bool:
        return self._stack.currentWidget() is self.mode

    def enter(self, page: str) -> None:
        """Shows a page in place of the song."""
        self._stack.setCurrentWidget(self.mode)
        self._window.setFocusProxy(self.mode)
        for menu in self._menus:
            menu.menuAction().setEnabled(False)
        self.mode.show_page(page)

    def leave(self) -> None:
        """Back to the song; a sitting waits where it stands."""
        if not self.shown:
            return
        self.sitting.leave()
        self._stack.setCurrentWidget(self._song)
        self._window.setFocusProxy(self._song)
        for menu in self._menus:
            menu.menuAction().setEnabled(True)
        self._window.setFocus()

    def _on_page(self, name: str) -> None:
        if name == "rate":
            if self.sitting.state in ("away", "refused"):
                self.sitting.enter()
        else:
            self.deck.pause()
