"""CREDITS.txt beside exported files: whose recordings are heard in them, to be named wherever the music is published.

CC BY asks for the credit with the work itself, the licence and what was changed (CC BY 4.0, section 3(a)); whoever
publishes files sees the files, not their manifest. It is English whatever the window speaks: a credit is given in the
words of its owner.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from studio.core.arrangement import BAND, STEMS
from studio.core.language import tr
from studio.services.exporting.contents import MIX
from studio.storage.atomic import write_text

FILE_NAME = "CREDITS.txt"
#: Files in which a band is heard.
_HEARD = frozenset({*STEMS, BAND, MIX})
_CHANGES = "Changes: trimmed, levelled, some mixed to mono, shortened; played as an instrument."
_LICENCES = {
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
}


def recordings_heard(settings: Mapping[str, object], roles: Collection[str]) -> tuple[str, ...]:
    """Whose recordings are heard in files of these roles, with their licences, by a candidate's settings."""
    named = settings.get("recordings")
    if not isinstance(named, list | tuple) or not _HEARD & {*roles}:
        return ()
    return tuple(name for name in named if isinstance(name, str) and name)


def credits_due(recordings: Collection[str]) -> tuple[str, ...]:
    """Those of them whose licence asks for a credit."""
    return tuple(name for name in recordings if "CC BY" in name)


def credits_words() -> str:
    """That credits are due, and where they are."""
    return tr(
        "Credits for recorded instruments are due where it is published: see {file} beside the files.",
        file=FILE_NAME,
    )


def write_credits(folder: Path, recordings: Collection[str]) -> None:
    """Writes FOLDER/CREDITS.txt."""
    due = credits_due(recordings)
    others = [name for name in recordings if name not in due]
    lines = ["Recorded instruments are heard in this music."]
    if due:
        lines += ["", "Name these wherever it is published:", "", *due, "", _CHANGES]
        lines += [f"{name}: {url}" for name, url in _LICENCES.items() if any(name in text for text in due)]
    if others:
        lines += ["", "These ask for no credit:", "", *others]
    write_text(folder / FILE_NAME, "\n".join(lines) + "\n")
