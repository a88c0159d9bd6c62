"""Comps of candidates in the window: choose who plays where, make a candidate of it, take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from studio.core.band_comp import who_plays
from studio.core.band_ranges import BandComp, bars_between
from studio.core.candidate import Candidate
from studio.core.commands import AddComp, Command, SetBandComp
from studio.core.counting import difference, same_beat_wanted, told_since
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import later, tr
from studio.core.project import CandidateRecord, Project
from studio.core.transplant import fits
from studio.services.project.candidates import read_candidate
from studio.services.project.comping import write_band_comp
from studio.services.project.song import Song
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.comp_strip import CompStrip
from studio.ui.listening.playback import Playback
from studio.ui.window.workspace import Workspace

_TITLE = later("Putting candidates together")


class Comping(QObject):
    """Emits `candidate_added` with a Candidate that is kept, also one that comes back by Redo."""

    candidate_added = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        rows: CandidateList,
        strip: CompStrip,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._rows, self._strip = workspace, playback, rows, strip
        self.handlers: dict[str, Callable[[], object]] = {
            "use_here": self.use_here,
            "make_comp": self.make,
            "clear_comp": self.clear,
        }
        strip.make_wanted.connect(self.make)
        strip.clear_wanted.connect(self.clear)
        workspace.opened.connect(self._on_opened)
        workspace.changed.connect(self._on_changed)

    def use_here(self) -> None:
        """The candidate that is heard plays in the bars of the loop region, or in the bar at the playhead. Where there
        is no comp yet, the one heard before it plays in all others, if the two go together."""
        song, number = self._workspace.song, self._playback.mix.selected
        if song is None or number is None:
            self._workspace.tell_nothing_heard()
            return
        if number not in song.candidates or self._refused(song):
            return
        timeline = self._playback.timeline
        region = timeline.region or (timeline.playhead_s, timeline.playhead_s + 1e-3)
        grid = song.candidates[number].arrangement.grid
        start, end = bars_between(grid, region)
        comp = self._draft(song, number)
        others = [n for n in comp.numbers if n != number and n in song.candidates]
        if others and not _together(song.candidates[others[0]], song.candidates[number]):
            differs = difference(grid, song.candidates[others[0]].arrangement.grid)
            self._workspace.failed.emit(
                StudioError(
                    tr(
                        "Candidate {number} cannot play in a comp with candidate {other}",
                        number=number,
                        other=others[0],
                    ),
                    seen=differs
                    or tr("other bar lines or stems than those of candidate {others}", others=others[0]),
                    expected=tr("candidates of one count of the vocal's bars"),
                    todo=same_beat_wanted()
                    if differs
                    else tr("Choose another candidate, or leave the comp and begin anew"),
                )
            )
            return
        chosen, alone = comp.choose(start, end, number), self._alone(song, number, comp)
        if chosen != song.project.band_comp:
            replaced = song.project.band_comp is not None and song.project.band_comp.bars != comp.bars
            if self._workspace.do(SetBandComp(chosen, f"Candidate {number} in the comp")):
                self._tell_bars(number, grid, (start, end), alone, replaced=replaced)

    def _tell_bars(
        self, number: int, grid: BeatGrid, bars: tuple[int, int], alone: str, *, replaced: bool
    ) -> None:
        """Where a comp of other bars was left, where its bars are not those of the ruler, and why it begins alone."""
        differs = told_since(number, grid, self._playback.timeline.grid)
        start, end = bars
        # What happened first, then why: the end may be cut off.
        said = []
        if replaced:
            said.append(tr("A new comp: the one before has other bars, and comes back by Undo (Ctrl+Z)"))
        if differs:
            first, last = start - grid.first_bar + 1, end - grid.first_bar
            own = (
                tr("its own bar {first}", first=first)
                if first == last
                else tr("its own bars {first} to {last}", first=first, last=last)
            )
            said.append(
                tr(
                    "It plays from {start_s:.2f} s to {end_s:.2f} s, {bars}. {differs}",
                    start_s=max(0.0, grid.downbeats_s[start]),
                    end_s=min(
                        grid.times_s[min(end * grid.meter.quarters_per_bar, grid.beats)],
                        self._playback.timeline.duration_s,
                    ),
                    bars=own,
                    differs=differs,
                )
            )
        elif alone:
            said.append(alone)
        if said:
            self._workspace.told.emit(" · ".join(said))

    def _draft(self, song: Song, number: int) -> BandComp:
        """The comp so far, or one that begins with the candidate heard before; where that does not go with the one
        heard, nobody asked for it, and the one heard has all bars."""
        bars = song.candidates[number].arrangement.grid.bars
        comp = song.project.band_comp
        if comp is not None and comp.bars == bars:
            return comp
        before = self._playback.previous
        heard = song.candidates[number]
        goes_along = before in song.candidates and _together(song.candidates[before], heard)
        return BandComp(bars, ((0, before if goes_along and before is not None else number),))

    def _alone(self, song: Song, number: int, comp: BandComp) -> str:
        """Why a comp that is new begins with one candidate, in words; empty for others."""
        before, known = self._playback.previous, song.project.band_comp
        is_new = known is None or known.bars != comp.bars
        if not is_new or before not in song.candidates or comp.numbers != (number,) or before == number:
            return ""
        return tr(
            "The comp begins with candidate {number} alone: candidate {before} does not go with it",
            number=number,
            before=before,
        )

    def make(self) -> None:
        """Makes a candidate of the comp in the background."""
        song = self._workspace.song
        if song is None or song.folder is None or self._refused(song):
            return
        project, folder, comp = song.project, song.folder, song.project.band_comp
        if comp is None or len(comp.numbers) < 2:
            self._workspace.told.emit(
                tr("Hear one candidate, then another, mark bars, and press U: it plays there")
            )
            return
        if self._workspace.runner.running(_TITLE):
            return
        candidates, number = dict(song.candidates), song.next_number
        known = self._made_of(comp, candidates)
        if known is not None:
            self._playback.select(known)
            self._workspace.told.emit(tr("Candidate {number} is this comp", number=known))
            return

        def run(
            _: None, /, *, on_step: StepCallback, cancel: CancelToken
        ) -> tuple[CandidateRecord, Candidate]:
            return write_band_comp(folder, project, comp, candidates, number, cancel=cancel)

        def on_done(done: tuple[CandidateRecord, Candidate]) -> None:
            self._workspace.busy_changed.emit("")
            record, made = done
            if song is not self._workspace.song:
                return
            song.candidates[made.number] = made
            if self._workspace.do(AddComp(record)):
                self.candidate_added.emit(made)
                self._playback.select(made.number)

        def on_failed(error: Exception) -> None:
            self._workspace.busy_changed.emit("")
            self._workspace.failed.emit(error)

        self._workspace.busy_changed.emit(f"{tr(_TITLE)} …")
        self._workspace.runner.submit(
            _TITLE, run, None, lane="writer", essential=True, on_done=on_done, on_failed=on_failed
        )

    @staticmethod
    def _made_of(comp: BandComp, candidates: Mapping[int, Candidate]) -> int | None:
        """The candidate that was made of this comp before: another one would be the same, sample by sample."""
        first = candidates.get(comp.numbers[0])
        parts = None if first is None else who_plays(comp, first.arrangement.grid)
        return next((n for n, c in candidates.items() if parts and c.settings.get("comp") == parts), None)

    def clear(self) -> None:
        """Leaves the comp; candidates that were made of it stay."""
        if self._workspace.project.band_comp is not None:
            self._workspace.do(SetBandComp(None, "Leave the comp"))

    def _refused(self, song: Song) -> bool:
        """Whether a blind comparison would be given away."""
        if song.project.blind is not None:
            self._workspace.told.emit(tr("Reveal first (B): this would tell which candidate it is"))
        return song.project.blind is not None

    # What is shown

    def _on_opened(self, song: Song) -> None:
        self._show(song)

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        song = self._workspace.song
        if song is None:
            return
        for number in set(before.numbers) - set(after.numbers):
            self._rows.remove(number)
            self._playback.remove_candidate(number)
            song.candidates.pop(number, None)
            song.fits.pop(number, None)
        if isinstance(command, AddComp) and command.record.number not in song.candidates:
            self._come_back(song, command.record)
        if before.mix.selected in set(before.numbers) - set(after.numbers):
            self._hear_another()
        if (before.band_comp, before.blind, before.numbers) != (after.band_comp, after.blind, after.numbers):
            self._show(song)

    def _hear_another(self) -> None:
        """The one heard was taken back: the one heard before it is heard, or the last that is in sight."""
        previous, in_sight = self._playback.previous, self._rows.in_sight
        if in_sight:
            self._playback.select(previous if previous in in_sight else in_sight[-1])

    def _come_back(self, song: Song, record: CandidateRecord) -> None:
        if song.folder is None:
            return
        try:
            song.folder.require()
            candidate = read_candidate(song.folder, record.folder)[1]
        except StudioError as error:
            self._workspace.failed.emit(error)
            return
        song.candidates[candidate.number] = candidate
        self.candidate_added.emit(candidate)

    def _show(self, song: Song) -> None:
        comp = song.project.band_comp
        there = [n for n in comp.numbers if n in song.candidates] if comp is not None else []
        grid = song.candidates[there[0]].arrangement.grid if there else None
        fitting = comp is not None and grid is not None and grid.bars == comp.bars
        made = self._made_of(comp, song.candidates) if fitting and comp is not None else None
        self._strip.show_comp(comp if fitting and song.project.blind is None else None, grid, made)


def _together(one: Candidate, other: Candidate) -> bool:
    same = fits(other, one.arrangement.grid, other.arrangement.key)
    return same and set(one.stems) == set(other.stems)
