"""All about one candidate: its fit report, what it was made with, and the listener's note."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.core.candidate import Candidate, told_change
from studio.core.language import capital, tr
from studio.services.measuring.fit_report import FitReport
from studio.ui.appearance.widgets import key_title, label, style_title

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
            self._add(column, tr("FIT"), fit_rows(fit))
            self._add(column, tr("MADE WITH"), settings_rows(candidate))
        column.addWidget(label(tr("NOTE"), "section"))
        self.note = QPlainTextEdit(note)
        self.note.setAccessibleName(tr("Note"))
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
        return {tr("Fit"): tr("still being measured")}

    def share(value: float | None) -> str:
        return tr("cannot be told") if value is None else f"{value:.0%}"

    rows = {
        tr("Beat match"): tr("{share} of its attacks, less chance", share=share(fit.beat_match)),
        tr("Chord fit"): tr("{share} of the singing on the chords", share=share(fit.chord_fit)),
        tr("Silent"): tr("{share} of the sung time", share=share(fit.silence)),
        tr("Beyond full scale"): tr("{clipping:.2%} of its samples", clipping=fit.clipping),
        tr("Noise"): tr("{share} flatness of the spectrum", share=share(fit.noise)),
        tr("Loudness"): tr("{loudness_lufs:.1f} LUFS before matching", loudness_lufs=fit.loudness_lufs),
    }
    if fit.beat_match is None:
        rows[tr("Beat match")] = tr("cannot be told: too few attacks")
    if fit.chord_fit is None:
        rows[tr("Chord fit")] = tr("cannot be told: no notes or no chords")
    return {tr("Poor fit"): tr(", ").join(map(tr, fit.problems)), **rows} if fit.problems else rows


def settings_rows(candidate: Candidate) -> dict[str, str]:
    """The candidate's settings and instruments."""
    arrangement = candidate.arrangement
    rows = {
        tr("Key"): key_title(arrangement.key),
        tr("Tempo"): tr("{tempo_bpm:.1f} bpm", tempo_bpm=arrangement.grid.tempo_bpm),
    }
    for name, value in candidate.settings.items():
        if isinstance(value, (str, int, float)) and str(value):
            rows[capital(tr(name.replace("_", " ")))] = told_change(str(value))
    rows.update({capital(tr(stem)): tr(part.instrument) for stem, part in arrangement.parts.items()})
    return rows
