"""Small building blocks every panel uses: labels by role, icon buttons, segmented choices, spacing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import qtawesome
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QIcon, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QToolTip,
    QWidget,
)
from qtawesome.iconic_font import IconicFont

from studio.core.language import capital, tr
from studio.core.music import Key
from studio.ui.appearance import theme
from studio.ui.appearance.wheel import WheelPasses


class ListBox(WheelPasses, QComboBox):
    """A list to choose from, which the wheel passes by: it scrolls what the list stands in, and chooses only where a
    click or Tab brought the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # Qt's own takes the focus by the wheel


class SlidingBar(WheelPasses, QSlider):
    """A slider that lies, which the wheel passes by as it does a ListBox."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class Chooser(ListBox):
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
    return style.upper() if style in ("edm", "r&b") else capital(tr(style))


def key_title(key: Key) -> str:
    """A key's name: 'A minor'."""
    tonic = str(key).split()[0]
    return tr("{tonic} major", tonic=tonic) if key.mode == "major" else tr("{tonic} minor", tonic=tonic)


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

    def set_icon(self, name: str, role: str | None = None) -> None:
        """Another picture, and another colour where one is given."""
        shown = (name, role or self._icon_role)
        if shown != (self._icon_name, self._icon_role):
            self._icon_name, self._icon_role = shown
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
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self._group.buttonToggled.connect(self._on_toggled)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(lambda index: self.chosen.emit(self._values[index]))

    def _on_toggled(self, button: QAbstractButton, chosen: bool) -> None:
        """Tab reaches the one that is chosen, left and right go on from it; Qt minds only those chosen by hand."""
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus if chosen else Qt.FocusPolicy.NoFocus)

    @property
    def value(self) -> object:
        return self._values[self._group.checkedId()]

    def set_value(self, value: object) -> None:
        """Chooses without reporting it; an unknown value leaves the choice as it is."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)

    def allow(self, value: object, why_not: str = "") -> None:
        """Greys a choice out and says why it cannot be had; "" allows it."""
        button = self._group.button(self._values.index(value))
        button.setEnabled(not why_not)
        button.setToolTip(why_not)


def button_row(*buttons: QWidget) -> QHBoxLayout:
    """The buttons that end a dialog, at its right."""
    row = QHBoxLayout()
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


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
    """A button with words. In a dialog Enter presses the primary one: otherwise Qt takes whichever comes first."""
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if primary:
        set_role(made, "primary")
        made.setDefault(True)
    if icon_name:
        made.setIcon(icon(icon_name, "on_accent" if primary else "text"))
    return made


_ANYWHERE = QTextOption()
_ANYWHERE.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)


class ElidedLabel(QLabel):
    """A line, or with `wrap` as many as there is room for, that ends in an ellipsis where it does not fit.

    What does not fit is its tool tip, unless it has another one; a screen reader is told all of it. Lines that would
    run into its `corner`, at the lower right, end before it: something else stands there.
    """

    def __init__(self, text: str = "", role: str = "", *, wrap: bool = False) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(24)
        self._wraps = wrap
        self.corner = QSize()
        vertical = QSizePolicy.Policy.Ignored if wrap else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Ignored, vertical)
        if role:
            set_role(self, role)

    def lines(self) -> list[str]:
        """What is written, line by line, the last with an ellipsis where something is left out."""
        metrics, text = self.fontMetrics(), self.text()
        if not self._wraps:
            return [metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width())]
        room = self._room
        written: list[str] = []
        # Qt knows where a line of any script may end.
        layout = QTextLayout(text, self.font())
        layout.setTextOption(_ANYWHERE)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            width = self._width_of(len(written))
            line.setLineWidth(width)
            end = line.textStart() + line.textLength()
            if len(written) == room - 1 and end < len(text):
                rest = text[line.textStart() :]
                written.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width))
                break
            written.append(text[line.textStart() : end].rstrip())
        layout.endLayout()
        return written

    @property
    def _room(self) -> int:
        """How many lines there is room for."""
        return max(1, self.height() // self.fontMetrics().lineSpacing())

    def _width_of(self, line: int) -> int:
        """Pixels that a line may have, the first is 0."""
        above = self.height() - self.corner.height()
        beside = (line + 1) * self.fontMetrics().lineSpacing() > above
        return self.width() - self.corner.width() if beside else self.width()

    def lines_wanted(self, width: int) -> int:
        """How many lines of so many pixels hold all of it."""
        layout = QTextLayout(self.text(), self.font())
        layout.setTextOption(_ANYWHERE)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
        layout.endLayout()
        return layout.lineCount()

    @property
    def is_cut(self) -> bool:
        def letters(text: str) -> str:
            return "".join(text.split())

        return letters("".join(self.lines())) != letters(self.text())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and not self.toolTip() and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text() if self.is_cut else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setPen(self.palette().color(self.foregroundRole()))
        lines = self.lines()
        top = 0 if self._wraps and self._room > 1 else (self.height() - metrics.height()) / 2
        for row, line in enumerate(lines):
            painter.drawText(QPointF(0, top + row * metrics.lineSpacing() + metrics.ascent()), line)
