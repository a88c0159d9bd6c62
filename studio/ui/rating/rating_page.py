"""The rating screen: four bands to one phrase, blind; which is best, which worst.

Its keys are RATING in the table of shortcuts. B or W twice names the one heard; after the vote the number of the clip
that is heard chooses it as a parent, and M breeds from the two chosen.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import capital, later, tr
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import IconButton, label, push, set_role, small_button, tight
from studio.ui.keys.key_map import KeyMap
from studio.ui.rating.ballot import Ballot
from studio.ui.rating.clip_card import ClipCard
from studio.ui.rating.rated import Rated
from studio.ui.rating.rating_keys import RatingKeys
from studio.ui.rating.words import repeat_in_words, reveal_of, span
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.timeline.spectrogram_view import Picture
from studio.ui.window.preferences import Preferences

_PICTURES = "rating_shows_pictures"
_MOST_CLIPS = 4
_OPEN = later("Enter votes. The worst and stars help, but need not be.")


class RatingPage(QWidget):
    """Shows a sitting, and gives it what is said. Emits `left` when the user pauses."""

    left = Signal()

    def __init__(self, sitting: Rated, pictures: SpectrogramJobs, preferences: Preferences) -> None:
        super().__init__()
        self.sitting, self._pictures, self._preferences = sitting, pictures, preferences
        self.deck = sitting.deck
        self._drawn: dict[str, Picture] = {}
        #: How far the next screen is, in words; empty where that is not known.
        self._made = ""
        #: 'best' or 'worst' while a number is waited for.
        self.naming = ""
        self._keys = RatingKeys(self, KeyMap(preferences))
        self.cards = [ClipCard(place) for place in range(_MOST_CLIPS)]
        self._stack = QStackedWidget()
        self._stack.addWidget(self._screen())
        self._stack.addWidget(self._notice())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(10)
        column.addLayout(self._top())
        column.addWidget(self._stack, 1)
        for place, card in enumerate(self.cards):
            card.hear.connect(partial(self.hear, place))
            card.best.connect(partial(self.name, "best", place))
            card.worst.connect(partial(self.name, "worst", place))
            card.rated.connect(partial(self.rate, place))
            card.chosen.connect(lambda _: self._show_parents())
        sitting.changed.connect(self._show)
        sitting.progressed.connect(self._on_progressed)
        pictures.ready.connect(self._on_picture)
        self.deck.ticked.connect(self._on_tick)
        self.deck.playing_changed.connect(lambda on: self.play.set_icon("pause" if on else "play"))
        self._show()

    # Assembly

    def _top(self) -> QHBoxLayout:
        self.title = label("", "title", wrap=True)
        self.progress = QProgressBar()
        self.progress.setRange(0, self.sitting.length)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(96)
        self.progress.setAccessibleName(tr("Progress of the sitting"))
        self.count = label("", "muted")
        self.phrase = label("", "muted")
        self.earlier = IconButton("chevron-left", tr("An earlier phrase (Alt+Left)"))
        self.later = IconButton("chevron-right", tr("A later phrase (Alt+Right)"))
        self.show_pictures = small_button(tr("Pictures"), tr("Show the pictures before the vote too"))
        set_role(self.show_pictures, "switch")
        self.show_pictures.setCheckable(True)
        self.show_pictures.setChecked(self._preferences.get(_PICTURES, False))
        self.pause = push(tr("Pause the sitting"))
        self.pause.setToolTip(
            tr("Back to the song (Esc); the sitting goes on where it stands, today or tomorrow")
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        row.addWidget(self.progress)
        row.addWidget(self.count)
        row.addSpacing(8)
        for widget in (self.earlier, self.phrase, self.later):
            row.addWidget(widget)
        row.addSpacing(8)
        self.show_pictures.setFixedWidth(84)
        row.addWidget(self.show_pictures)
        row.addWidget(self.pause)
        self.earlier.clicked.connect(lambda: self.sitting.move_phrase(-1))
        self.later.clicked.connect(lambda: self.sitting.move_phrase(1))
        self.show_pictures.toggled.connect(self._on_pictures)
        self.pause.clicked.connect(self.left)
        return row

    def _screen(self) -> QWidget:
        self.play = IconButton("play", tr("Play or pause (Space)"), size=22)
        set_role(self.play, "play")
        self.play.setFixedSize(36, 36)
        self.place = QProgressBar()
        self.place.setRange(0, 1000)
        self.place.setTextVisible(False)
        self.place.setAccessibleName(tr("Where in the phrase"))
        self.none = self._switch(tr("None usable (0)"), tr("None of them is good enough to be used (0)"))
        self.tie = self._switch(tr("All alike (=)"), tr("None is better than the others (=)"))
        self.hint = label("", "muted", wrap=True)
        self.undo = push(tr("Undo the last vote"))
        self.breed = push(tr("More like these two"))
        self.breed.setToolTip(tr("The next screen holds children of the two (M)"))
        self.vote = push(tr("Vote (Enter)"), primary=True)
        cards = QHBoxLayout()
        cards.setSpacing(theme.UNIT * 3)
        for card in self.cards:
            cards.addWidget(card, 1)
        transport = QHBoxLayout()
        transport.setSpacing(12)
        transport.addWidget(self.play)
        transport.addWidget(self.place, 1)
        transport.addWidget(self.none)
        transport.addWidget(self.tie)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.hint, 1)
        for button in (self.undo, self.breed, self.vote):
            bottom.addWidget(button)
        screen = QWidget()
        column = QVBoxLayout(screen)
        tight(column, spacing=12)
        column.addLayout(cards, 1)
        column.addLayout(transport)
        column.addLayout(bottom)
        self.play.clicked.connect(self.deck.toggle)
        self.none.clicked.connect(self.toggle_none)
        self.tie.clicked.connect(self.toggle_tie)
        self.undo.clicked.connect(self.sitting.undo)
        self.breed.clicked.connect(self.ask_to_breed)
        self.vote.clicked.connect(self.go_on)
        return screen

    @staticmethod
    def _switch(text: str, tip: str) -> QToolButton:
        button = small_button(text, tip)
        set_role(button, "switch")
        button.setCheckable(True)
        button.setMinimumWidth(132)  # more where the words need it
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return button

    def _notice(self) -> QWidget:
        """What is shown in place of a screen."""
        self.notice, self.more = label("", "hero"), label("", "muted", wrap=True)
        self.more.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.more.setFixedWidth(560)
        self.making = QProgressBar()
        self.making.setRange(0, 1000)
        self.making.setTextVisible(False)
        self.making.setFixedWidth(320)
        self.again = push(tr("Another sitting"), primary=True)
        notice = QWidget()
        column = QVBoxLayout(notice)
        column.setSpacing(12)
        column.addStretch(1)
        for widget in (self.notice, self.more, self.making, self.again):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.again.clicked.connect(self.sitting.begin_anew)
        return notice

    # What is shown

    def _show(self) -> None:
        sitting = self.sitting
        state, screen, ballot = sitting.state, sitting.screen, sitting.ballot
        on_screen = state in ("voting", "revealed") and screen is not None and ballot is not None
        self.naming = ""
        self._stack.setCurrentIndex(0 if on_screen else 1)
        voted = sitting.done
        asked = tr("this is what you heard") if state == "revealed" else tr(sitting.question)
        number = (
            tr("Screen {number}: ", number=screen.number)
            if on_screen and screen is not None and sitting.is_whole
            else ""
        )
        self.title.setText(number + asked if number else capital(asked))
        self.progress.setRange(0, sitting.length)
        self.progress.setValue(voted)
        self.count.setText(sitting.count_in_words if state != "over" else "")
        whole = sitting.is_whole
        self.phrase.setVisible(on_screen)
        for button in (self.earlier, self.later):
            button.setVisible(on_screen and whole and sitting.goes_on)
        self.none.setVisible(whole)
        self.undo.setVisible(whole)
        if on_screen and screen is not None and ballot is not None:
            self.phrase.setText(span(screen.phrase_s))
            self.phrase.setToolTip(tr("The phrase that is played"))
            self._show_screen(ballot)
            self._draw()
        else:
            self._show_notice(state)

    def _show_notice(self, state: str) -> None:
        if not self.sitting.is_whole:
            making = (
                tr("Making the next two"),
                tr("The first two take a moment; later ones are made while you listen."),
            )
        elif self.sitting.done:
            making = tr("Making the next four"), tr("The bands of the next screen are made while you listen.")
        else:
            making = (
                tr("Making the first four"),
                tr("The first four take a moment; later ones are made while you listen."),
            )
        texts = {
            "refused": (tr("Not now"), self.sitting.why),
            "making": (making[0], self._made or making[1]),
            "loading": ("", tr("Reading the clips …")),
            "over": self.sitting.over,
        }
        title, more = texts.get(state, ("", ""))
        self.notice.setText(title)
        self.more.setText(more)
        self.making.setVisible(state == "making")
        self.again.setVisible(state == "over" and self.sitting.again != "")
        self.again.setText(self.sitting.again)

    def _on_progressed(self, text: str, fraction: float) -> None:
        self._made = text
        self.making.setValue(round(1000 * fraction))
        if self.sitting.state == "making":
            self._show_notice("making")

    def _show_screen(self, ballot: Ballot) -> None:
        sitting = self.sitting
        screen, revealed = sitting.screen, sitting.state == "revealed"
        assert screen is not None
        for place, card in enumerate(self.cards):
            card.setVisible(place < len(screen.keys))
            if place < len(screen.keys):
                key = screen.keys[place]
                card.show_whole(sitting.is_whole)
                card.show_said(ballot, key, selected=key == self.deck.selected, changeable=not revealed)
                told = reveal_of(key, screen, sitting.sounds, sitting.project) if revealed else None
                card.show_reveal(told, parent=sitting.goes_on and screen.clip(key).role != "anchor")
        self.none.setChecked(ballot.none_usable)
        self.tie.setChecked(ballot.tie)
        for button in (self.none, self.tie):
            button.setEnabled(not revealed)
        self.vote.setText(tr("Next screen (Enter)") if revealed else tr("Vote (Enter)"))
        self.breed.setVisible(revealed and sitting.goes_on)
        voted = bool(sitting.project.verdicts)
        self.undo.setEnabled(voted)
        self.undo.setToolTip(
            tr("Takes the last vote back (Ctrl+Z)") if voted else tr("There is no vote to take back")
        )
        self.show_open()
        self._show_parents()

    def show_open(self) -> None:
        """Whether it can be voted on, and why not."""
        ballot = self.sitting.ballot
        if ballot is None:
            return
        if self.sitting.state == "revealed":
            hint = repeat_in_words(self.sitting.screen, self.sitting.project) or (
                tr("Choose two for more like them, or go on.") if self.sitting.goes_on else ""
            )
        elif self.naming:
            hint = tr(
                "{naming}: press its number, or the same key again for the one heard.",
                naming=capital(tr(self.naming)),
            )
        else:
            hint = (
                ballot.missing
                or ballot.counts_little
                or tr("Enter votes. The worst and stars help, but need not be.")
            )
        self.hint.setText(hint)
        self.vote.setEnabled(self.sitting.state == "revealed" or not ballot.missing)

    def _on_tick(self) -> None:
        sitting = self.sitting
        self.place.setValue(round(1000 * self.deck.place))
        if sitting.screen is None or sitting.ballot is None or not self.isVisible():
            return
        for card, key in zip(self.cards, sitting.screen.keys, strict=False):
            card.picture.show_place(self.deck.place)
            if sitting.state == "voting":
                card.show_attention(sitting.ballot, key)
        if sitting.state == "voting":
            self.show_open()

    # Pictures

    def _draw(self) -> None:
        screen = self.sitting.screen
        assert screen is not None
        self._drawn = {key: picture for key, picture in self._drawn.items() if key in screen.keys}
        shown = self.show_pictures.isChecked() or self.sitting.state == "revealed"
        for card, key in zip(self.cards, screen.keys, strict=False):
            card.picture.show_picture(self._drawn.get(key) if shown else None)
            if shown and key not in self._drawn and key in self.sitting.sounds:
                self._pictures.draw(("clip", key), self.sitting.sounds[key].band)

    def _on_picture(self, key: object, picture: Picture) -> None:
        if isinstance(key, tuple) and key[0] == "clip":
            self._drawn[key[1]] = picture
            if self._stack.currentIndex() == 0 and self.sitting.screen is not None:
                self._draw()

    def _on_pictures(self, shown: bool) -> None:
        self._preferences.set(_PICTURES, shown)
        self._show()

    # What is said

    def key_at(self, place: int) -> str | None:
        screen = self.sitting.screen
        return screen.keys[place] if screen is not None and 0 <= place < len(screen.keys) else None

    @property
    def heard_place(self) -> int:
        screen = self.sitting.screen
        keys = screen.keys if screen is not None else ()
        return keys.index(self.deck.selected) if self.deck.selected in keys else 0

    def hear(self, place: int) -> None:
        key = self.key_at(place)
        if key is not None and self.sitting.ballot is not None:
            self.deck.hear(key)
            if self.sitting.state == "voting" and not any(self.sitting.ballot.heard_s.values()):
                self.deck.play()  # the first letter begins; whoever pauses afterwards means it
            self._show_screen(self.sitting.ballot)

    def said(self) -> Ballot | None:
        """The ballot, while it can be changed."""
        return self.sitting.ballot if self.sitting.state == "voting" else None

    def name(self, what: str, place: int) -> None:
        ballot, key = self.said(), self.key_at(place)
        self.naming = ""
        if ballot is not None and key is not None:
            (ballot.name_best if what == "best" else ballot.name_worst)(key)
        self._show_ballot()

    def rate(self, place: int, stars: int) -> None:
        ballot, key = self.said(), self.key_at(place)
        if ballot is not None and key is not None:
            ballot.rate(key, stars)
        self._show_ballot()

    def toggle_none(self) -> None:
        ballot = self.said()
        if ballot is not None:
            ballot.toggle_none()
        self._show_ballot()

    def toggle_tie(self) -> None:
        ballot = self.said()
        if ballot is not None:
            ballot.toggle_tie()
        self._show_ballot()

    def _show_ballot(self) -> None:
        if self.sitting.ballot is not None and self._stack.currentIndex() == 0:
            self._show_screen(self.sitting.ballot)

    def go_on(self) -> None:
        if self.sitting.state == "voting":
            self.sitting.vote()
        elif self.sitting.state == "revealed":
            self.sitting.advance()
        elif self.sitting.state == "over" and self.sitting.again:
            self.sitting.begin_anew()

    # More like these two

    def _chosen(self) -> list[str]:
        keys = self.sitting.screen.keys if self.sitting.screen is not None else ()
        return [key for card, key in zip(self.cards, keys, strict=False) if card.more.isChecked()]

    def _show_parents(self) -> None:
        chosen = len(self._chosen())
        self.breed.setEnabled(chosen == 2)

    def ask_to_breed(self) -> None:
        chosen = self._chosen()
        if self.sitting.state == "revealed" and len(chosen) == 2:
            self.sitting.breed((chosen[0], chosen[1]))

    @property
    def shows_screen(self) -> bool:
        return self._stack.currentIndex() == 0

    def handle(self, event: QKeyEvent) -> bool:
        """Whether a key was meant for the screen."""
        return self._keys.handle(event)
