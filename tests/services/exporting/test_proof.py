"""Every rule of an export, at every rate and format, by readers that share nothing with the writers: wavinfo,
libsndfile, mido, rpp and the schema of DAWproject; and that the proof of the program says the same."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import pytest
import rpp
import soundfile as sf
import xmlschema
from wavinfo import WavInfoReader

from studio.audio import wav
from studio.audio.wav import Encoding
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.export_names import SongNames
from studio.dsp.loudness import true_peak_db
from studio.services.exporting.contents import ROLES, Contents
from studio.services.exporting.export import (
    ExportedCandidate,
    ExportRequest,
    export_candidate,
    measure_levels,
)
from studio.services.exporting.proof import prove
from tests.services.band import make_analysis, make_candidate, make_vocal

SCHEMAS = Path(__file__).with_name("dawproject")
NAMES = SongNames("夜明け", "海の歌 / live?", by_template=True)
ALL = Contents(frozenset(ROLES))
BITS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}


def make_request(
    parent: Path, rate: int = 44100, channels: int = 1, *, vocal_level: float = 0.3, level: float = 0.1
) -> ExportRequest:
    vocal = make_vocal(2.0, channels, vocal_level, rate)
    analysis = make_analysis(2.0)
    return ExportRequest(
        parent,
        vocal,
        analysis,
        make_candidate(vocal, analysis, level=level),
        7,
        {},
        contents=ALL,
        names=NAMES,
    )


def samples(exported: ExportedCandidate) -> dict[str, np.ndarray]:
    """By role, float64 [T, C], exact."""
    return {
        role: sf.read(exported.folder / name, dtype="float64", always_2d=True)[0]
        for role, name in exported.files.items()
        if name.endswith(".wav")
    }


def residual_db(difference: np.ndarray) -> float:
    return float(20 * np.log10(max(np.abs(difference).max(), 1e-30)))


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMAS / "Project.xsd")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_every_rule_at_every_rate_and_format(
    tmp_path: Path, schema: xmlschema.XMLSchema, rate: int, encoding: Encoding, channels: int
) -> None:
    request = replace(make_request(tmp_path, rate, channels), encoding=encoding)
    exported = export_candidate(request)
    assert exported.gain_db == 0.0
    folder, files = exported.folder, exported.files
    assert folder.name == "夜明け_海の歌_-_live_01_120bpm_Am"
    bits = "32f" if encoding == "FLOAT" else BITS[encoding]
    assert files["drums"] == f"夜明け_海の歌_-_live_01_drums_120bpm_Am_{rate / 1000:g}k{bits}.wav"
    for role, name in files.items():
        if not name.endswith(".wav"):
            continue
        found = WavInfoReader(folder / name)
        assert (found.fmt.sample_rate, found.fmt.bits_per_sample) == (rate, BITS[encoding])
        assert found.data.frame_count == 2 * rate
        assert found.fmt.channel_count == {"vocal": channels, "click": 1}.get(role, 2)

    heard = samples(exported)
    bound_db = -120.0 if encoding == "FLOAT" else -500.0  # PCM: nothing at all is left
    assert residual_db(sum(heard[stem] for stem in STEMS) - heard["band"]) <= bound_db
    assert residual_db(heard["band"] + heard["vocal"] - heard["mix"]) <= bound_db
    if encoding == "FLOAT":
        for stem, audio in request.candidate.stems.items():
            assert np.array_equal(heard[stem], audio.samples.T.astype(np.float64))

    midi = mido.MidiFile(folder / files["midi"])
    tempos = [m.tempo for m in midi.tracks[0] if m.type == "set_tempo"]
    assert tempos == [500_000]
    markers, tick = [], 0
    for message in midi.tracks[0]:
        tick += message.time
        markers += [(tick, message.text)] if message.type == "marker" else []
    with zipfile.ZipFile(folder / files["dawproject"]) as archive:
        content = archive.read("project.xml")
        schema.validate(io.BytesIO(content))
    root = ElementTree.fromstring(content)
    assert [float(p.get("value", "")) for p in root.findall("Arrangement/TempoAutomation/RealPoint")] == [
        120.0
    ]
    assert [
        (round(float(m.get("time", "")) * midi.ticks_per_beat), m.get("name"))
        for m in root.findall("Arrangement/Markers/Marker")
    ] == markers
    named = [f.get("path") for f in root.iter("File")]
    assert named == [files[role] for role in ("vocal", *STEMS)]
    session = rpp.loads((folder / files["rpp"]).read_text("utf-8"))
    items = [track.find("ITEM") for track in session.findall("TRACK")]
    assert [item.find("SOURCE").find("FILE")[1] for item in items] == named
    assert {(float(i.find("POSITION")[1]), float(i.find("LENGTH")[1])) for i in items} == {(0.0, 2.0)}

    proof = prove(folder)
    assert [check for check in proof if not check.passed] == []
    assert {check.file for check in proof} == set(files.values())
    assert {c.file: c.state for c in proof} == exported.checks


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_the_vocal_is_left_alone_when_the_mix_is_too_loud(
    tmp_path: Path, encoding: Encoding, subtype: str
) -> None:
    request = replace(make_request(tmp_path, vocal_level=0.8, level=0.3), encoding=encoding)
    step = np.float32(2.0 ** (1 - BITS[subtype]))
    vocal = Audio(np.rint(request.vocal.audio.samples / step).astype(np.float32) * step, 44100)
    request = replace(request, vocal=replace(request.vocal, audio=vocal))
    levels = measure_levels(request)
    exported = export_candidate(request)
    assert exported.levels == levels
    assert levels.loudest == "mix"
    assert exported.gain_db == pytest.approx(-1.01 - levels.loudest_db)
    assert "The vocal file stays as it is" in levels.text
    heard = samples(exported)
    if BITS[subtype] <= BITS[encoding]:  # an integer vocal passes bit for bit
        assert np.array_equal(heard["vocal"][:, 0], vocal.samples[0].astype(np.float64))
    mix = Audio(np.ascontiguousarray(heard["mix"].T.astype(np.float32)), 44100)
    assert true_peak_db(mix) == pytest.approx(-1.0, abs=0.05)
    assert true_peak_db(mix) <= -1.0
    assert residual_db(sum(heard[stem] for stem in STEMS) - heard["band"]) < -500
    gain = 10 ** (exported.gain_db / 20)
    assert residual_db(heard["band"] + gain * heard["vocal"] - heard["mix"]) < residual_db(
        np.array(4 * 2.0 ** (1 - BITS[encoding]))
    )
    # The sessions play the mix.
    session = rpp.loads((exported.folder / exported.files["rpp"]).read_text("utf-8"))
    volumes = [float(track.find("VOLPAN")[1]) for track in session.findall("TRACK")]
    assert volumes == pytest.approx([gain, 1.0, 1.0, 1.0, 1.0])
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    assert manifest["vocal_in_mix_db"] == exported.gain_db
    assert manifest["vocal_file_gain_db"] == 0.0
    assert {check.state for check in prove(exported.folder)} == {"PASS"}


def test_the_vocal_is_lowered_where_that_is_asked_for(tmp_path: Path) -> None:
    request = replace(make_request(tmp_path, vocal_level=0.8, level=0.3), lower_vocal=True)
    exported = export_candidate(request)
    heard = samples(exported)
    gain = 10 ** (exported.gain_db / 20)
    assert np.abs(heard["vocal"].T - request.vocal.audio.samples * gain).max() < 2**-22
    assert residual_db(heard["band"] + heard["vocal"] - heard["mix"]) < -500
    assert "the vocal too" in exported.levels.text
    assert {check.state for check in exported.proof} == {"PASS"}


def test_a_vocal_beyond_full_scale_is_neither_lowered_nor_cut_off(tmp_path: Path) -> None:
    request = make_request(tmp_path, vocal_level=1.6)
    exported = export_candidate(request)
    heard = samples(exported)
    assert np.array_equal(heard["vocal"].T.astype(np.float32), request.vocal.audio.samples)
    assert exported.files["vocal"].endswith("_44.1k32f.wav")
    assert exported.files["drums"].endswith("_44.1k24.wav")
    gain = 10 ** (exported.gain_db / 20)
    assert residual_db(heard["band"] + gain * heard["vocal"] - heard["mix"]) < -120
    assert {check.state for check in exported.proof} == {"PASS"}


def test_float_is_never_scaled(tmp_path: Path) -> None:
    request = replace(make_request(tmp_path, vocal_level=0.9, level=0.5), encoding="FLOAT")
    exported = export_candidate(request)
    assert exported.gain_db == 0.0
    assert np.abs(samples(exported)["mix"]).max() > 1.0
    assert {check.state for check in exported.proof} == {"PASS"}


def test_a_part_is_at_the_level_it_has_in_the_whole(tmp_path: Path) -> None:
    request = make_request(tmp_path, vocal_level=0.8, level=0.3)
    whole = export_candidate(request)
    part = export_candidate(
        replace(request, parent=tmp_path / "part", contents=Contents(frozenset({"drums", "midi", "rpp"})))
    )
    assert set(part.files) == {"drums", "midi", "rpp"}
    assert np.array_equal(samples(part)["drums"], samples(whole)["drums"])
    session = rpp.loads((part.folder / part.files["rpp"]).read_text("utf-8"))
    assert [track.find("NAME")[1] for track in session.findall("TRACK")] == ["drums"]
    assert {check.state for check in part.proof} == {"PASS"}


def test_the_click_is_on_the_beats(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    click = samples(export_candidate(request))["click"][:, 0]
    for time_s in (0.42, 0.92, 1.42, 1.92):
        at = round(time_s * 44100)
        assert np.abs(click[at - 20 : at - 2]).max() < 1e-3
        assert abs(click[at]) > 0.3


def test_large_files_are_rf64_and_proved_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "_WAV_LIMIT_BYTES", 0)
    exported = export_candidate(make_request(tmp_path))
    assert (exported.folder / exported.files["mix"]).read_bytes()[:4] == b"RF64"
    assert {check.state for check in prove(exported.folder)} == {"PASS"}


def _wrong_tempo(folder: Path, files: Mapping[str, str]) -> None:
    midi = mido.MidiFile(folder / files["midi"])
    for message in midi.tracks[0]:
        if message.type == "set_tempo":
            message.tempo = 510_000
    midi.save(folder / files["midi"])


def _moved_clip(folder: Path, files: Mapping[str, str]) -> None:
    path = folder / files["rpp"]
    path.write_text(path.read_text("utf-8").replace("POSITION 0", "POSITION 0.01", 1), "utf-8")


def _other_fader(folder: Path, files: Mapping[str, str]) -> None:
    path = folder / files["dawproject"]
    with zipfile.ZipFile(path) as archive:
        content = archive.read("project.xml").replace(b'value="1.0"', b'value="0.9"', 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.xml", content)


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (_wrong_tempo, {"has the song's beats", "says what the MIDI file says, tick for tick"}),
        (_moved_clip, {"has every clip at sample 0"}),
        (_other_fader, {"plays the mix"}),
    ],
)
def test_what_is_wrong_in_a_session_is_found(tmp_path: Path, change: object, rules: set[str]) -> None:
    exported = export_candidate(make_request(tmp_path))
    change(exported.folder, exported.files)  # type: ignore[operator]
    assert {check.rule for check in prove(exported.folder) if not check.passed} == rules
