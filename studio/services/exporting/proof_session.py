"""The session files of an export, read again: they say what the MIDI file says, and name files that are there."""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from studio.core.language import tr, trn
from studio.services.exporting.contents import DAW_PROJECT, MIDI, REAPER
from studio.services.exporting.proof_midi import ReadMidi, read_midi
from studio.services.exporting.proof_rules import Check, ProofManifest, text_of

#: Of an XML file in an archive; a session is a hundredth of it.
_MOST_BYTES = 1 << 24


def prove_sessions(folder: Path, manifest: ProofManifest) -> list[Check]:
    """All rules of the session files that are there."""
    midi: ReadMidi | None = None
    name = manifest.name_of(MIDI)
    if name is not None:
        try:
            midi = read_midi(folder / name)
        except Exception:  # said of the MIDI file itself
            midi = None
    checks: list[Check] = []
    kinds: tuple[tuple[str, Callable[[Path, Path], _Session]], ...] = (
        (DAW_PROJECT, _read_daw_project),
        (REAPER, _read_reaper),
    )
    for role, read in kinds:
        name = manifest.name_of(role)
        if name is None:
            continue
        try:
            session = read(folder / name, folder)
        except Exception as error:  # whatever a parser stumbles over
            checks.append(Check(name, tr("opens in another reader"), False, text_of(error)))
            continue
        checks += session.checks(name, folder, manifest, midi)
    return checks


class _Session:
    """What a session file says, whatever its format; tempo and chords at quarters, or at seconds."""

    def __init__(self) -> None:
        self.clips: list[tuple[str, float, float]] = []  # file, start and length in seconds
        self.volumes: dict[str, float] = {}
        self.tempos: list[tuple[float, float]] = []  # position, bpm
        self.markers: list[tuple[float, str]] = []
        self.in_quarters = True

    def checks(
        self, name: str, folder: Path, manifest: ProofManifest, midi: ReadMidi | None
    ) -> Iterator[Check]:
        duration_s = manifest.vocal.frames / manifest.vocal.sample_rate
        missing = [
            file for file, _, _ in self.clips if file not in manifest.files or not (folder / file).is_file()
        ]
        yield Check(
            name,
            tr("names files that are there"),
            bool(self.clips) and not missing,
            tr("no {names}", names=", ".join(missing))
            if missing
            else trn("{count} track", "{count} tracks", len(self.clips)),
        )
        placed = all(start == 0.0 and abs(length - duration_s) < 1e-9 for _, start, length in self.clips)
        yield Check(
            name,
            tr("has every clip at sample 0"),
            placed,
            tr("{duration_s:.3f} s each", duration_s=duration_s),
        )
        wanted = {
            file: 10 ** (manifest.vocal_in_mix_db / 20) if manifest.files[file].role == "vocal" else 1.0
            for file, _, _ in self.clips
            if file in manifest.files
        }
        same = all(
            np.isclose(self.volumes.get(file, 0.0), volume, rtol=1e-6) for file, volume in wanted.items()
        )
        said = (
            ""
            if manifest.vocal_in_mix_db == 0.0
            else tr(", the vocal at {vocal_in_mix_db:+.1f} dB", vocal_in_mix_db=manifest.vocal_in_mix_db)
        )
        yield Check(name, tr("plays the mix"), same, tr("faders at 0 dB{said}", said=said))
        if midi is not None:
            yield self._against(name, midi)

    def _against(self, name: str, midi: ReadMidi) -> Check:
        """Tempo and chords are where the MIDI file has them."""

        def place(tick: int) -> float:
            return tick / midi.ticks_per_quarter if self.in_quarters else midi.seconds(tick)

        tempos = [(place(tick), 6e7 / micros) for tick, micros in midi.tempos]
        markers = [(place(tick), text) for tick, text in midi.markers]
        tolerance = 1e-6
        equal = [text for _, text in markers] == [text for _, text in self.markers]
        equal = equal and np.allclose(
            [at for at, _ in markers], [at for at, _ in self.markers], atol=tolerance
        )
        held = [_held(self.tempos, at) for at, _ in tempos]
        equal = equal and bool(np.allclose(held, [bpm for _, bpm in tempos], rtol=1e-9))
        found = trn("{count} tempo event", "{count} tempo events", len(tempos))
        found += tr(", ") + trn("{count} chord", "{count} chords", len(markers))
        return Check(name, tr("says what the MIDI file says, tick for tick"), bool(equal), found)


def _held(tempos: list[tuple[float, float]], at: float) -> float:
    """The tempo that holds at a place."""
    return [bpm for place, bpm in tempos if place <= at + 1e-6][-1] if tempos else 0.0


def _read_daw_project(path: Path, folder: Path) -> _Session:
    session = _Session()
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("project.xml").file_size > _MOST_BYTES:
            raise ValueError("a project.xml of many megabytes")
        root = ElementTree.fromstring(archive.read("project.xml"))
    volumes = {
        track.get("id", ""): float(volume.get("value", "nan"))
        for track in root.findall("Structure/Track")
        if (volume := track.find("Channel/Volume")) is not None
    }
    for lane in root.findall("Arrangement/Lanes/Lanes"):
        for clip in lane.findall("Clips/Clip"):
            file = clip.find("Audio/File")
            named = file.get("path", "") if file is not None else ""
            start = float(clip.get("time", "nan")) + float(clip.get("playStart", "0"))
            session.clips.append((named, start, float(clip.get("duration", "nan"))))
            session.volumes[named] = volumes.get(lane.get("track", ""), float("nan"))
    for point in root.findall("Arrangement/TempoAutomation/RealPoint"):
        session.tempos.append((_place(point), float(point.get("value", "nan"))))
    for marker in root.findall("Arrangement/Markers/Marker"):
        session.markers.append((_place(marker), marker.get("name", "")))
    return session


def _place(element: ElementTree.Element) -> float:
    return float(element.get("time", "nan"))


def _read_reaper(path: Path, folder: Path) -> _Session:
    session = _Session()
    session.in_quarters = False
    volume = start = length = float("nan")
    for line in path.read_text(encoding="utf-8").splitlines():
        words = _words(line)
        if not words:
            continue
        kind, rest = words[0], words[1:]
        if kind == "VOLPAN":
            volume = float(rest[0])
        elif kind == "POSITION":
            start = float(rest[0])
        elif kind == "LENGTH":
            length = float(rest[0])
        elif kind == "SOFFS":
            start += float(rest[0])
        elif kind == "FILE":
            session.clips.append((rest[0], start, length))
            session.volumes[rest[0]] = volume
        elif kind == "PT":
            session.tempos.append((float(rest[0]), float(rest[1])))
        elif kind == "MARKER":
            session.markers.append((float(rest[1]), rest[2]))
    return session


def _words(line: str) -> list[str]:
    """The words of a line; a quoted one is in ", ' or `."""
    words = shlex.shlex(line.strip(), posix=True)
    words.whitespace_split, words.commenters, words.escape, words.quotes = True, "", "", "\"'`"
    return list(words)
