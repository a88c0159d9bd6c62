"""The one error type users meet, and the one exception a cancelled job raises.

Every message answers four questions: what failed, what was seen, what is expected, what to do next.
"""

from __future__ import annotations


class StudioError(Exception):
    """A failure a user can act on.

    Args:
        what: what failed, as a short clause ("Cannot read take.wav").
        seen: the value or state found.
        expected: what would have worked.
        todo: the next action for the user.
    """

    def __init__(self, what: str, *, seen: str = "", expected: str = "", todo: str = "") -> None:
        self.what, self.seen, self.expected, self.todo = what, seen, expected, todo
        parts = [what.rstrip(".") + "."]
        if seen:
            parts.append(f"Found: {seen.rstrip('.')}.")
        if expected:
            parts.append(f"Expected: {expected.rstrip('.')}.")
        if todo:
            parts.append(f"{todo.rstrip('.')}.")
        super().__init__(" ".join(parts))


class JobCancelled(Exception):
    """Raised inside a job when its cancel token is set; never an error to show."""
