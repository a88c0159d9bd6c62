"""Solo, mute and level of the four stems and of the vocal, shared by all candidates."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio.core.arrangement import STEMS
from studio.core.language import capital, tr
from studio.core.mix import VOCAL, Mix
from studio.ui.appearance.drag_start import ButtonDrag
from studio.ui.appearance.widgets import set_role, tight

Button = TypeVar("Button", bound=QToolButton)


_STEP_DB = 1.0


class StemStrip(QWidget):
    """A name, S and M for each source. The name underlined is the one that the keys M and Shift+S act on.

    A name can be dragged out: `dragged` says which while the button is held. The wheel over a name, or + and - where
    it has the focus, change its level; a double-click puts it back.
    """

    solo_toggled = Signal(str)
    mute_toggled = Signal(str)
    target_changed = Signal(str)
    level_stepped = Signal(str, float)
    dragged = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.target = STEMS[0]
        self.why_no_stems = ""
        self.names: dict[str, QToolButton] = {}
        self.solos: dict[str, QToolButton] = {}
        self.mutes: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        tight(row, spacing=8)
        for source in (VOCAL, *STEMS):
            group = QHBoxLayout()
            tight(group, spacing=2)
            tip = tr(
                "Keys M and Shift+S act on {source}; the wheel, + and − change its level", source=tr(source)
            )
            name = self._button(_Name(), capital(tr(source)), "stem", tip)
            name.stepped.connect(lambda step, s=source: self.level_stepped.emit(s, step))
            name.dragged.connect(lambda s=source: self.dragged.emit(s))
            name.setChecked(source == self.target)
            name.clicked.connect(lambda _=False, s=source: self.set_target(s))
            solo = self._button(QToolButton(), "S", "solo", tr("Solo {source}", source=tr(source)))
            mute = self._button(QToolButton(), "M", "mute", tr("Mute {source}", source=tr(source)))
            solo.clicked.connect(lambda _=False, s=source: self.solo_toggled.emit(s))
            mute.clicked.connect(lambda _=False, s=source: self.mute_toggled.emit(s))
            for button in (solo, mute):
                button.setFixedSize(22, 22)
            for button in (name, solo, mute):
                group.addWidget(button)
            self.names[source], self.solos[source], self.mutes[source] = name, solo, mute
            row.addLayout(group)

    def _button(self, button: Button, text: str, role: str, tip: str) -> Button:
        button.setText(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_role(button, role)
        return button

    def show_stems(self, why_not: str = "") -> None:
        """Greys out the stems where the candidate heard has none, and says why; "" when it has them."""
        if why_not == self.why_no_stems:
            return  # asked at every turn of a knob
        self.why_no_stems = why_not
        for stem in STEMS:
            for button in (self.names[stem], self.solos[stem], self.mutes[stem]):
                button.setEnabled(not why_not)
                button.setToolTip(why_not or button.accessibleName())

    def set_target(self, source: str) -> None:
        self.target = source
        for name, button in self.names.items():
            button.setChecked(name == source)
        self.target_changed.emit(source)

    def show_mix(self, mix: Mix) -> None:
        for source in (VOCAL, *STEMS):
            self.solos[source].setChecked(source in mix.soloed)
            self.mutes[source].setChecked(source in mix.muted)
            level = mix.levels_db.get(source, 0.0)
            self.names[source].setText(capital(tr(source)) + (f" {level:+.0f}" if level else ""))


class _Name(QToolButton):
    """Emits `stepped` with decibels, 0 for "as it was", and `dragged` while the button is held."""

    stepped = Signal(float)
    dragged = Signal()

    def __init__(self) -> None:
        super().__init__()
        ButtonDrag(self).begun.connect(self.dragged)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.stepped.emit(_STEP_DB if event.angleDelta().y() > 0 else -_STEP_DB)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.stepped.emit(0.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {"+": _STEP_DB, "-": -_STEP_DB}
        if event.text() in steps:
            self.stepped.emit(steps[event.text()])
        else:
            super().keyPressEvent(event)
