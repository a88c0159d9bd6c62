"""What to export, in one look: which candidates, which files, in which format, under which names, and where to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studio.audio.wav import Encoding
from studio.core.arrangement import BAND, STEMS, Arrangement
from studio.core.candidate import Candidate
from studio.core.export_names import SongNames
from studio.core.language import capital, later, tr
from studio.core.mix import VOCAL
from studio.services.exporting.contents import (
    CLICK,
    DAW_PROJECT,
    MIDI,
    MIX,
    REAPER,
    SOUNDS,
    Contents,
    file_names,
    folder_name,
)
from studio.services.exporting.credits import credits_due, credits_words, recordings_heard
from studio.services.exporting.levels import Levels, told_of
from studio.services.exporting.settings import ExportSettings, Which, chosen_numbers
from studio.storage.atomic import free_folder
from studio.ui.appearance.widgets import ElidedLabel, Segments, label, push, style_title, tight

#: After the last letter that was typed the names are shown.
_REST_MS = 120
_FILES = (
    (VOCAL, later("Vocal")),
    *((stem, stem) for stem in STEMS),
    (BAND, later("Band")),
    (MIX, later("Mix")),
    (CLICK, later("Click")),
    (MIDI, "MIDI"),
    (DAW_PROJECT, "DAWproject"),
    (REAPER, later("REAPER project")),
)
_WHICH: tuple[tuple[Which, str], ...] = (
    ("this", later("This one")),
    ("favourites", later("Favourites")),
    ("picked", later("The picked one")),
    ("all", later("All")),
    ("chosen", later("Chosen here")),
)


@dataclass(frozen=True, eq=False)
class Exportable:
    """A song whose candidates can be exported.

    Attributes:
        this: the candidate that was asked for.
        sample_rate: of all files.
    """

    candidates: Mapping[int, Candidate]
    this: int
    favourites: Sequence[int]
    picked: int | None
    artist: str
    title: str
    sample_rate: int


class ExportDialog(QDialog):
    """Emits `wanted` (numbers, settings, SongNames, folder), and `levels_asked` (numbers, settings) when that changes.

    Args:
        settings: as they were the last time.
        ask_folder: opens the system's dialog; None where it was cancelled.
    """

    wanted = Signal(object, object, object, object)
    levels_asked = Signal(object, object)

    def __init__(
        self,
        song: Exportable,
        settings: ExportSettings,
        folder: Path,
        ask_folder: Callable[[], Path | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._song, self._folder, self._ask_folder = song, folder, ask_folder
        self._asked: tuple[object, ...] = ()
        self._float_vocals: frozenset[int] = frozenset()
        self.setWindowTitle(tr("Export"))
        self.setMinimumSize(760, 540)
        self.which: dict[Which, QRadioButton] = {}
        self.chosen: dict[int, QCheckBox] = {}
        self.files: dict[str, QCheckBox] = {}
        self.format = Segments(
            ((tr("16 bit"), "PCM_16"), (tr("24 bit"), "PCM_24"), (tr("32-bit float"), "FLOAT")),
            name=tr("Format"),
        )
        self.lower_vocal = QCheckBox(tr("Lower the vocal file too, if the level demands it"))
        self.artist, self.title = QLineEdit(song.artist), QLineEdit(song.title)
        self.names = Segments(((tr("By template"), True), (tr("Short"), False)), name=tr("Names"))
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.preview.setAccessibleName(tr("Names of the files"))
        self.levels = label("", "muted", wrap=True)
        self.levels.setMinimumHeight(48)
        self.levels.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.credits = label(credits_words(), "muted", wrap=True)
        self.where = ElidedLabel(str(folder), "muted")
        self.choose_folder = push(tr("Folder …"), icon_name="folder-open-outline")
        self.export, self.cancel = push(tr("Export"), primary=True), push(tr("Cancel"))
        for button in (self.choose_folder, self.cancel):
            button.setAutoDefault(False)  # Enter exports, from whichever field
        self.export.setDefault(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST_MS)
        self._timer.timeout.connect(self._show)
        self._lay_out()
        self._set(settings)
        self._connect()
        self._show()
        self.export.setFocus()

    # What is chosen

    @property
    def settings(self) -> ExportSettings:
        which = next(name for name, button in self.which.items() if button.isChecked())
        roles = frozenset(role for role, box in self.files.items() if box.isChecked())
        encoding = cast(Encoding, self.format.value)
        return ExportSettings(which, roles, encoding, bool(self.names.value), self.lower_vocal.isChecked())

    @property
    def song_names(self) -> SongNames:
        return SongNames(self.artist.text().strip(), self.title.text().strip(), bool(self.names.value))

    @property
    def numbers(self) -> tuple[int, ...]:
        song = self._song
        return chosen_numbers(
            self.settings.which,
            sorted(song.candidates),
            this=song.this,
            favourites=song.favourites,
            picked=song.picked,
            chosen=[number for number, box in self.chosen.items() if box.isChecked()],
        )

    # Assembly

    def _set(self, settings: ExportSettings) -> None:
        which: Which = settings.which if self.which[settings.which].isEnabled() else "this"
        self.which[which].setChecked(True)
        for role, box in self.files.items():
            box.setChecked(role in settings.roles)
        self.chosen[self._song.this].setChecked(True)
        self.format.set_value(settings.encoding)
        self.names.set_value(settings.by_template)
        self.lower_vocal.setChecked(settings.lower_vocal)

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for side in (left, right):
            tight(side, spacing=6)
        left.addWidget(label(tr("CANDIDATES"), "section"))
        self._add_candidates(left)
        left.addSpacing(6)
        left.addWidget(label(tr("FILES"), "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for place, (role, text) in enumerate(_FILES):
            self.files[role] = QCheckBox(capital(tr(text)))
            grid.addWidget(self.files[role], place % 6, place // 6)
        left.addLayout(grid)
        left.addStretch(1)
        for title, field in ((tr("ARTIST"), self.artist), (tr("TITLE"), self.title)):
            right.addWidget(label(title, "section"))
            field.setAccessibleName(capital(title.lower()))
            right.addWidget(field)
        right.addWidget(label(tr("FORMAT"), "section"))
        right.addWidget(self.format)
        right.addWidget(self.lower_vocal)
        right.addWidget(label(tr("LEVELS"), "section"))
        right.addWidget(self.levels)
        right.addWidget(self.credits)
        columns = QHBoxLayout()
        columns.setSpacing(28)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        names = QHBoxLayout()
        names.addWidget(label(tr("NAMES"), "section"))
        names.addStretch(1)
        self.names.setFixedWidth(220)
        names.addWidget(self.names)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.choose_folder)
        bottom.addWidget(self.where, 1)
        bottom.addWidget(self.cancel)
        bottom.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(columns)
        column.addLayout(names)
        column.addWidget(self.preview, 1)
        column.addLayout(bottom)

    def _add_candidates(self, column: QVBoxLayout) -> None:
        song = self._song
        # A number in brackets is how many; one candidate is called so.
        more = {
            "this": tr(": candidate {number}", number=song.this),
            "favourites": f" ({len(song.favourites)})",
            "picked": tr(": candidate {number}", number=song.picked) if song.picked else "",
            "all": f" ({len(song.candidates)})",
        }
        group = QButtonGroup(self)
        for which, text in _WHICH:
            button = self.which[which] = QRadioButton(tr(text) + more.get(which, ""))
            button.setEnabled(
                {"favourites": bool(song.favourites), "picked": bool(song.picked)}.get(which, True)
            )
            group.addButton(button)
            column.addWidget(button)
        grid = QGridLayout()
        grid.setContentsMargins(22, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for place, (number, candidate) in enumerate(sorted(song.candidates.items())):
            box = self.chosen[number] = QCheckBox(str(number))
            about = tr(
                "Candidate {number}, {style}", number=number, style=style_title(candidate.arrangement.style)
            )
            box.setToolTip(about)
            box.setAccessibleName(about)
            box.clicked.connect(lambda _=False: self.which["chosen"].setChecked(True))
            grid.addWidget(box, place // 6, place % 6)
        column.addLayout(grid)

    def _connect(self) -> None:
        for button in self.which.values():
            button.toggled.connect(lambda _: self._timer.start())
        for box in (*self.chosen.values(), *self.files.values(), self.lower_vocal):
            box.toggled.connect(lambda _: self._timer.start())
        for field in (self.artist, self.title):
            field.textChanged.connect(lambda _: self._timer.start())
        self.format.chosen.connect(lambda _: self._timer.start())
        self.names.chosen.connect(lambda _: self._timer.start())
        self.choose_folder.clicked.connect(self._choose_folder)
        self.cancel.clicked.connect(self.reject)
        self.export.clicked.connect(self.accept)

    # What is shown

    def _choose_folder(self) -> None:
        folder = self._ask_folder()
        if folder is not None:
            self._folder = folder
            self.where.setText(str(folder))
            self.show_names()

    def _show(self) -> None:
        numbers, settings = self.numbers, self.settings
        self.show_names()
        self.export.setEnabled(bool(numbers and settings.roles))
        candidates = [self._song.candidates[number] for number in numbers]
        self.credits.setVisible(
            any(credits_due(recordings_heard(made.settings, settings.roles)) for made in candidates)
        )
        asked = (numbers, settings.encoding, settings.lower_vocal)
        if numbers and asked != self._asked:
            self._asked = asked
            self.levels.setText(tr("Measuring …"))
            self.levels_asked.emit(numbers, settings)

    def show_levels(self, found: Mapping[int, Levels] | str) -> None:
        """What is done about the levels of each candidate that is chosen, or in words why that is not known."""
        if isinstance(found, str):
            self.levels.setText(found)
            return
        float_vocals = frozenset(number for number, levels in found.items() if levels.vocal_as_float)
        if float_vocals != self._float_vocals:
            self._float_vocals = float_vocals
            self.show_names()
        self.levels.setText(told_of(tuple(found.values())))

    def show_names(self) -> None:
        """What will be written, as it stands in the folder now: what was exported meanwhile has taken its name."""
        self.preview.setPlainText("\n".join(self._names(number) for number in self.numbers))

    def _names(self, number: int) -> str:
        candidate, settings = self._song.candidates[number], self.settings
        arrangement: Arrangement = candidate.arrangement
        roles = Contents(settings.roles).of(candidate.stems)
        encodings = dict.fromkeys(SOUNDS, settings.encoding)
        if number in self._float_vocals:
            encodings[VOCAL] = "FLOAT"
        names = file_names(roles, self.song_names, number, arrangement, self._song.sample_rate, encodings)
        folder = self._folder / folder_name(self.song_names, number, arrangement)
        with contextlib.suppress(OSError):  # no right to look there: the export says so
            folder = free_folder(folder)
        return "\n".join([f"{folder.name}/", *(f"    {name}" for name in names.values())])

    def accept(self) -> None:
        self._timer.stop()
        numbers, settings = self.numbers, self.settings
        if not numbers or not settings.roles:
            return
        super().accept()
        # What was chosen by hand is of this song only: the next time it is asked anew.
        kept = replace(settings, which="this") if settings.which == "chosen" else settings
        self.wanted.emit(numbers, kept, self.song_names, self._folder)
