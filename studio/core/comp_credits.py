"""Whose recordings are heard in a comp that was made before comps said so: those of its parts, which it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_BEGINS = "comp: "
_RANGE = re.compile(r"\bbars? -?\d+(?:--?\d+)? of (\d{1,6})\b")

Settings = Mapping[str, object]


def with_recordings(settings: Settings, settings_of: Callable[[int], Settings | None]) -> Settings:
    """A candidate's settings; those of a comp without `recordings` get the ones of its parts, and of parts that are
    comps themselves. Those of parts that are not there any more cannot be known.

    Args:
        settings_of: by the number of another candidate, as they are kept; None where there is no such candidate.
    """
    named = _recordings(settings, settings_of, frozenset())
    return settings if "recordings" in settings or not named else {**settings, "recordings": sorted(named)}


def parts_of(settings: Settings) -> tuple[int, ...]:
    """The candidates that play in a comp, in the order they come first; none for what is no comp."""
    change = settings.get("change")
    if not isinstance(change, str) or not change.startswith(_BEGINS):
        return ()
    return tuple(dict.fromkeys(int(number) for number in _RANGE.findall(change)))


def _recordings(
    settings: Settings, settings_of: Callable[[int], Settings | None], seen: frozenset[int]
) -> set[str]:
    named = settings.get("recordings")
    if isinstance(named, list | tuple):
        return {name for name in named if isinstance(name, str)}
    found: set[str] = set()
    for number in parts_of(settings):
        other = None if number in seen else settings_of(number)
        if other is not None:
            found |= _recordings(other, settings_of, seen | {number})
    return found
