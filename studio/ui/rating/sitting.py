"""A sitting of blind screens on the open song: which one is shown, the vote, undo, and the next one made ahead.

What is voted is a command of the document, and which screen comes next follows from the document alone: the first one
without a verdict behind the last that has one. So a sitting can be left at any moment and gone on with on another day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.core.commands import AddScreen, Command, Judge
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import later, tr
from studio.core.project import Project
from studio.core.screen import Screen, Verdict
from studio.services.jobs import Job
from studio.services.project.song import Song
from studio.services.taste.screens import ClipSound, ScreenOrder, SongContext
from studio.services.taste.sitting import USUAL, new_sitting
from studio.services.vocal import refuse_without_singing
from studio.ui.rating.ballot import Ballot
from studio.ui.rating.deck import Phrase, PhraseDeck
from studio.ui.rating.screen_source import ScreenSource
from studio.ui.window.preferences import Preferences
from studio.ui.window.workspace import Workspace

#: Screens of a sitting: about ten minutes, after which ears tire.
LENGTH = USUAL
#: So far a phrase is moved by one key, seconds; about half of one.
STEP_S = 4.0
#: Phrases that begin nearer to each other are the same.
_SAME_S = 0.4


class Sitting(QObject):
    """Emits `changed` when something else is to be shown, and `progressed` (text, fraction) while a screen is made.

    Args:
        generation: how many personal models were in use so far, see core.screen.Screen.
        forgotten_at: when the listener last deleted what they said of the song; empty for never.

    Attributes:
        state: 'away', 'refused' (see `why`), 'making', 'loading', 'voting', 'revealed' or 'over'.
        screen, ballot: the one that is shown; its ballot is whole again after undo.
        sounds: of its clips, by key.
    """

    changed = Signal()
    progressed = Signal(str, float)
    voted = Signal()

    def __init__(
        self,
        workspace: Workspace,
        deck: PhraseDeck,
        source: ScreenSource,
        preferences: Preferences,
        generation: Callable[[], int] = lambda: 0,
        forgotten_at: Callable[[], str] = lambda: "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self.deck, self._source, self._preferences = workspace, deck, source, preferences
        self._generation, self._forgotten_at, self._forgotten = generation, forgotten_at, ""
        self.state, self.why = "away", ""
        self.screen: Screen | None = None
        self.ballot: Ballot | None = None
        self.sounds: dict[str, ClipSound] = {}
        self._begun: dict[int, Ballot] = {}
        self._making: Job[Any] | None = None
        self._skipped: set[int] = set()
        self._parents: tuple[str, ...] = ()
        self._phrase_s: tuple[float, float] | None = None
        self._began_anew = ""
        self._given = False
        #: Whether its page is in sight: what is heard elsewhere is no listening to the screen.
        self.in_sight = False
        workspace.changed.connect(self._on_changed)
        workspace.opened.connect(self._on_opened)
        deck.heard.connect(self._on_heard)
        deck.waited.connect(self._on_waited)
        deck.turned.connect(self._on_turned)
        deck.lost.connect(self._on_lost)

    # What its page says

    question = later("which band do you like best?")
    #: Whether there is more to say than which is best.
    is_whole = True

    @property
    def again(self) -> str:
        return tr("Another sitting") if self.goes_on else ""

    @property
    def goes_on(self) -> bool:
        """Whether screens are made as one likes; a pilot kit has those that it has."""
        return not self._of_sitting or not self._of_sitting[0].is_given

    @property
    def length(self) -> int:
        """Screens of this sitting."""
        return LENGTH if self.goes_on else len(self._of_sitting)

    @property
    def _of_sitting(self) -> list[Screen]:
        key = self.key
        return [screen for screen in self.project.screens if screen.sitting == key]

    @property
    def over(self) -> tuple[str, str]:
        """What is said at its end: a heading, and what can be done then."""
        if not self.goes_on:
            return (
                tr("That was the last screen of the kit"),
                tr("Thank you. Close it (Ctrl+Q), and send its folder back: {path}", path=self._place),
            )
        return (
            tr("{length} screens: that is a sitting", length=LENGTH),
            tr("Ears tire; go on tomorrow, or now if you like. Your taste shows what was learned."),
        )

    @property
    def _place(self) -> str:
        song = self._workspace.song
        return str(song.folder.path) if song is not None and song.folder is not None else ""

    @property
    def count_in_words(self) -> str:
        return tr("{length} of {length_2}", length=min(self.place, self.length), length_2=self.length)

    # Where the sitting stands

    @property
    def project(self) -> Project:
        return self._workspace.project

    @property
    def key(self) -> str:
        """Of the sitting that goes on; empty where the last one is over, or there was none."""
        if self._began_anew:
            return self._began_anew
        # Votes on screens from before count nowhere any more (ScreenMaker.taste), so their sitting is not gone on with.
        screens = [s for s in self.project.screens if not self._forgotten or s.made_at > self._forgotten]
        return screens[-1].sitting if screens else ""

    @property
    def done(self) -> int:
        """Screens of this sitting that were voted on."""
        return sum(screen.number in self.project.verdicts for screen in self._of_sitting)

    @property
    def place(self) -> int:
        """Of the screen that is shown, in the sitting, from 1."""
        shown = self.screen
        if shown is None:
            return min(self.done + 1, self.length)
        of_it = [s for s in self.project.screens if s.sitting == shown.sitting]
        before = sum(s.number in self.project.verdicts and s.number < shown.number for s in of_it)
        return before + 1

    def _pending(self) -> list[Screen]:
        """Screens that stand and wait for a vote, the next first."""
        last = max(self.project.verdicts, default=0)
        return [
            s for s in self.project.screens
            if s.number > last and s.sitting == self.key and s.number not in self._skipped
        ]  # fmt: skip

    # Coming and going

    def enter(self) -> None:
        """Goes on where it stood, or begins."""
        song = self._workspace.song
        why = self._refusal(song)
        if why:
            self._show("refused", why)
            return
        self._forgotten = self._forgotten_at()
        if not self.key:
            self._began_anew = new_sitting()
        self.advance()

    def _refusal(self, song: Song | None) -> str:
        if song is None:
            return tr("Open a vocal first: rating plays bands to it.")
        if self._workspace.document.read_only:
            return str(self._workspace.document.refusal)
        if self.deck.player.recorder is not None:
            return tr("Stop recording first.")
        if song.analysis is None or not song.is_heard:
            return tr("Listening to the vocal first …")
        try:
            refuse_without_singing(song.project.title, song.analysis)
        except StudioError as error:
            return str(error)
        return ""

    def on_analysed(self) -> None:
        if self.state == "refused":
            self.enter()

    def leave(self) -> None:
        """Pauses: what is there stays, what is being made is given up."""
        self.deck.release()
        if self._making is not None:
            self._making.cancel()
            self._making = None
        self.screen = self.ballot = None
        self._skipped, self._began_anew, self._phrase_s, self._parents = set(), "", None, ()
        self._show("away")

    def resume(self) -> None:
        """Shows what was shown, after something else was heard."""
        shown = self.screen
        if shown is not None and self.deck.keys != shown.keys and self.state in ("voting", "revealed"):
            self._load(shown, self.ballot, self.state)

    def review(self, number: int) -> None:
        """Shows a screen that was voted on, as it was revealed; Enter goes on where the sitting stood."""
        verdict = self.project.verdicts.get(number)
        if verdict is not None:
            screen = self.project.screen(number)
            self._load(screen, Ballot(screen.keys, verdict), "revealed")

    def begin_anew(self) -> None:
        """Another sitting of the same song."""
        self._began_anew = new_sitting()
        self.advance()

    def _show(self, state: str, why: str = "") -> None:
        self.state, self.why = state, why
        self.changed.emit()

    def _on_opened(self, song: Song) -> None:
        self.leave()
        screens = {screen.number: screen for screen in song.project.screens}
        self._begun = {
            number: Ballot(screens[number].keys, said)
            for number, said in song.view.unvoted.items()
            if number in screens and said.fits(screens[number])
        }

    @property
    def unvoted(self) -> dict[int, Verdict]:
        """What was heard and said so far of screens that wait for their vote, by number."""
        given = self.project.verdicts
        return {n: b.verdict for n, b in self._begun.items() if n not in given and any(b.plays.values())}

    def forget(self) -> None:
        """What was said is deleted: it is not gone on with."""
        self.leave()
        self._begun = {}

    # From screen to screen

    def advance(self) -> None:
        """The next screen, the wait for it, or the end."""
        pending = self._pending()
        if not pending and (self.done >= self.length or not self.goes_on):
            self.screen = self.ballot = None
            self.deck.pause()
            self._show("over")
            return
        if pending:
            self._load(pending[0])
        else:
            self.screen = self.ballot = None
            self.deck.pause()
            self._show("making")
        self._make_ahead()

    def _load(self, screen: Screen, ballot: Ballot | None = None, state: str = "voting") -> None:
        """Reads the clips, and shows the screen when they are there."""
        song = self._workspace.song
        if song is None or song.folder is None:
            return
        folder, rate = song.folder, self.deck.player.sample_rate
        ballot = ballot or self._begun.get(screen.number) or Ballot(screen.keys)
        if state == "voting":
            self._begun[screen.number] = ballot
        self.screen, self.ballot = screen, ballot
        self._show("loading")

        def run(
            vocal: Any, /, *, on_step: StepCallback, cancel: CancelToken
        ) -> tuple[dict[str, ClipSound], Phrase]:
            sounds = {clip.key: self._source.sound(folder, clip) for clip in screen.clips}
            bands = {key: sound.band for key, sound in sounds.items()}
            gain = float(10 ** (min(sound.vocal_gain_db for sound in sounds.values()) / 20))
            return sounds, Phrase.of(vocal, screen.phrase_s, bands, rate, gain)

        def on_done(read: tuple[dict[str, ClipSound], Phrase]) -> None:
            # The same screen may be asked for anew meanwhile, with a vote that was taken back or given again.
            if self.screen is not screen or self.ballot is not ballot or self.state != "loading":
                return
            self.sounds, phrase = read
            if phrase.sample_rate != self.deck.player.sample_rate:
                self._load(screen, ballot, state)  # the device changed meanwhile
                return
            self.deck.load(phrase, screen.keys[0])
            self._show(state)

        def on_failed(error: Exception) -> None:
            if self.screen is screen and self.ballot is ballot:
                self._skipped.add(screen.number)
                self._workspace.failed.emit(error)
                self.advance()

        self._workspace.runner.submit(
            "Loading clips", run, song.vocal.audio, on_done=on_done, on_failed=on_failed
        )

    def _make_ahead(self) -> None:
        """Has the next screen made while this one is listened to."""
        song = self._workspace.song
        waiting = len([s for s in self._pending() if s is not self.screen])
        shown = self.screen is not None and self.screen.number not in self.project.verdicts
        if song is None or self._making is not None or waiting or not self.goes_on:
            return
        if self.done + shown >= self.length:
            return
        if self._workspace.ensure_folder() is None:
            self._show("refused", tr("There is no place to keep the votes."))
            return
        order = ScreenOrder(
            len(self.project.screens) + 1, self.key, self.done + shown + 1, self._phrase_s, self._parents,
            self.listener, self._generation(),
        )  # fmt: skip
        context = SongContext.of(song)
        self._parents = ()

        def run(order: ScreenOrder, /, *, on_step: StepCallback, cancel: CancelToken) -> Screen:
            return self._source.make(context, order, on_step=on_step, cancel=cancel)

        def on_done(screen: Screen) -> None:
            if self._making is not job:
                return
            self._making = None
            if song is self._workspace.song and self._workspace.do(AddScreen(screen)):
                if self.state == "making":
                    self.advance()
                else:
                    self._make_ahead()
                    self.changed.emit()

        def on_failed(error: Exception) -> None:
            if self._making is job:
                self._making = None
                self._workspace.failed.emit(error)
                if self.state == "making":
                    self._show("refused", tr("The next screen could not be made."))

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._making is job:
                left = (
                    ""
                    if remaining_s is None
                    else tr(", about {remaining_s} s", remaining_s=max(1, round(remaining_s)))
                )
                self.progressed.emit(f"{progress.stage}{left}", progress.fraction)

        job = self._workspace.runner.submit(
            "Making a screen", run, order, lane="generator", on_step=on_step, on_done=on_done,
            on_failed=on_failed,
        )  # fmt: skip
        self._making = job
        self.progressed.emit("", 0.0)

    @property
    def listener(self) -> str:
        return self._preferences.get("listener", "me")

    def move_phrase(self, direction: int) -> None:
        """Makes the screens that follow of an earlier (-1) or later (1) stretch; the one shown is passed over."""
        song, shown = self._workspace.song, self.screen
        if song is None or shown is None or not self.goes_on or self.state not in ("voting", "revealed"):
            return
        first, last = shown.phrase_s
        length_s = last - first
        latest = max(0.0, song.vocal.audio.duration_s - length_s)
        first = min(max(0.0, first + direction * STEP_S), latest)
        if abs(first - shown.phrase_s[0]) < _SAME_S:  # the maker would move it back to the bar line it has
            self._workspace.told.emit(
                tr("There is no later phrase") if direction > 0 else tr("There is no earlier phrase")
            )
            return
        self._phrase_s = (first, first + length_s)
        self._order_anew()

    def breed(self, parents: tuple[str, str]) -> None:
        """The next screen holds children of two clips; what was made ahead is passed over."""
        if self.goes_on:
            self._parents = parents
            self._order_anew()

    def _order_anew(self) -> None:
        if self._making is not None:
            self._making.cancel()
            self._making = None
        self._skipped |= {s.number for s in self._pending()}
        self.advance()

    # The vote

    def vote(self) -> bool:
        """Gives the vote, if it is whole; then what was heard is revealed."""
        if self.state != "voting" or self.screen is None or self.ballot is None or self.ballot.missing:
            return False
        self._given = True
        try:
            given = self._workspace.do(Judge(self.screen.number, self.ballot.verdict))
        finally:
            self._given = False
        if given:
            self._show("revealed")
            self.voted.emit()
            self._make_ahead()
        return given

    def undo(self) -> None:
        """Takes back the last vote, and nothing else that was done to the song."""
        done = [step.command for step in self._workspace.document.state.done]
        if done and isinstance(done[-1], Judge) and done[-1].verdict is not None:
            self._workspace.undo()
            return
        # Something else was done since: the vote is taken back beside it.
        votes = [c.screen for c in done if isinstance(c, Judge) and c.screen in self.project.verdicts]
        last = votes[-1] if votes else max(self.project.verdicts, default=None)
        if last is None:
            self._workspace.told.emit(tr("There is no vote to take back"))
        else:
            self._workspace.do(Judge(last, None))

    def redo(self) -> None:
        undone = self._workspace.document.state.undone
        if undone and isinstance(undone[-1].command, Judge):
            self._workspace.redo()

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        """A vote was taken back, or given again: its screen is shown."""
        if not isinstance(command, Judge) or self._given or self.state in ("away", "refused"):
            return
        screen = after.screen(command.screen)
        said: Verdict | None = after.verdicts.get(screen.number) or before.verdicts.get(screen.number)
        ballot = Ballot(screen.keys, said)
        state = "revealed" if screen.number in after.verdicts else "voting"
        if screen is self.screen and self.state in ("voting", "revealed"):
            self.ballot = self._begun[screen.number] = ballot
            self._show(state)
        else:
            self._load(screen, ballot, state)
        self.voted.emit()

    # Hearing

    @property
    def _listening(self) -> bool:
        return self.in_sight and self.state == "voting"

    def _on_heard(self, key: str, seconds: float) -> None:
        if self._listening and self.ballot is not None and key in self.ballot.heard_s:
            self.ballot.hear(key, seconds)

    def _on_waited(self, seconds: float) -> None:
        if self._listening and self.ballot is not None:
            self.ballot.wait(seconds)

    def _on_turned(self, key: str) -> None:
        if self._listening and self.ballot is not None and key in self.ballot.plays:
            self.ballot.turn_to(key)

    def _on_lost(self) -> None:
        if self.screen is not None and self.state in ("voting", "revealed"):
            self._load(self.screen, self.ballot, self.state)
