"""Reads tunes in ABC notation: notes and chord symbols, bar by bar, with repeats unfolded.

Only what collections of folk tunes use: keys and accidentals, note lengths, tuplets, chords of notes (the
highest is the melody), ties, first and second endings, parts. Grace notes and decorations are left out. A
tune that changes its meter, or whose bars do not add up, is refused with AbcError, since a wrong guess
would misplace every chord after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from studio.training.collections.abc_repeats import AbcBar, unfold

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS = "FCGDAEB"
_MODE_FIFTHS = {
    "": 0,
    "maj": 0,
    "ion": 0,
    "mix": -1,
    "dor": -2,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
    "lyd": 1,
}
_TUPLET_TIME = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}

_TOKEN = re.compile(
    r"""
    (?P<chord>"[^"]*")
  | (?P<decoration>![^!]*!|\{[^}]*\}|[~.])
  | (?P<ending>\[\s*[12]|(?<=\|)[12])
  | (?P<bar>:*\|[\|\]]*:*|::|\|\])
  | (?P<tuplet>\((?P<tuplet_n>\d)(?::\d*)*)
  | (?P<stack>\[[^\]:]*\])(?P<stack_length>\d*/*\d*)
  | (?P<note>[\^_=]*[A-Ga-gzx][,']*)(?P<length>\d*/*\d*)
  | (?P<tie>-)
  | (?P<other>.)
    """,
    re.VERBOSE,
)
_NOTE = re.compile(r"([\^_=]*)([A-Ga-g])([,']*)(\d*/*\d*)")


class AbcError(ValueError):
    """A tune this reader does not take, with the reason."""


@dataclass(frozen=True)
class AbcTune:
    """A tune as played: `sections` are runs of bars between repeat signs and double bars, already unfolded.

    `labels[i]` is the same for sections with the same music.
    """

    title: str
    meter: tuple[int, int]
    sections: tuple[tuple[AbcBar, ...], ...]
    labels: tuple[int, ...]


def split_tunes(text: str) -> Iterator[str]:
    """The tunes of a file, each from its X: field on."""
    for chunk in re.split(r"(?m)^(?=X:)", text):
        if chunk.startswith("X:"):
            yield chunk


def key_accidentals(key: str) -> dict[str, int]:
    """Alteration in semitones of each letter in a key such as 'D', 'Em', 'Bb', 'Ador'."""
    match = re.match(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)", key)
    if not match:
        raise AbcError(f"no key: {key!r}")
    word = match[3].lower()
    mode = word if word in ("", "m") else word[:3]
    if mode not in _MODE_FIFTHS:
        raise AbcError(f"unknown mode: {key!r}")
    fifths = _SHARPS.index(match[1]) - 1 + {"#": 7, "b": -7, "": 0}[match[2]] + _MODE_FIFTHS[mode]
    altered = _SHARPS[:fifths] if fifths > 0 else _SHARPS[::-1][: -fifths or None] if fifths < 0 else ""
    return dict.fromkeys(altered, 1 if fifths > 0 else -1)


def parse_tune(text: str) -> AbcTune:
    """Reads one tune. Raises AbcError."""
    reader = _Reader()
    body = re.sub(r"\\\s*\n(?![A-Z]:)", " ", text)
    for line in body.splitlines():
        line = line.split("%")[0].rstrip("\\ \t").strip()
        found = re.match(r"([A-Za-z]):(?![|:])\s*(.*)", line)
        if found:
            reader.read_field(found[1], found[2].strip())
        elif line:
            reader.read_music(line)
    return reader.finish()


class _Reader:
    """Collects the items of a tune in writing order, then plays them."""

    def __init__(self) -> None:
        self.title, self.key, self.order = "", "", ""
        self.meter: tuple[int, int] | None = None
        self.unit: Fraction | None = None
        self.items: list[AbcBar | str] = []
        self.bar: AbcBar | None = None
        self.accidentals: dict[str, int] = {}
        self.tied = False
        self.tuplet_left, self.tuplet_factor = 0, Fraction(1)

    @property
    def started(self) -> bool:
        return bool(self.items) or self.bar is not None

    def read_field(self, name: str, value: str) -> None:
        if name == "T" and not self.title:
            self.title = value
        elif name == "M":
            meter = self._meter(value)
            if self.started and meter != self.meter:
                raise AbcError("the meter changes")
            self.meter = meter
        elif name == "L":
            top, _, bottom = value.partition("/")
            self.unit = Fraction(int(top), int(bottom or 1)) * 4
        elif name == "K":
            key_accidentals(value)
            self._close_bar()
            self.key = value
        elif name == "Y" or (name == "P" and not self.started and len(value) > 1):
            self.order = re.sub(r"[^A-Z]", "", value)
        elif name == "P":
            self._close_bar()
            self.items.append("part " + value.strip()[:1])

    def read_music(self, line: str) -> None:
        for token in _TOKEN.finditer(line):
            kind = token.lastgroup
            if token["chord"]:
                bar = self._open_bar()
                symbol = token["chord"].strip('"')
                if not bar.chords or bar.chords[-1][0] < bar.length:  # of two alternatives, the first
                    bar.chords.append((bar.length, symbol))
            elif token["ending"]:
                self._close_bar()
                self.items.append("ending " + token["ending"].strip("[ "))
            elif token["bar"]:
                self._close_bar()
                mark = token["bar"]
                if mark == "::" or (mark.startswith(":") and mark.endswith(":")):
                    self.items += [":|", "|:"]
                elif mark.startswith(":"):
                    self.items.append(":|")
                elif mark.endswith(":"):
                    self.items.append("|:")
                elif len(mark) > 1:
                    self.items.append("||")
            elif token["tuplet"]:
                count = int(token["tuplet_n"])
                if count not in _TUPLET_TIME:
                    raise AbcError(f"a tuplet of {count}")
                self.tuplet_left, self.tuplet_factor = count, Fraction(_TUPLET_TIME[count], count)
            elif token["stack"]:
                self._add_stack(token["stack"], token["stack_length"])
            elif token["note"]:
                self._add_note(token["note"], token["length"])
            elif token["tie"]:
                self.tied = True
            elif kind == "other" and token["other"] not in " \t()+*`|]&$":
                raise AbcError(f"cannot read {token['other']!r}")

    def finish(self) -> AbcTune:
        self._close_bar()
        if self.meter is None or not self.key:
            raise AbcError("no meter or key")
        parts = self._parts()
        if self.order and all(letter in parts for letter in self.order):
            letters = self.order
            for letter in set(letters):  # 'AA' and repeat signs in A mean the same
                if ":|" in parts[letter]:
                    letters = re.sub(f"{letter}{letter}", letter, letters)
            items = [item for letter in letters for item in [*parts[letter], "||"]]
        else:
            items = [item for part in parts.values() for item in [*part, "||"]]
        sections, labels = unfold(items)
        if not sections:
            raise AbcError("no music")
        return AbcTune(self.title, self.meter, tuple(sections), tuple(labels))

    def _parts(self) -> dict[str, list[AbcBar | str]]:
        parts: dict[str, list[AbcBar | str]] = {}
        name = ""
        for item in self.items:
            if isinstance(item, str) and item.startswith("part "):
                name = item[5:]
                while name in parts:  # the same letter written out again
                    name += "'"
            else:
                parts.setdefault(name, []).append(item)
        return {n: p for n, p in parts.items() if any(isinstance(i, AbcBar) for i in p)}

    @staticmethod
    def _meter(value: str) -> tuple[int, int]:
        value = {"C": "4/4", "C|": "2/2"}.get(value, value)
        match = re.fullmatch(r"(\d+)/(\d+)", value)
        if not match:
            raise AbcError(f"no meter: {value!r}")
        return int(match[1]), int(match[2])

    def _open_bar(self) -> AbcBar:
        if self.bar is None:
            if not self.key:
                raise AbcError("music before a key")
            self.bar = AbcBar(self.key)
            self.accidentals = key_accidentals(self.key)
        return self.bar

    def _close_bar(self) -> None:
        if self.bar is not None and self.bar.length > 0:
            self.items.append(self.bar)
            self.bar = None

    def _length(self, text: str) -> Fraction:
        unit = self.unit
        if unit is None:
            top, bottom = self.meter or (4, 4)
            unit = Fraction(1, 2) if Fraction(top, bottom) >= Fraction(3, 4) else Fraction(1, 4)
        top_text, slashes, bottom_text = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()  # type: ignore[union-attr]
        value = unit * int(top_text or 1)
        if slashes:
            value /= int(bottom_text) if bottom_text else 2 ** len(slashes)
        if self.tuplet_left:
            value *= self.tuplet_factor
        return value

    def _pitch(self, marks: str, letter: str, octaves: str) -> int:
        octave = octaves.count("'") - octaves.count(",") + letter.islower()
        name = f"{letter.upper()}{octave}"  # an accidental holds for its octave until the bar line
        if marks:
            self.accidentals[name] = marks.count("^") - marks.count("_")
        alter = self.accidentals.get(name, self.accidentals.get(letter.upper(), 0))
        return 60 + 12 * octave + _LETTERS[letter.upper()] + alter

    def _append(self, pitch: int | None, length: Fraction) -> None:
        bar = self._open_bar()
        if pitch is not None:
            bar.notes.append((bar.length, length, pitch, self.tied))
        bar.length += length
        self.tied = False
        self.tuplet_left = max(0, self.tuplet_left - 1)

    def _add_note(self, note: str, length: str) -> None:
        self._open_bar()
        match = re.fullmatch(r"([\^_=]*)([A-Ga-gzx])([,']*)", note)
        assert match is not None
        rest = match[2] in "zx"
        self._append(None if rest else self._pitch(match[1], match[2], match[3]), self._length(length))

    def _add_stack(self, stack: str, length: str) -> None:
        self._open_bar()
        notes = [(self._pitch(m[1], m[2], m[3]), m[4]) for m in _NOTE.finditer(stack)]
        if not notes:
            return
        inner = self._length(notes[0][1])
        scale = self._length(length) / self._length("") if length else 1
        self._append(max(p for p, _ in notes), inner * scale)
