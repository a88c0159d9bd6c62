"""Puts the pages of taste into the window, and takes them out again: what is heard, which keys and menus count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from studio.core.commands import Judge
from studio.core.language import tr
from studio.services.project.document import Step
from studio.ui.keys.shortcut_table import EVERYWHERE
from studio.ui.rating.adapter_control import AdapterControl
from studio.ui.rating.audition import Audition
from studio.ui.rating.deck import PhraseDeck
from studio.ui.rating.lineage_page import LineagePage
from studio.ui.rating.mode import TasteMode
from studio.ui.rating.model_test import ModelTest
from studio.ui.rating.rating_page import RatingPage
from studio.ui.rating.screen_source import Teaching
from studio.ui.rating.sitting import Sitting
from studio.ui.rating.taste_control import TasteControl
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.window.preferences import Preferences
from studio.ui.window.questions import Questions
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
        teaching: Teaching,
        ask: Questions,
        learned: TasteControl,
        pictures: SpectrogramJobs,
        preferences: Preferences,
        stack: QStackedWidget,
        song: QWidget,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._workspace, self.deck = workspace, deck
        self._stack, self._song, self._window = stack, song, window
        self._menus: list[QMenu] = []
        source, personal = teaching.screens, teaching.personal
        self.sitting = Sitting(
            workspace,
            deck,
            source,
            preferences,
            lambda: personal.shelf.generation,
            learned.forgotten_at,
            self,
        )
        self.audition = Audition(workspace, deck, source, self)
        self.rating = RatingPage(self.sitting, pictures, preferences)
        self.learned = learned
        self.lineage = LineagePage(deck, self.audition)
        self.test = ModelTest(workspace, deck, personal, personal.shelf.add_trial, self)
        self.test_page = RatingPage(self.test, pictures, preferences)
        self.adapter = AdapterControl(workspace, personal, self.test, lambda: learned.listener, ask, window)
        learned.forgotten.connect(self._on_forgotten)
        self.mode = TasteMode(
            {
                "rate": (tr("Rate"), self.rating),
                "taste": (tr("Your taste"), self.learned.page),
                "lineage": (tr("Family tree"), self.lineage),
                "adapter": (tr("Your model"), self.adapter.page),
            }
        )
        self.mode.add_hidden("test", self.test_page)
        stack.addWidget(self.mode)
        self.rating.left.connect(self.leave)
        self.test_page.left.connect(lambda: self.mode.show_page("adapter"))
        self.adapter.test_begun.connect(lambda: self.mode.show_page("test"))
        self.mode.left.connect(self.leave)
        self.mode.shown.connect(self._on_page)
        self.lineage.revisit.connect(self.review)
        self.lineage.breed.connect(self._breed)
        self.learned.page.revisit.connect(self.review)
        workspace.opened.connect(lambda _: self._on_opened())
        self.handlers: dict[str, Callable[[], object]] = {
            "teach": lambda: self.enter("rate"),
            "taste": lambda: self.enter("taste"),
            "lineage": lambda: self.enter("lineage"),
            "adapter": lambda: self.enter("adapter"),
            "undo": lambda: self._go_back(workspace.document.state.done, workspace.undo),
            "redo": lambda: self._go_back(workspace.document.state.undone, workspace.redo),
        }

    def attach(self, actions: Mapping[str, QAction], song_menus: list[QMenu]) -> None:
        """
        Args:
            song_menus: that say nothing while a page of taste is shown.
        """
        self._menus = song_menus
        self.mode.kept = lambda: [
            QKeySequence(key) for name in EVERYWHERE for key in actions[name].shortcuts()
        ]

    @property
    def shown(self) -> bool:
        return self._stack.currentWidget() is self.mode

    def enter(self, page: str) -> None:
        """Shows a page in place of the song."""
        if self.deck.player.recorder is not None:
            self._workspace.told.emit(tr("Stop recording first"))
            return
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
        self.test.leave()
        self.deck.release()
        self._stack.setCurrentWidget(self._song)
        self._window.setFocusProxy(self._song)
        for menu in self._menus:
            menu.menuAction().setEnabled(True)
        self._window.setFocus()

    def _go_back(self, steps: Sequence[Step], go: Callable[[], object]) -> None:
        """Undo or redo in the song: a vote is taken back where it is seen, on its screen."""
        if steps and isinstance(steps[-1].command, Judge):
            self.enter("rate")
            if not self.shown:
                return
        go()

    def review(self, number: int) -> None:
        """Shows a screen again that was voted on."""
        self.sitting.review(number)
        self.mode.show_page("rate")

    def _on_opened(self) -> None:
        """Another song; a pilot kit has nothing to show but its screens."""
        self.leave()
        project, read_only = self._workspace.project, self._workspace.document.read_only
        if not read_only and any(s.is_given and s.number not in project.verdicts for s in project.screens):
            self.enter("rate")

    def _on_forgotten(self, answers: int) -> None:
        """What was shown before counts nowhere: the sitting begins anew. What was trained on deleted answers rests."""
        self.sitting.forget()
        if answers:
            self.adapter.retire()

    def _breed(self, parents: tuple[str, str]) -> None:
        if self.sitting.state in ("away", "refused"):
            self.sitting.enter()
        if self.sitting.state != "refused":
            self.sitting.breed(parents)
        self.mode.show_page("rate")

    def _on_page(self, name: str) -> None:
        self.sitting.in_sight, self.test.in_sight = name == "rate", name == "test"
        if name == "test":
            self.test.resume()
            return
        if name == "rate":
            if self.sitting.state in ("away", "refused"):
                self.sitting.enter()
            else:
                self.sitting.resume()
            return
        self.audition.stop()
        if name == "lineage":
            self.lineage.show_project(self._workspace.project)
        elif name == "taste":
            self.learned.show()
        elif name == "adapter":
            self.adapter.show()
