"""The catalogues beside the program: one gettext .po file a language, read when the program starts.

A .po file of some thousand texts is read in a few hundredths of a second, so that there is nothing to compile, and what
a translator edits is what is shown. Only what our files use is read: comments, msgid, msgid_plural, msgstr; an entry
marked as fuzzy counts as not translated.
"""

from __future__ import annotations

import gettext
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.language import SOURCE, Catalogue, speak
from studio.storage.paths import resources_dir

#: Names the language of every process that is started from this one, and of the command line.
VARIABLE = "BACKLINE_LANGUAGE"
_HEADER = re.compile(r"^([\w-]+):\s*(.*)$", re.MULTILINE)


@dataclass
class Entry:
    """One text of a .po file: what the source says, and its translations (one, or a form each)."""

    msgid: str
    plural: str = ""
    forms: list[str] = field(default_factory=list)
    fuzzy: bool = False


def translations_dir() -> Path:
    return resources_dir() / "translations"


def languages() -> dict[str, str]:
    """The languages there are, by their codes, each called as it calls itself."""
    found = {SOURCE: "English"}
    for path in sorted(translations_dir().glob("*.po")):
        found[path.stem] = header_of(path).get("X-Language-Name", path.stem)
    return found


def use_language(code: str) -> None:
    """From now on this process, and what it starts, speaks that language; English where there is no catalogue."""
    path = translations_dir() / f"{code}.po"
    speak(read_catalogue(path) if code != SOURCE and path.is_file() else Catalogue())
    os.environ[VARIABLE] = code


def use_language_of_environment() -> None:
    """The language that the environment asks for; English where it asks for none."""
    code = os.environ.get(VARIABLE, "")
    if code and code.isalpha():
        use_language(code)


def read_catalogue(path: Path) -> Catalogue:
    """The texts of a .po file that are translated."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for entry in entries_of(path):
        if entry.fuzzy or not entry.msgid or not all(entry.forms):
            continue
        if entry.plural:
            plurals[entry.msgid] = tuple(entry.forms)
        else:
            texts[entry.msgid] = entry.forms[0]
    rule = header_of(path).get("Plural-Forms", "")
    formula = re.search(r"plural=([^;]+)", rule)
    form = gettext.c2py(formula[1]) if formula else Catalogue().form
    return Catalogue(path.stem, texts, plurals, form)


def header_of(path: Path) -> Mapping[str, str]:
    """The fields of a .po file's header."""
    for entry in entries_of(path):
        if not entry.msgid:
            return dict(_HEADER.findall(entry.forms[0]))
    return {}


def entries_of(path: Path) -> Iterator[Entry]:
    """Every entry of a .po file, the header first.

    Raises:
        ValueError: for a line that is none of a .po file.
    """
    entry, fuzzy, target = Entry(""), False, ""
    begun = False
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        keyword, _, text = line.partition(" ")
        if keyword == "msgid":
            if begun:
                yield entry
            entry, fuzzy, begun = Entry("", fuzzy=fuzzy), False, True
            target = "msgid"
        elif keyword == "msgid_plural":
            target = "plural"
        elif keyword.startswith("msgstr"):
            entry.forms.append("")
            target = "form"
        elif line.startswith('"'):
            text = line
        elif line:
            raise ValueError(f"{path.name}: no line of a .po file: {line}")
        else:
            continue
        # A .po file escapes as JSON does.
        value: str = json.loads(text)
        if target == "msgid":
            entry.msgid += value
        elif target == "plural":
            entry.plural += value
        else:
            entry.forms[-1] += value
    if begun:
        yield entry
