"""A candidate that goes out as files and comes back as the same sound."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.cli.main import run
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.music import Chord
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.generating.again import find_vocal, ticket_in
from studio.services.generating.service import GenerationService
from studio.services.provenance.ticket import packed, plan_of, unpacked
from studio.services.vocal import open_vocal
from studio.storage.exports import NAME
from studio.storage.paths import user_data_dir
from studio.storage.recent import RecentProject, RecentProjects
from tests.services.band import ToneEngine, make_analysis

STEMS = ("drums", "bass", "harmony", "lead")


def make(folder: Path) -> tuple[Path, Path, GenerationService]:
    """The vocal's file, the folder of the second of three candidates, and what made it."""
    folder.mkdir()
    take = folder / "take.wav"
    sf.write(take, 0.3 * np.sin(np.arange(3 * 44100) / 20), 44100, subtype="PCM_16")
    vocal, service = open_vocal(take), GenerationService(folder, load=lambda *_: ToneEngine())
    controls = Controls(style="waltz", chords=Chord.parse_many("C F G7 Bm7b5"), energy=("low", "high"))
    request = GenerationRequest(vocal.audio, make_analysis(3.0), 3, 9, controls, only=frozenset({2}))
    made = []
    plans = service.arrange(request, Run())
    service.play(vocal.audio, [plans[1]], Run(on_candidate=made.append))
    candidate = replace(made[0], settings={"style": "pop", "candidate": 2, "candidates": 3})
    order = ExportRequest(folder, vocal, request.analysis, candidate, 9, service.model_hashes)
    return take, export_candidate(order).folder, service


def again(service: GenerationService, *words: str | Path) -> int:
    from studio.cli import generate
    from studio.cli.command import Context
    from studio.cli.main import make_parser

    options = make_parser().parse_args(["generate", *map(str, words)])
    return generate.run(options, Context(lambda *_: 0, service))


def same(one: Path, two: Path, names: tuple[str, ...]) -> None:
    for name in names:
        a, b = (sf.read(folder / f"{name}.wav", dtype="int32")[0] for folder in (one, two))
        assert np.array_equal(a, b), name


def test_generating_from_a_stem_gives_the_same_samples(tmp_path: Path) -> None:
    take, folder, service = make(tmp_path / "song")
    shutil.copy(folder / "bass.wav", tmp_path / "sent.wav")
    assert again(service, take, "--ticket", tmp_path / "sent.wav", "--out", tmp_path / "out") == 0
    made = tmp_path / "out" / "candidate_02"
    same(folder, made, (*STEMS, "band", "mix", "vocal"))
    assert (
        ticket_in(made / "mix.wav", user_data_dir()).controls
        == ticket_in(folder / "mix.wav", user_data_dir()).controls
    )


def test_the_vocal_is_found_in_a_project(tmp_path: Path) -> None:
    take, folder, service = make(tmp_path / "song")
    ticket = ticket_in(folder / "lead.wav", user_data_dir())
    assert find_vocal(ticket, ()) is None
    project = tmp_path / "Song.backline"
    (project / "audio").mkdir(parents=True)
    (project / "audio" / f"{ticket.vocal_sha256}.wav").write_bytes(b"another sound of that name")
    known = [RecentProject(str(project), "Song")]
    assert find_vocal(ticket, known) is None
    shutil.copy(take, project / "audio" / f"{ticket.vocal_sha256}.wav")
    assert find_vocal(ticket, known) == project / "audio" / f"{ticket.vocal_sha256}.wav"
    RecentProjects(user_data_dir() / "recent.json").add(known[0])
    shutil.copy(folder / "lead.wav", tmp_path / "sent.wav")
    assert again(service, "--ticket", tmp_path / "sent.wav", "--out", tmp_path / "out") == 0
    same(folder, tmp_path / "out" / "candidate_02", STEMS)


def test_the_vocal_beside_the_stems_will_do(tmp_path: Path) -> None:
    take, folder, service = make(tmp_path / "song")
    take.unlink()
    assert again(service, "--ticket", folder / "lead.wav", "--out", tmp_path / "out") == 0
    same(folder, tmp_path / "out" / "candidate_02", STEMS)


def test_an_mp3_finds_its_request_in_the_list_of_exports(tmp_path: Path) -> None:
    _, folder, _ = make(tmp_path / "song")
    x, rate = sf.read(folder / "drums.wav", dtype="float32")
    sf.write(tmp_path / "drums.mp3", x, rate, format="MP3")
    assert ticket_in(tmp_path / "drums.mp3", user_data_dir()).seed == 9
    (user_data_dir() / NAME).unlink()
    with pytest.raises(StudioError, match="has no ticket"):
        ticket_in(tmp_path / "drums.mp3", user_data_dir())


def test_another_vocal_is_refused(tmp_path: Path) -> None:
    _, folder, service = make(tmp_path / "song")
    sf.write(tmp_path / "other.wav", 0.2 * np.sin(np.arange(3 * 44100) / 30), 44100)
    with pytest.raises(StudioError, match="another file than the vocal take"):
        again(service, tmp_path / "other.wav", "--ticket", folder / "mix.wav", "--out", tmp_path / "out")
    shutil.copy(folder / "mix.wav", tmp_path / "mix.wav")
    with pytest.raises(StudioError, match="no project or file here"):
        again(service, "--ticket", tmp_path / "mix.wav", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_ticket_comes_back_as_it_went(tmp_path: Path) -> None:
    _, folder, _ = make(tmp_path / "song")
    ticket = ticket_in(folder / "mix.wav", user_data_dir())
    copy = unpacked(packed(ticket))
    assert packed(copy) == packed(ticket)
    assert (copy.seed, copy.number, copy.candidates) == (9, 2, 3)
    plan = plan_of(copy)
    assert plan.recipe is not None
    assert plan.recipe.controls == ticket.controls
    assert copy.is_exact
    for spliced in ("new drums in bar 3 of 1", "from 1: drums on jazz kit"):
        assert not replace(copy, change=spliced).is_exact
    for wrong in ("", "no base64!", "aGVsbG8=", packed(ticket)[:-40]):
        with pytest.raises(StudioError, match="Cannot read the ticket"):
            unpacked(wrong)


def test_wrong_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--out", "x"], lambda *_: 0) == 2
    assert "--ticket FILE" in capsys.readouterr().err
