"""All about one candidate: its fit report, what it was made with, and the listener's note."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.core.candidate import Candidate
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.originality import lines_of, nearest
from studio.ui.appearance.widgets import label, style_title

_NAME_WIDTH = 128


class DetailsDialog(QDialog):
    """Emits `noted` with the note when it is closed, by Escape too: what was typed is lost only by Discard. In a blind
    comparison only the note is there.

    Args:
        name: what the candidate is called now.
        candidate: None while nobody may know.
        fit: None while it is measured.
    """

    noted = Signal(str)

    def __init__(
        self,
        name: str,
        note: str,
        candidate: Candidate | None,
        fit: FitReport | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        self.setMinimumWidth(420)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        self._note = note
        self.rows: dict[str, str] = {}
        if candidate is not None:
            column.addWidget(label(style_title(candidate.arrangement.style), "title"))
            self._add(column, "FIT", fit_rows(fit))
            self._add(column, "OTHER MUSIC", {"Nearest tune": nearest(lines_of(candidate.arrangement)).words})
            self._add(column, "MADE WITH", settings_rows(candidate))
        column.addWidget(label("NOTE", "section"))
        self.note = QPlainTextEdit(note)
        self.note.setAccessibleName("Note")
        self.note.setTabChangesFocus(True)
        column.addWidget(self.note)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Discard
        )
        buttons.accepted.connect(self.accept)
        buttons.button(QDialogButtonBox.StandardButton.Discard).clicked.connect(self.discard)
        column.addWidget(buttons)
        self.note.setFocus()

    def done(self, result: int) -> None:
        typed = self.note.toPlainText().strip()
        super().done(result)
        self.noted.emit(typed)

    def discard(self) -> None:
        """Closes it with the note as it was."""
        self.note.setPlainText(self._note)
        self.reject()

    def _add(self, column: QVBoxLayout, title: str, rows: Mapping[str, str]) -> None:
        column.addWidget(label(title, "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setColumnMinimumWidth(0, _NAME_WIDTH)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(rows.items()):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(label(value, wrap=True), row, 1)
        column.addLayout(grid)
        column.addSpacing(8)
        self.rows.update(rows)


def fit_rows(fit: FitReport | None) -> dict[str, str]:
    """The measures in words."""
    if fit is None:
        return {"Fit": "still being measured"}

    def share(value: float | None) -> str:
        return "cannot be told" if value is None else f"{value:.0%}"

    rows = {
        "Beat match": f"{share(fit.beat_match)} of its attacks, less chance",
        "Chord fit": f"{share(fit.chord_fit)} of the singing on the chords",
        "Silent": f"{share(fit.silence)} of the sung time",
        "Beyond full scale": f"{fit.clipping:.2%} of its samples",
        "Noise": f"{share(fit.noise)} flatness of the spectrum",
        "Loudness": f"{fit.loudness_lufs:.1f} LUFS before matching",
    }
    if fit.beat_match is None:
        rows["Beat match"] = "cannot be told: too few attacks"
    if fit.chord_fit is None:
        rows["Chord fit"] = "cannot be told: no notes or no chords"
    return {"Poor fit": ", ".join(fit.problems), **rows} if fit.problems else rows


def settings_rows(candidate: Candidate) -> dict[str, str]:
    """The candidate's settings and instruments."""
    arrangement = candidate.arrangement
    rows = {"Key": str(arrangement.key), "Tempo": f"{arrangement.grid.tempo_bpm:.1f} bpm"}
    for name, value in candidate.settings.items():
        if isinstance(value, (str, int, float)) and str(value):
            rows[name.replace("_", " ").capitalize()] = str(value)
    rows.update({stem.capitalize(): part.instrument for stem, part in arrangement.parts.items()})
    return rows
