"""The song on the desk in the panels of the window: its vocal, a row for each candidate, the one heard, its levels."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from studio.core.candidate import Candidate
from studio.core.commands import Command
from studio.core.engines import FASTSAG
from studio.core.language import tr
from studio.core.mix import VOCAL, Mix
from studio.core.opinion import blind_label
from studio.core.project import Project
from studio.dsp.waveform import Waveform
from studio.services.project.song import Song
from studio.ui.comparing.candidate_jobs import CandidateJobs
from studio.ui.comparing.compare_actions import CompareActions
from studio.ui.generating.seeds import seed_left
from studio.ui.listening.playback import Playback
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.timeline.spectrogram_view import Picture
from studio.ui.window.layout import Layout
from studio.ui.window.preferences import APP_NAME
from studio.ui.window.status_line import StatusLine
from studio.ui.window.workspace import Workspace


class SongDisplay(QObject):
    """Shows what is; `on_analysed` and `on_candidate_added` are for those who make it."""

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        panels: Layout,
        pictures: SpectrogramJobs,
        jobs: CandidateJobs,
        compare: CompareActions,
        status: StatusLine,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._workspace, self._playback, self._panels = workspace, playback, panels
        self._pictures, self._jobs, self._compare = pictures, jobs, compare
        self._status, self._window = status, window
        workspace.opened.connect(self._on_opened)
        workspace.changed.connect(self._on_changed)
        workspace.vocal_replaced.connect(self._on_vocal_replaced)
        playback.mix_changed.connect(self._on_mix_changed)
        pictures.ready.connect(self._on_picture_ready)
        panels.candidates.stems_wanted.connect(self._draw_stems)
        jobs.stems_drawn.connect(self._on_stems_drawn)
        jobs.levelled.connect(lambda _: self._show_levels())
        self._show_selection()

    def _on_opened(self, song: Song) -> None:
        self._show_title()
        self._panels.show_vocal()
        self._pictures.clear()
        self._panels.candidates.clear()
        self._panels.vocal.show_vocal(song)
        self._show_analysis(song)  # there already, where the project knew it
        self._panels.request.show_ready(song.analysis is not None)
        self._pictures.draw(VOCAL, song.vocal.audio)
        for number in sorted(song.candidates):
            self._add_row(song, song.candidates[number])
        self._panels.request.show_song(seed_left(song.view, song.project), keep=song.view.keep_seed)
        self._status.show_output(self._playback.player)
        self._compare.show()
        self._show_selection()

    def _show_title(self) -> None:
        project, looking = self._workspace.project, self._workspace.document.read_only
        only = tr(" (only looked at)") if looking else ""
        self._window.setWindowTitle(f"{project.title}{only} – {APP_NAME}" if project.vocal else APP_NAME)

    def _on_vocal_replaced(self, song: Song) -> None:
        self._panels.vocal.show_vocal(song)
        self._pictures.draw(VOCAL, song.vocal.audio)
        for candidate in song.candidates.values():
            self._jobs.measure_levels(song, candidate)

    def on_analysed(self, song: Song) -> None:
        self._show_analysis(song)
        self._panels.request.show_ready(song.analysis is not None)
        self._playback.timeline.changed.emit()

    def _on_changed(self, before: Project, after: Project, _: Command) -> None:
        song = self._workspace.song
        if song is None:
            return
        if (before.chords, before.pickup) != (after.chords, after.pickup) and song.analysis is not None:
            self._show_analysis(song)
        if before.title != after.title:
            self._show_title()
        if before.blind != after.blind:
            self._show_selection()

    def _show_analysis(self, song: Song) -> None:
        self._panels.vocal.show_analysis(song)
        self._panels.analysis.show_song(song)

    def _add_row(self, song: Song, candidate: Candidate) -> None:
        row = self._panels.candidates.add(candidate)
        row.show_selected(candidate.number == self._playback.mix.selected)
        self._jobs.show(song, candidate)

    def on_candidate_added(self, candidate: Candidate) -> None:
        song = self._workspace.song
        if song is None:
            return
        self._add_row(song, candidate)
        self._compare.show()
        blind = song.project.blind
        number = candidate.number
        self._status.tell(
            tr(
                "Candidate {number} is ready",
                number=number if blind is None else blind_label(blind.index(number)),
            )
        )
        self._panels.candidates.reveal(number)
        first = number if blind is None else blind[0]  # in a blind comparison not the first to come
        if (
            self._playback.mix.selected is None
            and not self._playback.player.playing
            and first in self._panels.candidates.rows
        ):
            self._playback.select(first)

    def _on_picture_ready(self, key: object, picture: Picture) -> None:
        if key == VOCAL:
            self._panels.vocal.show_picture(picture)
        elif key in self._panels.candidates.rows:
            self._panels.candidates.rows[key].show_picture(picture)

    def _draw_stems(self, number: int) -> None:
        song = self._workspace.song
        if song is not None and number in song.candidates:
            self._jobs.draw_stems(song, song.candidates[number])

    def _on_stems_drawn(self, number: int, waveforms: Mapping[str, Waveform]) -> None:
        if number in self._panels.candidates.rows:
            self._panels.candidates.rows[number].stems.set_waveforms(waveforms)

    def _on_mix_changed(self, mix: Mix) -> None:
        self._panels.transport.show_mix(mix)
        self._panels.strip.show_mix(mix)
        self._show_selection()

    def _show_selection(self) -> None:
        selected = self._playback.mix.selected
        self._panels.candidates.show_selected(selected)
        song = self._workspace.song
        whole = False
        # In a blind comparison a greyed strip would tell which one it is.
        if song is not None and song.project.blind is None and selected in song.candidates:
            whole = song.candidates[selected].is_one_sound
        self._panels.strip.show_stems(tr(FASTSAG.why_not) if whole else "")
        self._show_levels()

    def _show_levels(self) -> None:
        """The levels of the whole song of the candidate heard; not while they would tell which one it is."""
        song, selected = self._workspace.song, self._playback.mix.selected
        known = song is not None and song.project.blind is None and selected is not None
        self._panels.meters.show_whole(song.levels.get(selected) if song and selected and known else None)
