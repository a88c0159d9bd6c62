"""Recording and takes in the window: keys, menu, transport, dialogs, and what becomes of a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import later, tr
from studio.services.listening.metronome import given_of
from studio.services.project.song import Song
from studio.services.recording.recording import Recorded, Recovered, recover_recordings, settle
from studio.storage.audio_settings import AudioSettings
from studio.storage.recordings import delete_recording
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_table import BY_NAME
from studio.ui.listening.playback import Playback
from studio.ui.recording.devices_dialog import DevicesDialog
from studio.ui.recording.recording import STATE_WORDS, Recording
from studio.ui.recording.recovery_dialog import RecoveryDialog
from studio.ui.recording.takes import Takes
from studio.ui.recording.takes_dialog import TakesDialog
from studio.ui.window.layout import Layout
from studio.ui.window.status_line import StatusLine
from studio.ui.window.workspace import Workspace

_SHORTEST_VOCAL_S = 2.0
_COUNT_IN = ((0, later("None")), (1, later("1 bar")), (2, later("2 bars")))


class RecordActions(QObject):
    """`handlers` are what the window's actions do; `attach` follows when the actions stand."""

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        recording: Recording,
        panels: Layout,
        status: StatusLine,
        key_map: KeyMap,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self.recording = workspace, playback, recording
        self._panels, self._status, self._key_map, self._parent = panels, status, key_map, parent
        self.takes = Takes(workspace, playback, self)
        self._actions: Mapping[str, QAction] = {}
        self._count_in: list[QAction] = []
        self._being_opened: Recovered | None = None
        self.handlers: dict[str, Callable[[], object]] = {
            "record": recording.toggle,
            "metronome": lambda: recording.change(metronome=not recording.settings.metronome),
            "monitoring": lambda: recording.change(monitoring=not recording.settings.monitoring),
            "punch_in": recording.punch_in,
            "punch_out": recording.punch_out,
            "punch_clear": recording.clear_punch,
            "takes": lambda: TakesDialog(self.takes, workspace, playback, parent).show(),
            "devices": lambda: DevicesDialog(recording, playback, parent).open(),
        }

    def attach(self, actions: Mapping[str, QAction], menu: QMenu) -> None:
        """Wires everything, with the window's actions by name and the Record menu; looks for recordings that were
        cut off."""
        self._actions = actions
        recording, panels, status = self.recording, self._panels, self._status
        transport = panels.transport
        for name in ("metronome", "monitoring"):
            actions[name].setCheckable(True)
        self._count_in = self._add_count_in(menu)
        transport.record_toggled.connect(recording.toggle)
        transport.metronome_toggled.connect(self.handlers["metronome"])
        transport.input.reset_requested.connect(recording.meter.reset)
        actions["meter_reset"].triggered.connect(recording.meter.reset)
        recording.state_changed.connect(transport.show_recording)
        recording.metered.connect(transport.show_input)
        recording.metered.connect(panels.live.show_meter)
        recording.settings_changed.connect(self._show_settings)
        recording.punch_changed.connect(self._playback.timeline.set_punch)
        recording.recorded.connect(self._on_recorded)
        recording.failed.connect(self._workspace.failed)
        recording.told.connect(status.tell)
        recording.state_changed.connect(self._on_state_changed)
        panels.empty.record_requested.connect(recording.toggle)
        panels.empty.tempo_changed.connect(lambda bpm: recording.change(tempo_bpm=bpm))
        self._workspace.opened.connect(self._on_opened)
        self._show_settings(recording.settings)
        transport.set_song(False)
        self._look_for_lost()

    def _add_count_in(self, menu: QMenu) -> list[QAction]:
        count_in = menu.addMenu(tr("Count-in"))
        group = QActionGroup(self)
        actions = []
        for bars, text in _COUNT_IN:
            action = count_in.addAction(tr(text))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, b=bars: self.recording.change(count_in_bars=b))
            group.addAction(action)
            actions.append(action)
        return actions

    def _show_settings(self, settings: AudioSettings) -> None:
        self._status.show_output(self._playback.player)
        self._panels.transport.show_metronome(settings.metronome)
        self._actions["metronome"].setChecked(settings.metronome)
        self._actions["monitoring"].setChecked(settings.monitoring)
        self._panels.empty.show_tempo(settings.tempo_bpm)
        self._count_in[settings.count_in_bars].setChecked(True)

    def _on_state_changed(self, state: str) -> None:
        self._status.show_output(self._playback.player)
        self._status.doing.setText(tr(STATE_WORDS.get(state, "")))
        self._panels.live.show_state(state, self._key_map.shown(BY_NAME["record"]))
        self._panels.show_live(state != "off")
        self._panels.transport.set_song(state != "off" or self._workspace.song is not None)

    def _on_opened(self, song: Song) -> None:
        recovered = self._being_opened
        if recovered is not None and song.base.path == recovered.path:
            self._settle(recovered)
            self._being_opened = None
        self.recording.song = song.project.title
        self.recording.show_punch(song.project.loop.punch_s)
        self._panels.transport.set_song(True)

    # Recordings

    def _on_recorded(self, recorded: Recorded) -> None:
        if self._workspace.song is not None:
            self.takes.add(recorded)
        elif recorded.frames < _SHORTEST_VOCAL_S * recorded.note.sample_rate:
            self._status.tell(tr("Too short for a vocal; the recording was kept: {path}", path=recorded.path))
        else:
            self._workspace.open(recorded.path, given_of(recorded.note))

    def _look_for_lost(self) -> None:
        folder = self.recording.service.folder

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Recovered, ...]:
            return recover_recordings(folder)

        self._workspace.runner.submit(
            "Looking for recordings", run, None, on_done=self._offer, on_failed=self._workspace.failed.emit
        )

    def _offer(self, found: tuple[Recovered, ...]) -> None:
        if not found:
            return
        dialog = RecoveryDialog(found, self._parent)
        dialog.open_requested.connect(self._open_recovered)
        dialog.delete_requested.connect(self._delete)
        dialog.finished.connect(lambda _: self._keep_others(found))
        dialog.open()

    def _delete(self, recovered: Recovered) -> None:
        try:
            delete_recording(recovered.path)
        except OSError as error:
            self._workspace.failed.emit(
                StudioError(
                    tr("{name} was not deleted", name=recovered.path.name),
                    seen=error.strerror or str(error),
                    todo=tr("Delete it by hand: {path}", path=recovered.path),
                )
            )

    def _open_recovered(self, recovered: Recovered) -> None:
        self._being_opened = recovered
        self._workspace.open(recovered.path, given_of(recovered.note))

    def _keep_others(self, found: tuple[Recovered, ...]) -> None:
        """Those that were kept or deleted are offered no more; one that is being opened only once it is open."""
        for recovered in found:
            if recovered is not self._being_opened:
                self._settle(recovered)

    def _settle(self, recovered: Recovered) -> None:
        try:
            settle(recovered)
        except OSError as error:
            self._status.tell(tr("It will be offered again: {strerror}", strerror=error.strerror))
