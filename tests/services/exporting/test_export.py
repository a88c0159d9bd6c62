"""A candidate folder, opened as a DAW would."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio.wav import Encoding, write_wav
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken
from studio.dsp.loudness import integrated_lufs, peak_db, true_peak_db
from studio.services.exporting import export
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.export_audio import AUDIO_FILES
from studio.services.exporting.proof import prove
from studio.services.exporting.proof_marks import HOLDS
from studio.services.vocal import open_vocal
from tests.services.band import make_analysis, make_candidate, make_vocal


def make_request(
    folder: Path, channels: int = 1, level: float = 0.1, vocal_level: float = 0.3
) -> ExportRequest:
    vocal = make_vocal(channels=channels, level=vocal_level)
    analysis = make_analysis(vocal.audio.duration_s)
    return ExportRequest(
        folder, vocal, analysis, make_candidate(vocal, analysis, level=level), 7, {"mel": "ab" * 32}
    )


def read_all(folder: Path, dtype: str) -> dict[str, np.ndarray]:
    return {name: sf.read(folder / name, dtype=dtype, always_2d=True)[0] for name in AUDIO_FILES}


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_folder_is_whole_and_the_stems_sum(tmp_path: Path, encoding: Encoding, channels: int) -> None:
    request = replace(make_request(tmp_path / "out", channels), encoding=encoding)
    exported = export_candidate(request)
    assert exported.folder == tmp_path / "out" / "candidate_01"
    assert sorted(p.name for p in exported.folder.iterdir()) == sorted(
        [*AUDIO_FILES, "arrangement.mid", "manifest.json", "session.dawproject", "session.rpp"]
    )
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["candidate_01"]
    for name in AUDIO_FILES:
        info = sf.info(exported.folder / name)
        assert (info.frames, info.samplerate, info.subtype) == (request.vocal.audio.frames, 44100, encoding)
        assert info.channels == (channels if name == "vocal.wav" else 2)

    if encoding == "FLOAT":
        data = read_all(exported.folder, "float64")
        bound = 1e-6  # -120 dBFS
    else:
        data = {name: x.astype(np.int64) for name, x in read_all(exported.folder, "int32").items()}
        bound = 0
    band = sum(data[f"{stem}.wav"] for stem in ("drums", "bass", "harmony", "lead"))
    assert np.abs(band - data["band.wav"]).max() <= bound
    assert np.abs(band + data["vocal.wav"] - data["mix.wav"]).max() <= bound
    assert exported.gain_db == 0.0
    others = {"arrangement.mid", "session.dawproject", "session.rpp"}
    assert set(exported.checks) == {*AUDIO_FILES, *others}
    assert set(exported.checks.values()) == {"PASS"}


def test_samples_are_what_the_engine_made_at_its_level(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    data = read_all(export_candidate(request).folder, "float32")
    for stem, audio in request.candidate.stems.items():
        assert np.abs(data[f"{stem}.wav"].T - audio.samples).max() <= 1.5 * 2**-23


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_an_untouched_integer_vocal_passes_bit_for_bit(tmp_path: Path, subtype: str) -> None:
    steps = np.random.default_rng(2).integers(-(2**29), 2**29, 3 * 44100, dtype=np.int32)
    sf.write(tmp_path / "take.wav", steps, 44100, subtype=subtype)
    vocal = open_vocal(tmp_path / "take.wav")
    analysis = make_analysis(3.0)
    request = ExportRequest(tmp_path, vocal, analysis, make_candidate(vocal, analysis), 1, {})
    folder = export_candidate(request).folder
    source, _ = sf.read(tmp_path / "take.wav", dtype="int32")
    assert np.array_equal(sf.read(folder / "vocal.wav", dtype="int32")[0], source)


def test_one_common_gain_keeps_everything_below_the_ceiling(tmp_path: Path) -> None:
    request = make_request(tmp_path, level=0.4, vocal_level=0.7)
    exported = export_candidate(request)
    assert exported.gain_db < -1
    data = read_all(exported.folder, "float32")
    gain = 10 ** (exported.gain_db / 20)
    for stem, audio in request.candidate.stems.items():
        assert np.abs(data[f"{stem}.wav"].T - audio.samples * gain).max() < 1e-6
    peaks = {name: true_peak_db(Audio(np.ascontiguousarray(x.T), 44100)) for name, x in data.items()}
    assert max(peaks.values()) == pytest.approx(-1.0, abs=0.05)
    assert max(peaks.values()) <= -1.0
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    assert manifest["common_gain_db"] == pytest.approx(exported.gain_db, abs=0.001)
    for name, peak in peaks.items():
        assert manifest["files"][name]["true_peak_dbtp"] == pytest.approx(peak, abs=0.05)

    unscaled = export_candidate(replace(request, encoding="FLOAT", parent=tmp_path / "float"))
    assert unscaled.gain_db == 0.0
    assert np.abs(read_all(unscaled.folder, "float32")["mix.wav"]).max() > 1.0


def test_the_manifest_says_where_it_came_from(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    manifest = json.loads((export_candidate(request).folder / "manifest.json").read_text())
    assert manifest["ai_generated"] is True
    assert manifest["licence"]
    assert manifest["seed"] == 7
    assert manifest["models"] == {"mel": "ab" * 32}
    assert manifest["vocal"]["sha256"] == request.vocal.sha256
    assert (manifest["tempo_bpm"], manifest["key"], manifest["meter"]) == (120.0, "A minor", "4/4")
    assert manifest["bar_chords"][:2] == ["Am", "F"]
    assert manifest["instruments"]["bass"] == "pick bass"
    assert manifest["settings"] == {"style": "pop", "swing": 0}
    assert manifest["analysis"]["source"]["tempo"] == "estimated"
    assert manifest["files"]["vocal.wav"]["peak_dbfs"] == pytest.approx(20 * np.log10(0.3), abs=0.01)


def test_a_taken_name_is_never_overwritten(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    names = [export_candidate(request).folder.name for _ in range(3)]
    assert names == ["candidate_01", "candidate_01_v02", "candidate_01_v03"]


def test_the_same_candidate_gives_the_same_files(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    first, second = export_candidate(request).folder, export_candidate(request).folder
    for path in first.iterdir():
        if path.name in AUDIO_FILES[1:]:  # signed: who signs twice writes two signatures
            one, two = (sf.read(folder / path.name, dtype="int32")[0] for folder in (first, second))
            assert np.array_equal(one, two)
        else:
            assert path.read_bytes() == (second / path.name).read_bytes()


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(JobCancelled):
        export_candidate(make_request(tmp_path), on_step=lambda p: cancel.cancel(), cancel=cancel)
    assert list(tmp_path.iterdir()) == []


def test_stems_that_do_not_match_the_vocal_are_refused(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    short = Audio(request.candidate.stems["bass"].samples[:, :-1], 44100)
    candidate = replace(request.candidate, stems={**request.candidate.stems, "bass": short})
    with pytest.raises(StudioError, match="bass of 132299 frames"):
        export_candidate(replace(request, candidate=candidate))


def damage(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[5000] ^= 0x10
    (folder / name).write_bytes(content)


def failures(folder: Path) -> list[tuple[str, str]]:
    return [(check.file, check.rule) for check in prove(folder) if not check.passed]


def test_the_proof_names_a_damaged_file(tmp_path: Path) -> None:
    folder = export_candidate(make_request(tmp_path)).folder
    assert failures(folder) == []
    damage(folder, "bass.wav")
    assert failures(folder) == [
        ("bass.wav", "holds the samples that were meant"),
        ("bass.wav", "carries credentials that hold"),
        ("band.wav", "is the sum of the stems"),
        ("mix.wav", "is the sum of the band and the vocal"),
    ]


def test_a_file_that_is_cut_short_or_gone_fails(tmp_path: Path) -> None:
    request = replace(make_request(tmp_path), encoding="FLOAT")
    folder = export_candidate(request).folder
    content = (folder / "mix.wav").read_bytes()
    (folder / "mix.wav").write_bytes(content[: content.rindex(b"C2PA") - 90])
    (folder / "lead.wav").unlink()
    short = Audio(request.candidate.stems["bass"].samples[:, :-9], 44100)
    write_wav(folder / "bass.wav", short, encoding="FLOAT")
    told = [failure for failure in failures(folder) if failure[1] != HOLDS]
    assert told[:4] == [
        ("bass.wav", "begins and ends with the vocal"),
        ("lead.wav", "opens in another reader"),
        ("mix.wav", "opens in another reader"),
        ("session.dawproject", "names files that are there"),
    ]


def test_an_export_whose_disk_lies_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_midi = export.write_midi

    def write_and_damage(path: Path, *args: object) -> None:
        write_midi(path, *args)
        damage(path.parent, "bass.wav")

    monkeypatch.setattr(export, "write_midi", write_and_damage)
    with pytest.raises(StudioError, match=r"did not verify.*bass\.wav.*band\.wav"):
        export_candidate(make_request(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["PCM_16", "FLOAT"])
def test_a_long_candidate_is_the_same_over_the_blocks(tmp_path: Path, encoding: Encoding) -> None:
    vocal = make_vocal(seconds=13.0)
    analysis = make_analysis(13.0)
    request = ExportRequest(
        tmp_path, vocal, analysis, make_candidate(vocal, analysis, level=0.5), 7, {}, encoding
    )
    exported = export_candidate(request)
    data = read_all(exported.folder, "float64")
    gain = 10 ** (exported.gain_db / 20)
    step = 2**-15 if encoding == "PCM_16" else 1e-7
    for stem, audio in request.candidate.stems.items():
        assert np.abs(data[f"{stem}.wav"].T - audio.samples * gain).max() <= 1.5 * step
    mix = sum(data[f"{name}.wav"] for name in STEMS) + gain * data["vocal.wav"]
    assert np.abs(mix - data["mix.wav"]).max() < (4 * 2**-15 if encoding == "PCM_16" else 1e-6)
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    band = Audio(data["band.wav"].T.astype(np.float32), 44100)
    levels = manifest["files"]["band.wav"]
    assert levels["true_peak_dbtp"] == pytest.approx(true_peak_db(band), abs=0.02)
    assert levels["loudness_lufs"] == pytest.approx(integrated_lufs(band), abs=0.02)
    assert levels["peak_dbfs"] == pytest.approx(peak_db(band), abs=0.02)


def test_a_parent_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    write_wav(tmp_path / "taken", make_vocal().audio)
    with pytest.raises(StudioError, match="Cannot write candidate_01"):
        export_candidate(make_request(tmp_path / "taken"))
