from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from studio.audio.devices import Device
from studio.core.language import Catalogue, speak
from studio.ml.self_test import Card, compute
from studio.services.machine import doctor
from studio.services.machine.doctor import MODELS, Finding, examine
from studio.services.machine.examination import examine_and_remember
from studio.services.machine.trial import Trial
from studio.storage.machine import CUDA, read_machine_notes, sound_key
from studio.storage.paths import resources_dir

SPEAKERS = Device(0, "Speakers", "ALSA", 0, 2, 48000)
MICROPHONE = Device(1, "Microphone", "ALSA", 1, 0, 44100)


class Machine:
    """Answers in the children's place; `deaths` by function name and first argument."""

    def __init__(self) -> None:
        self.cards: tuple[tuple[Card, ...], str] = ((), "no driver for CUDA 13.0 answers")
        self.deaths: dict[tuple[str, object], Trial] = {}
        self.fonts = True

    def __call__(self, function: Callable[..., Any], *args: object, timeout_s: float) -> Trial:
        assert timeout_s > 0
        death = self.deaths.get((function.__name__, args[0] if args else None))
        answers = {
            "_compute": "computes right",
            "_hear_a_tone": "hears right",
            "_list_cards": self.cards,
            "_load_qt": self.fonts,
            "sound_devices": ((SPEAKERS, MICROPHONE), SPEAKERS, MICROPHONE),
            "listen_or_play": "runs at 48 kHz",
        }
        return death or Trial("worked", answers[function.__name__])


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in MODELS:
        path = tmp_path / f"{name}.safetensors"
        save_file({"weight": np.ones((4, 4), np.float32)}, path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nSHA-256 `{sha256}`\n")
    return tmp_path


def found(models: Path, machine: Machine, name: str) -> list[Finding]:
    return [f for f in examine(models, resources_dir(), machine) if f.name == name]


def model_findings(models: Path, machine: Machine) -> dict[str, tuple[str, str]]:
    findings = found(models, machine, "Model")
    return {name: (f.status, f.seen) for name, f in zip(MODELS, findings, strict=True)}


def test_everything_is_examined_and_whatever_fails_says_what_to_do(models: Path, machine: Machine) -> None:
    machine.deaths = {("_load_qt", None): Trial("died", told="SIGSEGV: a fault in a driver or library")}
    findings = list(examine(models, resources_dir(), machine))
    names = {f.name for f in findings}
    assert names >= {
        "Program", "Packages", "CPU", "Generating", "Listening", "Memory", "GPU", "Sound", "Model", "Demo vocal",
        "Disk", "Window",
    }  # fmt: skip
    for finding in findings:
        assert finding.seen
        assert finding.status == "OK" or finding.todo
    assert [f.name for f in findings if f.status == "FAIL"] == ["Window"]


def test_the_disk_is_that_of_the_projects_also_before_there_is_one(
    models: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "Music" / "Backline"
    monkeypatch.setattr("studio.services.machine.doctor.projects_dir", lambda: music)
    projects, _ = found(models, machine, "Disk")
    assert projects.status != "FAIL"
    assert projects.seen.endswith(f"GB free at {music}")
    assert not music.exists()


def test_models(models: Path, machine: Machine) -> None:
    assert {status for status, _ in model_findings(models, machine).values()} == {"OK"}
    (models / "arrangement.safetensors").unlink()
    mel = models / "mel.safetensors"
    mel.write_bytes(mel.read_bytes()[:-1])
    save_file({"weight": np.zeros((4, 4), np.float32)}, models / "vocoder.safetensors")
    found = model_findings(models, machine)
    assert found["arrangement"][0] == "FAIL"
    assert "missing" in found["arrangement"][1]
    assert found["mel"][0] == "FAIL"
    assert "damaged" in found["mel"][1]
    assert found["vocoder"][0] == "WARN"
    assert "not the file its card describes" in found["vocoder"][1]
    (models / "vocoder.md").unlink()
    assert "without a card" in model_findings(models, machine)["vocoder"][1]


def test_a_file_that_only_points_to_weights_is_damaged(models: Path, machine: Machine) -> None:
    (models / "mel.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert model_findings(models, machine)["mel"][0] == "FAIL"


@pytest.mark.parametrize("why", ["this torch is a build without CUDA", "the driver is too old for CUDA 13.0"])
def test_a_gpu_that_torch_cannot_use_is_named_with_the_reason(
    models: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA RTX 4090 (UUID: GPU-1)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    machine.cards = (), why
    (finding,) = found(models, machine, "GPU")
    assert finding.status == "WARN"
    assert "NVIDIA RTX 4090" in finding.seen
    assert why in finding.seen
    assert "driver" in finding.todo
    assert not finding.unusable


def test_an_old_card_is_told_and_not_tried(models: Path, machine: Machine) -> None:
    machine.cards = (Card(0, "GTX 970", 0, 0, "compute capability 5.2"),), ""
    machine.deaths = {("_compute", "cuda:0"): Trial("died", told="it was tried")}
    (finding,) = found(models, machine, "GPU")
    assert (finding.status, finding.unusable) == ("WARN", "compute capability 5.2")
    assert finding.seen == "GTX 970: compute capability 5.2"


@pytest.mark.parametrize(
    ("death", "words"),
    [
        (Trial("died", told="SIGILL: an instruction this processor does not know"), "crashed: SIGILL"),
        (Trial("hung", told="no answer within 180 seconds"), "hung: no answer within 180 seconds"),
        (Trial("no memory", told="memory ran out"), "ran out of memory"),
    ],
)
def test_a_device_that_dies_is_not_used_until_it_is_tried_again(
    models: Path, machine: Machine, tmp_path: Path, death: Trial, words: str
) -> None:
    machine.cards = (Card(0, "RTX 4090", 24 << 30, 20 << 30),), ""
    machine.deaths = {("_compute", "cuda:0"): death, ("listen_or_play", "Speakers"): death}
    findings = list(examine_and_remember(models, resources_dir(), tmp_path, machine))
    (gpu,) = [f for f in findings if f.name == "GPU"]
    assert words in gpu.seen
    notes = read_machine_notes(tmp_path)
    assert notes.why_not(CUDA).startswith(words)
    assert notes.why_not(sound_key("output", "Speakers", "ALSA")).startswith(words)
    assert not notes.why_not(sound_key("input", "Microphone", "ALSA"))
    assert [n.seen for n in notes.notes] == [f.seen for f in findings]
    machine.deaths = {}
    list(examine_and_remember(models, resources_dir(), tmp_path, machine))
    assert not read_machine_notes(tmp_path).unusable


def test_a_processor_that_lacks_an_instruction_is_a_failure(models: Path, machine: Machine) -> None:
    told = "SIGILL: an instruction this processor does not know"
    machine.deaths = {("_compute", "cpu"): Trial("died", told=told)}
    (finding,) = found(models, machine, "Generating")
    assert finding.status == "FAIL"
    assert "AVX2" in finding.todo


def test_a_window_without_a_font_is_told(
    models: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert found(models, machine, "Window")[0].status == "OK"
    machine.fonts = False
    (finding,) = found(models, machine, "Window")
    assert (finding.status, finding.seen) == ("WARN", "there is no font: no word in it can be read")
    assert "fonts-dejavu-core" in finding.todo


def test_an_examination_that_is_stopped_forgets_nothing(
    models: Path, machine: Machine, tmp_path: Path
) -> None:
    list(examine_and_remember(models, resources_dir(), tmp_path, machine))
    before = read_machine_notes(tmp_path)
    assert before.notes
    next(examine_and_remember(models, resources_dir(), tmp_path, machine))
    assert read_machine_notes(tmp_path) == before


def test_the_operations_themselves() -> None:
    assert compute("cpu").startswith("computes right, torch ")
    assert doctor._hear_a_tone() == "the pitch network hears a tone of 220 Hz right"
    (cards, why_none) = doctor._list_cards()
    assert bool(cards) != bool(why_none)


def test_a_language_without_a_font_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lister = tmp_path / "fc-list"
    lister.write_text("#!/bin/sh\n")
    lister.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert list(doctor._fonts()) == []  # English needs none of its own
    try:
        speak(Catalogue("ja"))
        (missing,) = doctor._fonts()
        lister.write_text('#!/bin/sh\n[ "$1" = :lang=ja ] && echo Noto Sans CJK JP\n')
        (found,) = doctor._fonts()
    finally:
        speak(Catalogue())
    assert (missing.status, found.status) == ("WARN", "OK")
    assert "Noto Sans CJK" in missing.todo
