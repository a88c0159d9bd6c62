"""The meters of mix and band in a row: true peak as bars, loudness as numbers, and the figures of the whole song."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.dsp.loudness_meter import LoudnessReading
from studio.services.measuring.levels import CandidateLevels, SoundLevels
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import ElidedLabel, label, set_role, set_state, tight
from studio.ui.metering.level_bars import LevelBars

#: Bars follow every tick, numbers every third, what is spoken every tenth.
_TICKS_A_NUMBER, _TICKS_A_WORD = 3, 10
#: Below this a loudness is silence; the absolute gate of BS.1770-4.
_SILENT_LUFS = -70.0
_TOO_HIGH_DB = -1.0
_CELLS = (
    ("M", "Momentary", "LUFS", "Loudness of the last 0.4 seconds"),
    ("S", "Short-term", "LUFS", "Loudness of the last 3 seconds"),
    ("I", "Integrated", "LUFS", "Loudness since playing began or the meter was reset; pauses do not count"),
    (
        "TP",
        "True peak",
        "dBTP",
        "The highest peak since playing began or the meter was reset. Keep it below -1",
    ),
)


def decibels(value: float, silent: float = _SILENT_LUFS) -> str:
    """'−14.2' with a minus sign; '−∞' for silence."""
    return "−∞" if value <= silent else f"{value:.1f}".replace("-", "−")


class _Cell(QWidget):
    """A number over what it is."""

    def __init__(self, owner: str, short: str, what: str, unit: str, tip: str) -> None:
        super().__init__()
        self._owner, self._what, self._unit = owner, what, unit
        self.number = label("", "figure")
        digits = QFont(self.font())
        digits.setFeature(QFont.Tag("tnum"), 1)
        self.number.setFont(digits)
        self.number.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        caption = label(short, "small")
        caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        tight(column, spacing=0)
        column.addWidget(self.number)
        column.addWidget(caption)
        self.setFixedWidth(52)
        self.setToolTip(f"{owner}, {what.lower()} in {unit}: {tip}")

    def show_value(self, value: float) -> None:
        self.number.setText(decibels(value))

    def tell(self) -> None:
        self.number.setAccessibleName(
            f"{self._owner}, {self._what.lower()}: {self.number.text()} {self._unit}"
        )


class SoundMeter(QWidget):
    """One sound. Emits `reset_requested` when clicked."""

    reset_requested = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._ticks = name, 0
        self.bars = LevelBars(name)
        self.whole = ElidedLabel("", "small")
        self.cells = [_Cell(name, *texts) for texts in _CELLS]
        bars = QVBoxLayout()
        tight(bars, spacing=2)
        bars.addWidget(self.bars)
        bars.addWidget(self.whole)
        row = QHBoxLayout(self)
        tight(row, spacing=theme.UNIT)
        title = label(name, "strong")
        title.setMinimumWidth(40)
        row.addWidget(title)
        row.addLayout(bars, 1)
        row.addSpacing(theme.UNIT)
        for cell in self.cells:
            row.addWidget(cell)
        self.bars.reset_requested.connect(self.reset_requested)
        self.show_whole(None)
        self.show_reading(LoudnessReading())

    def show_reading(self, reading: LoudnessReading) -> None:
        self.bars.show_peaks(reading.peaks_db)
        if self._ticks % _TICKS_A_NUMBER == 0:
            values = (
                reading.momentary_lufs, reading.short_term_lufs, reading.integrated_lufs, reading.true_peak_db,
            )  # fmt: skip
            for cell, value in zip(self.cells, values, strict=True):
                cell.show_value(value)
            set_state(self.cells[-1].number, "poor", reading.true_peak_db > _TOO_HIGH_DB)
        if self._ticks % _TICKS_A_WORD == 0:
            self.bars.tell()
            for cell in self.cells:
                cell.tell()
        self._ticks += 1

    def show_whole(self, levels: SoundLevels | None) -> None:
        """The figures from beginning to end, at unity; None while they are not known."""
        if levels is None:
            self.whole.setText("whole song: –")
            self.whole.setToolTip("")
            return
        self.whole.setText(
            f"whole song: {decibels(levels.integrated_lufs)} LUFS · {decibels(levels.true_peak_db)} dBTP"
        )
        self.whole.setToolTip(
            f"{self._name} from beginning to end, all stems at full level, as it is exported:\n"
            f"integrated {decibels(levels.integrated_lufs)} LUFS\n"
            f"loudest 3 seconds {decibels(levels.highest_short_term_lufs)} LUFS\n"
            f"loudest 0.4 seconds {decibels(levels.highest_momentary_lufs)} LUFS\n"
            f"true peak {decibels(levels.true_peak_db)} dBTP"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.reset_requested.emit()


class LoudnessPanel(QFrame):
    """Emits `reset_requested` when one of its meters is clicked."""

    reset_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "bar")
        self.mix, self.band = SoundMeter("Mix"), SoundMeter("Band")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(theme.UNIT * 5)
        for meter in (self.mix, self.band):
            row.addWidget(meter, 1)
            meter.reset_requested.connect(self.reset_requested)

    def show_readings(self, mix: LoudnessReading, band: LoudnessReading) -> None:
        if self.isVisible():
            self.mix.show_reading(mix)
            self.band.show_reading(band)

    def show_whole(self, levels: CandidateLevels | None) -> None:
        """The figures of the candidate that is heard."""
        self.mix.show_whole(levels.mix if levels is not None else None)
        self.band.show_whole(levels.band if levels is not None else None)
