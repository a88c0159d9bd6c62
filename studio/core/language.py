"""Texts in the user's language: English in the source, other languages from a catalogue.

Every text a user may read is written in English where it arises and goes through one of these functions:

    tr("Cannot read {name}", name=path.name)                  a text, with its values as named fields
    trn("{count} note", "{count} notes", count)               a text that depends on a number
    later("Any energy")                                       a constant, for the catalogue; `tr` where it is shown
    retold("Pick candidate 3", (later("Pick {name}"), ...))   an English text that was kept, told again

What is kept in a project, a report or a log is never translated: a project made in one language opens in another. Where
such a text is shown (the name of a step to undo, what a candidate was made out of), `retold` finds the template it was
made from. The catalogues are gettext's .po files (studio/storage/translations.py reads them): translators have tools
for these, and they need no build step. One catalogue serves the whole process; a child process is told by the
environment.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

#: The language of the source.
SOURCE = "en"


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language.

    Attributes:
        language: its code, such as 'ja'.
        texts: the translation by the English text.
        plurals: the forms by the English singular, in the order of `form`.
        form: which of the forms a number takes.
    """

    language: str = SOURCE
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = lambda count: int(count != 1)


_catalogue = Catalogue()
_thread = threading.local()


def speak(catalogue: Catalogue) -> None:
    """From now on texts come from this catalogue; `Catalogue()` is English."""
    global _catalogue
    _catalogue = catalogue
    _pattern.cache_clear()


def _in_use() -> Catalogue:
    return Catalogue() if getattr(_thread, "is_english", False) else _catalogue


@contextmanager
def in_english() -> Iterator[None]:
    """For what is kept: inside, the texts of this thread are English. Also a decorator."""
    before = getattr(_thread, "is_english", False)
    _thread.is_english = True
    try:
        yield
    finally:
        _thread.is_english = before


def language() -> str:
    """The code of the language texts now come in."""
    return _in_use().language


def later(text: str) -> str:
    """The text itself, for a constant that is made before the language is known."""
    return text


def tr(text: str, /, **fields: object) -> str:
    """The text in the user's language, English where there is none; `fields` fill its braces."""
    return _filled(_in_use().texts.get(text, text), text, fields)


def trn(one: str, many: str, count: int, /, **fields: object) -> str:
    """The form of a text that the number asks for; {count} is the number."""
    english = one if count == 1 else many
    catalogue = _in_use()
    forms = catalogue.plurals.get(one)
    form = catalogue.form(count) if forms else 0
    return _filled(
        forms[form] if forms and form < len(forms) else english, english, {"count": count, **fields}
    )


def retold(text: str, templates: Sequence[str]) -> str:
    """An English text that was kept, in the user's language.

    Args:
        templates: what it may have been made from; the values of their fields are retold too. The first that
            fits is taken.
    """
    if language() == SOURCE:
        return text
    if text in _in_use().texts:
        return tr(text)
    for template in templates:
        found = _pattern(template).fullmatch(text)
        if found is not None:
            return tr(
                template, **{name: retold(value, templates) for name, value in found.groupdict().items()}
            )
    return text


def capital(text: str) -> str:
    """The text with a capital first letter, where its script has any."""
    return text[:1].upper() + text[1:]


def _filled(text: str, english: str, fields: Mapping[str, object]) -> str:
    if not fields:
        return text
    try:
        return text.format(**fields)
    except (KeyError, IndexError, ValueError):  # a slip of a translator must not hide what was to be said
        return english.format(**fields)


@lru_cache(maxsize=256)
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    made = [f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(made), re.DOTALL)
