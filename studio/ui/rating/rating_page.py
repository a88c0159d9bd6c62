"""The rating screen: four bands to one phrase, blind; which is best, which worst.

Keys: 1 to 4 hear; Shift+1 to 4, or B and a number, name the best; Alt+1 to 4, or W and a number, the worst; B or W
twice names the one heard; 0 none usable; = all alike; Ctrl+1 to 5 stars for the one heard, Ctrl+0 none; Space plays;
Home is the phrase's start; Enter votes and goes on; Ctrl+Z takes the last vote back; Alt+Left and Alt+Right move the
phrase. After the vote the number of the clip that is heard chooses it as a parent, and M breeds from the two chosen.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.ui.appearance import theme
from studio.ui.appearance.widgets import IconButton, label, push, set_role, small_button, style_title, tight
from studio.ui.rating.ballot import Ballot
from studio.ui.rating.clip_card import ClipCard
from studio.ui.rating.digits import digit_of
from studio.ui.rating.rated import Rated
from studio.ui.rating.words import ROLE_WORDS, clip_names, genes_in_words, span, verdict_in_words
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.timeline.spectrogram_view import Picture
from studio.ui.window.preferences import Preferences

_PICTURES = "rating_shows_pictures"
_MOST_CLIPS = 4
_OPEN = "Enter votes. The worst and stars help, but need not be."
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class RatingPage(QWidget):
    """Shows a sitting, and gives it what is said. Emits `left` when the user pauses."""

    left = Signal()

    def __init__(self, sitting: Rated, pictures: SpectrogramJobs, preferences: Preferences) -> None:
        super().__init__()
        self._sitting, self._pictures, self._preferences = sitting, pictures, preferences
        self._deck = sitting.deck
        self._drawn: dict[str, Picture] = {}
        self._naming = ""
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
            card.hear.connect(partial(self._hear, place))
            card.best.connect(partial(self._name, "best", place))
            card.worst.connect(partial(self._name, "worst", place))
            card.rated.connect(partial(self._rate, place))
            card.chosen.connect(lambda _: self._show_parents())
        sitting.changed.connect(self._show)
        sitting.progressed.connect(self._on_progressed)
        pictures.ready.connect(self._on_picture)
        self._deck.ticked.connect(self._on_tick)
        self._deck.playing_changed.connect(lambda on: self.play.set_icon("pause" if on else "play"))
        self._show()

    # Assembly

    def _top(self) -> QHBoxLayout:
        self.title = label("", "title")
        self.progress = QProgressBar()
        self.progress.setRange(0, self._sitting.length)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        self.progress.setAccessibleName("Progress of the sitting")
        self.count = label("", "muted")
        self.phrase = label("", "muted")
        self.earlier = IconButton("chevron-left", "An earlier phrase (Alt+Left)")
        self.later = IconButton("chevron-right", "A later phrase (Alt+Right)")
        self.show_pictures = small_button("Pictures", "Show the pictures before the vote too")
        set_role(self.show_pictures, "switch")
        self.show_pictures.setCheckable(True)
        self.show_pictures.setChecked(self._preferences.get(_PICTURES, False))
        self.pause = push("Pause the sitting")
        self.pause.setToolTip(
            "Back to the song (Esc); the sitting goes on where it stands, today or tomorrow"
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.title)
        row.addSpacing(12)
        row.addWidget(self.progress)
        row.addWidget(self.count)
        row.addStretch(1)
        for widget in (self.earlier, self.phrase, self.later):
            row.addWidget(widget)
        row.addSpacing(8)
        self.show_pictures.setFixedWidth(84)
        row.addWidget(self.show_pictures)
        row.addWidget(self.pause)
        self.earlier.clicked.connect(lambda: self._sitting.move_phrase(-1))
        self.later.clicked.connect(lambda: self._sitting.move_phrase(1))
        self.show_pictures.toggled.connect(self._on_pictures)
        self.pause.clicked.connect(self.left)
        return row

    def _screen(self) -> QWidget:
        self.play = IconButton("play", "Play or pause (Space)", size=22)
        set_role(self.play, "play")
        self.play.setFixedSize(36, 36)
        self.place = QProgressBar()
        self.place.setRange(0, 1000)
        self.place.setTextVisible(False)
        self.place.setAccessibleName("Where in the phrase")
        self.none = self._switch("None usable (0)", "None of them is good enough to be used (0)")
        self.tie = self._switch("All alike (=)", "None is better than the others (=)")
        self.hint = label("", "muted", wrap=True)
        self.undo = push("Undo the last vote")
        self.undo.setToolTip("Takes the last vote back (Ctrl+Z)")
        self.breed = push("More like these two")
        self.breed.setToolTip("The next screen holds children of the two (M)")
        self.vote = push("Vote (Enter)", primary=True)
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
        self.play.clicked.connect(self._deck.toggle)
        self.none.clicked.connect(self._toggle_none)
        self.tie.clicked.connect(self._toggle_tie)
        self.undo.clicked.connect(self._sitting.undo)
        self.breed.clicked.connect(self._breed)
        self.vote.clicked.connect(self._go_on)
        return screen

    @staticmethod
    def _switch(text: str, tip: str) -> QToolButton:
        button = small_button(text, tip)
        set_role(button, "switch")
        button.setCheckable(True)
        button.setFixedWidth(132)
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
        self.again = push("Another sitting", primary=True)
        notice = QWidget()
        column = QVBoxLayout(notice)
        column.setSpacing(12)
        column.addStretch(1)
        for widget in (self.notice, self.more, self.making, self.again):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.again.clicked.connect(self._sitting.begin_anew)
        return notice

    # What is shown

    def _show(self) -> None:
        sitting = self._sitting
        state, screen, ballot = sitting.state, sitting.screen, sitting.ballot
        on_screen = state in ("voting", "revealed") and screen is not None and ballot is not None
        self._naming = ""
        self._stack.setCurrentIndex(0 if on_screen else 1)
        voted = sitting.done
        self.title.setText(
            "Which band do you like best?" if state != "revealed" else "This is what you heard"
        )
        self.progress.setValue(voted)
        self.count.setText(sitting.count_in_words if state != "over" else "")
        whole = sitting.is_whole
        self.phrase.setVisible(on_screen)
        for button in (self.earlier, self.later):
            button.setVisible(on_screen and whole)
        self.none.setVisible(whole)
        self.undo.setVisible(whole)
        if on_screen and screen is not None and ballot is not None:
            self.phrase.setText(span(screen.phrase_s))
            self.phrase.setToolTip("The phrase that is played")
            self._show_screen(ballot)
            self._draw()
        else:
            self._show_notice(state)

    def _show_notice(self, state: str) -> None:
        texts = {
            "refused": ("Not now", self._sitting.why),
            "making": (
                "Making the next four",
                "The bands of a screen are made while you listen to the one before.",
            ),
            "loading": ("", ""),
            "over": self._sitting.over,
        }
        title, more = texts.get(state, ("", ""))
        self.notice.setText(title)
        self.more.setText(more)
        self.making.setVisible(state == "making")
        self.again.setVisible(state == "over" and self._sitting.again != "")
        self.again.setText(self._sitting.again)

    def _on_progressed(self, text: str, fraction: float) -> None:
        self.making.setValue(round(1000 * fraction))
        if self._sitting.state == "making":
            self.more.setText(text)

    def _show_screen(self, ballot: Ballot) -> None:
        sitting = self._sitting
        screen, revealed = sitting.screen, sitting.state == "revealed"
        assert screen is not None
        for place, card in enumerate(self.cards):
            card.setVisible(place < len(screen.keys))
            if place < len(screen.keys):
                key = screen.keys[place]
                card.show_whole(sitting.is_whole)
                card.show_said(ballot, key, selected=key == self._deck.selected, changeable=not revealed)
                card.show_reveal(
                    self._reveal_of(key) if revealed else None, parent=screen.clip(key).role != "anchor"
                )
        self.none.setChecked(ballot.none_usable)
        self.tie.setChecked(ballot.tie)
        for button in (self.none, self.tie):
            button.setEnabled(not revealed)
        self.vote.setText("Next screen (Enter)" if revealed else "Vote (Enter)")
        self.breed.setVisible(revealed)
        self._show_open()
        self._show_parents()

    def _show_open(self) -> None:
        """Whether it can be voted on, and why not."""
        ballot = self._sitting.ballot
        if ballot is None:
            return
        if self._sitting.state == "revealed":
            hint = self._repeat_in_words() or "Choose two for more like them, or go on."
        elif self._naming:
            hint = f"{self._naming.capitalize()}: press its number, or the same key again for the one heard."
        else:
            hint = (
                ballot.missing
                or ballot.counts_little
                or "Enter votes. The worst and stars help, but need not be."
            )
        self.hint.setText(hint)
        self.vote.setEnabled(self._sitting.state == "revealed" or not ballot.missing)

    def _reveal_of(self, key: str) -> str:
        screen, screens = self._sitting.screen, self._sitting.project.screens
        assert screen is not None
        clip, sound = screen.clip(key), self._sitting.sounds.get(key)
        words = ROLE_WORDS[clip.role]
        lines = [words[:1].upper() + words[1:]]
        if sound is not None and sound.style:
            lines.append(style_title(sound.style))
        if clip.genes:
            lines.append(genes_in_words(clip, clip_names(screens)))
        if sound is not None and sound.instruments:
            lines.append(sound.instruments)
        return "\n".join(lines)

    def _repeat_in_words(self) -> str:
        screen, project = self._sitting.screen, self._sitting.project
        if screen is None or screen.repeat_of is None:
            return ""
        before = project.screen(screen.repeat_of)
        said = project.verdicts.get(before.number)
        # The clips are the same: in the letters they have now.
        told = "" if said is None else f" Then: {verdict_in_words(screen, said)}."
        return f"You heard these before, as screen {before.number}, to see how steady answers are.{told}"

    def _on_tick(self) -> None:
        sitting = self._sitting
        self.place.setValue(round(1000 * self._deck.place))
        if sitting.screen is None or sitting.ballot is None or not self.isVisible():
            return
        for card, key in zip(self.cards, sitting.screen.keys, strict=False):
            card.picture.show_place(self._deck.place)
            if sitting.state == "voting":
                card.show_attention(sitting.ballot, key)
        if sitting.state == "voting":
            self._show_open()

    # Pictures

    def _draw(self) -> None:
        screen = self._sitting.screen
        assert screen is not None
        self._drawn = {key: picture for key, picture in self._drawn.items() if key in screen.keys}
        shown = self.show_pictures.isChecked() or self._sitting.state == "revealed"
        for card, key in zip(self.cards, screen.keys, strict=False):
            card.picture.show_picture(self._drawn.get(key) if shown else None)
            if shown and key not in self._drawn and key in self._sitting.sounds:
                self._pictures.draw(("clip", key), self._sitting.sounds[key].band)

    def _on_picture(self, key: object, picture: Picture) -> None:
        if isinstance(key, tuple) and key[0] == "clip":
            self._drawn[key[1]] = picture
            if self._stack.currentIndex() == 0 and self._sitting.screen is not None:
                self._draw()

    def _on_pictures(self, shown: bool) -> None:
        self._preferences.set(_PICTURES, shown)
        self._show()

    # What is said

    def _key_at(self, place: int) -> str | None:
        screen = self._sitting.screen
        return screen.keys[place] if screen is not None and 0 <= place < len(screen.keys) else None

    @property
    def _heard_place(self) -> int:
        screen = self._sitting.screen
        keys = screen.keys if screen is not None else ()
        return keys.index(self._deck.selected) if self._deck.selected in keys else 0

    def _hear(self, place: int) -> None:
        key = self._key_at(place)
        if key is not None and self._sitting.ballot is not None:
            self._deck.hear(key)
            self._show_screen(self._sitting.ballot)

    def _said(self) -> Ballot | None:
        """The ballot, while it can be changed."""
        return self._sitting.ballot if self._sitting.state == "voting" else None

    def _name(self, what: str, place: int) -> None:
        ballot, key = self._said(), self._key_at(place)
        self._naming = ""
        if ballot is not None and key is not None:
            (ballot.name_best if what == "best" else ballot.name_worst)(key)
        self._show_ballot()

    def _rate(self, place: int, stars: int) -> None:
        ballot, key = self._said(), self._key_at(place)
        if ballot is not None and key is not None:
            ballot.rate(key, stars)
        self._show_ballot()

    def _toggle_none(self) -> None:
        ballot = self._said()
        if ballot is not None:
            ballot.toggle_none()
        self._show_ballot()

    def _toggle_tie(self) -> None:
        ballot = self._said()
        if ballot is not None:
            ballot.toggle_tie()
        self._show_ballot()

    def _show_ballot(self) -> None:
        if self._sitting.ballot is not None and self._stack.currentIndex() == 0:
            self._show_screen(self._sitting.ballot)

    def _go_on(self) -> None:
        if self._sitting.state == "voting":
            self._sitting.vote()
        elif self._sitting.state == "revealed":
            self._sitting.advance()
        elif self._sitting.state == "over":
            self._sitting.begin_anew()

    # More like these two

    def _chosen(self) -> list[str]:
        keys = self._sitting.screen.keys if self._sitting.screen is not None else ()
        return [key for card, key in zip(self.cards, keys, strict=False) if card.more.isChecked()]

    def _show_parents(self) -> None:
        chosen = len(self._chosen())
        self.breed.setEnabled(chosen == 2)

    def _breed(self) -> None:
        chosen = self._chosen()
        if self._sitting.state == "revealed" and len(chosen) == 2:
            self._sitting.breed((chosen[0], chosen[1]))

    # Keys

    def handle(self, event: QKeyEvent) -> bool:
        """Whether a key was meant for the screen."""
        held, digit = event.modifiers(), digit_of(event)
        if digit is not None and self._handle_digit(digit, held):
            return True
        key = event.key()
        if held & _CONTROL:
            if key == Qt.Key.Key_Z:
                (self._sitting.redo if held & _SHIFT else self._sitting.undo)()
                return True
            return False
        if held & _ALT:
            if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self._sitting.move_phrase(-1 if key == Qt.Key.Key_Left else 1)
                return True
            return False
        return self._handle_plain(key, event.text())

    def _handle_digit(self, digit: int, held: Qt.KeyboardModifier) -> bool:
        if self._stack.currentIndex() != 0:
            return False
        place = digit - 1
        if held & _CONTROL:
            if digit <= 5:
                self._rate(self._heard_place, digit)
            return True
        if held & _ALT:
            self._name("worst", place)
        elif held & _SHIFT:
            self._name("best", place)
        elif digit == 0:
            self._toggle_none()
        elif self._naming:
            self._name(self._naming, place)
        elif self._sitting.state == "revealed" and self._key_at(place) == self._deck.selected:
            self.cards[place].more.toggle()  # the same number again chooses it
        else:
            self._hear(place)
        return True

    def _handle_plain(self, key: int, text: str) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go_on()
        elif key == Qt.Key.Key_Space:
            self._deck.toggle()
        elif key == Qt.Key.Key_Home:
            self._deck.restart()
        elif text == "=":
            self._toggle_tie()
        elif key == Qt.Key.Key_M:
            self._breed()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_B, Qt.Key.Key_W):
            what = "best" if key == Qt.Key.Key_B else "worst"
            if self._naming == what:
                self._name(what, self._heard_place)
            elif self._said() is not None:
                self._naming = what
                self._show_open()
        else:
            return False
        return True
