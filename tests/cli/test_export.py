"""`studio export`: a whole song in Japanese from a file to files, and the proof of them."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rpp
import soundfile as sf

from studio.cli.command import FAILED, OK, WRONG_USE
from studio.cli.main import run
from studio.core.commands import AddCandidate, SetCredits, SetOpinion, SetVocal
from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.services.exporting.contents import ROLES
from studio.services.generating.service import GenerationService
from studio.services.project.analyses import analysis_name, keep_analysis
from studio.services.project.candidates import read_candidate, write_candidate
from studio.services.project.document import Document, State
from studio.services.project.opening import create_project, open_project
from studio.services.project.results import open_results
from studio.services.project.song import ref_of
from studio.services.vocal import open_vocal
from tests.services.band import ToneEngine, make_analysis, make_candidate
from tests.ui.conftest import write_vocal

TITLE = "海の歌" * 66 + "終り"
ARTIST = "夜明けの会🎤"


def studio(*words: object) -> int:
    service = GenerationService(Path("no weights"), "cpu", load=lambda *_: ToneEngine())
    return run([str(word) for word in words], lambda *_: 0, service)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A song of a Japanese folder, with three candidates of which two are liked."""
    assert len(TITLE) == 200
    home = tmp_path / "音楽 ♪"
    home.mkdir()
    vocal = open_vocal(write_vocal(home / f"{TITLE[:60]}.wav", 2.0))
    store = create_project(home, State())
    document = Document(State(), store)
    document.do(SetVocal(ref_of(vocal), vocal.name))
    store.folder.keep_audio(vocal.path, ref_of(vocal))
    analysis = make_analysis(2.0)
    name = analysis_name(vocal.sha256, vocal.sha256, analysis.given)
    keep_analysis(store.folder, name, analysis)
    for number in (1, 2, 3):
        made = make_candidate(vocal, analysis, number)
        record, _ = write_candidate(store.folder, made, Origin(vocal.sha256, name))
        document.do(AddCandidate(record))
    for number in (1, 3):
        document.do(SetOpinion(number, Opinion(favourite=True)))
    document.do(SetCredits(ARTIST, TITLE))
    store.close()
    return store.folder.path


def test_a_japanese_song_goes_the_whole_way_and_keeps_its_name(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "書き出し 🎧"
    assert studio("export", project, "--out", out, "--candidates", "favourites", "--click") == OK
    assert "levels stay as they are" in capsys.readouterr().err
    folders = sorted(out.iterdir())
    assert len(folders) == 2
    for folder, number in zip(folders, (1, 3), strict=True):
        assert folder.name.startswith(f"{ARTIST}_海の歌海の歌")
        assert folder.name.endswith(f"_{number:02d}_120bpm_Am")
        files = [path for path in folder.iterdir() if path.name not in ("manifest.json", "recipe.json")]
        assert len(files) == len(ROLES)
        for path in files:
            assert path.name == unicodedata.normalize("NFC", path.name)
            assert path.name.startswith(f"{ARTIST}_海の歌海の歌")
            assert len(path.name.encode()) <= 220
        session = rpp.loads(next(folder.glob("*.rpp")).read_text("utf-8"))
        assert session.find("TITLE")[1] == TITLE
        named = [track.find("ITEM").find("SOURCE").find("FILE")[1] for track in session.findall("TRACK")]
        assert all((folder / name).is_file() for name in named)
        with zipfile.ZipFile(next(folder.glob("*.dawproject"))) as archive:
            assert ElementTree.fromstring(archive.read("metadata.xml")).findtext("Title") == TITLE
    assert studio("export", "--verify", out) == OK
    assert "FAIL" not in capsys.readouterr().out

    # Opened again, as a project of another day would be made from it.
    again = open_results(out / folders[1].name)
    assert again.candidates[0].number == 3
    opened = open_project(project, read_only=True)
    assert opened.document.project.artist == ARTIST
    kept = read_candidate(opened.folder, "03")[1]
    assert again.candidates[0].arrangement.parts.keys() == kept.arrangement.parts.keys()


def test_what_is_written_is_what_was_asked_for(project: Path, tmp_path: Path) -> None:
    words = ("--candidates", "2", "--stems", "drums,bass", "--no-mix", "--no-midi", "--no-sessions")
    assert studio("export", project, "--out", tmp_path / "out", *words, "--bits", "16", "--short") == OK
    folder = tmp_path / "out" / "candidate_02"
    assert {path.name for path in folder.iterdir()} == {
        "vocal.wav", "drums.wav", "bass.wav", "band.wav", "manifest.json",
    }  # fmt: skip
    assert sf.info(folder / "drums.wav").subtype == "PCM_16"


def test_results_are_exported_under_another_name(project: Path, tmp_path: Path) -> None:
    assert studio("export", project, "--out", tmp_path / "first", "--short", "--candidates", "1,2") == OK
    words = ("--artist", "Ada", "--title", "Night: Song", "--bits", "float", "--candidates", "2")
    assert studio("export", tmp_path / "first", "--out", tmp_path / "second", *words) == OK
    folder = tmp_path / "second" / "Ada_Night-_Song_02_120bpm_Am"
    assert (folder / "Ada_Night-_Song_02_lead_120bpm_Am_44.1k32f.wav").is_file()


def test_credits_are_told_and_lie_beside_the_files(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert studio("export", project, "--out", tmp_path / "first", "--short", "--candidates", "1") == OK
    assert "Credits" not in capsys.readouterr().err
    folder = tmp_path / "first" / "candidate_01"
    assert not (folder / "CREDITS.txt").exists()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["settings"]["recordings"] = ["A kit by Ada (CC BY 4.0)"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert studio("export", folder, "--out", tmp_path / "second", "--short") == OK
    told = capsys.readouterr().err
    assert "Credits are due wherever it is published: candidate_01/CREDITS.txt" in told
    assert "by Ada" in (tmp_path / "second" / "candidate_01" / "CREDITS.txt").read_text("utf-8")


def test_a_damaged_export_fails(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert studio("export", project, "--out", tmp_path / "out", "--short", "--candidates", "1") == OK
    path = tmp_path / "out" / "candidate_01" / "band.wav"
    content = bytearray(path.read_bytes())
    content[content.index(b"data") + 8 + 300] ^= 1  # in the sound; behind it lie the Content Credentials
    path.write_bytes(content)
    capsys.readouterr()
    assert studio("export", "--verify", path.parent) == FAILED
    printed = capsys.readouterr().out
    assert "FAIL  band.wav: holds the samples that were meant (others)" in printed
    assert "FAIL  band.wav: is the sum of the stems" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--candidates", "7"), "no such candidate: 7"),
        (("--candidates", "picked"), "no candidates for 'picked'"),
    ],
)
def test_what_is_not_there_is_said(
    project: Path, tmp_path: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert studio("export", project, "--out", tmp_path / "out", *words) == FAILED
    assert said in capsys.readouterr().err


def test_wrong_words_are_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert studio("export", project) == WRONG_USE
    assert studio("export", project, "--out", "x", "--stems", "tuba") == WRONG_USE
    assert studio("export", "--verify", project.parent) == FAILED


def test_what_is_no_export_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, folder, file = tmp_path / "song.backline", tmp_path / "empty", tmp_path / "a.wav"
    (project / "audio").mkdir(parents=True)
    folder.mkdir()
    file.touch()
    for path, seen in (
        (project, "a project, which is no export itself"),
        (folder, "no manifest.json in it, nor in a folder in it"),
        (file, "a file"),
        (tmp_path / "gone", "nothing of that name"),
    ):
        assert studio("export", "--verify", path) == FAILED
        said = capsys.readouterr().err
        assert (
            f"Nothing to verify in {path}. Found: {seen}. Expected: a folder that Backline exported" in said
        )
