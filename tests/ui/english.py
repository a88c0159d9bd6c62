"""Whether a window that speaks another language still says something in English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTreeWidget,
    QWidget,
)

from studio.ui.appearance.spoken import Spoken

#: Names, units, keys, and what the tests call their files.
ALLOWED = {
    "Backline", "TP", "DAWproject", "REAPER", "FastSAG", "Magma", "Viridis", "English", "LUFS", "kHz", "Hz", "BPM",
    "dB", "dBTP", "dBFS", "MB", "GB", "ms", "CSV", "MIDI", "WAV", "AIFF", "FLAC", "MP", "OGG", "DAW",
    "dawproject", "rpp", "FM", "EDM", "PASS", "FAIL", "OK", "Esc", "Ctrl", "Shift", "Alt", "Space", "Enter",
    "Return", "Up", "Down", "Left", "Right", "first", "take", "me", "Tones", "fake", "GPU", "CPU", "AVX", "SIGILL",
    "Qt", "Python", "PySide", "Torch", "torch", "numpy", "Arrangement", "Mel", "Vocoder", "Noto", "Sans", "CJK",
    "fonts", "noto", "cjk",
}  # fmt: skip
#: What is typed or run, versions and fingerprints.
_CODE = re.compile(
    r"python3 run\.py( \w+)?|\S*[/\\]\S*|[\w-]+\.(wav|flac|txt)|(sha256|SHA-256) \w+|[\w.]+-[\w.-]*[0-9][\w.-]*"
    r"|[\w-]+ [0-9]+(\.[0-9]+){2}"
)
_CHORD = re.compile(r"\b[A-G][#b]?(m|maj|min|dim|aug|sus|add)?[0-9]*(sus[24]|b5)?\b")


def texts_of(top: QWidget) -> Iterator[str]:
    """Everything a widget and those in it say, to the eye, the mouse and the screen reader."""
    for widget in [top, *top.findChildren(QWidget)]:
        yield from (
            widget.toolTip(),
            widget.accessibleName(),
            widget.statusTip(),
            widget.accessibleDescription(),
        )
        if widget.isWindow():
            yield widget.windowTitle()
        if isinstance(widget, Spoken):
            yield widget.spoken_value()
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        elif isinstance(widget, QComboBox):
            yield from (widget.itemText(i) for i in range(widget.count()))
        elif isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        elif isinstance(widget, QAbstractSpinBox):
            yield widget.text()
        elif isinstance(widget, QMenu):
            yield widget.title()
        elif isinstance(widget, QTreeWidget):
            yield from (widget.headerItem().text(i) for i in range(widget.columnCount()))
        elif isinstance(widget, QTableWidget):
            items = [widget.horizontalHeaderItem(i) for i in range(widget.columnCount())]
            yield from (item.text() for item in items if item is not None)
    for action in top.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def english_in(top: QWidget) -> list[str]:
    """Those of its texts that are."""
    return [text for text in dict.fromkeys(texts_of(top)) if is_english(text)]


def is_english(text: str) -> bool:
    """Whether there is a word of two letters or more in it that is no name, unit or key, nor the beginning of one where
    the text was cut short."""
    words = re.findall(r"[A-Za-z]{2,}…?", _CHORD.sub("", _CODE.sub("", text)))
    return not all(
        word in ALLOWED or (word.endswith("…") and any(name.startswith(word[:-1]) for name in ALLOWED))
        for word in words
    )
