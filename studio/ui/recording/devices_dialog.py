"""Sound devices: output, input and its channels, rate, block, the level that comes in, and the latency wizard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from studio.audio.devices import AudioSetup, Device
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.services.recording.latency import LatencyTest
from studio.ui.appearance.widgets import ListBox, label, push
from studio.ui.listening.playback import Playback
from studio.ui.recording.input_meter import InputMeter
from studio.ui.recording.recording import Recording

_BLOCKS = (0, 64, 128, 256, 512, 1024, 2048)
_POLL_MS = 50


class DevicesDialog(QDialog):
    """Every choice is opened at once, so that its level is seen; the input stays open for the next take.

    Nothing here asks the sound system: what the player knows of it is shown, and shown again when it changes.
    """

    def __init__(self, recording: Recording, playback: Playback, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recording, self._playback = recording, playback
        self._test: LatencyTest | None = None
        self._version, self._opening = 0, False
        self.setWindowTitle(tr("Sound devices"))
        self.setMinimumWidth(520)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.output, self.input, self.channels, self.rate, self.block = (ListBox() for _ in range(5))
        self.meter = InputMeter()
        self.meter.reset_requested.connect(recording.meter.reset)
        self.latency = label("", wrap=True)
        self.measure = push(tr("Measure latency"))
        self.problem = label("", "warning", wrap=True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        rows = (
            (tr("Output"), self.output),
            (tr("Input"), self.input),
            (tr("Channels"), self.channels),
            (tr("Level"), self.meter),
            (tr("Sample rate"), self.rate),
            (tr("Block"), self.block),
        )
        for row, (name, field) in enumerate(rows):
            title = label(name, "muted")
            title.setBuddy(field)
            field.setAccessibleName(name)
            grid.addWidget(title, row, 0)
            if field is self.meter:
                grid.addWidget(field, row, 1, Qt.AlignmentFlag.AlignLeft)
            else:
                grid.addWidget(field, row, 1)
        about = label(
            tr(
                "How long sound takes from the output back to the input. Connect the two with a "
                "cable, or hold the microphone to the speaker, and measure: takes then lie where "
                "they were sung."
            ),
            "muted",
            wrap=True,
        )
        line = QHBoxLayout()
        line.addWidget(self.latency, 1)
        line.addWidget(self.measure)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(grid)
        column.addWidget(self.problem)
        column.addSpacing(4)
        column.addWidget(label(tr("RECORDING LATENCY"), "section"))
        column.addWidget(about)
        column.addLayout(line)
        column.addSpacing(4)
        column.addWidget(buttons)
        for box in (self.output, self.input, self.channels, self.rate, self.block):
            box.activated.connect(lambda _, b=box: self._on_chosen(b))
        self.measure.clicked.connect(self._start_test)
        recording.metered.connect(self._on_metered)
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll_test)
        recording.open_input()
        self._fill()

    def _fill(self) -> None:
        """Shows what is open, and what else there is."""
        player = self._playback.player
        self._version, setup = player.version, player.setup
        _set_choices(self.output, [(_title(d), d) for d in player.devices if d.outputs], setup.output)
        host = setup.output.host_api if setup.output else ""
        inputs = [d for d in player.devices if d.inputs and host in ("", d.host_api)]
        _set_choices(self.input, [(_title(d), d) for d in inputs], setup.input)
        count = setup.input.inputs if setup.input else 0
        channels = [(f"{c + 1}", (c, 1)) for c in range(count)]
        channels += [
            (tr("{c} and {c_2}, stereo", c=c + 1, c_2=c + 2), (c, 2)) for c in range(0, count - 1, 2)
        ]
        _set_choices(self.channels, channels, (setup.input_first, setup.input_count))
        rates = [(f"{r / 1000:g} kHz", r) for r in player.rates]
        _set_choices(self.rate, rates, setup.rate)
        blocks = [(tr("The driver's choice") if not b else tr("{b} samples", b=b), b) for b in _BLOCKS]
        _set_choices(self.block, blocks, setup.block_frames)
        for box in (self.output, self.input, self.channels, self.rate, self.block):
            box.setEnabled(box.count() > 0)
        self._show_problem()
        self.measure.setEnabled(player.levels is not None and self._test is None)
        frames, rate = self._recording.latency_frames, player.sample_rate
        source = (
            tr("measured") if self._recording.latency_is_measured else tr("as the driver says, not measured")
        )
        self.latency.setText(
            tr(
                "{frames:.1f} ms ({frames_2} samples), {source}",
                frames=frames / rate * 1000,
                frames_2=frames,
                source=source,
            )
        )

    def _show_problem(self) -> None:
        player = self._playback.player
        self._opening = player.opening
        said = player.problem or (tr("Opening …") if self._opening else "")
        self.problem.setText(said)
        self.problem.setVisible(bool(said))

    def _on_chosen(self, box: ListBox) -> None:
        output: Device | None = self.output.currentData()
        source: Device | None = self.input.currentData()
        if box is self.output and output and source and source.host_api != output.host_api:
            # Both directions go through one sound system: its first input takes over.
            source = next(
                (d for d in self._playback.player.devices if d.inputs and d.host_api == output.host_api), None
            )
        first, count = self.channels.currentData() or (0, 1)
        if source is not None and first + count > source.inputs:
            first, count = 0, 1
        other_device = box in (self.output, self.input)
        rate = 0 if other_device else self.rate.currentData() or 0
        self._recording.use_setup(
            AudioSetup(output, source, first, count, rate, self.block.currentData() or 0)
        )

    def _on_metered(self, meter: object) -> None:
        self.meter.show_meter(self._recording.meter)
        player = self._playback.player
        if player.version != self._version:
            self._fill()
        elif player.opening != self._opening:
            self._show_problem()

    # The latency wizard

    def _start_test(self) -> None:
        try:
            self._test = LatencyTest(self._playback.player)
        except (StudioError, OSError) as error:
            self.latency.setText(str(error))
            return
        self.measure.setEnabled(False)
        self.latency.setText(tr("Listening …"))
        self._timer.start()

    def _poll_test(self) -> None:
        if self._test is not None and self._test.done:
            self._end_test()

    def _end_test(self) -> None:
        test, self._test = self._test, None
        self._timer.stop()
        if test is None:
            return
        problem = ""
        try:
            self._recording.keep_latency(test.finish().frames)
        except StudioError as error:
            problem = str(error)
        self._fill()
        if problem:
            self.latency.setText(problem)

    def done(self, result: int) -> None:
        self._recording.metered.disconnect(self._on_metered)
        self._end_test()
        super().done(result)


def _title(device: Device) -> str:
    return f"{device.name} ({device.host_api})"


def _set_choices(box: ListBox, choices: Sequence[tuple[str, object]], chosen: object) -> None:
    box.clear()
    for index, (text, value) in enumerate(choices):
        box.addItem(text, value)
        if value == chosen:
            box.setCurrentIndex(index)
