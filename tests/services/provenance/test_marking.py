"""Marks on exported files, read by those who made the standards' readers, not by us."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import c2pa
import numpy as np
import pytest
import soundfile as sf
import wavinfo

from studio.audio.bext import Broadcast, packed, read_broadcast, write_broadcast
from studio.audio.wav import Encoding
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.export_audio import AUDIO_FILES
from studio.services.provenance import marking
from studio.services.provenance.local_key import key_path, own_key
from studio.services.vocal import open_vocal
from studio.storage.paths import user_data_dir
from tests.services.band import make_analysis, make_candidate, make_recipe

GENERATED = [name for name in AUDIO_FILES if name != "vocal.wav"]


def exported(
    folder: Path, encoding: Encoding = "PCM_24", *, bext: bytes = b"", seconds: float = 2.5
) -> ExportedCandidate:
    return export_candidate(make_order(folder, encoding, bext=bext, seconds=seconds))


def make_order(
    folder: Path, encoding: Encoding = "PCM_24", *, bext: bytes = b"", seconds: float = 2.5
) -> ExportRequest:
    folder.mkdir(parents=True, exist_ok=True)
    vocal_file = folder / "take.wav"
    x = 0.3 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * 44100)) / 44100)
    sf.write(vocal_file, x.astype(np.float32), 44100, subtype="PCM_24")
    if bext:
        write_broadcast(vocal_file, bext)
    vocal, analysis = open_vocal(vocal_file), make_analysis(seconds)
    candidate = make_candidate(vocal, analysis)
    whole = replace(candidate, recipe=make_recipe(candidate), settings={"candidate": 1, "candidates": 4})
    return ExportRequest(folder, vocal, analysis, whole, 7, {"mel": "ab" * 32}, encoding)


def verify(path: Path) -> tuple[str, list[str]]:
    with path.open("rb") as handle, c2pa.Reader("audio/wav", handle) as reader:
        content = json.loads(reader.json())
    codes = [entry["code"] for entry in content.get("validation_status", [])]
    return content["validation_state"], [code for code in codes if code != "signingCredential.untrusted"]


def chunk_names(path: Path) -> list[str]:
    content, at, names = path.read_bytes(), 12, []
    while at + 8 <= len(content):
        names.append(content[at : at + 4].decode("latin-1"))
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    assert at == len(content)
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    return names


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24", "FLOAT"])
def test_every_generated_file_is_signed_and_the_vocal_is_not(tmp_path: Path, encoding: Encoding) -> None:
    result = exported(tmp_path, encoding)
    assert set(result.checks.values()) == {"PASS"}
    assert result.marks.states == dict.fromkeys(GENERATED, marking.SIGNED)
    for name in GENERATED:
        names = chunk_names(result.folder / name)
        assert names.index("bext") < names.index("data") < names.index("C2PA")
        assert verify(result.folder / name) == ("Valid", [])
    assert chunk_names(result.folder / "vocal.wav")[-1] == "data"
    assert "bext" not in chunk_names(result.folder / "vocal.wav")
    assert b"Backline" not in (result.folder / "vocal.wav").read_bytes()


def test_what_the_credentials_say(tmp_path: Path) -> None:
    folder = exported(tmp_path).folder
    identity = json.loads((folder / "manifest.json").read_text())["ticket"]
    base = "http://cv.iptc.org/newscodes/digitalsourcetype/"
    for name in GENERATED:
        with (folder / name).open("rb") as handle, c2pa.Reader("audio/wav", handle) as reader:
            manifest = reader.get_active_manifest()
        by_label = {entry["label"]: entry["data"] for entry in manifest["assertions"]}
        action = by_label["c2pa.actions.v2"]["actions"][0]
        kind = "compositeWithTrainedAlgorithmicMedia" if name == "mix.wav" else "trainedAlgorithmicMedia"
        assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", base + kind)
        assert action["softwareAgent"]["name"] == "Backline"
        assert by_label["backline.ticket"]["id"] == identity
        assert "not publicly trusted" in manifest["signature_info"]["issuer"]


@pytest.mark.parametrize("where", [0, 0.5, 1])
def test_one_changed_byte_of_sound_fails(tmp_path: Path, where: float) -> None:
    path = exported(tmp_path).folder / "bass.wav"
    content = bytearray(path.read_bytes())
    start = content.index(b"data") + 8
    size = int.from_bytes(content[start - 4 : start], "little")
    content[start + int(where * (size - 1))] ^= 1
    path.write_bytes(content)
    assert verify(path) == ("Invalid", ["assertion.dataHash.mismatch"])


def test_bext_as_another_reader_finds_it(tmp_path: Path) -> None:
    source = packed(Broadcast("the take", "Recorder", "R-1", "2026-01-02", "03:04:05", 123_456_789_012))
    folder = exported(tmp_path, bext=source).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in GENERATED:
        bext = wavinfo.WavInfoReader(str(folder / name)).bext
        assert (bext.version, bext.originator) == (2, "Backline")
        assert bext.originator_ref == f"backline:{manifest['ticket']}"
        assert name.removesuffix(".wav") in bext.description
        assert "AI" in bext.description
        assert bext.time_reference == 123_456_789_012
        levels = manifest["files"][name]
        assert bext.loudness_value == pytest.approx(levels["loudness_lufs"], abs=0.006)
        assert bext.max_true_peak == pytest.approx(levels["true_peak_dbtp"], abs=0.006)
    kept = wavinfo.WavInfoReader(str(folder / "vocal.wav")).bext
    assert (kept.description, kept.originator_ref, kept.time_reference) == (
        "the take",
        "R-1",
        123_456_789_012,
    )


def test_the_manifest_tells_generated_from_sung(tmp_path: Path) -> None:
    files = json.loads((exported(tmp_path).folder / "manifest.json").read_text())["files"]
    assert files["vocal.wav"]["ai_generated"] is False
    assert files["drums.wav"]["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert files["mix.wav"]["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert {files[name]["content_credentials"] for name in GENERATED} == {marking.SIGNED}


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    first = own_key(tmp_path)
    assert own_key(tmp_path) == first
    assert key_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_path(tmp_path).parent.iterdir()] == ["local-key.pem"]


def test_an_export_without_a_key_is_whole_and_says_so(tmp_path: Path) -> None:
    path = key_path(user_data_dir())
    path.parent.mkdir(parents=True)
    path.write_text("no key")
    result = exported(tmp_path)
    assert set(result.checks.values()) == {"PASS"}
    assert all(state.startswith("none: The local signing key") for state in result.marks.states.values())
    assert path.read_text() == "no key"
    assert read_broadcast(result.folder / "mix.wav") is not None


def test_a_file_that_cannot_be_signed_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "is_rf64", lambda path: path.name == "mix.wav")

    def refuse(path: Path, *_: object) -> None:
        raise StudioError(f"{path.name} could not be marked", seen="no room")

    monkeypatch.setattr(marking, "sign", refuse)
    result = exported(tmp_path)
    assert set(result.checks.values()) == {"PASS"}
    assert "RF64" in result.marks.states["mix.wav"]
    assert "no room" in result.marks.states["drums.wav"]


def test_rf64_gets_a_bext_and_keeps_its_samples(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    x = np.random.default_rng(1).integers(-(2**20), 2**20, (5000, 2), dtype=np.int32) << 8
    sf.write(path, x, 48000, subtype="PCM_24", format="RF64")
    write_broadcast(path, packed(Broadcast("a", "Backline", "backline:1", time_reference=5)))
    write_broadcast(path, packed(Broadcast("b", "Backline", "backline:2", time_reference=6)))
    assert np.array_equal(sf.read(path, dtype="int32")[0], x)
    assert int.from_bytes(path.read_bytes()[20:28], "little") == path.stat().st_size - 8
    bext = wavinfo.WavInfoReader(str(path)).bext
    assert (bext.description, bext.originator_ref, bext.time_reference) == ("b", "backline:2", 6)


def test_other_chunks_stay(tmp_path: Path) -> None:
    path = tmp_path / "noted.wav"
    sf.write(path, np.zeros(101, dtype=np.int16), 8000)
    content = path.read_bytes()
    note = b"LIST\x12\x00\x00\x00INFOICMT\x06\x00\x00\x00hello\x00"
    path.write_bytes(content[:4] + (len(content) - 8 + len(note)).to_bytes(4, "little") + content[8:] + note)
    write_broadcast(path, packed(Broadcast("x")))
    read = wavinfo.WavInfoReader(str(path))
    assert (read.info.comment, read.bext.description) == ("hello", "x")


def test_the_same_candidate_gives_the_same_samples_and_ticket(tmp_path: Path) -> None:
    one, two = exported(tmp_path / "a"), exported(tmp_path / "b")
    assert one.marks.ticket == two.marks.ticket
    for name in AUDIO_FILES:
        a, b = (sf.read(result.folder / name, dtype="int32")[0] for result in (one, two))
        assert np.array_equal(a, b)


def test_a_band_without_notes_is_marked_too(tmp_path: Path) -> None:
    order = make_order(tmp_path)
    bare: Candidate = replace(order.candidate, recipe=None)
    result = export_candidate(replace(order, candidate=bare))
    assert set(result.marks.states.values()) == {marking.SIGNED}


def test_no_library_is_loaded_from_the_folder_of_the_files(tmp_path: Path) -> None:
    path = exported(tmp_path).folder / "bass.wav"
    for name in ("libc2pa_c.so", "libc2pa_c.dylib", "c2pa_c.dll"):
        (tmp_path / name).write_bytes(b"not a library")
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from studio.services.provenance.credentials import read_credentials\n"
        "print(read_credentials(Path(sys.argv[2]), None).intact)"
    )
    root = Path(marking.__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("True", "")
