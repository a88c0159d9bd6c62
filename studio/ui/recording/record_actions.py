"""Joins recording and takes with the window: keys, menu, transport, dialogs, and what becomes of a recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup

from studio.core.jobs import CancelToken, StepCallback
from studio.services.listening.metronome import given_of
from studio.services.project.session import Session
from studio.services.recording.recording import Recorded, Recovered, recover_recordings, settle
from studio.storage.audio_settings import AudioSettings
from studio.storage.recordings import RecordingNote, delete_recording
from studio.ui.keys.shortcut_table import BY_NAME
from studio.ui.listening.reload import reload_sources
from studio.ui.recording.devices_dialog import DevicesDialog
from studio.ui.recording.recording import STATE_WORDS, Recording
from studio.ui.recording.recovery_dialog import RecoveryDialog
from studio.ui.recording.takes import Takes
from studio.ui.recording.takes_dialog import TakesDialog

if TYPE_CHECKING:
    from studio.ui.window.main_window import MainWindow

_SHORTEST_VOCAL_S = 2.0
_COUNT_IN = ((0, "None"), (1, "1 bar"), (2, "2 bars"))


class RecordDesk(QObject):
    """Made before the window's actions, which take `handlers`; `connect_window` follows when the window stands."""

    def __init__(self, window: MainWindow, recording: Recording, takes: Takes) -> None:
        super().__init__(window)
        self._window, self.recording, self.takes = window, recording, takes
        self._being_opened: Recovered | None = None
        self.handlers: dict[str, Callable[[], object]] = {
            "record": recording.toggle,
            "metronome": lambda: recording.change(metronome=not recording.settings.metronome),
            "monitoring": lambda: recording.change(monitoring=not recording.settings.monitoring),
            "punch_in": recording.punch_in,
            "punch_out": recording.punch_out,
            "punch_clear": recording.clear_punch,
            "takes": lambda: TakesDialog(takes, window.workflow, window.playback, window).show(),
            "devices": lambda: DevicesDialog(recording, window.playback, window).open(),
        }

    def connect_window(self) -> None:
        """Wires everything, and looks for recordings that were cut off."""
        window, recording, transport = self._window, self.recording, self._window.transport
        for name in ("metronome", "monitoring"):
            window.actions_by_name[name].setCheckable(True)
        self._count_in = self._add_count_in()
        transport.record_toggled.connect(recording.toggle)
        transport.metronome_toggled.connect(self.handlers["metronome"])
        transport.input.reset_requested.connect(recording.meter.reset)
        recording.state_changed.connect(transport.show_recording)
        recording.metered.connect(lambda meter, _: transport.show_input(meter))
        recording.metered.connect(lambda meter, _: window.desk.live.show_meter(meter))
        recording.metered.connect(lambda _, lufs: window.status.show_loudness(lufs))
        recording.settings_changed.connect(self._show_settings)
        recording.punch_changed.connect(self._on_punch_changed)
        recording.recorded.connect(self._on_recorded)
        recording.failed.connect(window.show_error)
        recording.told.connect(window.status.tell)
        recording.state_changed.connect(self._on_state_changed)
        window.desk.empty.record_requested.connect(recording.toggle)
        window.desk.empty.tempo_changed.connect(lambda bpm: recording.change(tempo_bpm=bpm))
        window.workflow.opened.connect(self._on_opened)
        window.playback.sources_lost.connect(lambda: reload_sources(window.workflow, window.playback))
        self.takes.vocal_replaced.connect(window.vocal.show_vocal)
        self._show_settings(recording.settings)
        transport.set_song(False)
        self._look_for_lost()

    def _add_count_in(self) -> list[QAction]:
        menu = next(a.menu() for a in self._window.menuBar().actions() if a.text() == "&Record")
        count_in = menu.addMenu("Count-in")  # type: ignore[attr-defined]
        group = QActionGroup(self)
        actions = []
        for bars, text in _COUNT_IN:
            action = count_in.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, b=bars: self.recording.change(count_in_bars=b))
            group.addAction(action)
            actions.append(action)
        return actions

    def _show_settings(self, settings: AudioSettings) -> None:
        window = self._window
        window.status.show_output(window.playback.player)
        window.transport.show_metronome(settings.metronome)
        window.actions_by_name["metronome"].setChecked(settings.metronome)
        window.actions_by_name["monitoring"].setChecked(settings.monitoring)
        window.desk.empty.show_tempo(settings.tempo_bpm)
        self._count_in[settings.count_in_bars].setChecked(True)

    def _on_punch_changed(self, punch_s: tuple[float, float] | None) -> None:
        self._window.timeline.set_punch(punch_s)

    def _on_state_changed(self, state: str) -> None:
        self._window.status.show_output(self._window.playback.player)
        self._window.status.doing.setText(STATE_WORDS.get(state, ""))
        self._window.desk.live.show_state(state, self._window.key_map.shown(BY_NAME["record"]))
        self._window.desk.show_live(state != "off")
        self._window.transport.set_song(state != "off" or self._window.workflow.session is not None)

    def _on_opened(self, session: Session) -> None:
        recovered = self._being_opened
        if recovered is not None and session.vocal.path == recovered.path:
            self._settle(recovered)
            self._being_opened = None
        self.recording.song = session.vocal.name
        self.recording.clear_punch()
        self._window.transport.set_song(True)

    # Recordings

    def _on_recorded(self, recorded: Recorded) -> None:
        if self._window.workflow.session is not None:
            number = self.takes.add(recorded)
            self._window.status.tell(
                f"Take {number} is heard where it was sung. Record > Takes chooses others."
            )
        elif recorded.frames < _SHORTEST_VOCAL_S * recorded.note.sample_rate:
            self._window.status.tell(f"Too short for a vocal; the recording was kept: {recorded.path}")
        else:
            self._open(recorded.path, recorded.note)

    def _open(self, path: Path, note: RecordingNote) -> None:
        self._window.workflow.open(path, given_of(note))

    def _look_for_lost(self) -> None:
        folder = self.recording.service.folder

        def run(folder: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Recovered, ...]:
            return recover_recordings(folder)

        self._window.workflow.runner.submit(
            "Looking for recordings", run, folder, on_done=self._offer, on_failed=self._window.show_error
        )

    def _offer(self, found: tuple[Recovered, ...]) -> None:
        if not found:
            return
        dialog = RecoveryDialog(found, self._window)
        dialog.open_requested.connect(self._open_recovered)
        dialog.delete_requested.connect(lambda r: delete_recording(r.path))
        dialog.finished.connect(lambda _: self._keep_others(found))
        dialog.open()

    def _open_recovered(self, recovered: Recovered) -> None:
        self._being_opened = recovered
        self._open(recovered.path, recovered.note)

    def _keep_others(self, found: tuple[Recovered, ...]) -> None:
        """Those that were kept or deleted are offered no more; one that is being opened only once it is open."""
        for recovered in found:
            if recovered is not self._being_opened:
                self._settle(recovered)

    def _settle(self, recovered: Recovered) -> None:
        try:
            settle(recovered)
        except OSError as error:
            self._window.status.tell(f"It will be offered again: {error.strerror}")
