"""`studio taste` and `studio pilot` on ratings that were made here."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from studio.cli.command import FAILED, OK, WRONG_USE
from studio.cli.main import run
from studio.core.amounts import many
from studio.core.errors import StudioError
from studio.services.generating.service import GenerationService
from studio.services.project.document import State
from studio.services.project.store import write_snapshot
from studio.services.taste.ratings import TasteRatings
from studio.services.taste.screens import ScreenMaker, ScreenOrder
from studio.storage.paths import user_data_dir
from studio.storage.project_folder import ProjectFolder
from tests.services.band import ToneEngine
from tests.services.taste.song import make_song


def studio(*words: str) -> int:
    def no_window(path: Path | None, device: str) -> int:
        raise AssertionError("no window was asked for")

    return run(words, no_window, GenerationService(Path("weights"), "cpu", lambda *_: ToneEngine()))


@pytest.fixture
def rated(tmp_path: Path) -> ProjectFolder:
    """A song with four screens voted on by one who likes many drums, in the user's ratings too."""
    song = make_song(tmp_path)
    maker = ScreenMaker(ToneEngine())
    for place in (1, 2, 3, 4):
        screen = maker.make(song.context, ScreenOrder(place, "b1", place))
        song.add(screen)
        song.vote(screen, [c.key for c in sorted(screen.clips, key=lambda c: -c.features["drums"])])
    assert song.context.folder is not None
    write_snapshot(song.context.folder, State(song.project, entry=50))
    TasteRatings.of_user(user_data_dir()).take(song.project, song.context.folder)
    return song.context.folder


def test_a_taste_is_shown_exported_and_forgotten(
    rated: ProjectFolder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert studio("taste", "show") == OK
    shown = capsys.readouterr().out
    assert "4 screens and 0 other answers, of 1 song" in shown
    assert "busier drums: " in shown
    assert [many(n, "other answer") for n in (0, 1, 2)] == [
        "0 other answers",
        "1 other answer",
        "2 other answers",
    ]
    assert studio("taste", "export", str(tmp_path / "a.csv")) == OK
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 16
    capsys.readouterr()
    assert studio("taste", "train") == FAILED
    assert "too little to train" in capsys.readouterr().err
    assert studio("taste", "forget", "--song", "nowhere") == FAILED
    assert "song" in capsys.readouterr().err
    # Where somebody sits at a terminal it asks first.
    for words, typed in ((), ""), ((), "n\n"), (("--yes",), ""):
        terminal = io.StringIO(typed)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        assert studio("taste", "forget", "--song", "song", *words) == OK
        if not words:
            assert "Nothing was deleted" in capsys.readouterr().out
    assert "4 answers deleted" in capsys.readouterr().out
    assert studio("taste", "show") == OK
    assert "Nothing was rated yet" in capsys.readouterr().out
    assert studio("taste", "forget") == WRONG_USE


def test_without_a_personal_model_its_commands_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert studio("taste", "adapters") == OK
    assert studio("taste", "rollback") == OK
    assert studio("taste", "strength", "50") == OK
    told = capsys.readouterr().out
    assert "no personal model yet" in told
    assert "nothing to go back to" in told
    assert "Strength 50 %; no personal model is in use" in told
    assert studio("taste", "strength", "150") == WRONG_USE


def test_kits_are_not_made_with_the_bundled_model_in_an_adapters_place(
    rated: ProjectFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StudioError("The adapter belongs to another model")

    monkeypatch.setattr(ToneEngine, "use_adapter", refuse, raising=False)
    monkeypatch.setattr(ToneEngine, "train", refuse, raising=False)
    monkeypatch.setattr("studio.services.taste.adapters.AdapterShelf.path", lambda *_: tmp_path / "mine")
    monkeypatch.setattr("studio.services.taste.pilot.make_screens", lambda *_, **__: pytest.fail("made"))
    words = ("pilot", "export", str(rated.path), "--make", "2", "--adapter", "mine")
    assert studio(*words, "--out", str(tmp_path / "kits")) == FAILED
    assert "belongs to another model" in capsys.readouterr().err


def test_a_pilot_from_export_to_report(
    rated: ProjectFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from studio.audio.wav import write_wav
    from tests.services.band import make_vocal
    from tests.services.taste.song import RATE, SECONDS
    from tests.services.taste.test_pilot import vote

    assert studio("pilot", "export", str(rated.path), "--out", str(tmp_path / "kits")) == FAILED
    assert "vocal of these screens is gone" in capsys.readouterr().err
    sha = make_vocal(SECONDS, level=0.2, rate=RATE).sha256
    write_wav(rated.audio / f"{sha}.wav", make_vocal(SECONDS, level=0.2, rate=RATE).audio, encoding="FLOAT")
    words = (
        "pilot",
        "export",
        str(rated.path),
        "--out",
        str(tmp_path / "kits"),
        "--people",
        "2",
        "--title",
        "P",
    )
    assert studio(*words) == OK
    assert "2 kits of 4 screens" in capsys.readouterr().out
    kits = [tmp_path / "kits" / f"P {person}.backline" for person in (1, 2)]
    vote(kits[0])
    answers = str(tmp_path / "answers")
    assert studio("pilot", "collect", f"ann={kits[0]}", str(kits[1]), "--out", answers) == OK
    told = capsys.readouterr().out
    assert "4 votes of 2 people" in told
    assert "P 2 voted on 0 of 4 screens" in told
    assert studio("pilot", "report", answers) == OK
    assert "| unchanged model |" in capsys.readouterr().out
    assert studio("pilot", "report", str(tmp_path)) == FAILED
