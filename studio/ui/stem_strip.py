"""Solo and mute of the four stems and of the vocal, shared by all candidates."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.core.arrangement import STEMS
from studio.services.session_mix import VOCAL, MixState
from studio.ui.widgets import set_role, tight


class StemStrip(QWidget):
    """A name, S and M for each source. The name underlined is the one that the keys M and Shift+S act on."""

    solo_toggled = Signal(str)
    mute_toggled = Signal(str)
    target_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.target = STEMS[0]
        self.names: dict[str, QToolButton] = {}
        self.solos: dict[str, QToolButton] = {}
        self.mutes: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        tight(row, spacing=8)
        for source in (VOCAL, *STEMS):
            group = QHBoxLayout()
            tight(group, spacing=2)
            name = self._button(source.capitalize(), "stem", f"Keys M and Shift+S act on {source}")
            name.setChecked(source == self.target)
            name.clicked.connect(lambda _=False, s=source: self.set_target(s))
            solo = self._button("S", "solo", f"Solo {source}")
            mute = self._button("M", "mute", f"Mute {source}")
            solo.clicked.connect(lambda _=False, s=source: self.solo_toggled.emit(s))
            mute.clicked.connect(lambda _=False, s=source: self.mute_toggled.emit(s))
            for button in (solo, mute):
                button.setFixedSize(22, 22)
            for button in (name, solo, mute):
                group.addWidget(button)
            self.names[source], self.solos[source], self.mutes[source] = name, solo, mute
            row.addLayout(group)

    def _button(self, text: str, role: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_role(button, role)
        return button

    def set_target(self, source: str) -> None:
        self.target = source
        for name, button in self.names.items():
            button.setChecked(name == source)
        self.target_changed.emit(source)

    def show_mix(self, mix: MixState) -> None:
        for source in (VOCAL, *STEMS):
            self.solos[source].setChecked(source in mix.soloed)
            self.mutes[source].setChecked(source in mix.muted)
