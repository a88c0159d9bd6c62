"""Sung melodies of the OpenScore Lieder Corpus (CC0, compressed MusicXML), as rhythms and pitches in quarters.

Only what a rhythm study needs is read: the first voice of the part that carries the words, its ties joined, grace
notes left out, one stretch for each time signature. A short first bar is a pickup and lies at the end of its bar.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from studio.training.skeleton import MelodyNote

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FEWEST_WORDS = 10
_FEWEST_NOTES = 12


@dataclass
class MeteredMelody:
    """A stretch of melody in one time signature; positions in quarters from its first bar line."""

    numerator: int
    denominator: int
    notes: list[MelodyNote] = field(default_factory=list)


def lieder_melodies(folder: Path) -> Iterator[MeteredMelody]:
    """Every stretch of sung melody in a folder of .mxl files, in order of file name."""
    for path in sorted(folder.glob("*.mxl")):
        yield from read_melody(path)


def read_melody(path: Path) -> list[MeteredMelody]:
    """The melodies of one song; empty when no part has words."""
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".xml") and not n.startswith("META"))
        root = ElementTree.fromstring(archive.read(name))
    parts = root.findall("part")
    voice = max(parts, key=lambda part: len(part.findall(".//lyric")), default=None)
    if voice is None or len(voice.findall(".//lyric")) < _FEWEST_WORDS:
        return []
    stretches = _Reader().read(voice)
    return [stretch for stretch in stretches if len(stretch.notes) >= _FEWEST_NOTES]


class _Reader:
    """Walks the bars of one part."""

    def __init__(self) -> None:
        self.divisions = 1.0
        self.stretches: list[MeteredMelody] = []
        self.bar_start = 0.0

    def read(self, part: ElementTree.Element) -> list[MeteredMelody]:
        for measure in part.findall("measure"):
            self._read_measure(measure)
        return self.stretches

    def _read_measure(self, measure: ElementTree.Element) -> None:
        position = length = 0.0
        found: list[tuple[float, float, int, bool]] = []
        for element in measure:
            quarters = float(element.findtext("duration") or 0.0) / self.divisions
            if element.tag == "attributes":
                self._read_attributes(element)
            elif element.tag == "backup":
                position -= quarters
            elif element.tag == "forward":
                position += quarters
            elif element.tag == "note" and element.find("grace") is None and element.find("chord") is None:
                pitch = element.find("pitch")
                if (element.findtext("voice") or "1") == "1" and pitch is not None:
                    tied = any(tie.get("type") == "stop" for tie in element.findall("tie"))
                    found.append((position, position + quarters, _midi(pitch), tied))
                position += quarters
            length = max(length, position)
        if not self.stretches:
            return
        stretch = self.stretches[-1]
        full = stretch.numerator * 4.0 / stretch.denominator
        pickup = full - length if self.bar_start == 0.0 and 0.0 < length < full else 0.0
        for start, end, midi, tied in found:
            if tied and stretch.notes and stretch.notes[-1].pitch == midi:
                last = stretch.notes.pop()
                stretch.notes.append(MelodyNote(last.start, last.end + end - start, midi))
            else:
                at = self.bar_start + pickup
                stretch.notes.append(MelodyNote(at + start, at + end, midi))
        self.bar_start += full

    def _read_attributes(self, attributes: ElementTree.Element) -> None:
        self.divisions = float(attributes.findtext("divisions") or self.divisions)
        time = attributes.find("time")
        if time is None:
            return
        numerator, denominator = time.findtext("beats") or "", time.findtext("beat-type") or ""
        if not (numerator.isdigit() and denominator.isdigit()):
            return
        now = (int(numerator), int(denominator))
        last = self.stretches[-1] if self.stretches else None
        if last is None or now != (last.numerator, last.denominator):
            self.stretches.append(MeteredMelody(*now))
            self.bar_start = 0.0


def _midi(pitch: ElementTree.Element) -> int:
    alter = int(float(pitch.findtext("alter") or 0))
    return _SEMITONES[pitch.findtext("step") or "C"] + alter + 12 * (int(pitch.findtext("octave") or 4) + 1)
