"""A whole run without a window asks the generator for what the window would ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile as sf

from studio.audio.wav import write_wav
from studio.core.analysis import Given
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.music import Chord, Meter
from studio.core.project import Project
from studio.services.generating import generation_folder
from studio.services.generating.generation_folder import FolderRequest, generate_to_folder
from studio.services.generating.service import GenerationService
from studio.services.project.document import Document, State
from studio.services.project.song import Song
from studio.services.vocal import analyse_vocal, open_vocal
from studio.storage.paths import resources_dir
from tests.services.band import ToneEngine, make_analysis, make_vocal


def test_a_folder_that_cannot_be_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    def load(*_: object) -> ToneEngine:
        pytest.fail("the models were loaded")

    with pytest.raises(StudioError, match="file is a file"):
        generate_to_folder(
            FolderRequest(resources_dir() / "demo_vocal.flac", tmp_path / "file" / "out"),
            GenerationService(Path("weights"), "cpu", load),
            on_step=lambda _: None,
            cancel=CancelToken(),
        )


def test_a_downbeat_outside_of_the_vocal_is_said_before_any_work(tmp_path: Path) -> None:
    def load(*_: object) -> ToneEngine:
        pytest.fail("the models were loaded")

    with pytest.raises(StudioError, match=r"outside of the vocal\..*50\.000 s\..*inside the vocal"):
        generate_to_folder(
            FolderRequest(
                resources_dir() / "demo_vocal.flac", tmp_path / "out", given=Given(downbeat_s=50.0)
            ),
            GenerationService(Path("weights"), "cpu", load),
            on_step=lambda _: None,
            cancel=CancelToken(),
        )


def test_chords_of_a_pickup_are_those_of_the_bars_before_the_first(tmp_path: Path) -> None:
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac")
    sf.write(tmp_path / "verse.wav", samples[2 * rate : 7 * rate], rate)
    engine = ToneEngine()
    generate_to_folder(
        FolderRequest(
            tmp_path / "verse.wav",
            tmp_path / "out",
            candidates=1,
            given=Given(tempo_bpm=120.0, downbeat_s=1.0, meter=Meter(4, 4)),
            controls=Controls(chords=Chord.parse_many("C F")),
            pickup=Chord.parse_many("G"),
        ),
        GenerationService(Path("weights"), "cpu", lambda *_: engine),
        on_step=lambda _: None,
        cancel=CancelToken(),
    )
    assert engine.asked.controls.chords == Chord.parse_many("G C F")


def test_typed_chords_start_on_the_bar_they_start_on_in_the_window(tmp_path: Path) -> None:
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac")
    sf.write(tmp_path / "verse.wav", samples[2 * rate : 7 * rate], rate)
    # The first downbeat is at 40 ms: the grid's own first bar is that sliver.
    given = Given(tempo_bpm=120.0, downbeat_s=0.04, meter=Meter(4, 4))
    chords = Chord.parse_many("Dm G C")
    engine = ToneEngine()
    generate_to_folder(
        FolderRequest(
            tmp_path / "verse.wav",
            tmp_path / "out",
            candidates=1,
            given=given,
            controls=Controls(chords=chords),
        ),
        GenerationService(Path("weights"), "cpu", lambda *_: engine),
        on_step=lambda _: None,
        cancel=CancelToken(),
    )
    assert engine.asked.controls.chords == Chord.parse_many("C Dm G C")

    vocal = open_vocal(tmp_path / "verse.wav")
    document = Document(State(Project(chords=chords)))
    song = Song(document, None, vocal, vocal, analyse_vocal(vocal.audio, given))
    assert engine.asked.controls == Controls(chords=song.bar_chords())


def _heard(monkeypatch: pytest.MonkeyPatch, what: str, given: Given | None = None) -> None:
    analysis = replace(make_analysis(2.0, given=given), heard=what)
    monkeypatch.setattr(generation_folder, "analyse_vocal", lambda *_, **__: analysis)


def _run(tmp_path: Path, said: list[str]) -> None:
    write_wav(tmp_path / "take.wav", make_vocal(2.0).audio)
    generate_to_folder(
        FolderRequest(tmp_path / "take.wav", tmp_path / "out", candidates=1),
        GenerationService(Path("weights"), "cpu", lambda *_: ToneEngine()),
        on_step=lambda _: None,
        cancel=CancelToken(),
        on_analysis=lambda vocal, _: said.extend(vocal.warnings),
    )


def test_where_nobody_sings_no_band_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _heard(monkeypatch, "nothing")
    with pytest.raises(StudioError, match="No singing is heard in take"):
        _run(tmp_path, [])
    assert not (tmp_path / "out").exists()
    # Who gives a tempo is sure of it.
    _heard(monkeypatch, "nothing", Given(tempo_bpm=100.0))
    _run(tmp_path, [])
    assert (tmp_path / "out" / "candidate_01").is_dir()


def test_a_mere_rhythm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("voice", "instrument", "unpitched"):
        _heard(monkeypatch, what)
        said: list[str] = []
        _run(tmp_path, said)
        assert bool(said) == (what == "unpitched")


@pytest.mark.parametrize("name", ["x" * 300, "a/" + "y" * 300 + "/b", "a\0b"])
def test_an_impossible_name_has_its_plain_reason(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudioError, match=r"too long|null"):
        generate_to_folder(
            FolderRequest(resources_dir() / "demo_vocal.flac", tmp_path / name),
            GenerationService(Path("weights"), "cpu", lambda *_: pytest.fail("the models were loaded")),
            on_step=lambda _: None,
            cancel=CancelToken(),
        )
