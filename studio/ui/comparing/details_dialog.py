"""All about one candidate: its fit report, what it was made with, and the listener's note."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.core.candidate import Candidate
from studio.core.language import tr
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.levels import CandidateLevels
from studio.services.measuring.originality import lines_of, nearest
from studio.ui.appearance.scrolling import FittingScroll
from studio.ui.appearance.widgets import label, style_title, tight
from studio.ui.comparing.detail_words import fit_rows, level_rows, settings_rows

_NAME_WIDTH = 128


class DetailsDialog(QDialog):
    """Emits `noted` with the note when it is closed, by Escape too: what was typed is lost only by Discard. In a blind
    comparison only the note is there.

    Args:
        name: what the candidate is called now.
        candidate: None while nobody may know.
        fit, levels: None while they are measured.
    """

    noted = Signal(str)

    def __init__(
        self,
        name: str,
        note: str,
        candidate: Candidate | None,
        fit: FitReport | None,
        levels: CandidateLevels | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        self.setMinimumWidth(480)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        self._note = note
        self.rows: dict[str, str] = {}
        if candidate is not None:
            column.addWidget(label(style_title(candidate.arrangement.style), "title"))
            known = QWidget()
            facts = QVBoxLayout(known)
            tight(facts, spacing=8)
            self._add(facts, tr("FIT"), fit_rows(fit))
            self._add(facts, tr("LEVELS"), level_rows(levels))
            like = nearest(lines_of(candidate.arrangement)).words
            self._add(facts, tr("OTHER MUSIC"), {tr("Nearest tune"): like})
            self._add(facts, tr("MADE WITH"), settings_rows(candidate))
            # Where there is no room for all of it, the note stays in sight; keys scroll what is above.
            scroll = FittingScroll(known, least=160)
            scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            scroll.setAccessibleName(tr("What is known of it"))
            column.addWidget(scroll, 1)
        column.addWidget(label(tr("NOTE"), "section"))
        self.note = QPlainTextEdit(note)
        self.note.setAccessibleName(tr("Note"))
        self.note.setTabChangesFocus(True)
        self.note.setMinimumHeight(64)
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
