"""What was heard in the vocal, as fields: each says whether it is estimated, and how surely, or yours."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.analysis import VocalAnalysis
from studio.core.engines import EngineKind
from studio.core.errors import StudioError
from studio.core.music import Chord, Key, Meter
from studio.services.project.song import Song
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import (
    Chooser,
    IconButton,
    as_field,
    label,
    set_role,
    set_state,
    small_button,
    tight,
)
from studio.ui.listening.tap_button import TapButton

KEYS = tuple(Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12))
METERS = tuple(Meter(*pair) for pair in Meter.SUPPORTED)
#: Quarters a nudge moves the bar lines by, with what it is for.
NUDGES = (
    (-1.0, "−1 beat", "Bar lines one beat earlier, for a song that is counted wrongly"),
    (-0.5, "−½", "Beats and bar lines half a beat earlier, for a band that plays off the beat"),
    (0.5, "+½", "Beats and bar lines half a beat later, for a band that plays off the beat"),
    (1.0, "+1 beat", "Bar lines one beat later, for a song that is counted wrongly"),
)


class _Row:
    """A field with its label, the line that says where the value comes from, and the way back."""

    def __init__(
        self, grid: QGridLayout, row: int, text: str, editor: QWidget, *, wide: bool = False
    ) -> None:
        self.editor = editor
        editor.setAccessibleName(text)
        caption = label(text, "muted")
        caption.setBuddy(editor)
        self.source = label("", "estimate")
        self.source.setMinimumWidth(92)
        self.reset = IconButton("restore", f"Back to the estimated {text.lower()}", size=14, role="muted")
        size = self.reset.sizePolicy()
        size.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(size)
        self.reset.hide()
        grid.addWidget(caption, row, 0)
        if wide:
            grid.addWidget(editor, row + 1, 0, 1, 4)
        else:
            grid.addWidget(editor, row, 1)
        grid.addWidget(self.source, row, 2)
        grid.addWidget(self.reset, row, 3)

    def show_source(self, confidence: float | None, *, yours: bool) -> None:
        """`confidence` 0 to 1 of an estimate, None where none is told."""
        known = "estimated" if confidence is None else f"estimated {confidence:.0%}"
        self.source.setText("yours" if yours else known)
        set_state(self.source, "yours", yours)
        self.reset.setVisible(yours)


class AnalysisPanel(QFrame):
    """Emits `given_changed` (a dict of fields of Given with their new values), `bars_moved` (quarters later), and
    `chords_changed` (a tuple of chords, or None for the model's own)."""

    given_changed = Signal(object)
    bars_moved = Signal(float)
    chords_changed = Signal(object)
    message = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "panel")
        self._playhead_s = 0.0
        self._shown_chords = self._why_no_chords = ""
        self.tempo = _spin(29.9, 300.0, 1, " bpm")
        self.key = Chooser()
        for key in KEYS:
            self.key.addItem(str(key), key)
        self.key.setMaxVisibleItems(24)
        self.meter = Chooser()
        for meter in METERS:
            self.meter.addItem(str(meter), meter)
        self.downbeat = _spin(-0.001, 600.0, 3, " s")
        self.chords = QLineEdit()
        self.chords.setPlaceholderText("one a bar: Am F C G")
        grid = QGridLayout()
        tight(grid, spacing=8)
        grid.setColumnStretch(1, 1)
        self.rows = {
            "tempo": _Row(grid, 0, "Tempo", self.tempo),
            "key": _Row(grid, 2, "Key", self.key),
            "meter": _Row(grid, 3, "Meter", self.meter),
            "downbeat": _Row(grid, 4, "Downbeat", self.downbeat),
            "chords": _Row(grid, 6, "Chords", self.chords, wide=True),
        }
        self.tap = TapButton()
        self.half = small_button("½ ×", "Half the tempo")
        self.double = small_button("2 ×", "Twice the tempo")
        self.at_playhead = small_button("At playhead", "A bar line is where the playhead stands")
        factors = QHBoxLayout()
        tight(factors)
        for button in (self.tap, self.half, self.double):
            factors.addWidget(button)
        grid.addLayout(factors, 1, 1)
        nudges = QHBoxLayout()
        tight(nudges)
        self.nudges: dict[float, QToolButton] = {}
        for beats, text, tip in NUDGES:
            self.nudges[beats] = button = small_button(text, tip)
            button.clicked.connect(lambda _=False, b=beats: self.bars_moved.emit(b))
            nudges.addWidget(button)
        nudges.insertWidget(len(NUDGES) // 2, self.at_playhead)
        grid.addLayout(nudges, 5, 0, 1, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(theme.UNIT * 2)
        self.doubt = label("", "warning", wrap=True)
        self.doubt.hide()
        column.addWidget(label("HEARD IN THE VOCAL", "section"))
        column.addWidget(self.doubt)
        column.addLayout(grid)

        self.tempo.editingFinished.connect(self._on_tempo_edited)
        self.downbeat.editingFinished.connect(self._on_downbeat_edited)
        self.key.activated.connect(lambda _: self._give(key=self.key.currentData()))
        self.meter.activated.connect(lambda _: self._give(meter=self.meter.currentData()))
        self.chords.editingFinished.connect(self._on_chords_edited)
        self.half.clicked.connect(lambda: self._give(tempo_bpm=max(30.0, self.tempo.value() / 2)))
        self.double.clicked.connect(lambda: self._give(tempo_bpm=min(300.0, self.tempo.value() * 2)))
        self.tap.tapped.connect(self._on_tapped)
        self.at_playhead.clicked.connect(lambda: self._give(downbeat_s=self._playhead_s))
        for name, field in (
            ("tempo", "tempo_bpm"),
            ("key", "key"),
            ("meter", "meter"),
            ("downbeat", "downbeat_s"),
        ):
            self.rows[name].reset.clicked.connect(lambda _=False, f=field: self._give(**{f: None}))
        self.rows["chords"].reset.clicked.connect(lambda: self.chords_changed.emit(None))
        self._show_nothing()
        self.setEnabled(False)

    def show_engine(self, kind: EngineKind) -> None:
        """Greys out the chords for an engine that does not heed them, and says why."""
        self._why_no_chords = kind.why_not_heeded("chords")
        self.chords.setEnabled(not self._why_no_chords)
        self.chords.setToolTip(self._why_no_chords or self._shown_chords)

    def set_playhead(self, time_s: float) -> None:
        self._playhead_s = time_s

    def show_song(self, song: Song) -> None:
        """Fills the fields from what was heard in a song; disabled while there is none."""
        analysis = song.analysis
        self.setEnabled(analysis is not None)
        if analysis is None:
            self._show_nothing()
            for row in self.rows.values():
                row.source.setText("listening …")
                row.reset.hide()
            return
        given, sure = song.project.given, analysis.confidence
        grid = analysis.grid
        self.doubt.setText(_doubt(analysis))
        self.doubt.setVisible(analysis.unsure_of_tempo)
        self._set(self.tempo, analysis.tempo_bpm)
        first_s = next((t for t in grid.downbeats_s if t >= -1e-6), 0.0)
        self._set(
            self.downbeat, first_s if given.downbeat_s is None or given.shift_beats else given.downbeat_s
        )
        self.key.setCurrentIndex(KEYS.index(analysis.key))
        self.meter.setCurrentIndex(METERS.index(grid.meter))
        self.rows["tempo"].show_source(sure.tempo, yours=given.tempo_bpm is not None)
        self.rows["key"].show_source(sure.key, yours=given.key is not None)
        downbeat_yours = given.downbeat_s is not None or given.shift_beats != 0
        # The confidence is in meter and downbeat together: it says nothing of the meter once the downbeat is given.
        self.rows["meter"].show_source(
            None if downbeat_yours else sure.downbeats, yours=given.meter is not None
        )
        self.rows["downbeat"].show_source(sure.downbeats, yours=downbeat_yours)
        self.rows["chords"].show_source(None, yours=song.project.chords is not None)
        chords = song.project.chords or analysis.chords[grid.first_bar :]
        self._shown_chords = " ".join(chord.name(analysis.key) for chord in _shortest(chords))
        self.chords.setText(self._shown_chords)
        self.chords.setCursorPosition(0)
        self.chords.setToolTip(self._why_no_chords or self._shown_chords)

    def _show_nothing(self) -> None:
        """Empty fields: no value is better than one that nobody heard."""
        self.doubt.hide()
        for spin in (self.tempo, self.downbeat):
            self._set(spin, spin.minimum())
        for box in (self.key, self.meter):
            box.setCurrentIndex(-1)
        self.chords.clear()

    def _set(self, spin: QDoubleSpinBox, value: float) -> None:
        spin.blockSignals(True)
        spin.setValue(value)
        spin.setProperty("shown", spin.value())
        spin.blockSignals(False)

    def _give(self, **fields: object) -> None:
        # Where tempo, meter or downbeat change, bar lines are heard anew: an earlier nudge has no meaning there.
        if fields.keys() != {"key"}:
            fields["shift_beats"] = 0.0
        self.given_changed.emit(fields)

    def _on_tempo_edited(self) -> None:
        if self.tempo.value() != self.tempo.property("shown"):
            self._give(tempo_bpm=max(30.0, self.tempo.value()))

    def _on_tapped(self, tempo_bpm: float) -> None:
        # Taps lie near a simple number more often than not, and a tenth is finer than anybody taps.
        self._give(tempo_bpm=round(tempo_bpm, 1))

    def _on_downbeat_edited(self) -> None:
        if self.downbeat.value() != self.downbeat.property("shown"):
            self._give(downbeat_s=max(0.0, self.downbeat.value()))

    def _on_chords_edited(self) -> None:
        text = self.chords.text().strip()
        if text == self._shown_chords:
            return
        try:
            chords = Chord.parse_many(text)
        except (StudioError, ValueError) as error:
            self.message.emit(str(error))
            self.chords.setText(self._shown_chords)
            return
        self.chords_changed.emit(chords or None)


def _doubt(analysis: VocalAnalysis) -> str:
    """What to do about a tempo that nobody can be sure of."""
    others = " or ".join(f"{reading.grid.tempo_bpm:.0f} bpm" for reading in analysis.alternatives)
    return f"Not sure of the beat: tap along{f', or try {others}' if others else ''}."


def _shortest(chords: tuple[Chord, ...]) -> tuple[Chord, ...]:
    """The progression without its repeats: 'Am F C G', not the same four written eight times."""
    for length in range(1, len(chords) // 2 + 1):
        if all(chords[i] == chords[i % length] for i in range(len(chords))):
            return chords[:length]
    return chords


def _spin(low: float, high: float, decimals: int, unit: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(low, high)
    spin.setDecimals(decimals)
    spin.setSuffix(unit)
    spin.setSpecialValueText(" ")  # the minimum stands for "not known"
    spin.setKeyboardTracking(False)
    as_field(spin)
    return spin
