from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from studio.core.language import Catalogue, speak
from studio.services.machine import doctor
from studio.services.machine.doctor import MODELS, examine
from studio.storage.paths import resources_dir


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in MODELS:
        path = tmp_path / f"{name}.safetensors"
        save_file({"weight": np.ones((4, 4), np.float32)}, path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nSHA-256 `{sha256}`\n")
    return tmp_path


def model_findings(models: Path) -> dict[str, tuple[str, str]]:
    findings = [f for f in examine(models, resources_dir()) if f.name == "Model"]
    return {name: (f.status, f.seen) for name, f in zip(MODELS, findings, strict=True)}


def test_this_machine_is_examined_and_whatever_fails_says_what_to_do(models: Path) -> None:
    findings = list(examine(models, resources_dir()))
    names = [f.name for f in findings]
    for name in ("Python", "Packages", "CPU", "Memory", "GPU", "Sound", "Demo vocal", "Disk", "Window"):
        assert name in names
    for finding in findings:
        assert finding.seen
        assert finding.status == "OK" or finding.todo or finding.name == "Memory"
    assert {f.status for f in findings if f.name in ("Model", "Demo vocal", "GPU")} <= {"OK", "WARN"}


def test_models(models: Path) -> None:
    assert {status for status, _ in model_findings(models).values()} == {"OK"}
    (models / "arrangement.safetensors").unlink()
    mel = models / "mel.safetensors"
    mel.write_bytes(mel.read_bytes()[:-1])
    save_file({"weight": np.zeros((4, 4), np.float32)}, models / "vocoder.safetensors")
    found = model_findings(models)
    assert found["arrangement"][0] == "FAIL"
    assert "missing" in found["arrangement"][1]
    assert found["mel"][0] == "FAIL"
    assert "damaged" in found["mel"][1]
    assert found["vocoder"][0] == "WARN"
    assert "not the file its card describes" in found["vocoder"][1]
    (models / "vocoder.md").unlink()
    assert "without a card" in model_findings(models)["vocoder"][1]


def test_a_file_that_only_points_to_weights_is_damaged(models: Path) -> None:
    (models / "mel.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert model_findings(models)["mel"][0] == "FAIL"


def test_a_gpu_that_torch_cannot_use_is_not_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA RTX 4090 (UUID: GPU-1)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    finding = doctor._gpu()
    assert finding.status == "WARN"
    assert "NVIDIA RTX 4090" in finding.seen
    assert "driver" in finding.todo


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
