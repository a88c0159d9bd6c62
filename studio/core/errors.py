"""The one error type users meet, and the one exception a cancelled job raises.

Every message answers four questions: what failed, what was seen, what is expected, what to do next.
"""

from __future__ import annotations

from studio.core.language import tr

#: What ends a sentence, in any of the languages.
_STOPS = ".。"


class StudioError(Exception):
    """A failure a user can act on.

    Args:
        what: what failed, as a short clause ("Cannot read take.wav").
        seen: the value or state found.
        expected: what would have worked.
        todo: the next action for the user.
        typed: how that is typed, in English as all that is typed; said by the command line alone.
    """

    def __init__(
        self, what: str, *, seen: str = "", expected: str = "", todo: str = "", typed: str = ""
    ) -> None:
        self.what, self.seen, self.expected, self.todo, self.typed = what, seen, expected, todo, typed
        parts = [_sentence(what)]
        if seen:
            parts.append(tr("Found: {seen}.", seen=seen.rstrip(_STOPS)))
        if expected:
            parts.append(tr("Expected: {expected}.", expected=expected.rstrip(_STOPS)))
        if todo:
            parts.append(_sentence(todo))
        super().__init__(" ".join(parts))


def _sentence(text: str) -> str:
    return tr("{sentence}.", sentence=text.rstrip(_STOPS))


class JobCancelled(Exception):
    """Raised inside a job when its cancel token is set; never an error to show."""
