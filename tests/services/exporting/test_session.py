"""Session files beside the stems, read by independent readers, against the MIDI file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest
import rpp
import soundfile
import xmlschema

from studio.core.audio import Audio
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.services.exporting.daw_project import write_daw_project
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.export_midi import TICKS_PER_BEAT
from studio.services.exporting.reaper_project import quoted
from studio.services.exporting.session import Session, Track
from tests.services.band import make_analysis, make_candidate, make_vocal

SCHEMAS = Path(__file__).with_name("dawproject")
NAMES = ["vocal", "drums", "bass", "harmony", "lead"]


def drifting() -> BeatGrid:
    """Beats that grow slower by a hundredth each, the first before the recording."""
    times, beat_s = [-0.3], 0.5
    while times[-1] < 20.0:
        times.append(times[-1] + beat_s)
        beat_s *= 1.01
    return BeatGrid(tuple(times), Meter(4, 4))


GRIDS = {
    "steady": BeatGrid.regular(97.3, Meter(4, 4), 20.0, 0.42),
    "compound": BeatGrid.regular(120.0, Meter(6, 8), 20.0, 0.0),
    "odd": BeatGrid.regular(143.0, Meter(7, 8), 20.0, 1.7),
    "drifting": drifting(),
}


@pytest.fixture(scope="module", params=GRIDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported candidate of a mono vocal, in Japanese."""
    vocal = replace(make_vocal(3.0), name='夜の歌 🎤 "live"')
    analysis = make_analysis(3.0, GRIDS[request.param])
    export = ExportRequest(
        tmp_path_factory.mktemp("out"), vocal, analysis, make_candidate(vocal, analysis), 7, {}
    )
    return export_candidate(export).folder


def midi_events(folder: Path, kind: str) -> list[tuple[int, mido.MetaMessage]]:
    tick, found = 0, []
    for message in mido.MidiFile(folder / "arrangement.mid").tracks[0]:
        tick += message.time
        if message.type == kind:
            found.append((tick, message))
    return found


def seconds_of(folder: Path, tick: int) -> float:
    """When a tick of the MIDI file sounds."""
    total, last, micros = 0.0, 0, 0
    for at, message in midi_events(folder, "set_tempo"):
        total += (min(at, tick) - last) * micros * 1e-6 / TICKS_PER_BEAT
        last, micros = min(at, tick), message.tempo
    return total + (tick - last) * micros * 1e-6 / TICKS_PER_BEAT


def tick_of(element: ElementTree.Element) -> float:
    return round(float(element.get("time", "")) * TICKS_PER_BEAT, 6)


def test_the_daw_project_is_valid_and_says_what_the_midi_file_says(folder: Path) -> None:
    with zipfile.ZipFile(folder / "session.dawproject") as archive:
        project, metadata = archive.read("project.xml"), archive.read("metadata.xml")
    xmlschema.XMLSchema(SCHEMAS / "Project.xsd").validate(io.BytesIO(project))
    xmlschema.XMLSchema(SCHEMAS / "MetaData.xsd").validate(io.BytesIO(metadata))
    root = ElementTree.fromstring(project)
    assert ElementTree.fromstring(metadata).findtext("Title") == '夜の歌 🎤 "live"'

    tempos = [(t, 6e7 / m.tempo) for t, m in midi_events(folder, "set_tempo")]
    points = root.findall("Arrangement/TempoAutomation/RealPoint")
    assert [(tick_of(p), float(p.get("value", ""))) for p in points] == tempos
    meters = [(t, m.numerator, m.denominator) for t, m in midi_events(folder, "time_signature")]
    assert [
        (
            tick_of(p),
            int(p.get("numerator", "")),
            int(p.get("denominator", "")),
        )
        for p in root.findall("Arrangement/TimeSignatureAutomation/TimeSignaturePoint")
    ] == meters
    chords = [(t, m.text) for t, m in midi_events(folder, "marker")]
    markers = root.findall("Arrangement/Markers/Marker")
    assert [(tick_of(m), m.get("name")) for m in markers] == chords
    assert chords

    clips = root.findall("Arrangement/Lanes/Lanes/Clips/Clip")
    assert [(c.get("time"), c.get("playStart")) for c in clips] == [("0.0", "0.0")] * 5
    assert [t.get("name") for t in root.findall("Structure/Track")] == [*NAMES, "Master"]
    for clip in clips:
        audio, file = clip.find("Audio"), clip.find("Audio/File")
        assert audio is not None and file is not None  # noqa: PT018
        info = soundfile.info(folder / file.get("path", ""))
        assert float(clip.get("duration", "")) == info.frames / info.samplerate
        assert (audio.get("channels"), audio.get("sampleRate")) == (str(info.channels), str(info.samplerate))


def test_the_reaper_project_says_what_the_midi_file_says(folder: Path) -> None:
    project = rpp.loads((folder / "session.rpp").read_text("utf-8"))
    ticks = sorted({t for kind in ("set_tempo", "time_signature") for t, _ in midi_events(folder, kind)})
    points = [[float(v) for v in point[1:3]] for point in project.find("TEMPOENVEX").findall("PT")]
    assert [at for at, _ in points] == pytest.approx([seconds_of(folder, t) for t in ticks], abs=1e-9)
    for (_, tempo), tick in zip(points, ticks, strict=True):
        holds = [m.tempo for t, m in midi_events(folder, "set_tempo") if t <= tick][-1]
        assert tempo == 6e7 / holds
    meters = [
        (int(p[4]) & 0xFFFF, int(p[4]) >> 16) for p in project.find("TEMPOENVEX").findall("PT") if int(p[4])
    ]
    assert meters == [(m.numerator, m.denominator) for _, m in midi_events(folder, "time_signature")]
    chords = [(seconds_of(folder, t), m.text) for t, m in midi_events(folder, "marker")]
    markers = [(float(m[2]), m[3]) for m in project.findall("MARKER")]
    assert [name for _, name in markers] == [name for _, name in chords]
    assert [at for at, _ in markers] == pytest.approx([at for at, _ in chords], abs=1e-9)
    assert project.find("TITLE")[1] == '夜の歌 🎤 "live"'

    tracks = project.findall("TRACK")
    assert [track.find("NAME")[1] for track in tracks] == NAMES
    for track in tracks:
        item = track.find("ITEM")
        assert float(item.find("POSITION")[1]) == 0.0
        info = soundfile.info(folder / item.find("SOURCE").find("FILE")[1])
        assert float(item.find("LENGTH")[1]) == info.frames / info.samplerate


@pytest.mark.parametrize("name", ["plain", 'a "b"', "it's", "\"'", "\"'`", "two\nlines", ""])
def test_any_name_stays_one_word_of_a_reaper_project(name: str) -> None:
    project = rpp.loads(f"<REAPER_PROJECT 0.1 x 0\n  TITLE {quoted(name)}\n>")
    expected = name.replace("\n", "")
    assert project.find("TITLE")[1] == (expected if "`" not in name else expected.replace("`", "'"))


def test_a_name_that_no_xml_can_hold_is_written_without_it(tmp_path: Path) -> None:
    session = Session(
        "a\x07b\ud83dc\ufffe", 48000, 1.0, (Track("x\x00", "x.wav", 1),), ((0, 500_000),), ((0, 4, 4),), ()
    )
    write_daw_project(tmp_path / "session.dawproject", session)
    with zipfile.ZipFile(tmp_path / "session.dawproject") as archive:
        assert ElementTree.fromstring(archive.read("metadata.xml")).findtext("Title") == "abc"
        xmlschema.XMLSchema(SCHEMAS / "Project.xsd").validate(io.BytesIO(archive.read("project.xml")))


def test_equal_songs_are_equal_files(tmp_path: Path) -> None:
    vocal = make_vocal(1.0)
    vocal = replace(vocal, audio=Audio(vocal.audio.samples, vocal.audio.sample_rate))
    analysis = make_analysis(1.0)
    first, second = (
        export_candidate(
            ExportRequest(tmp_path / name, vocal, analysis, make_candidate(vocal, analysis), 7, {})
        ).folder
        for name in "ab"
    )
    for name in ("session.dawproject", "session.rpp"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
