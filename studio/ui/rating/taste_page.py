"""What it learned of a listener, in words: how sure each is, and the screens it rests on, which can be heard again; and
what can be done about it: switched off, forgotten, taken away as a table, begun from music that is liked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from studio.core.language import capital, tr, trn
from studio.taste.features import WORDS
from studio.taste.model import ENOUGH_PAIRS, Taste
from studio.taste.statements import NOT_SURE, Statement
from studio.ui.appearance.widgets import frame, label, push, small_button, tight

#: What a screen with a best and a worst weighs: pairs, of a listener who is trusted.
_PAIRS_A_SCREEN = 5
_DOTS: Mapping[str, str] = {"sure": "●●●", "fairly sure": "●●○", "a leaning": "●○○"}
_SIDE_WIDTH = 320


def need_in_words(taste: Taste | None) -> str:
    """How much there is, and how much more is needed."""
    if taste is None:
        return tr("Nothing yet. One sitting of twelve screens tells it enough to choose by.")
    weigh = tr("What you said weighs as much as {pairs:.0f} sure comparisons", pairs=taste.pairs)
    if taste.enough:
        return tr("{weigh}: enough to choose by. More make it surer.", weigh=weigh)
    screens = math.ceil((ENOUGH_PAIRS - taste.pairs) / _PAIRS_A_SCREEN)
    more = trn("{count} more screen", "{count} more screens", screens)
    return tr(
        "{weigh}; about {more} until it is acted upon, more if answers differ on what comes twice.",
        weigh=weigh,
        more=more,
    )


class TastePage(QWidget):
    """Emits what is wanted; shows what the `show_` methods are told."""

    revisit = Signal(int)
    named = Signal(str)
    switched = Signal(bool)
    export_wanted = Signal()
    music_wanted = Signal()
    music_dropped = Signal(object)
    music_forgotten = Signal()
    forget_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.title = label(tr("What it learned"), "title")
        self.need, self.told = label("", "muted", wrap=True), label("", "warning", wrap=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        self.lines: list[QFrame] = []
        self.unsure = label("", "muted", wrap=True)
        inner = QWidget()
        words = QVBoxLayout(inner)
        tight(words, spacing=10)
        words.addLayout(self._rows)
        words.addWidget(self.unsure)
        words.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        left = QVBoxLayout()
        left.setSpacing(8)
        for widget in (self.title, self.need, self.told):
            left.addWidget(widget)
        left.addWidget(scroll, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(20)
        row.addLayout(left, 1)
        row.addWidget(self._side())

    def _side(self) -> QWidget:
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Listener"))
        self.name.setToolTip(tr("Whose taste this is; each name has its own"))
        self.use = QCheckBox(tr("Use it to choose what you are played"))
        self.use.setToolTip(tr("Off: screens are drawn by chance and difference; nothing is forgotten"))
        self.music = push(tr("Music you like …"))
        self.music.setToolTip(tr("Files whose sound it begins from, until you have voted; or drop them here"))
        self.music_told = label("", "muted", wrap=True)
        self.no_music = push(tr("Forget this music"))
        self.export = push(tr("Save votes as a table …"))
        self.forget_song = push(tr("Forget this song's votes …"))
        self.forget_all = push(tr("Forget everything of this listener …"))
        self.lies = label("", "small", wrap=True)
        self.lies.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        side = frame("panel")
        side.setFixedWidth(_SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        groups: tuple[tuple[str, tuple[QWidget, ...]], ...] = (
            (tr("LISTENER"), (self.name, self.use)),
            (tr("TO BEGIN WITH"), (self.music, self.music_told, self.no_music)),
            (tr("YOUR VOTES"), (self.export, self.forget_song, self.forget_all, self.lies)),
        )
        for title, widgets in groups:
            column.addWidget(label(title, "section"))
            for widget in widgets:
                column.addWidget(widget)
            column.addSpacing(8)
        column.addStretch(1)
        self.name.editingFinished.connect(lambda: self.named.emit(self.name.text().strip()))
        self.show_said(of_song=False, of_listener=False)
        self.use.clicked.connect(self.switched)
        self.music.clicked.connect(self.music_wanted)
        self.no_music.clicked.connect(self.music_forgotten)
        self.export.clicked.connect(self.export_wanted)
        self.forget_song.clicked.connect(lambda: self.forget_wanted.emit("song"))
        self.forget_all.clicked.connect(lambda: self.forget_wanted.emit("all"))
        return side

    # What is shown

    def show_listener(self, name: str, *, used: bool, lies: str) -> None:
        self.name.setText(name)
        self.use.setChecked(used)
        self.lies.setText(
            tr("They lie in each song's project and in {lies}, on this machine only.", lies=lies)
        )

    def show_said(self, *, of_song: bool, of_listener: bool) -> None:
        """Whether anything was said of the open song, and at all: what is not there is neither forgotten nor saved."""
        for button, there, tip in (
            (self.export, of_listener, tr("CSV: every vote with what was heard")),
            (self.forget_song, of_song, ""),
            (self.forget_all, of_listener, ""),
        ):
            button.setEnabled(there)
            button.setToolTip(tip if there else tr("Nothing was said yet"))

    def show_music(self, names: Sequence[str]) -> None:
        """The files it begins from."""
        self.music_told.setText(tr(", ").join(names) if names else tr("None: it begins without an opinion."))
        self.no_music.setVisible(bool(names))

    def show_taste(self, taste: Taste | None, screens: Mapping[str, int], *, used: bool = True) -> None:
        """
        Args:
            screens: numbers of the open song's screens, by the keys that evidence has.
            used: whether it is switched on.
        """
        for line in self.lines:
            self._rows.removeWidget(line)
            line.deleteLater()
        self.lines = []
        self.need.setText(
            need_in_words(taste) if used else tr("Switched off: nothing is learned, and nothing forgotten.")
        )
        told = taste.told if taste is not None else ()
        self.told.setText(" ".join(told))
        self.told.setVisible(bool(told))
        statements = taste.explain() if taste is not None else ()
        for statement in statements:
            if statement.sureness != NOT_SURE:
                line = self._line(statement, screens)
                self._rows.addWidget(line)
                self.lines.append(line)
        rest = [" – ".join(map(tr, WORDS[s.feature])) for s in statements if s.sureness == NOT_SURE]
        self.unsure.setText("\n".join([tr("Not sure yet:"), *rest]) if rest else "")

    def _line(self, statement: Statement, screens: Mapping[str, int]) -> QFrame:
        line = frame("row")
        row = QHBoxLayout(line)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(10)
        words = tr(statement.words)
        row.addWidget(label(capital(words), "strong"))
        dots = label(_DOTS.get(statement.sureness, ""), "stars")
        dots.setToolTip(
            tr("The chance that it is so and not the other way round: {chance:.0%}", chance=statement.chance)
        )
        row.addWidget(dots)
        row.addWidget(label(tr(statement.sureness), "muted"))
        row.addStretch(1)
        elsewhere = 0
        for key in statement.evidence:
            if key not in screens:
                elsewhere += 1
                continue
            number = screens[key]
            button = small_button(
                tr("Screen {number}", number=number),
                tr("Hear screen {number} again, which speaks for {words}", number=number, words=words),
            )
            button.setFixedWidth(88)
            button.clicked.connect(lambda _=False, number=number: self.revisit.emit(number))
            row.addWidget(button)
        if elsewhere:
            row.addWidget(label(tr("{elsewhere} in other songs", elsewhere=elsewhere), "small"))
        line.setAccessibleName(str(statement))
        return line

    # Music that is liked

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.music_dropped.emit(paths)
