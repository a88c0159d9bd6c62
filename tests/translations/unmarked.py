"""Texts a user would read in English only: literals at places where texts are shown that go through no catalogue.

The places are those of Qt and of the window's own helpers that take a text, the arguments of StudioError, wherever
it is raised, and what a view says of itself to a screen reader. A literal may hide in a choice (`a if x else b`), in a
sum, or in a list of choices.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_MARKED = {"tr", "trn", "later", "retold", "told", "told_change", "style_title", "key_title"}
#: Which arguments are texts, by position or name.
_PLACES: dict[str, tuple[int | str, ...]] = {
    **dict.fromkeys(
        (
            "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setStatusTip",
            "setAccessibleDescription", "setTitle", "setSuffix", "setPrefix", "setSpecialValueText", "addItem",
            "addAction", "addMenu", "addRow", "addButton", "QTableWidgetItem", "QCheckBox", "QLabel", "QPushButton",
            "QRadioButton", "QGroupBox", "QMenu", "QAction", "label", "push", "ElidedLabel", "tell",
            "setInformativeText",
        ),
        (0,),
    ),
    "addTab": (1,),
    "setTabText": (1,),
    "small_button": (0, 1),
    "IconButton": (1, "tip"),
    "Segments": (0, "name"),
    "setHeaderLabels": (0,),
    "getOpenFileName": (1, 3),
    "getOpenFileNames": (1, 3),
    "getSaveFileName": (1, 3),
    "getExistingDirectory": (1,),
    "StudioError": (0, "seen", "expected", "todo"),
    "Finding": (2, 3, "seen", "todo"),
    "Progress": (0,),
}  # fmt: skip
#: Those of them that count outside the window too.
_ANYWHERE = ("StudioError", "Finding", "Progress")
#: Signals that carry a text to the status line.
_SPOKEN = {"told", "busy_changed", "message", "hovered"}
#: Names, units and keys that are the same in every language.
_SAME = {
    "Backline", "Esc", "M", "S", "Hz", "kHz", "bpm", "s", "LUFS", "LU", "dB", "dBTP", "dBFS", "MB", "GB", "ms", "D",
    "CSV", "csv", "PASS", "FAIL", "MIDI", "SHA",
}  # fmt: skip


def is_shown(path: Path) -> bool:
    """Whether anything in a file may be shown in the window."""
    if "ui" in path.parts:
        return True
    source = path.read_text(encoding="utf-8")
    return any(f"{name}(" in source for name in _ANYWHERE)


def unmarked(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every literal of a file that is shown as it is."""
    shown_here = "ui" in path.parts
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.FunctionDef) and call.name.startswith("spoken_"):
            for said in (
                n.value for n in ast.walk(call) if isinstance(n, ast.Return) and n.value is not None
            ):
                yield from ((said.lineno, literal) for literal in _literals(said) if _has_words(literal))
        if not isinstance(call, ast.Call):
            continue
        name = _called(call)
        if not shown_here and name not in _ANYWHERE:
            continue
        for text in _texts(call, name):
            yield from ((call.lineno, literal) for literal in _literals(text) if _has_words(literal))


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    if not isinstance(function, ast.Attribute):
        return ""
    owner = function.value
    if function.attr == "emit":
        signal = (
            owner.attr
            if isinstance(owner, ast.Attribute)
            else owner.id
            if isinstance(owner, ast.Name)
            else ""
        )
        return "tell" if signal in _SPOKEN else ""
    return function.attr


def _texts(call: ast.Call, name: str) -> Iterator[ast.expr]:
    places = _PLACES.get(name, ())
    for place in places:
        if isinstance(place, int) and place < len(call.args):
            yield call.args[place]
        yield from (word.value for word in call.keywords if word.arg == place)


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield " ".join(part.value for part in node.values if isinstance(part, ast.Constant))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _literals(part.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value)
    elif isinstance(node, ast.BinOp):
        yield from (*_literals(node.left), *_literals(node.right))
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            first = element.elts[0] if isinstance(element, ast.Tuple) and element.elts else element
            yield from _literals(first)


def _has_words(text: str) -> bool:
    return any(word not in _SAME for word in re.findall(r"[A-Za-z]+", re.sub(r"--\w+", "", text)))
