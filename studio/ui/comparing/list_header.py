"""The line above the candidates: how they are compared, and how many are out of sight."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from studio.core.language import tr, trn
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import ElidedLabel, set_role, small_button, tight


class ListHeader(QWidget):
    """Emits what its switches ask for; `show_` methods say how they stand. Hidden while there are no candidates."""

    blind_toggled = Signal()
    match_toggled = Signal()
    hidden_toggled = Signal()
    teach_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.count = ElidedLabel("", "section")
        self.count.setMinimumWidth(1)  # the rows can be counted
        self.blind = _switch(
            tr("Blind"), tr("Hide names, styles, chords and order until you reveal them (B)")
        )
        self.match = _switch(
            tr("Match loudness"), tr("All bands equally loud; the vocal stays as it is (Shift+L)")
        )
        self.hidden = _switch("", tr("Show or hide them again (Shift+H)"))
        self.hidden.hide()
        self.teach = _switch(
            tr("Teach it your taste"), tr("Rate bands to a phrase of this song, blind (Ctrl+R)")
        )
        self.teach.setCheckable(False)
        self.setFixedHeight(32)
        row = QHBoxLayout(self)
        tight(row, spacing=theme.UNIT)
        row.addWidget(self.count, 1)
        for button in (self.teach, self.hidden, self.match, self.blind):
            row.addWidget(button)
        row.addSpacing(theme.SCROLL_BAR)
        self.blind.clicked.connect(self.blind_toggled)
        self.match.clicked.connect(self.match_toggled)
        self.hidden.clicked.connect(self.hidden_toggled)
        self.teach.clicked.connect(self.teach_wanted)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when the first candidate comes
        self.setSizePolicy(policy)
        self.hide()

    def show_candidates(self, count: int, *, blind: bool) -> None:
        self.setVisible(count > 0)
        self.count.setText(trn("{count} CANDIDATE", "{count} CANDIDATES", count))
        self.blind.setChecked(blind)
        self.blind.setText(tr("Reveal") if blind else tr("Blind"))

    def show_matched(self, matched: bool) -> None:
        self.match.setChecked(matched)

    def show_hidden(self, poor: int, others: int, *, shown: bool) -> None:
        """How many are out of sight because they fit poorly, and because the listener hid them."""
        parts = [trn("{count} poor fit", "{count} poor fits", poor)] if poor else []
        parts += [tr("{others} more", others=others) if poor else str(others)] if others else []
        self.hidden.setText(
            tr("{names} shown – hide", names=tr(" and ").join(parts))
            if shown
            else tr("{names} hidden – show", names=tr(" and ").join(parts))
        )
        self.hidden.setChecked(shown)
        self.hidden.setVisible(bool(parts))


def _switch(text: str, tip: str) -> QToolButton:
    button = small_button(text, tip)
    set_role(button, "switch")
    button.setCheckable(True)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
