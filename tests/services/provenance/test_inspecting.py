"""What is said of files that were made here, changed, converted, or have nothing to do with us."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.cli.main import run
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.services.exporting.export import export_candidate
from studio.services.provenance import inspecting
from studio.services.provenance.inspecting import inspect_file
from studio.services.provenance.local_key import key_path
from studio.services.provenance.telling import as_json, facts, headline
from studio.services.provenance.ticket import packed, ticket_of, unpacked
from studio.storage.exports import NAME
from studio.storage.paths import user_data_dir
from tests.services.band import make_analysis
from tests.services.provenance.test_marking import exported, make_order

RATE, SECONDS = 44100, 8.0


def tune(seed: int, seconds: float = SECONDS) -> np.ndarray:
    """Notes of a tune with overtones, [T]: what a print can tell from another."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(0.25 * RATE)) / RATE
    notes = []
    for _ in range(round(seconds / 0.25)):
        hz = 110 * 2 ** (rng.integers(0, 36) / 12)
        wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 7) if hz * k < 9000)
        notes.append(wave * np.exp(-t * rng.uniform(2, 12)))
    return (0.1 * np.concatenate(notes)).astype(np.float32)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export whose stems are tunes, and the user's data beside it: made once."""
    home = tmp_path_factory.mktemp("once")
    (home / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("platformdirs.user_data_path", lambda *_, **__: home / "data")
        order = make_order(home / "song", seconds=SECONDS)
        sounds = {
            stem: Audio(np.repeat(tune(k + 10)[None], 2, axis=0), RATE)
            for k, stem in enumerate(order.candidate.stems)
        }
        export_candidate(replace(order, candidate=replace(order.candidate, stems=sounds)))
    return home


@pytest.fixture
def folder(once: Path, tmp_path: Path) -> Path:
    """The same, for a test to spoil."""
    shutil.copytree(once / "data", user_data_dir(), dirs_exist_ok=True)
    return Path(shutil.copytree(once / "song" / "candidate_01", tmp_path / "candidate_01"))


def converted(source: Path, target: Path, **how: object) -> Path:
    x, rate = sf.read(source, dtype="float32")
    sf.write(target, x, rate, **how)
    return target


def test_an_export_is_known_by_its_mark(folder: Path) -> None:
    found = inspect_file(folder / "bass.wav", user_data_dir())
    assert found.verdict == inspecting.INTACT
    assert found.credentials is not None
    assert found.credentials.own_key
    assert found.ticket is not None
    assert (found.ticket.seed, found.ticket.number, found.ticket.candidates) == (7, 1, 4)
    assert found.ticket.models == {"mel": "ab" * 32}
    assert found.ticket_id == json.loads((folder / "manifest.json").read_text())["ticket"]
    assert "intact" in headline(found)
    assert dict(facts(found))["Origin"] == "made by a machine"


def test_it_is_known_elsewhere_too_and_as_another_keys(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = inspect_file(folder / "mix.wav", elsewhere)
    assert found.verdict == inspecting.INTACT
    assert found.credentials is not None
    assert not found.credentials.own_key
    assert found.ticket is not None
    assert found.ticket_from == "the file"
    assert list(elsewhere.iterdir()) == []
    key_path(user_data_dir()).unlink()
    assert "another computer" in headline(inspect_file(folder / "mix.wav", user_data_dir()))


def test_one_changed_byte_is_told(folder: Path) -> None:
    path = folder / "drums.wav"
    content = bytearray(path.read_bytes())
    content[content.index(b"data") + 5000] ^= 16
    path.write_bytes(content)
    found = inspect_file(path, user_data_dir())
    assert found.verdict == inspecting.ALTERED
    assert found.ticket is not None  # what was signed is whole


def test_a_forged_claim_is_damaged_and_its_ticket_not_believed(folder: Path, tmp_path: Path) -> None:
    path = folder / "drums.wav"
    content = path.read_bytes()
    at = content.index(b"backline.ticket", content.index(b"C2PA")) + 200
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    found = inspect_file(path, tmp_path)
    assert found.verdict == inspecting.DAMAGED
    assert found.ticket is None


@pytest.mark.parametrize("name", ["drums", "mix", "lead"])
def test_an_mp3_has_lost_its_mark_and_is_recognised(folder: Path, tmp_path: Path, name: str) -> None:
    path = converted(folder / f"{name}.wav", tmp_path / "shared.mp3", format="MP3", compression_level=0.6)
    found = inspect_file(path, user_data_dir())
    assert found.verdict == inspecting.MARK_GONE
    assert found.match is not None
    assert (found.match.name, found.match.song.number) == (name, 1)
    assert found.ticket is not None
    assert headline(found).startswith("Mark gone")
    other = tmp_path / "nobody"
    other.mkdir()
    assert inspect_file(path, other).verdict == inspecting.UNKNOWN


def test_a_piece_of_it_at_another_level_and_rate_is_recognised(folder: Path, tmp_path: Path) -> None:
    from scipy.signal import resample_poly

    x, _ = sf.read(folder / "harmony.wav", dtype="float32")
    sf.write(tmp_path / "piece.flac", 0.3 * resample_poly(x[2 * RATE :], 160, 147, axis=0), 48000)
    found = inspect_file(tmp_path / "piece.flac", user_data_dir())
    assert found.match is not None
    assert found.match.name == "harmony"
    assert found.likeness.offset_s == pytest.approx(2.0, abs=0.06)


def test_a_wav_without_its_credentials_has_only_words_left(folder: Path, tmp_path: Path) -> None:
    content = (folder / "bass.wav").read_bytes()
    path = tmp_path / "bass.wav"
    path.write_bytes(content[: content.rindex(b"C2PA")])
    found = inspect_file(path, user_data_dir())
    assert found.verdict == inspecting.MARK_GONE
    assert found.reference == json.loads((folder / "manifest.json").read_text())["ticket"]
    assert found.ticket is not None
    assert "nothing proves" in headline(found)


def test_the_vocal_is_not_made_here(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "vocal.wav", converted(folder / "vocal.wav", tmp_path / "v.mp3", format="MP3")):
        found = inspect_file(path, user_data_dir())
        assert found.verdict == inspecting.VOCAL
        assert headline(found).startswith("Not made here")


def test_of_anything_else_nothing_is_known(folder: Path, tmp_path: Path) -> None:
    sf.write(tmp_path / "other.wav", tune(99), RATE)
    found = inspect_file(tmp_path / "other.wav", user_data_dir())
    assert (found.verdict, found.ticket_id) == (inspecting.UNKNOWN, "")
    assert as_json(found)["sounds_like"] is None
    (tmp_path / "no.wav").write_bytes(b"no sound")
    with pytest.raises(StudioError):
        inspect_file(tmp_path / "no.wav", user_data_dir())
    with pytest.raises(StudioError, match="no such file"):
        inspect_file(tmp_path / "gone.wav", user_data_dir())


def test_a_lost_list_of_exports_does_not_matter_to_marked_files(folder: Path, tmp_path: Path) -> None:
    (user_data_dir() / NAME).write_bytes(b"no database at all")
    assert inspect_file(folder / "bass.wav", user_data_dir()).verdict == inspecting.INTACT
    again = exported(tmp_path / "more")
    assert set(again.checks.values()) == {"PASS"}
    assert "exports.db" in again.marks.problem


def test_the_command_says_it(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(folder / "lead.wav", tmp_path / "x.wav")
    assert run(["inspect", str(tmp_path / "x.wav")], lambda *_: 0) == 0
    told = capsys.readouterr().out
    assert "x.wav: Made with Backline on this computer; intact" in told
    assert "seed 7" in told
    assert run(["inspect", "--json", str(tmp_path / "x.wav")], lambda *_: 0) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["verdict"], content["request"]["seed"]) == ("intact", 7)
    assert content["credentials"]["publicly_trusted"] is False
    # One that cannot be read is said, and the next one is looked at all the same.
    (tmp_path / "notes.txt").write_text("no sound")
    for bad, why in (("gone.wav", "no such file"), (".", "a folder"), ("notes.txt", "WAV, AIFF")):
        assert run(["inspect", str(tmp_path / bad), str(tmp_path / "x.wav")], lambda *_: 0) == 1
        said = capsys.readouterr()
        assert why in said.err
        assert "intact" in said.out


def test_the_ticket_does_not_name_the_folder_of_the_vocal(tmp_path: Path) -> None:
    order = make_order(tmp_path / "private")
    assert order.analysis.duration_s == make_analysis(2.5).duration_s
    ticket = ticket_of(
        order.candidate,
        order.analysis,
        vocal_sha256=order.vocal.sha256,
        vocal_name="take",
        vocal=order.vocal.audio,
        seed=1,
        models={},
    )
    text = repr(unpacked(packed(ticket)))
    assert "private" not in text
    assert "take" in text
