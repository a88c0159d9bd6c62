"""What a candidate was changed by, in the user's language; kept in English, and light, since help needs it too."""

from __future__ import annotations

import re

from studio.core.instruments import with_names_shown
from studio.core.language import later, retold

#: What the changes of core.request call themselves; those that others may be parts of come first.
_CHANGES = (
    later("near variation"),
    later("far variation"),
    later("new band"),
    later("child of {a} and {b}: {genes}"),
    later("child of {a} and {b}"),
    later("comp: {ranges}"),
    later("from {parent}: {change}"),
    later("{stem} on {instrument}, recorded"),
    later("{stem} on {instrument}, by the network"),
    later("{stem} on {instrument}"),
    later("{what}, new chords"),
    later("{what} in bars {first} to {last}"),
    later("{what} in bar {bar}"),
    later("bars {low}-{high} of {number}"),
    later("bar {low} of {number}"),
    later("new {stems}"),
    later("{first}, {rest}"),
    later("{gene} between both"),
    later("{gene} of {number}"),
    later("{gene} new"),
)


def told_change(text: str) -> str:
    """What a change of core.request called itself, kept in a candidate's settings, in the user's language."""
    return retold(with_names_shown(text), _CHANGES)


def is_reinstrumented(text: str) -> bool:
    """Whether a change called itself as core.request.Reinstrument does."""
    return re.match(r"\w+ on ", text) is not None
