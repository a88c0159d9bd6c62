"""Weights files: what is written is read; what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from studio.core.errors import StudioError
from studio.ml.engine import load_engine
from studio.ml.weights import file_hash, load_into, load_weights, read_weights, save_weights


def test_round_trip(tmp_path: Path) -> None:
    network = nn.Linear(3, 2)
    save_weights(network.state_dict(), tmp_path / "a.safetensors", {"config": {"dim": 3}})
    tensors, header = read_weights(tmp_path / "a.safetensors")
    assert header == {"config": {"dim": 3}}
    torch.testing.assert_close(tensors["weight"], network.weight.detach(), atol=1e-3, rtol=1e-3)
    load_into(nn.Linear(3, 2), tensors, "a")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"is missing.*reinstall"):
        read_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80\x04pickle"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(StudioError, match="cannot be read"):
        read_weights(path)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(StudioError, match="do not fit"):
        load_into(nn.Linear(3, 2), nn.Linear(4, 2).state_dict(), "a")


def _listed(folder: Path) -> Path:
    path = folder / "mel.safetensors"
    save_weights({"a": torch.randn(50)}, path, {"config": {}})
    entry = {"weights": {"mel": {"sha256": file_hash(path)}}}
    (folder / "sources.json").write_text(json.dumps(entry))
    return path


def test_one_flipped_bit_of_a_listed_file_is_seen(tmp_path: Path) -> None:
    path = _listed(tmp_path)
    good = path.read_bytes()
    assert load_weights(path).sha256 == file_hash(path)
    for place in range(8, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        with pytest.raises(StudioError, match="damaged or was replaced"):
            read_weights(path)


def test_weights_of_ones_own_need_no_list(tmp_path: Path) -> None:
    path = _listed(tmp_path)
    own = path.with_name("own.safetensors")
    path.rename(own)
    assert list(read_weights(own)[0]) == ["a"]
    (tmp_path / "sources.json").write_text("[" * 100_000)
    assert list(read_weights(own)[0]) == ["a"]


def test_a_header_that_makes_no_network_is_a_clear_error(tmp_path: Path) -> None:
    save_weights({"a": torch.zeros(1)}, tmp_path / "mel.safetensors", {"config": {"dim": "x", "y": 1}})
    with pytest.raises(StudioError, match=r"header of mel\.safetensors does not fit"):
        load_engine(tmp_path, "cpu")
