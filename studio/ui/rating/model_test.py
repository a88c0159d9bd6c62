"""The blind test of a trained model against the one in use: pairs of the same phrase, which is better, until it is
decided. How it stands is hidden until then: whoever knew would hear by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import later, tr
from studio.core.origin import Origin
from studio.core.project import Project
from studio.core.screen import Clip, Screen
from studio.services.jobs import Job
from studio.services.taste.pairs import NEW, OLD, Pair
from studio.services.taste.screens import ClipSound, SongContext
from studio.taste.sequential import MOST_TRIALS, BlindTest
from studio.ui.rating.ballot import Ballot
from studio.ui.rating.deck import Phrase, PhraseDeck
from studio.ui.window.workspace import Workspace


class PairSource(Protocol):
    """studio.services.taste.pairs.PairMaker, or what stands in its place."""

    def make(
        self, song: SongContext, number: int, new: Path, *, on_step: StepCallback, cancel: CancelToken
    ) -> Pair: ...


class ModelTest(QObject):
    """A Rated of two clips. Emits `decided` with the BlindTest when it is.

    Args:
        add_trial: keeps an outcome of the model that is tested, and returns the test as it stands then.
    """

    changed = Signal()
    progressed = Signal(str, float)
    decided = Signal(object)

    question = later("which band do you like better?")
    length = MOST_TRIALS
    is_whole = False
    goes_on = False
    again = ""

    def __init__(
        self,
        workspace: Workspace,
        deck: PhraseDeck,
        source: PairSource,
        add_trial: Callable[[str, str], BlindTest],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self.deck, self._source, self._add_trial = workspace, deck, source, add_trial
        self.state, self.why = "away", ""
        self.screen: Screen | None = None
        self.ballot: Ballot | None = None
        self._pair: Pair | None = None
        self._ahead: Pair | None = None
        self._making: Job[Any] | None = None
        self._model, self._file = "", Path()
        self._test = BlindTest()
        self.in_sight = False
        workspace.opened.connect(lambda _: self.leave())
        deck.heard.connect(self._on_heard)
        deck.turned.connect(self._on_turned)

    def _heard_ballot(self, key: str) -> Ballot | None:
        """The ballot, where a clip of that key is listened to for it."""
        listening = self.in_sight and self.state == "voting"
        return self.ballot if listening and self.ballot is not None and key in self.ballot.keys else None

    def _on_heard(self, key: str, seconds: float) -> None:
        ballot = self._heard_ballot(key)
        if ballot is not None:
            ballot.hear(key, seconds)

    def _on_turned(self, key: str) -> None:
        ballot = self._heard_ballot(key)
        if ballot is not None:
            ballot.turn_to(key)

    # What its page says

    @property
    def sounds(self) -> dict[str, ClipSound]:
        return self._pair.sounds if self._pair is not None else {}

    @property
    def over(self) -> tuple[str, str]:
        titles = {"promote": tr("The new model is in use"), "reject": tr("The model before stays in use")}
        return titles.get(self._test.decision or "", ""), self._test.told

    @property
    def count_in_words(self) -> str:
        return tr("Comparison {done}, of {most_trials} at most", done=self.done + 1, most_trials=MOST_TRIALS)

    @property
    def done(self) -> int:
        return len(self._test.outcomes)

    @property
    def project(self) -> Project:
        return self._workspace.project

    # Its course

    def begin(self, model: str, file: Path, test: BlindTest) -> None:
        """Begins, or goes on with, the test of a model.

        Args:
            model: names it on the shelf.
            test: as far as it is.
        """
        if model != self._model:
            self._ahead = None
        self._model, self._file, self._test = model, file, test
        song = self._workspace.song
        if song is None or song.analysis is None or not song.is_heard:
            self._show("refused", tr("Open a vocal first: the two models are compared on it."))
            return
        self.advance()

    def leave(self) -> None:
        """What is being made is given up; the outcomes stand."""
        if self._making is not None:
            self._making.cancel()
            self._making = None
        self.screen = self.ballot = self._pair = self._ahead = None
        self._show("away")

    def advance(self) -> None:
        if self._test.decision is not None:
            self.screen = self.ballot = self._pair = None
            self.deck.pause()
            self._show("over")
            return
        pair, self._ahead = self._ahead, None
        if pair is None:
            self.screen = self.ballot = None
            self.deck.pause()
            self._show("making")
        else:
            self._load(pair)
        self._make_ahead()

    def _load(self, pair: Pair) -> None:
        song = self._workspace.song
        if song is None:
            return
        self._pair = pair
        origin = Origin(song.vocal.sha256, song.analysis_name)
        self.screen = Screen(
            pair.number, "test", pair.phrase_s, tuple(Clip(name, "base", origin) for name in pair.order)
        )
        self.ballot = Ballot(pair.order)
        self._show("loading")
        rate = self.deck.player.sample_rate

        def run(vocal: Any, /, *, on_step: StepCallback, cancel: CancelToken) -> Phrase:
            bands = {name: pair.sounds[name].band for name in pair.order}
            gain = 10 ** (pair.sounds[OLD].vocal_gain_db / 20)
            return Phrase.of(vocal, pair.phrase_s, bands, rate, gain)

        def on_done(phrase: Phrase) -> None:
            if self._pair is pair and self.state == "loading":
                self.deck.load(phrase, pair.order[0])
                self._show("voting")

        def on_failed(error: Exception) -> None:
            self._workspace.failed.emit(error)
            if self._pair is pair and self.state == "loading":
                self._show("refused", tr("The next pair could not be made."))

        self._workspace.runner.submit(
            "Loading clips", run, song.vocal.audio, on_done=on_done, on_failed=on_failed
        )

    def resume(self) -> None:
        """Loads the pair again, after something else was heard."""
        if self._pair is not None and self.deck.keys != self._pair.order and self.state == "voting":
            self._load(self._pair)

    def _make_ahead(self) -> None:
        song = self._workspace.song
        number = self.done + (2 if self.screen is not None else 1)
        if song is None or self._making is not None or self._ahead is not None or number > MOST_TRIALS:
            return
        context, file, model = SongContext.of(song), self._file, self._model

        def run(number: int, /, *, on_step: StepCallback, cancel: CancelToken) -> Pair:
            return self._source.make(context, number, file, on_step=on_step, cancel=cancel)

        def on_done(pair: Pair) -> None:
            if self._making is not job or model != self._model:
                return
            self._making, self._ahead = None, pair
            if self.state == "making":
                self.advance()

        def on_failed(error: Exception) -> None:
            if self._making is job:
                self._making = None
                self._workspace.failed.emit(error)
                if self.state == "making":
                    self._show("refused", tr("The next pair could not be made."))

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._making is job:
                self.progressed.emit(progress.stage, progress.fraction)

        job = self._workspace.runner.submit(
            "Making a pair", run, number, lane="generator", on_step=on_step, on_done=on_done,
            on_failed=on_failed,
        )  # fmt: skip
        self._making = job
        self.progressed.emit("", 0.0)

    def _show(self, state: str, why: str = "") -> None:
        self.state, self.why = state, why
        self.changed.emit()

    # The vote

    def vote(self) -> bool:
        ballot = self.ballot
        if self.state != "voting" or ballot is None or ballot.missing:
            return False
        outcome = "tie" if ballot.best is None else "win" if ballot.best == NEW else "loss"
        try:
            self._test = self._add_trial(self._model, outcome)
        except (StudioError, OSError) as error:
            self._workspace.failed.emit(error)
            return False
        decided = self._test.decision is not None
        self.advance()
        if decided:
            self.decided.emit(self._test)
        return True

    def undo(self) -> None:
        """An outcome stands: a test that could be taken back would be no test."""
        self._workspace.told.emit(tr("A comparison of the test cannot be taken back"))

    redo = undo

    def begin_anew(self) -> None:
        """There is one test of a model."""

    def move_phrase(self, direction: int) -> None:
        """Its phrases are drawn."""

    def breed(self, parents: tuple[str, str]) -> None:
        """Nothing is bred in a test."""
