"""Small building blocks every panel uses: labels by role, icon buttons, segmented choices, spacing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import qtawesome
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)
from qtawesome.iconic_font import IconicFont

from studio.ui.appearance import theme


class Chooser(QComboBox):
    """A list to choose from in a window; closed, it gives the focus back to the window, so that single keys work."""

    def hidePopup(self) -> None:
        super().hidePopup()
        self.window().setFocus()


@cache
def _font() -> IconicFont:
    """The one font of icons that is used, and the only one that the packaged program has; qtawesome itself would load
    eleven."""
    folder = Path(qtawesome.__file__).parent / "fonts"
    (font,) = folder.glob("materialdesignicons6-webfont-[0-9]*.ttf")
    (names,) = folder.glob("materialdesignicons6-webfont-charmap-*.json")
    return IconicFont(("mdi6", font.name, names.name))


def icon(name: str, role: str = "text") -> QIcon:
    """A Material Design icon in a colour of the theme; grey where disabled, the on-accent colour never needed."""
    colours = theme.current()
    return _font().icon(f"mdi6.{name}", color=colours.colour(role), color_disabled=colours.colour("border"))


def style_title(style: str) -> str:
    """A style's name as a heading: 'Pop ballad', 'R&B', 'EDM'."""
    return style.upper() if style in ("edm", "r&b") else style[:1].upper() + style[1:]


def set_role(widget: QWidget, role: str) -> None:
    widget.setProperty("role", role)


def set_state(widget: QWidget, name: str, value: bool) -> None:
    """Sets a property the style sheet selects on, and repaints when it changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        set_role(made, role)
    made.setWordWrap(wrap)
    return made


def frame(role: str) -> QFrame:
    made = QFrame()
    set_role(made, role)
    return made


def tight(layout: QLayout, *, margin: int = 0, spacing: int = theme.UNIT) -> None:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)


class IconButton(QToolButton):
    """A flat button with an icon that follows the theme. `tip` names it for screen readers too."""

    def __init__(
        self, name: str, tip: str, *, checkable: bool = False, size: int = 18, role: str = "text"
    ) -> None:
        super().__init__()
        self._icon_name, self._icon_role = name, role
        self.setCheckable(checkable)
        self.setIconSize(QSize(size, size))
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.refresh()
        if checkable:
            self.toggled.connect(lambda _: self.refresh())

    def set_icon(self, name: str) -> None:
        self._icon_name = name
        self.refresh()

    def refresh(self) -> None:
        """Redraws the icon in the colours of the theme now in use."""
        role = "accent" if self.isCheckable() and self.isChecked() else self._icon_role
        self.setIcon(icon(self._icon_name, role))


class Segments(QWidget):
    """A row of buttons of which one is chosen."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[str, object]], *, name: str) -> None:
        super().__init__()
        self._values = [value for _, value in choices]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        tight(row, spacing=2)
        for index, (text, _) in enumerate(choices):
            button = small_button(text, f"{name}: {text}")
            button.setToolTip("")
            button.setCheckable(True)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(lambda index: self.chosen.emit(self._values[index]))

    @property
    def value(self) -> object:
        return self._values[self._group.checkedId()]

    def set_value(self, value: object) -> None:
        """Chooses without reporting it; an unknown value leaves the choice as it is."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)


def as_field(spin: QAbstractSpinBox) -> None:
    """Makes a spin box look and stand like a text field: no arrows, the text inset, as high as a list."""
    spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    spin.lineEdit().setTextMargins(7, 0, 0, 0)
    spin.setFixedHeight(28)
    spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def small_button(text: str, tip: str) -> QToolButton:
    """A quiet button as high as a segment, for help beside a field."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    set_role(button, "segment")
    return button


def push(text: str, *, icon_name: str = "", primary: bool = False) -> QPushButton:
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if primary:
        set_role(made, "primary")
    if icon_name:
        made.setIcon(icon(icon_name, "on_accent" if primary else "text"))
    return made


class ElidedLabel(QLabel):
    """A one-line label that ends in an ellipsis where it does not fit; the whole text is its tool tip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(24)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if role:
            set_role(self, role)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
