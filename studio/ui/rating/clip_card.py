"""One clip of a screen: a letter to hear it by, what is said of it, and after the vote what it was."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.core.language import later, tr
from studio.core.opinion import MOST_STARS, blind_label
from studio.ui.appearance import colour_maps, theme
from studio.ui.appearance.widgets import IconButton, frame, label, set_role, set_state, small_button, tight
from studio.ui.rating.ballot import ENOUGH_S, Ballot
from studio.ui.timeline.spectrogram_view import Picture

_ATTENTION = (later("not heard yet"), later("heard"), later("heard {seconds:.0f} s or more"))
_MARKS = ("○", "◐", "●")


class _ClipPicture(QWidget):
    """The spectrogram of a clip over the phrase, or its letter where that is hidden; and where it is now."""

    spoken_role = QAccessible.Role.Graphic

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.setAccessibleName(tr("Picture of clip {letter}", letter=letter))
        self.setMinimumHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._letter = letter
        self._picture: Picture | None = None
        self._place = 0.0

    def spoken_value(self) -> str:
        return (
            tr("shown, at {place:.0%} of the phrase", place=self._place)
            if self.shows_picture
            else tr("hidden until the vote, at {place:.0%} of the phrase", place=self._place)
        )

    @property
    def shows_picture(self) -> bool:
        return self._picture is not None

    def show_picture(self, picture: Picture | None) -> None:
        self._picture = picture
        self.update()

    def show_place(self, place: float) -> None:
        self._place = place
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(self.rect(), theme.current().colour("raised"))
            font = QFont(self.font())
            font.setPixelSize(min(72, max(20, self.height() // 2)))
            painter.setFont(font)
            painter.setPen(theme.current().colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)
        else:
            image = self._picture.levels[0]
            image.setColorTable(colour_maps.colour_table())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), image, QRect(0, 0, image.width(), image.height()))
        painter.setPen(QPen(theme.current().colour("accent"), 1))
        x = round(self._place * (self.width() - 1))
        painter.drawLine(x, 0, x, self.height())


class ClipCard(QWidget):
    """Emits `hear`, `best`, `worst` and `chosen` (of two to breed from) when clicked, and `rated` with stars.

    Args:
        place: on the screen, from 0.
    """

    hear = Signal()
    best = Signal()
    worst = Signal()
    rated = Signal(int)
    chosen = Signal(bool)

    def __init__(self, place: int) -> None:
        super().__init__()
        self.letter, number = blind_label(place), place + 1
        self._whole = True
        self._frame = frame("row")
        outer = QVBoxLayout(self)
        tight(outer)
        outer.addWidget(self._frame)
        self.listen = small_button(
            self.letter, tr("Hear {letter} ({number})", letter=self.letter, number=number)
        )
        set_role(self.listen, "letter")
        self.listen.setCheckable(True)
        self.attention = label("", "small")
        self.picture = _ClipPicture(self.letter)
        self.role, self.reveal = label("", "strong", wrap=True), label("", "muted", wrap=True)
        self.reveal.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.reveal.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self.name_best = self._switch(
            tr("Best"),
            tr("{letter} is best (Shift+{number}, or B and {number})", letter=self.letter, number=number),
        )
        self.name_worst = self._switch(
            tr("Worst"),
            tr("{letter} is worst (Alt+{number}, or W and {number})", letter=self.letter, number=number),
        )
        self.more = self._switch(
            tr("More like this"), tr("Choose {letter} as a parent of the next clips", letter=self.letter)
        )
        self.stars: list[IconButton] = []
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        top = QHBoxLayout()
        tight(top, spacing=8)
        top.addWidget(self.listen)
        top.addStretch(1)
        top.addWidget(self.attention)
        column.addLayout(top)
        column.addWidget(self.picture, 1)
        column.addWidget(self.role)
        column.addWidget(self.reveal, 1)
        stars = QHBoxLayout()
        tight(stars, spacing=0)
        for count in range(1, MOST_STARS + 1):
            star = IconButton(
                "star-outline",
                tr(
                    "{count} stars for {letter} (Ctrl+{count} while it is heard)",
                    count=count,
                    letter=self.letter,
                ),
            )
            star.setFixedSize(28, 26)
            star.clicked.connect(partial(self._on_star, count))
            stars.addWidget(star)
            self.stars.append(star)
        stars.addStretch(1)
        column.addLayout(stars)
        said = QHBoxLayout()
        tight(said, spacing=6)
        for button in (self.name_best, self.name_worst):
            said.addWidget(button)
        column.addLayout(said)
        column.addWidget(self.more)
        self.listen.clicked.connect(self.hear)
        self.name_best.clicked.connect(self.best)
        self.name_worst.clicked.connect(self.worst)
        self.more.toggled.connect(self.chosen)
        self.setAccessibleName(tr("Clip {letter}", letter=self.letter))

    @staticmethod
    def _switch(text: str, tip: str) -> QToolButton:
        button = small_button(text, tip)
        set_role(button, "switch")
        button.setCheckable(True)
        return button

    def _on_star(self, count: int, _checked: bool = False) -> None:
        self.rated.emit(count)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hear.emit()

    # What is shown

    def show_said(self, ballot: Ballot, key: str, *, selected: bool, changeable: bool) -> None:
        """What was said of it so far, and whether it is heard now."""
        set_state(self._frame, "selected", selected)
        self.listen.setChecked(selected)
        self.name_best.setChecked(ballot.best == key)
        self.name_worst.setChecked(ballot.worst == key)
        given = ballot.stars.get(key, 0)
        for count, star in enumerate(self.stars, 1):
            star.set_icon("star" if count <= given else "star-outline")
            star.setVisible(self._whole and (changeable or count <= given))
        for button in (self.name_best, self.name_worst):
            button.setEnabled(changeable)
        self.show_attention(ballot, key)

    def show_whole(self, whole: bool) -> None:
        """Whether more can be said of it than that it is best."""
        self._whole = whole

    def show_attention(self, ballot: Ballot, key: str) -> None:
        state = ballot.attention(key)
        text = (
            tr("{mark} {seconds:.0f} s", mark=_MARKS[state], seconds=ballot.heard_s[key])
            if state
            else tr("{marks} not heard yet", marks=_MARKS[0])
        )
        if text != self.attention.text():
            self.attention.setText(text)
            attention = tr(_ATTENTION[state], seconds=ENOUGH_S)
            self.attention.setToolTip(attention)
            self.attention.setAccessibleName(f"{self.letter}: {attention}")

    def show_reveal(self, text: str | None, *, parent: bool = True) -> None:
        """What it was; None before the vote.

        Args:
            parent: whether more like it can be asked for.
        """
        role, _, more = (text or "").partition("\n")
        for shown, line in ((self.role, role), (self.reveal, more)):
            shown.setText(line)
            shown.setVisible(text is not None)
        self.more.setVisible(text is not None and parent)
        for button in (self.name_best, self.name_worst):
            button.setVisible(
                (text is None and (self._whole or button is self.name_best)) or button.isChecked()
            )
        if text is None:
            self.more.setChecked(False)
        self.setAccessibleName(tr("Clip {letter}", letter=self.letter) + (f": {text}" if text else ""))
