"""Taking FastSAG's weights in: all or nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.engines import FASTSAG
from studio.core.errors import StudioError
from studio.ml.fastsag import FastSAG
from studio.ml.fastsag.checkpoint import read_header, save_checkpoint
from studio.services.generating.engines import unavailable
from studio.services.generating.import_fastsag import import_fastsag, imported_record
from tests.ml.fastsag.conftest import TINY


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("source") / "mine.safetensors"
    save_checkpoint(FastSAG(TINY), path, {"steps": 0})
    return path


def test_it_is_converted_recorded_and_loads(checkpoint: Path, tmp_path: Path) -> None:
    assert FASTSAG.name in unavailable(tmp_path)
    shown: list[str] = []
    imported = import_fastsag(checkpoint, tmp_path, agree=lambda terms: bool(shown.append(terms)) or True)
    assert "CC BY-NC 4.0" in shown[0]
    assert imported.untrained
    record = imported_record(tmp_path)
    assert record is not None
    assert record["sha256"] == imported.sha256 == hashlib.sha256(imported.path.read_bytes()).hexdigest()
    assert record["source_sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert read_header(imported.path)["source"] == "mine.safetensors"
    assert FastSAG.load(imported.path).config == TINY
    assert unavailable(tmp_path) == {}


def test_without_agreement_nothing_is_written(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="terms not agreed to"):
        import_fastsag(checkpoint, tmp_path, agree=lambda _: False)
    assert not list(tmp_path.iterdir())
    assert imported_record(tmp_path) is None


class _Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize("kind", ["hostile", "truncated", "wrong", "half", "missing"])
def test_a_bad_file_is_refused_before_anyone_is_asked(
    kind: str, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source, data = tmp_path / f"{kind}.pt", tmp_path / "data"
    if kind == "hostile":
        torch.save({"a": _Hostile()}, source)
    elif kind == "truncated":
        torch.save({"a": torch.zeros(5000)}, source)
        source.write_bytes(source.read_bytes()[:10_000])
    elif kind == "wrong":
        source.write_bytes(b"RIFF" + bytes(1000))
    elif kind == "half":
        torch.save({k: v for k, v in FastSAG(TINY).state_dict().items() if "decoder" in k}, source)

    def never(_: str) -> bool:
        raise AssertionError("asked although the file is bad")

    with pytest.raises(StudioError, match=source.name):
        import_fastsag(source, data, agree=never)
    assert not data.exists()
    assert not Path("pwned").exists()
