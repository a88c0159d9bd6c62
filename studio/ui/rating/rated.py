"""What a rating page shows: a sitting of screens, or the blind test of one model against another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from studio.core.project import Project
from studio.core.screen import Screen
from studio.services.taste.screens import ClipSound
from studio.ui.rating.ballot import Ballot
from studio.ui.rating.deck import PhraseDeck


class Rated(Protocol):
    """See Sitting, and ModelTest; `changed` and `progressed` are signals.

    Attributes:
        is_whole: whether there is more to say than which is best: the worst, stars, none usable, another phrase.
        goes_on: whether screens are made as one likes: of another phrase, or of children of two clips.
        over, again: what is said at the end, and on the button there; no button where that is empty.
    """

    changed: Any
    progressed: Any
    deck: PhraseDeck
    state: str
    why: str
    screen: Screen | None
    ballot: Ballot | None
    question: str
    is_whole: bool

    @property
    def length(self) -> int: ...

    @property
    def again(self) -> str: ...

    @property
    def goes_on(self) -> bool: ...

    @property
    def over(self) -> tuple[str, str]: ...

    @property
    def sounds(self) -> Mapping[str, ClipSound]: ...

    @property
    def count_in_words(self) -> str: ...

    @property
    def done(self) -> int: ...

    @property
    def project(self) -> Project: ...

    def vote(self) -> bool: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...

    def advance(self) -> None: ...

    def begin_anew(self) -> None: ...

    def move_phrase(self, direction: int) -> None: ...

    def breed(self, parents: tuple[str, str]) -> None: ...
