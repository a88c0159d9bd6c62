"""Assembles the panels and wires their intents to the workflow and the playback; decides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QMainWindow

from studio.core.candidate import Candidate
from studio.core.engines import FASTSAG
from studio.core.request import Vary
from studio.services.exporting.export import ExportedCandidate
from studio.services.project.session import Session
from studio.services.project.session_mix import VOCAL, MixState
from studio.ui.appearance.appearance import Looks
from studio.ui.comparing.compare_actions import CompareDesk
from studio.ui.comparing.export_result import ExportResult
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_sheet import ShortcutSheet
from studio.ui.keys.shortcuts import KeyFilter, make_actions
from studio.ui.listening.playback import Playback
from studio.ui.recording.record_actions import RecordDesk
from studio.ui.recording.recording import Recording
from studio.ui.recording.takes import Takes
from studio.ui.timeline.spectrogram_view import Picture
from studio.ui.timeline.vocal_panel import WAVE
from studio.ui.window import window_memory
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.layout import Desk
from studio.ui.window.menus import add_menus
from studio.ui.window.preferences import APP_NAME, Preferences
from studio.ui.window.questions import Questions
from studio.ui.window.status_line import StatusLine
from studio.ui.window.workflow import Workflow

_SEEK_S = 1.0


class MainWindow(QMainWindow):
    """One vocal on the desk, its candidates below.

    Args:
        workflow: what happens in the background.
        playback: what is heard.
        recording, takes: what is sung over it.
        preferences: what is remembered.
        demo_vocal: the file behind "Try the demo vocal".
    """

    def __init__(
        self,
        workflow: Workflow,
        playback: Playback,
        recording: Recording,
        takes: Takes,
        preferences: Preferences,
        demo_vocal: Path,
    ) -> None:
        super().__init__()
        self.workflow, self.playback, self.preferences = workflow, playback, preferences
        self._demo_vocal = demo_vocal
        self.timeline = playback.timeline
        self.setWindowTitle(APP_NAME)
        self.setMinimumSize(1120, 640)
        self.setAcceptDrops(True)
        self.desk = desk = Desk(self.timeline)
        self.transport, self.strip, self.ruler = desk.transport, desk.strip, desk.ruler
        self.vocal, self.deck, self.analysis, self.request = (
            desk.vocal,
            desk.deck,
            desk.analysis,
            desk.request,
        )
        self.setCentralWidget(desk)
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.record = RecordDesk(self, recording, takes)
        self.compare = CompareDesk(self)
        self.key_map = KeyMap(preferences)
        self.actions_by_name = make_actions(self, self._handlers(), self.key_map)
        add_menus(self, self.actions_by_name)
        self.looks = Looks(self, preferences)
        self._ask = Questions(self, preferences)
        self._connect()
        self.compare.connect_window()
        self.record.connect_window()
        self.keys = KeyFilter(self, self.key_map)
        self.keys.vocal_only_held.connect(lambda held: playback.set_mix(vocal_only=held))
        window_memory.restore(self)
        self._show_selection()
        # No button has the focus to start with, after typing or after a dialog, so Space plays.
        self.setFocusProxy(desk)
        self.setFocus()

    # Assembly

    def _handlers(self) -> dict[str, Callable[[], object]]:
        playback = self.playback
        handlers: dict[str, Callable[[], object]] = {
            "open": self.choose_vocal,
            "open_folder": self.choose_results,
            "demo": lambda: self.open_path(self._demo_vocal),
            "save": self._save,
            "quit": self.close,
            "play": playback.toggle,
            "stop": playback.stop,
            "loop": playback.toggle_loop,
            "back": lambda: playback.seek(self.timeline.playhead_s - _SEEK_S),
            "forward": lambda: playback.seek(self.timeline.playhead_s + _SEEK_S),
            "mute": lambda: self._turn_stem(playback.toggle_mute),
            "solo": lambda: self._turn_stem(playback.toggle_solo),
            "generate": self.generate,
            "cancel": self._cancel,
            "zoom_region": self._zoom_region,
            "zoom_fit": self.timeline.fit,
            "sheet": lambda: ShortcutSheet(self.key_map, self.actions_by_name, self).open(),
            **self.record.handlers,
            **self.compare.handlers,
        }
        return handlers

    def _connect(self) -> None:
        playback, workflow = self.playback, self.workflow
        self.transport.play_toggled.connect(playback.toggle)
        self.transport.stopped.connect(playback.stop)
        self.transport.loop_toggled.connect(playback.toggle_loop)
        self.transport.balance_changed.connect(lambda b: playback.set_mix(balance=b))
        self.strip.solo_toggled.connect(playback.toggle_solo)
        self.strip.mute_toggled.connect(playback.toggle_mute)
        self.strip.level_stepped.connect(playback.step_level)
        playback.playing_changed.connect(self.transport.show_playing)
        playback.mix_changed.connect(self._on_mix_changed)
        playback.problem_changed.connect(lambda _: self.status.show_output(playback.player))
        for view in (self.ruler, self.vocal.lane, self.vocal.spectrogram):
            view.seek_requested.connect(playback.seek)
            view.hovered.connect(self.status.under_mouse.setText)
        self.vocal.scale_changed.connect(self.show_pictures)
        self.vocal.bars_moved.connect(self.analysis.move_bars)
        self.vocal.chord_edited.connect(workflow.set_bar_chord)
        self.deck.seek_requested.connect(playback.seek)
        self.deck.hovered.connect(self.status.under_mouse.setText)
        self.analysis.given_changed.connect(workflow.set_given)
        self.analysis.chords_changed.connect(workflow.set_chords)
        self.analysis.message.connect(self.status.tell)
        self.timeline.playhead_moved.connect(lambda _, now: self.analysis.set_playhead(now))
        self.request.generate_requested.connect(self.generate)
        self.request.cancel_requested.connect(self._cancel)
        self.request.engine_changed.connect(self.analysis.show_engine)
        self.request.engine_changed.connect(self.vocal.show_engine)
        self.desk.empty.open_requested.connect(self.choose_vocal)
        self.desk.empty.demo_requested.connect(lambda: self.open_path(self._demo_vocal))
        workflow.busy_changed.connect(self.status.doing.setText)
        workflow.opened.connect(self._on_opened)
        workflow.deck_changed.connect(lambda _: self._show_selection())
        workflow.analysis_changed.connect(self._on_analysis_changed)
        workflow.candidate_added.connect(self._on_candidate_added)
        workflow.pictures.ready.connect(self._on_picture_ready)
        workflow.generation.stepped.connect(self.request.show_progress)
        workflow.generation.ended.connect(self._on_generation_ended)
        workflow.exported.connect(self._on_exported)
        workflow.failed.connect(self.show_error)
        self.looks.theme_changed.connect(self.desk.empty.refresh)
        self.looks.theme_changed.connect(self.request.refresh)

    # Opening

    def choose_vocal(self) -> None:
        path = self._ask.vocal()
        if path is not None:
            self.open_path(path)

    def choose_results(self) -> None:
        path = self._ask.results()
        if path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Opens a vocal, or a folder of results; asks first when a request is running."""
        if self.workflow.generation.running and not self._ask.may_stop_generating():
            return
        if path.is_dir():
            self.workflow.open_results(path)
        else:
            self.workflow.open(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.desk.empty.show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.desk.empty.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.desk.empty.show_over(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_path(paths[0])

    def _on_opened(self, session: Session) -> None:
        self.setWindowTitle(f"{session.vocal.name} – {APP_NAME}")
        self.desk.show_vocal()
        self.deck.clear()
        self.vocal.show_vocal(session)
        self.analysis.show_session(session)
        self.request.show_ready(session.analysis is not None)
        if session.made:
            self.request.next_seed(max(made.seed for made in session.made.values()))
        self.status.show_output(self.playback.player)
        self._show_selection()

    def _on_analysis_changed(self, session: Session) -> None:
        self.vocal.show_analysis(session)
        self.analysis.show_session(session)
        self.request.show_ready(session.analysis is not None)
        self.timeline.changed.emit()

    # Candidates

    def generate(self) -> None:
        if self.request.generate.isEnabled() and not self.workflow.generation.running:
            wishes = self.request.wishes
            self.deck.expect(len(self.deck.rows) + wishes.candidates)
            self.workflow.generate(wishes)

    def vary(self, number: int, distance: str) -> None:
        if self.workflow.session is not None:
            self.workflow.change(Vary(self.workflow.session.candidates[number], distance))

    def ask_what_to_regenerate(self, number: int) -> None:
        if self.workflow.session is not None:
            candidate = self.workflow.session.candidates[number]
            dialog = RegenerateDialog(candidate, self.timeline.region, self)
            dialog.wanted.connect(self.workflow.change)
            dialog.open()

    def _cancel(self) -> None:
        if self.workflow.generation.running:
            self.request.show_cancelling()
            self.workflow.generation.cancel()

    def _on_candidate_added(self, candidate: Candidate) -> None:
        row = self.deck.add(candidate)
        row.show_selected(candidate.number == self.playback.mix.selected)
        session = self.workflow.session
        blind = session.blind if session is not None else None
        first = candidate.number if blind is None else blind[0]  # in a blind comparison not the first to come
        if (
            self.playback.mix.selected is None
            and not self.playback.player.playing
            and first in self.deck.rows
        ):
            self.playback.select(first)

    def _on_picture_ready(self, key: object, picture: Picture) -> None:
        if key == VOCAL:
            self.vocal.show_picture(picture)
        elif key in self.deck.rows:
            self.deck.rows[key].show_picture(picture)

    def _on_generation_ended(self, outcome: str) -> None:
        self.request.show_idle()
        self.deck.expect(0)
        if outcome == "done":
            self.request.next_seed()
        elif outcome == "cancelled":
            self.status.tell("Cancelled. Finished candidates are kept.")

    def _turn_stem(self, toggle: Callable[[str], None]) -> None:
        if self.strip.why_no_stems and self.strip.target != VOCAL:
            self.status.tell(self.strip.why_no_stems)
        else:
            toggle(self.strip.target)

    def _on_mix_changed(self, mix: MixState) -> None:
        self.transport.show_mix(mix)
        self.strip.show_mix(mix)
        self._show_selection()

    def _show_selection(self) -> None:
        selected = self.playback.mix.selected
        self.deck.show_selected(selected)
        session = self.workflow.session
        whole = False
        # In a blind comparison a greyed strip would tell which one it is.
        if session is not None and session.blind is None and selected in session.candidates:
            whole = session.candidates[selected].is_one_sound
        self.strip.show_stems(FASTSAG.why_not if whole else "")

    # Export

    def export(self, number: int) -> None:
        folder = self._ask.export_folder(number)
        if folder is not None:
            self.workflow.export(number, folder)

    def _save(self) -> None:
        folder = self.workflow.save()
        kept = (
            f"Everything is kept in {folder}" if folder else "A session is kept from its first candidate on"
        )
        self.status.tell(kept)

    def _on_exported(self, result: ExportedCandidate) -> None:
        ExportResult(result, self).open()

    # View

    def show_pictures(self, choice: str) -> None:
        """The frequency axis of all spectrograms, or waveforms in their place."""
        wave = choice == WAVE
        self.vocal.spectrogram.show_waveform(wave)
        self.deck.show_waveforms(wave)
        if not wave:
            self.workflow.pictures.set_scale(choice)  # type: ignore[arg-type]

    def _zoom_region(self) -> None:
        if self.timeline.region:
            self.timeline.show_range(*self.timeline.region)

    def show_error(self, error: Exception) -> None:
        """One dialog for each failure; the same one again while it is open says nothing new."""
        dialog = ErrorDialog(error, self)
        if any(d.isVisible() and d.text == dialog.text for d in self.findChildren(ErrorDialog)):
            dialog.deleteLater()
        else:
            dialog.open()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A click beside a field ends typing, so that single keys work again.
        self.setFocus()

    # End

    def closeEvent(self, event: QCloseEvent) -> None:
        window_memory.save(self)
        self.hide()
        self.keys.detach()
        self.looks.detach()
        self.record.recording.close()
        self.workflow.close()
        event.accept()
