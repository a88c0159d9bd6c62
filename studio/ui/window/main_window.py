"""Assembles the panels and wires their intents to the workspace and the playback; decides nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QChildEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QMenu, QStackedWidget

from studio.core.commands import SetChords, SetCredits, SetGiven
from studio.core.errors import StudioError
from studio.core.giving import give
from studio.core.guide import WRITTEN
from studio.core.language import tr, trn
from studio.core.mix import VOCAL
from studio.core.music import Chord
from studio.services.generating.engines import Engines
from studio.storage.recent import RecentProject
from studio.ui.appearance import spoken
from studio.ui.appearance.appearance import Appearance
from studio.ui.appearance.scrolling import fit_dialog
from studio.ui.comparing.candidate_jobs import CandidateJobs
from studio.ui.comparing.compare_actions import CompareActions
from studio.ui.comparing.comping import Comping
from studio.ui.comparing.export_actions import ExportActions
from studio.ui.generating.generate_actions import GenerateActions
from studio.ui.generating.generation import Generation
from studio.ui.keys import shortcut_sheet
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_sheet import ShortcutSheet
from studio.ui.keys.shortcuts import KeyFilter, make_actions
from studio.ui.listening.analysing import Analyse, Analysing
from studio.ui.listening.guiding import Guiding
from studio.ui.listening.playback import Playback
from studio.ui.metering.metering import Metering
from studio.ui.rating.deck import PhraseDeck
from studio.ui.rating.screen_source import Teaching
from studio.ui.rating.taste_actions import TasteActions
from studio.ui.rating.taste_control import TasteControl
from studio.ui.recording.record_actions import RecordActions
from studio.ui.recording.recording import Recording
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.window import recent_list
from studio.ui.window.credits_dialog import CreditsDialog
from studio.ui.window.finding import Findings
from studio.ui.window.layout import Layout, SongPage
from studio.ui.window.left_off import LeftOff
from studio.ui.window.machine import Machine
from studio.ui.window.menu_reasons import MenuReasons
from studio.ui.window.menus import add_menus, menu_of
from studio.ui.window.preferences import APP_NAME, Preferences
from studio.ui.window.questions import Questions
from studio.ui.window.song_display import SongDisplay
from studio.ui.window.status_line import StatusLine
from studio.ui.window.troubles import Troubles
from studio.ui.window.view_actions import ViewActions
from studio.ui.window.window_memory import WindowMemory
from studio.ui.window.workspace import Workspace

_SEEK_S = 1.0
#: How often a window that finishes in the background looks whether it has.
_POLL_MS = 500


class MainWindow(QMainWindow):
    """One vocal on top, its candidates below. Emits `ended` when it closed for good, with all its work done.

    Args:
        workspace: the open project.
        playback: what is heard.
        recording: what is sung over it.
        engines: what makes candidates.
        analyse: what listens to a vocal.
        preferences: what is remembered.
        teaching: what makes the clips of the blind rating, and keeps what was said.
        demo_vocal: the file behind "Try the demo vocal".
    """

    ended = Signal()

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        recording: Recording,
        engines: Engines,
        analyse: Analyse,
        preferences: Preferences,
        teaching: Teaching,
        demo_vocal: Path,
    ) -> None:
        super().__init__()
        self.workspace, self.playback, self.preferences = workspace, playback, preferences
        self._demo_vocal = demo_vocal
        self.timeline = playback.timeline
        spoken.install()
        self.setWindowTitle(APP_NAME)
        self.setMinimumSize(640, 400)
        self.setAcceptDrops(True)
        self.panels = panels = Layout(self.timeline)
        self.transport, self.strip, self.ruler = panels.transport, panels.strip, panels.ruler
        self.vocal, self.candidates = panels.vocal, panels.candidates
        self.analysis, self.request = panels.analysis, panels.request
        self.pages = QStackedWidget()
        self._song_page = SongPage(panels)
        self.pages.addWidget(self._song_page)
        self.setCentralWidget(self.pages)
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.key_map = KeyMap(preferences)
        self.ask = Questions(self, preferences, workspace.projects_dir)
        self.troubles = Troubles(workspace, self.ask, self)
        self.pictures = SpectrogramJobs(workspace.runner, self.troubles.show, self)
        self.analysing = Analysing(workspace, playback, analyse, self)
        self.guiding = Guiding(workspace, self)
        self.generation = Generation(workspace, engines, self)
        self.generating = GenerateActions(
            workspace, playback, self.generation, panels, self.ask, preferences, self
        )
        self.jobs = CandidateJobs(workspace, playback, self.pictures, self)
        self.exports = ExportActions(
            workspace, panels.candidates, panels.strip, preferences, lambda: playback.mix.selected,
            lambda: self.ask.export_folder(), self,
        )  # fmt: skip
        self.exporting = self.exports.exporting
        self.record = RecordActions(workspace, playback, recording, panels, self.status, self.key_map, self)
        self.compare = CompareActions(
            workspace, playback, panels.candidates, panels.candidates_header, preferences, self
        )
        self.comping = Comping(workspace, playback, panels.candidates, panels.comp, self)
        learned = TasteControl(workspace, teaching, preferences, self.ask, self)
        self.taste = TasteActions(
            workspace, PhraseDeck(playback, self), teaching, self.ask, learned, self.pictures, preferences,
            self.pages, self._song_page, self,
        )  # fmt: skip
        self.left_off = LeftOff(
            workspace, playback, self.taste.sitting, self.compare, panels.request, panels.analysis, self
        )
        self.metering = Metering(playback, self)
        self.view = ViewActions(self.timeline, panels, self.pictures, self.metering, preferences, self)
        self.machine = Machine(workspace, self.status, self)
        self.actions_by_name = make_actions(self, self._handlers(), self.key_map)
        add_menus(self, self.actions_by_name)
        self._recent_menu = self._add_recent_menu()
        self.appearance = Appearance(self, preferences)
        self.appearance.told.connect(self.status.tell)
        self._background = QTimer(self)
        self._background.setInterval(_POLL_MS)
        self._background.timeout.connect(self._close_when_finished)
        self._may_close = False
        #: Why what a button gave last was refused; empty once something is taken.
        self._refusal = ""
        self.generation.guide_of = learned.guide
        self.display = SongDisplay(
            workspace, playback, panels, self.pictures, self.jobs, self.compare, self.status, self
        )
        self._connect()
        # After _connect: what opens a song shows its next seed, and a restored request its own.
        self.findings = Findings(workspace, panels.request, self.ask, self)
        self.findings.open_wanted.connect(self.open_path)
        self.view.attach(self.actions_by_name)
        self.compare.attach(self.actions_by_name)
        self.left_off.attach()
        # After GenerateActions, which shows the next seed then.
        self.generation.ended.connect(lambda _: self.left_off.keep())
        self.record.attach(self.actions_by_name, menu_of(self, "&Record"))
        self.taste.attach(
            self.actions_by_name,
            [menu_of(self, f"&{name}") for name in ("Edit", "Listen", "Candidates", "Judge", "Record")],
        )
        MenuReasons(self, self.actions_by_name, workspace, playback, self.generation, self.compare)
        # Generate ends typing itself: what cannot be read keeps it from beginning.
        self.keys = KeyFilter(self, self.key_map, (self.request.generate,))
        for hear in (playback.hear_vocal_only, self.taste.deck.hear_vocal_only):
            self.keys.vocal_only_held.connect(hear)
        self._memory = WindowMemory(self)
        panels.empty.recent.show_projects(workspace.recent.read())
        # No button has the focus to start with, after typing or after a dialog, so Space plays.
        self.setFocusProxy(panels)
        self.setFocus()

    # Assembly

    def _handlers(self) -> dict[str, Callable[[], object]]:
        playback = self.playback
        handlers: dict[str, Callable[[], object]] = {
            "open": self.choose_vocal,
            "open_project": self.choose_project,
            "demo": lambda: self.open_path(self._demo_vocal),
            "save": self._save,
            "save_as": self._save_as,
            "credits": self._ask_credits,
            "quit": self.close,
            "play": playback.toggle,
            "stop": playback.stop,
            "loop": playback.toggle_loop,
            "back": lambda: playback.seek(self.timeline.playhead_s - _SEEK_S),
            "forward": lambda: playback.seek(self.timeline.playhead_s + _SEEK_S),
            "mute": lambda: self._turn_stem(playback.toggle_mute),
            "solo": lambda: self._turn_stem(playback.toggle_solo),
            "sheet": self._open_sheet,
            **self.view.handlers,
            **self.generating.handlers,
            **self.machine.handlers,
            **self.record.handlers,
            **self.compare.handlers,
            **self.exports.handlers,
            **self.comping.handlers,
            **self.taste.handlers,
        }
        return handlers

    def _open_sheet(self) -> None:
        columns = shortcut_sheet.RATING if self.taste.shown else shortcut_sheet.ALL
        ShortcutSheet(self.key_map, self.actions_by_name, self, columns).open()

    def _add_recent_menu(self) -> QMenu:
        file = menu_of(self, "&File")
        menu = QMenu(tr("Open recent"), self)
        menu.setToolTipsVisible(True)
        file.insertMenu(self.actions_by_name["demo"], menu)
        menu.aboutToShow.connect(
            lambda: recent_list.fill_menu(menu, self.workspace.recent.read(), self.open_path)
        )
        return menu

    def _connect(self) -> None:
        playback, workspace = self.playback, self.workspace
        self.transport.play_toggled.connect(playback.toggle)
        self.transport.stopped.connect(playback.stop)
        self.transport.loop_toggled.connect(playback.toggle_loop)
        self.transport.balance_changed.connect(lambda b: playback.set_mix(balance=b))
        self.strip.solo_toggled.connect(playback.toggle_solo)
        self.strip.mute_toggled.connect(playback.toggle_mute)
        self.strip.level_stepped.connect(playback.step_level)
        playback.playing_changed.connect(self.transport.show_playing)
        playback.problem_changed.connect(lambda _: self.status.show_output(playback.player))
        for view in (self.ruler, self.vocal.lane, self.vocal.spectrogram):
            view.seek_requested.connect(playback.seek)
            view.hovered.connect(self.status.under_mouse.setText)
        self.vocal.bars_moved.connect(self._move_bars)
        self.analysis.bars_moved.connect(self._move_bars)
        self.vocal.chord_edited.connect(self._set_bar_chord)
        self.candidates.seek_requested.connect(playback.seek)
        self.candidates.hovered.connect(self.status.under_mouse.setText)
        panels = self.panels
        panels.comp.blocks.seek_requested.connect(playback.seek)
        panels.comp.blocks.hovered.connect(self.status.under_mouse.setText)
        self.analysis.given_changed.connect(self._give)
        self.analysis.chords_changed.connect(lambda *chords: workspace.do(SetChords(*chords)))
        self.analysis.guide_wanted.connect(self.choose_guide)
        for panel in (self.analysis, self.request, panels.empty):
            panel.message.connect(self.status.tell)
            panel.withdrawn.connect(self.status.withdraw)
        self.timeline.playhead_moved.connect(lambda _, now: self.analysis.set_playhead(now))
        self.request.engine_changed.connect(self.analysis.show_engine)
        self.request.engine_changed.connect(self.vocal.show_engine)
        empty = self.panels.empty
        empty.open_requested.connect(self.choose_vocal)
        empty.demo_requested.connect(lambda: self.open_path(self._demo_vocal))
        empty.recent.open_requested.connect(self.open_path)
        workspace.busy_changed.connect(self.status.doing.setText)
        workspace.told.connect(self.status.tell)
        self.troubles.fewer_wanted.connect(self.generating.make_fewer)
        self.troubles.report_wanted.connect(self.machine.copy_report)
        workspace.known.connect(self._on_known)
        self.guiding.given.connect(self._give)
        self.guiding.hints_found.connect(self.analysis.show_hints)
        self.analysing.analysed.connect(self.display.on_analysed)
        self.analysing.analysed.connect(self.generating.on_analysed)
        self.analysing.stepped.connect(self.generation.on_listening)
        self.analysing.analysed.connect(self.compare.on_analysed)
        self.analysing.analysed.connect(lambda _: self.taste.sitting.on_analysed())
        self.generating.given.connect(lambda fields: self._give(fields, typed=False))
        self.generating.told.connect(self.status.tell)
        self.generation.candidate_added.connect(self.display.on_candidate_added)
        self.comping.candidate_added.connect(self.display.on_candidate_added)
        self.jobs.measured.connect(self.compare.on_measured)
        self.metering.measured.connect(self.panels.meters.show_readings)
        self.metering.measured.connect(lambda mix, _: self.status.show_loudness(mix.momentary_lufs))
        self.compare.asked.connect(self._on_asked)
        self.panels.candidates_header.teach_wanted.connect(lambda: self.taste.enter("rate"))
        self.appearance.theme_changed.connect(empty.refresh)
        self.appearance.theme_changed.connect(self.request.refresh)

    # Opening

    def choose_vocal(self) -> None:
        path = self.ask.vocal()
        if path is not None:
            self.open_path(path)

    def choose_project(self) -> None:
        path = self.ask.project(self.workspace.projects_dir)
        if path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Opens a vocal, a project, or a folder of candidates; asks first when a request is running."""
        if self.generation.running and not self.ask.may_stop_generating():
            return
        self.workspace.open(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        own = event.source() is not None  # files on their way out
        if (
            not own
            and event.mimeData().hasUrls()
            and any(url.isLocalFile() for url in event.mimeData().urls())
        ):
            event.acceptProposedAction()
            self.panels.empty.show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.panels.empty.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.panels.empty.show_over(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            if self.workspace.song is not None and paths[0].suffix.lower() in WRITTEN:
                self.guiding.take(paths[0])  # a tempo map: there is nothing else to do with it
            elif not self.findings.take(paths[0]):
                self.open_path(paths[0])

    def choose_guide(self) -> None:
        path = self.ask.guide()
        if path is not None:
            self.guiding.take(path)

    def _on_known(self, known: RecentProject, begin_new: Callable[[], None]) -> None:
        answer = self.ask.project_of_vocal(known)
        if answer == "open":
            self.workspace.open(Path(known.path))
        elif answer == "new":
            begin_new()

    # What the user says of the vocal

    def _give(self, fields: dict[str, object], *, typed: bool = True) -> None:
        """`typed`: by hand; a reading that was heard may have its first bar after the end of a very short vocal."""
        song = self.workspace.song
        if song is None:
            return
        try:
            duration_s = song.vocal.audio.duration_s if typed else math.inf
            given = give(song.project.given, fields, song.analysis, duration_s)
        except StudioError as error:
            self._refusal = str(error)
            self.status.tell(self._refusal)
            self.analysis.show_song(song)  # what was typed is not what holds
            return
        if self._refusal:
            self.status.withdraw(self._refusal)
            self._refusal = ""
        if not self.workspace.do(SetGiven(given)):
            self.analysis.show_song(song)

    def _move_bars(self, beats: float) -> None:
        """A second click moves them on, even while the first is still worked on."""
        self._give({"shift_beats": self.workspace.project.given.shift_beats + beats})

    def _set_bar_chord(self, bar: int, chord: Chord) -> None:
        song = self.workspace.song
        if song is not None and song.analysis is not None:
            analysis = song.analysis
            chords = song.project.with_bar_chord(analysis.grid, analysis.chords, bar, chord)
            self.workspace.do(SetChords(chords, song.project.pickup))

    # Candidates

    def generate(self) -> None:
        """As the button does."""
        self.generating.generate()

    def _on_asked(self, what: str, number: int) -> None:
        song = self.workspace.song
        if song is not None and number in song.candidates and not self.exports.does(what, number):
            self.generating.change(what, number)

    def _turn_stem(self, toggle: Callable[[str], None]) -> None:
        if self.strip.why_no_stems and self.strip.target != VOCAL:
            self.status.tell(self.strip.why_no_stems)
        else:
            toggle(self.strip.target)

    # Saving

    def _save(self) -> None:
        path = self.workspace.save()
        if path:
            if self.generation.unsaved:
                self.generation.save_again()
            self.status.tell(tr("Everything is kept in {path}", path=path))
        elif self.workspace.song is None:
            self.status.tell(tr("Open a vocal first: there is nothing to save"))
        elif self.workspace.document.read_only or self.workspace.song.folder is None:
            unmade = tr("Nothing could be saved: File > Save as … makes the project elsewhere")
            self.status.tell(self.workspace.document.looked_at or unmade)

    def _save_as(self) -> None:
        if self.workspace.song is None:
            self.status.tell(tr("Open a vocal first: there is nothing to save"))
            return
        path = self.ask.save_as(self.workspace.projects_dir, self.workspace.project.title)
        if path is not None:
            self.workspace.save_as(path)

    def _ask_credits(self) -> None:
        if self.workspace.song is None:
            self.status.tell(tr("Open a vocal first: there is nothing to name"))
            return
        if self.workspace.document.read_only:  # before a name is typed for nothing
            self.status.tell(self.workspace.document.looked_at)
            return
        project = self.workspace.project

        def name(artist: str, title: str) -> None:
            if (artist, title) != (project.artist, project.title):
                self.workspace.do(SetCredits(artist, title))

        dialog = CreditsDialog(project.artist, project.title, self)
        dialog.wanted.connect(name)
        dialog.finished.connect(dialog.deleteLater)
        self.workspace.opened.connect(dialog.reject)  # another song has another name
        dialog.open()

    # Events

    def childEvent(self, event: QChildEvent) -> None:
        child = event.child()
        if event.polished() and isinstance(child, QDialog):
            fit_dialog(child)
        super().childEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Escape leaves a field or a button, so that single keys work again and Space plays.
        if event.key() == Qt.Key.Key_Escape:
            self.setFocus()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A click beside a field ends typing, so that single keys work again.
        self.setFocus()

    # End

    def _doing(self) -> Sequence[str]:
        """What closing would cut short, in words."""
        doing = []
        if self.generation.running:
            doing.append(tr("Candidates are still being made."))
        if self.exporting.running:
            doing.append(tr("An export is still being written."))
        if self.generation.unsaved:
            count = self.generation.unsaved
            doing.append(
                trn(
                    "{count} finished candidate is not saved yet.",
                    "{count} finished candidates are not saved yet.",
                    count,
                )
            )
        return doing

    def closeEvent(self, event: QCloseEvent) -> None:
        doing = [] if self._may_close else self._doing()
        if doing:
            answer = self.ask.how_to_close(" ".join(doing), background=not self.generation.unsaved)
            if answer == "stay":
                event.ignore()
                return
            if answer == "background":
                event.ignore()
                self.playback.pause()
                self.hide()
                self._background.start()
                return
        self._background.stop()
        self._memory.save()
        self.hide()
        self.keys.detach()
        self.appearance.detach()
        self.record.recording.close()
        self.generation.stop_waiting()
        self.workspace.close()
        event.accept()
        self.ended.emit()

    def _close_when_finished(self) -> None:
        if not self._doing() and not self.workspace.runner.busy:
            self._background.stop()
            self._may_close = True
            self.close()
