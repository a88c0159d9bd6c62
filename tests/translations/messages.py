"""Every text that can be translated, as the source has it; and the catalogues brought up to date with it.

    python -m tests.translations.messages

adds what is new to each .po file in resources/translations with an empty translation, drops what is gone, and leaves
the rest, the head and the glossary in it as they are. A new language begins as a copy of one that is there.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from studio.core import controls, instruments, request, score
from studio.core.arrangement import STEMS
from studio.core.mix import VOCAL
from studio.storage.translations import Entry, entries_of, translations_dir
from studio.taste import features
from studio.ui.keys import shortcut_table

ROOT = Path(__file__).resolve().parents[2]
_CALLS = {"tr", "trn", "later"}


@dataclass
class Message:
    """One text; `plural` is empty where its form does not depend on a number."""

    msgid: str
    plural: str = ""
    places: list[str] = field(default_factory=list)


@cache
def messages() -> dict[str, Message]:
    """All texts by their English, in the order of the files they are in."""
    found: dict[str, Message] = {}

    def add(text: str, plural: str, place: str) -> None:
        message = found.setdefault(text, Message(text))
        message.plural = message.plural or plural
        if place not in message.places:
            message.places.append(place)

    for place, call in _calls():
        words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if words:
            add(words[0], words[1] if _name(call) == "trn" else "", place)
    for text, place in _vocabulary():
        add(text, "", place)
    return found


def unreadable() -> list[str]:
    """Calls whose text is put together, so that no catalogue can have it: 'file:line'."""
    return [
        f"{place}:{call.lineno}"
        for place, call in _calls()
        if any(
            isinstance(text, ast.JoinedStr | ast.BinOp)
            for text in call.args[: 2 if _name(call) == "trn" else 1]
        )
    ]


@cache
def _calls() -> tuple[tuple[str, ast.Call], ...]:
    """(file, call) of every call that looks a text up."""
    found = []
    for path in sorted((ROOT / "studio").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "studio.core.language" in source:
            place = path.relative_to(ROOT).as_posix()
            nodes = ast.walk(ast.parse(source))
            found += [(place, n) for n in nodes if isinstance(n, ast.Call) and _name(n) in _CALLS and n.args]
    return tuple(found)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _vocabulary() -> Iterator[tuple[str, str]]:
    """(text, where it is) of the tables whose names are shown as they are."""
    for shortcut in (*shortcut_table.SHORTCUTS, *shortcut_table.RATING):
        yield from ((text, "studio/ui/keys/shortcut_table.py") for text in (shortcut.group, shortcut.text))
    for group, what, keys in shortcut_table.EXTRAS:
        for text in (group, what, keys):
            if any(len(word) > 2 for word in text.replace(",", " ").replace("+", " ").split()):
                yield text, "studio/ui/keys/shortcut_table.py"
    for stem in STEMS:
        for entry in instruments.choices(stem):
            yield entry.name, "studio/core/instruments.py"
    yield "none", "studio/core/instruments.py"
    for text in (*score.STYLES,):
        yield text, "studio/core/score.py"
    for text in (VOCAL, *STEMS, *request.GENES):
        yield text, "studio/core/arrangement.py"
    for text in (*controls.DENSITIES, *controls.ENERGIES, *controls.FOLLOWS, *controls.RENDERERS):
        yield text, "studio/core/controls.py"
    for words in features.WORDS.values():
        yield from ((text, "studio/taste/features.py") for text in words)


def written(head: str, entries: list[Entry], places: dict[str, list[str]]) -> str:
    """The text of a .po file."""
    blocks = [head.rstrip("\n")]
    for entry in entries:
        lines = [f"#: {' '.join(places.get(entry.msgid, [])[:3])}"]
        lines += ["#, fuzzy"] if entry.fuzzy else []
        lines.append(f"msgid {_quoted(entry.msgid)}")
        if entry.plural:
            lines.append(f"msgid_plural {_quoted(entry.plural)}")
            lines += [f"msgstr[{form}] {_quoted(text)}" for form, text in enumerate(entry.forms)]
        else:
            lines.append(f"msgstr {_quoted(entry.forms[0])}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def update(path: Path) -> tuple[int, int]:
    """Brings one .po file up to date. Returns how many texts it has, and how many of them are not translated."""
    source = path.read_text(encoding="utf-8")
    head = source.split("\n\n#: ", 1)[0]
    kept = {entry.msgid: entry for entry in entries_of(path)}
    forms = int(source.split("nplurals=", 1)[1][0])
    entries = []
    for message in messages().values():
        entry = kept.get(message.msgid)
        if entry is None or entry.plural != message.plural:
            entry = Entry(message.msgid, message.plural, [""] * (forms if message.plural else 1))
        entries.append(entry)
    places = {message.msgid: message.places for message in messages().values()}
    path.write_text(written(head, entries, places), encoding="utf-8")
    return len(entries), sum(not all(entry.forms) for entry in entries)


def main() -> None:
    for path in sorted(translations_dir().glob("*.po")):
        texts, missing = update(path)
        print(f"{path.name}: {texts} texts, {missing} to translate")


if __name__ == "__main__":
    main()
