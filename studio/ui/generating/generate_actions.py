"""What is asked of the engines, by the request panel, a key or a candidate's row; and what is asked before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from studio.core.analysis import VocalAnalysis
from studio.core.candidate import Candidate, descent, recipe_of
from studio.core.counting import check_parents, told_since
from studio.core.errors import StudioError
from studio.core.jobs import Progress
from studio.core.language import tr
from studio.core.project import Begun
from studio.core.request import Breed, Vary
from studio.services.generating.requests import change_of
from studio.services.project.song import Song
from studio.ui.generating.breed_dialog import BreedDialog
from studio.ui.generating.generation import Generation
from studio.ui.generating.instrument_dialog import InstrumentDialog
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.generating.request_panel import Wishes
from studio.ui.keys.shortcuts import TYPING
from studio.ui.listening.asking_dialog import AskingDialog, ways_of
from studio.ui.listening.playback import Playback
from studio.ui.window.layout import Layout
from studio.ui.window.preferences import Preferences
from studio.ui.window.questions import Questions
from studio.ui.window.workspace import Workspace


class GenerateActions(QObject):
    """`handlers` are what the window's actions do.

    Emits `given` (fields of Given) with what was answered about the beat, and `told`.
    """

    given = Signal(object)
    told = Signal(str)
    #: How the song is counted now (BeatGrid).
    _counted = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        generation: Generation,
        panels: Layout,
        ask: Questions,
        preferences: Preferences,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._generation = workspace, playback, generation
        self._request, self._rows, self._strip = panels.request, panels.candidates, panels.strip
        self._panels, self._analysis = panels, panels.analysis
        self._ask, self._preferences, self._parent = ask, preferences, parent
        #: The analysis whose beat was asked about already.
        self._asked: VocalAnalysis | None = None
        #: A candidate that was changed while the song was listened to again: its beat has yet to be told.
        self._untold: Candidate | None = None
        self.handlers: dict[str, Callable[[], object]] = {"generate": self.generate, "cancel": self.cancel}
        self._request.generate_requested.connect(self.generate)
        self._request.cancel_requested.connect(self.cancel)
        generation.stepped.connect(self._on_stepped)
        generation.ended.connect(self._on_ended)
        workspace.opened.connect(self._on_opened)
        workspace.interrupted.connect(self._on_interrupted)

    def generate(self) -> None:
        """Starts a request; where the beat is doubtful and nobody was asked yet, that is asked first."""
        song = self._workspace.song
        if song is None or not self._request.generate.isEnabled() or self._generation.running:
            return
        if not self._finish_typing():
            return
        analysis = song.analysis
        if not song.is_heard:  # what was typed last counts: the request follows as soon as it was listened to
            self._generation.start_when_heard(self._request.wishes)
        elif analysis is not None and analysis is not self._asked and self._may_ask(analysis):
            self._ask_for_the_beat(analysis)
        else:
            self._generation.start(self._request.wishes)

    def cancel(self) -> None:
        if self._generation.running:
            self._request.show_cancelling()
            self._generation.cancel()

    def make_fewer(self, candidates: int) -> None:
        """Asks for as many as there is memory for."""
        self._request.count.set_value(candidates)
        if self._finish_typing():
            self._generation.start(self._request.wishes)

    def _finish_typing(self) -> bool:
        """Ends typing: what stands in the fields counts. False where something there cannot be read: nothing is to be
        made then, and its field has the focus."""
        if not (self._analysis.finish_typing() and self._request.finish_typing()):
            if not self._panels.shows_side:
                self._panels.show_side(True)
                self._analysis.finish_typing()  # the field can have the focus now
            return False
        if isinstance(QApplication.focusWidget(), TYPING):
            self._parent.setFocus()
        return True

    def on_analysed(self, song: Song) -> None:
        """The vocal was listened to: what waited for that begins."""
        if song.analysis is not None:
            self._generation.warm_up()
        untold, self._untold = self._untold, None
        if song.is_heard and song.analysis is not None:
            self._counted.emit(song.analysis.grid)
            if untold is not None:
                self._tell_difference(untold)
        self._generation.on_heard(song)

    def _on_opened(self, _: Song) -> None:
        self._asked = self._untold = None

    # The beat

    def _may_ask(self, analysis: VocalAnalysis) -> bool:
        return analysis.is_worth_asking and self._preferences.get("ask_for_beat", True)

    def _ask_for_the_beat(self, analysis: VocalAnalysis) -> None:
        dialog = AskingDialog(analysis, self._playback, self._parent)
        if self._workspace.project.chords is not None:  # they stand in the bars of one reading
            dialog.each.hide()
        dialog.again.toggled.connect(lambda never: self._preferences.set("ask_for_beat", not never))

        def on_settled(fields: dict[str, object]) -> None:
            # The vocal is listened to again with them; the request follows.
            self._asked = analysis
            self.given.emit(fields)
            self._generation.start_when_heard(self._request.wishes)

        def on_each() -> None:
            self._asked = analysis
            self._generation.start(self._request.wishes, each=len(ways_of(analysis)))

        dialog.settled.connect(on_settled)
        dialog.each_wanted.connect(on_each)
        self._workspace.opened.connect(dialog.reject)
        dialog.open()

    # Out of a candidate

    def change(self, what: str, number: int) -> None:
        """'vary', 'vary_far', 'regenerate', 'instrument' or 'breed' of a candidate of the song."""
        song = self._workspace.song
        if song is None or number not in song.candidates:
            return
        candidate = song.candidates[number]
        if what == "breed":
            self._breed(song, number)
            return
        try:
            recipe_of(candidate)
        except StudioError as error:  # before a dialog is filled in for nothing
            self._workspace.failed.emit(error)
            return
        if what == "regenerate":
            timeline = self._playback.timeline
            dialog = RegenerateDialog(candidate, timeline.region, timeline.grid, self._parent)
            dialog.anew.connect(lambda: self._make_anew(song, number))
            self._counted.connect(dialog.show_beat)
            self._open(dialog)
        elif what == "instrument":
            if any(part.is_heard for part in candidate.arrangement.parts.values()):
                self._open(InstrumentDialog(candidate, self._strip.target, self._parent))
            else:
                self.told.emit(tr("Nothing plays in this candidate"))
        else:
            self._tell_beat(candidate)
            self._generation.change(Vary(candidate, "far" if what == "vary_far" else "near"))

    def _open(self, dialog: RegenerateDialog | InstrumentDialog | BreedDialog) -> None:
        """Shows a dialog that asks for a change, and makes what it is closed with."""
        dialog.wanted.connect(self._generation.change)
        self._workspace.opened.connect(dialog.close)  # another song has other candidates
        dialog.open()

    def _tell_beat(self, candidate: Candidate) -> None:
        """A change goes on with the beat of what it changes: said where the song has another one by now."""
        song = self._workspace.song
        if self._generation.running or song is None:
            return
        if song.is_heard:
            self._tell_difference(candidate)
        else:
            self._untold = candidate

    def _tell_difference(self, candidate: Candidate) -> None:
        differs = told_since(candidate.number, candidate.arrangement.grid, self._playback.timeline.grid)
        if differs:
            self.told.emit(
                tr(
                    "{differs} What is made of it keeps its beat; new ones by Generate have the song's beat",
                    differs=differs,
                )
            )

    def _make_anew(self, song: Song, number: int) -> None:
        """A new candidate with the wishes and the seed of one whose beat is not the song's any more."""
        if song is not self._workspace.song or not self._finish_typing():
            return
        origin = song.project.record(number).origin
        # Chords that were typed are the song's: they stand in its bars, not in those of the old beat.
        controls = dataclasses.replace(origin.controls, chords=None)
        self._generation.start_when_heard(Wishes(controls, 1, origin.seed, True, origin.engine))

    def _breed(self, song: Song, number: int) -> None:
        """Asks what a child of this one and the one heard, or heard before it, shall have of whom."""
        heard, before = self._playback.mix.selected, self._playback.previous
        other = heard if heard != number else before
        if other is None or other not in song.candidates or other == number:
            self.told.emit(tr("Hear one, then the other, then ask for more like both"))
            return
        parents = song.candidates[other], song.candidates[number]
        if any(parent.recipe is None for parent in parents):
            self.told.emit(
                tr("One of the two is a comp, or a sound without notes: nothing can be bred from it")
            )
            return
        try:
            check_parents(Breed(parents))
        except StudioError as error:  # before a dialog is filled in for nothing
            self._workspace.failed.emit(error)
            return
        self._tell_beat(parents[0])
        self._open(BreedDialog(*parents, self._parent))

    # What goes on

    def _on_interrupted(self, begun: Begun) -> None:
        """Offers the rest of a request, and where that is dropped, of those that were put off before it."""
        project = self._workspace.project
        earlier = [other for other in reversed(project.put_off) if other.key != begun.key]
        for left in (begun, *earlier):
            made = sum(record.origin.request == left.key for record in project.candidates)
            whole = made >= len(left.wanted)
            answer = "drop" if whole else self._ask.make_the_rest(left, made, self._told_change(left))
            if answer == "make":
                self._generation.resume(left)
                return
            # The same button would make the same again, or what may yet be made.
            if (made or answer is None) and left.change is None and self._request.seed.value() == left.seed:
                self._request.next_seed()
            if answer is None:
                self._generation.put_off(left)
                self.told.emit(tr("The rest is offered again when the project is opened again"))
                return
            self._generation.forget(left)

    def _told_change(self, begun: Begun) -> str:
        """What a request that was cut off was to change; empty for new candidates, and where a parent is gone."""
        song = self._workspace.song
        if begun.change is None or song is None:
            return ""
        try:
            change = change_of(begun.change, song.candidates)
        except StudioError:
            return ""
        settings: dict[str, object] = {"parent": begun.change.parent, "change": str(change)}
        if begun.change.other is not None:
            settings["other_parent"] = begun.change.other
        return descent(settings)

    def _on_stepped(self, progress: Progress, remaining_s: float | None) -> None:
        self._request.show_progress(progress, remaining_s)
        self._rows.show_doing(self._request.doing)

    def _on_ended(self, outcome: str) -> None:
        self._request.show_idle()
        self._rows.show_doing("")
        # A seed that was typed meanwhile, or that is past the one of a request that was cut off, is unused yet.
        if outcome == "done" and self._generation.ended_seed == self._request.seed.value():
            self._request.next_seed()
        elif outcome == "cancelled":
            self.told.emit(tr("Cancelled. Finished candidates are kept."))
