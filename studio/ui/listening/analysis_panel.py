"""What was heard in the vocal, as fields: each says whether it is estimated, and how surely, or yours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.analysis import Given, VocalAnalysis
from studio.core.engines import EngineKind
from studio.core.giving import check
from studio.core.hints import Hint
from studio.core.language import later, tr
from studio.core.music import Chord, Key, Meter
from studio.core.tempos import said_bpm
from studio.services.project.song import Song
from studio.services.vocal import doubt_of_singing
from studio.storage.view_state import UnreadChords
from studio.ui.appearance import theme
from studio.ui.appearance.number_fields import DecimalField
from studio.ui.appearance.widgets import (
    Chooser,
    ElidedLabel,
    IconButton,
    key_title,
    label,
    push,
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
    (-1.0, later("−1 beat"), later("Bar lines one beat earlier, for a song that is counted wrongly")),
    (-0.5, "−½", later("Beats and bar lines half a beat earlier, for a band that plays off the beat")),
    (0.5, "+½", later("Beats and bar lines half a beat later, for a band that plays off the beat")),
    (1.0, later("+1 beat"), later("Bar lines one beat later, for a song that is counted wrongly")),
)

#: That can be chosen, in cents from 440 Hz; None is the singer's.
_TUNINGS = (None, 0.0)
#: Beyond what anybody types.
_ANY = 9_999.0

#: What each field does to the band.
_TIPS = {
    "tempo": later(
        "How fast the band plays: a tempo you type is kept exactly, from the first to the last bar"
    ),
    "key": later("Which notes the band thinks of as home: it moves the chords that are proposed"),
    "meter": later("How many beats a bar has: where the band puts its accents, fills and chord changes"),
    "downbeat": later("A moment at which a bar begins: the band moves its bars there"),
    "time": later(
        "Steady keeps one exact tempo, as a DAW wants it; a singer without a click may need "
        "a band that follows"
    ),
    "tuning": later(
        "Singers alone are seldom at 440 Hz: the band tunes to the voice unless you say otherwise"
    ),
    "chords": later("One chord a bar, repeated: the band plays these instead of its own"),
}
_GUIDE_TIP = later(
    "A click, a drum loop, a guitar, a rough mix, a MIDI file, a .dawproject or a .rpp "
    "that begins with the vocal: the band takes its beats, bars and chords"
)
#: Around the fields: left, top, right, bottom.
_MARGINS = (16, 12, 12, 12)


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
        self.reset = IconButton(
            "restore", tr("Back to the estimated {text}", text=text.lower()), size=14, role="muted"
        )
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
        known = (
            tr("estimated") if confidence is None else tr("estimated {confidence:.0%}", confidence=confidence)
        )
        self.source.setText(tr("yours") if yours else known)
        set_state(self.source, "yours", yours)
        set_state(self.source, "wrong", False)
        self.reset.setVisible(yours)

    def show_unread(self) -> None:
        """What stands in the field is not what holds; the way back is to what is estimated."""
        self.source.setText(tr("not read"))
        set_state(self.source, "yours", False)
        set_state(self.source, "wrong", True)
        self.reset.show()

    def show_given_by(self, source: str) -> None:
        """The value is neither estimated nor typed; the way back is beside what gave it."""
        self.source.setText(source)
        set_state(self.source, "yours", False)
        set_state(self.source, "wrong", False)
        self.reset.hide()


class AnalysisPanel(QFrame):
    """Emits `given_changed` (a dict of fields of Given with their new values), `bars_moved` (quarters later), and
    `chords_changed` (a tuple of chords, or None for the model's own, and those of the pickup), `guide_wanted`,
    `message` with why something is refused, and `withdrawn` with the same words once another value is taken."""

    given_changed = Signal(object)
    bars_moved = Signal(float)
    chords_changed = Signal(object, object)
    guide_wanted = Signal()
    message = Signal(str)
    withdrawn = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "panel")
        self._playhead_s = 0.0
        self._hints: tuple[Hint, ...] = ()
        self._shown_given = Given()
        self._shown_song: Song | None = None
        self._shown_chords = self._why_no_chords = ""
        #: Why the line of chords cannot be read: what was typed stays in it meanwhile. Empty where it can.
        self._unread = ""
        #: What was filled into the line last, which Undo in it leads back to; None where that is nobody's chords.
        self._filled_chords: str | None = None
        #: The song's chords and pickup that were shown last.
        self._held_chords: object = None
        self.tempo = self._field(tr(" bpm"), "tempo_bpm", said=said_bpm)
        self.key = Chooser()
        for key in KEYS:
            self.key.addItem(key_title(key), key)
        self.key.setMaxVisibleItems(24)
        self.meter = Chooser()
        for meter in METERS:
            self.meter.addItem(str(meter), meter)
        self.downbeat = self._field(tr(" s"), "downbeat_s")
        self.time = Chooser()
        self.time.addItem(tr("Steady"), None)
        self.time.addItem(tr("With the singer"), True)
        self.tuning = Chooser()
        self.tuning.addItem(tr("The singer's"), None)
        self.tuning.addItem("440 Hz", _TUNINGS[1])
        self.chords = QLineEdit()
        self.chords.setPlaceholderText(tr("one a bar: Am F C G, a pickup in brackets: (G) C F"))
        grid = QGridLayout()
        tight(grid, spacing=8)
        grid.setColumnStretch(1, 1)
        self.rows = {
            "tempo": _Row(grid, 0, tr("Tempo"), self.tempo),
            "key": _Row(grid, 2, tr("Key"), self.key),
            "chords": _Row(grid, 3, tr("Chords"), self.chords, wide=True),
            "meter": _Row(grid, 5, tr("Meter"), self.meter),
            "downbeat": _Row(grid, 6, tr("Downbeat"), self.downbeat),
            "time": _Row(grid, 8, tr("Time"), self.time),
            "tuning": _Row(grid, 9, tr("Tuning"), self.tuning),
        }
        for name, tip in _TIPS.items():
            self.rows[name].editor.setToolTip(tr(tip))
        self.tap = TapButton()
        self.half = small_button("½ ×", tr("Half the tempo"))
        self.double = small_button("2 ×", tr("Twice the tempo"))
        self.at_playhead = small_button(tr("At playhead"), tr("A bar line is where the playhead stands"))
        factors = QHBoxLayout()
        tight(factors)
        for button in (self.tap, self.half, self.double):
            factors.addWidget(button)
        grid.addLayout(factors, 1, 1, 1, 3)
        nudges = QHBoxLayout()
        tight(nudges)
        self.nudges: dict[float, QToolButton] = {}
        for beats, text, tip in NUDGES:
            self.nudges[beats] = button = small_button(tr(text), tr(tip))
            button.clicked.connect(lambda _=False, b=beats: self.bars_moved.emit(b))
            nudges.addWidget(button)
        nudges.insertWidget(len(NUDGES) // 2, self.at_playhead)
        grid.addLayout(nudges, 7, 0, 1, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(theme.UNIT * 2)
        self.doubt = label("", "warning", wrap=True)
        self.doubt.hide()
        self.hint = push("")
        self.hint.hide()
        self.guide = small_button(tr("Guide …"), tr(_GUIDE_TIP))
        self.guide.clicked.connect(self.guide_wanted)
        self.guided = ElidedLabel("", "estimate")
        self.unguide = IconButton("restore", tr("Without the guide"), size=14, role="muted")
        self.unguide.hide()
        line = QHBoxLayout()
        tight(line, spacing=8)
        line.addWidget(self.guide)
        line.addWidget(self.guided, 1)
        line.addWidget(self.unguide)
        column.addWidget(label(tr("HEARD IN THE VOCAL"), "section"))
        column.addWidget(self.doubt)
        column.addWidget(self.hint)
        column.addLayout(grid)
        column.addLayout(line)

        self.tempo.editingFinished.connect(self._on_tempo_edited)
        self.downbeat.editingFinished.connect(self._on_downbeat_edited)
        self.hint.clicked.connect(self._on_hint)
        self.unguide.clicked.connect(lambda: self._give(guide=None))
        self.time.activated.connect(lambda _: self._give(drift=self.time.currentData()))
        self.tuning.activated.connect(lambda _: self._give(tuning=self.tuning.currentData()))
        self.key.activated.connect(lambda _: self._give(key=self.key.currentData()))
        self.meter.activated.connect(lambda _: self._give(meter=self.meter.currentData()))
        self.chords.editingFinished.connect(self._on_chords_edited)
        self.chords.textEdited.connect(self._on_chords_typed)
        self.half.clicked.connect(lambda: self._scale_tempo(0.5))
        self.double.clicked.connect(lambda: self._scale_tempo(2.0))
        self.tap.tapped.connect(self._on_tapped)
        self.at_playhead.clicked.connect(lambda: self._give(downbeat_s=self._playhead_s))
        for name, field in (
            ("tempo", "tempo_bpm"),
            ("key", "key"),
            ("meter", "meter"),
            ("downbeat", "downbeat_s"),
            ("time", "drift"),
            ("tuning", "tuning"),
        ):
            self.rows[name].reset.clicked.connect(lambda _=False, f=field: self._give(**{f: None}))
        self.rows["chords"].reset.clicked.connect(lambda: self._give_chords(None, ()))
        self._show_nothing()
        self.setEnabled(False)

    def show_engine(self, kind: EngineKind) -> None:
        """Greys out the chords for an engine that does not heed them, and says why."""
        self._why_no_chords = kind.why_not_heeded("chords")
        self.chords.setEnabled(not self._why_no_chords)
        self._show_chord_tip()

    def set_playhead(self, time_s: float) -> None:
        self._playhead_s = time_s

    def show_song(self, song: Song) -> None:
        """Fills the fields from what was heard in a song; disabled while there is none."""
        analysis = song.analysis
        self.setEnabled(analysis is not None)
        if song is not self._shown_song:
            self._shown_song = song
            self.doubt.setMinimumHeight(0)
            self._forget_typed_chords()
            self._held_chords = (song.project.chords, song.project.pickup)
            self._show_left_chords(song)
        if analysis is None:
            self._show_nothing()
            for row in self.rows.values():
                row.show_given_by(tr("listening …"))
            return
        given, sure = song.project.given, analysis.confidence
        grid = analysis.grid
        doubt = " ".join(filter(None, (doubt_of_singing(analysis), _doubt(analysis))))
        self._show_doubt(doubt)
        guide = given.guide
        self.guided.setText(tr("{source} gives the beat", source=guide.source) if guide is not None else "")
        self.unguide.setVisible(guide is not None)
        self._shown_given = given
        self._show_hint(given)
        self._set(self.tempo, _tempo_of(given, analysis))
        typed_s = None if given.shift_beats else given.downbeat_s
        self._set(self.downbeat, (grid.first_downbeat_s or 0.0) if typed_s is None else typed_s)
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
        self.time.setCurrentIndex(1 if given.drift or grid.drifts else 0)
        self.rows["time"].show_source(None, yours=given.drift is not None)
        self._show_tuning(given.tuning)
        if guide is not None:
            for name in ("tempo", "meter", "downbeat", "time"):
                self.rows[name].show_given_by(tr("from the guide"))
        self.rows["tuning"].show_source(None, yours=given.tuning is not None)
        if given.tuning is None:
            self.rows["tuning"].source.setText(
                tr("{tuning_cents:+.0f} cents", tuning_cents=analysis.tuning_cents)
            )
        self._show_chords(song, analysis)

    def _show_tuning(self, cents: float | None) -> None:
        """The command line gives others than those that can be chosen here: the one that holds is added to them."""
        while self.tuning.count() > len(_TUNINGS):
            self.tuning.removeItem(len(_TUNINGS))
        if cents is not None and cents not in _TUNINGS:
            self.tuning.addItem(tr("{tuning:+.0f} cents from 440 Hz", tuning=cents), cents)
        self.tuning.setCurrentIndex(self.tuning.findData(cents) if cents is not None else 0)

    def _show_chords(self, song: Song, analysis: VocalAnalysis) -> None:
        """The chords that hold; a line that was typed and cannot be read, or is being typed, stays until others do."""
        project = song.project
        chords = project.chords or analysis.chords[analysis.grid.first_bar :]
        self._shown_chords = " ".join(chord.name(analysis.key) for chord in _shortest(chords))
        if project.pickup:
            pickup = " ".join(chord.name(analysis.key) for chord in project.pickup)
            self._shown_chords = f"({pickup}) {self._shown_chords}"
        held, before = (project.chords, project.pickup), self._held_chords
        self._held_chords = held
        if held != before:
            self._forget_typed_chords()
        if not self._unread and not (self.chords.hasFocus() and self.chords.isModified()):
            self._fill_chords()
        self._show_read()

    def _fill_chords(self) -> None:
        """The chords that hold, and nothing to be undone in the line."""
        self._filled_chords = self._shown_chords
        self.chords.setText(self._shown_chords)
        self.chords.setCursorPosition(0)

    def _is_filled(self, text: str) -> bool:
        """Whether a line is what was filled in before typing, though others hold by now: nobody typed those."""
        return text != self._shown_chords and text == self._filled_chords

    def _on_chords_typed(self, text: str) -> None:
        """Undone to the end, the line shows what holds now: it may have been listened to again since it was filled."""
        if self._is_filled(text) and not self.chords.isUndoAvailable():
            self._forget_typed_chords()
            self._fill_chords()
            self._show_read()

    def _show_read(self) -> None:
        """Whether what stands in the line of chords could be read, and where it comes from."""
        set_state(self.chords, "wrong", bool(self._unread))
        self._show_chord_tip()
        song = self._shown_song
        if self._unread:
            self.rows["chords"].show_unread()
        elif song is not None:
            self.rows["chords"].show_source(None, yours=song.project.chords is not None)

    def _show_chord_tip(self) -> None:
        self.chords.setToolTip(self._why_no_chords or self._unread or self._shown_chords)

    def _forget_typed_chords(self) -> None:
        self._set_unread("")
        self.chords.setModified(False)

    def _set_unread(self, why: str) -> None:
        if self._unread and why != self._unread:
            self.withdrawn.emit(self._unread)
        self._unread = why

    def unread_chords(self, song: Song) -> UnreadChords | None:
        """The line of a song that was typed and cannot be read."""
        if not self._unread or song is not self._shown_song:
            return None
        return UnreadChords(self.chords.text(), song.project.chords, song.project.pickup)

    def _show_left_chords(self, song: Song) -> None:
        """A line that could not be read when the song was left cannot be now either; it goes where other chords hold
        since."""
        left, project = song.view.unread_chords, song.project
        if left is None or (left.over, left.pickup) != (project.chords, project.pickup):
            return
        self._unread = _why_unread(left.typed)
        if self._unread:
            self._filled_chords = None
            self.chords.setText(left.typed)
            self._show_read()

    def _show_doubt(self, doubt: str) -> None:
        """The lines that a doubt took stay while its song is open: what is below keeps its place under the mouse."""
        self.doubt.setText(doubt)
        if doubt:
            left, _, right, _ = _MARGINS
            lines = self.doubt.heightForWidth(theme.SIDE_WIDTH - left - right)
            self.doubt.setMinimumHeight(max(lines, self.doubt.minimumHeight()))
        self.doubt.setVisible(self.doubt.minimumHeight() > 0)

    def _show_nothing(self) -> None:
        """Empty fields: no value is better than one that nobody heard."""
        self._show_doubt("")
        for spin in (self.tempo, self.downbeat):
            self._set(spin, spin.minimum())
        for box in (self.key, self.meter):
            box.setCurrentIndex(-1)
        if not self._unread:
            self._filled_chords = None
            self.chords.clear()

    def _field(self, unit: str, name: str, *, said: Callable[[float], str] | None = None) -> DecimalField:
        """A field of Given; what cannot be is refused as it is by whoever else gives it (core.giving)."""

        def may_be(value: float) -> None:
            song = self._shown_song
            check({name: value}, song.vocal.audio.duration_s if song is not None else math.inf)

        field = DecimalField(-_ANY, _ANY, unit=unit, check=may_be, said=said)
        field.setSpecialValueText(" ")  # the minimum stands for "not known"
        field.refused.connect(self._on_refused)
        field.withdrawn.connect(self.withdrawn)
        field.taken_back.connect(self._show_again)
        return field

    def _on_refused(self, why: str) -> None:
        """What holds may be another value by now than the one that typing began with."""
        self.message.emit(why)
        self._show_again()

    def _show_again(self) -> None:
        if self._shown_song is not None:
            self.show_song(self._shown_song)

    def _set(self, field: DecimalField, value: float) -> None:
        field.setProperty("shown", round(value, field.decimals()))
        if field.is_being_typed:
            return
        field.blockSignals(True)
        field.setValue(value)
        field.blockSignals(False)

    def _give(self, **fields: object) -> None:
        self.given_changed.emit(fields)

    def _on_tempo_edited(self) -> None:
        if self._is_new(self.tempo):
            self._give(tempo_bpm=self.tempo.value())

    def _scale_tempo(self, factor: float) -> None:
        """From the tempo itself, not from the decimals that are shown; a second click goes on from the first."""
        song = self._shown_song
        if song is not None and song.analysis is not None:
            self._give(tempo_bpm=_tempo_of(song.project.given, song.analysis) * factor)

    def _on_tapped(self, tempo_bpm: float) -> None:
        # Taps lie near a simple number more often than not, and a tenth is finer than anybody taps.
        self._give(tempo_bpm=round(tempo_bpm, 1))

    def _on_downbeat_edited(self) -> None:
        if self._is_new(self.downbeat):
            self._give(downbeat_s=self.downbeat.value())

    def _is_new(self, field: DecimalField) -> bool:
        """Whether it is not what is known already; Enter, and then leaving the field, say a value once."""
        new = field.value() != field.property("shown")
        field.setProperty("shown", field.value())
        return new

    def finish_typing(self) -> bool:
        """Takes what is still being typed, as Enter does. False where something cannot be read: why is told, and its
        field has the focus."""
        for field, take in ((self.tempo, self._on_tempo_edited), (self.downbeat, self._on_downbeat_edited)):
            if field.is_being_typed:
                if not field.settle():
                    return False
                take()
        if not self._why_no_chords:  # else they are not asked for
            self._on_chords_edited()
        if self._unread and not self._why_no_chords:
            self.chords.setFocus()
            self._mark_wrong_chord()
            return False
        return True

    def _on_chords_edited(self) -> None:
        text = self.chords.text().strip()
        if self._is_filled(text):
            self._forget_typed_chords()
            self._fill_chords()
            text = self._shown_chords
        words = Chord.parse_each(text)
        self._set_unread("" if text == self._shown_chords else _why_unread(text))
        if self._unread:  # the line stays, and the word is marked
            self._mark_wrong_chord()
            self.message.emit(self._unread)
        elif text != self._shown_chords:
            chords = tuple(word.chord for word in words if word.chord is not None and not word.is_pickup)
            pickup = tuple(word.chord for word in words if word.chord is not None and word.is_pickup)
            self._give_chords(chords or None, pickup)
        self._show_read()

    def _mark_wrong_chord(self) -> None:
        wrong = next(word for word in Chord.parse_each(self.chords.text()) if word.error is not None)
        self.chords.setSelection(wrong.span[0], wrong.span[1] - wrong.span[0])

    def _give_chords(self, chords: tuple[Chord, ...] | None, pickup: tuple[Chord, ...]) -> None:
        self._forget_typed_chords()
        self.chords_changed.emit(chords, pickup)
        self._show_again()  # those that hold now, be they others or not

    # Hints

    def show_hints(self, hints: Sequence[Hint]) -> None:
        """What the vocal's file says of its tempo and key: offered, never taken silently."""
        self._hints = tuple(hints)
        self._show_hint(self._shown_given)

    def _show_hint(self, given: Given) -> None:
        offered = self._offered(given)
        self.hint.setVisible(bool(offered))
        if offered:
            tempo, key = offered.get("tempo_bpm"), offered.get("key")
            values = [
                _bpm(tempo) if isinstance(tempo, float) else "",
                key_title(key) if isinstance(key, Key) else "",
            ]
            source = next(hint.source for hint in self._hints if hint)
            self.hint.setText(
                tr("Use {names}, from the {source}", names=tr(", ").join(filter(None, values)), source=source)
            )

    def _offered(self, given: Given) -> dict[str, object]:
        """Of the hints, what the user has not said otherwise."""
        tempo = next((h.tempo_bpm for h in self._hints if h.tempo_bpm is not None), None)
        key = next((h.key for h in self._hints if h.key is not None), None)
        offered: dict[str, object] = {}
        if tempo is not None and given.tempo_bpm is None and given.guide is None:
            offered["tempo_bpm"] = tempo
        if key is not None and given.key is None:
            offered["key"] = key
        return offered

    def _on_hint(self) -> None:
        self._give(**self._offered(self._shown_given))


def _why_unread(text: str) -> str:
    """Why a line of chords cannot be read; empty where it can."""
    return next((str(word.error) for word in Chord.parse_each(text) if word.error is not None), "")


def _doubt(analysis: VocalAnalysis) -> str:
    """What to do about a beat that nobody can be sure of; "" where it is sure."""
    if not analysis.unsure_of_tempo:
        return ""
    tempi = {round(r.tempo_bpm): _bpm(r.tempo_bpm) for r in reversed(analysis.alternatives)}
    tempi.pop(round(analysis.tempo_bpm), None)  # the same tempo with other beats
    others = tr(" or ").join(reversed(tempi.values()))
    return (
        tr("Not sure of the beat: tap along, or try {others}.", others=others)
        if others
        else tr("Not sure of the beat: tap along.")
    )


def _bpm(tempo_bpm: float) -> str:
    return tr("{tempo} bpm", tempo=said_bpm(tempo_bpm))


def _tempo_of(given: Given, analysis: VocalAnalysis) -> float:
    """Beats that drift have a mean of their own; what was typed stays as it was typed."""
    typed_bpm = given.tempo_bpm if given.guide is None else None
    return typed_bpm or analysis.tempo_bpm


def _shortest(chords: tuple[Chord, ...]) -> tuple[Chord, ...]:
    """The progression without its repeats: 'Am F C G', not the same four written eight times."""
    for length in range(1, len(chords) // 2 + 1):
        if all(chords[i] == chords[i % length] for i in range(len(chords))):
            return chords[:length]
    return chords
