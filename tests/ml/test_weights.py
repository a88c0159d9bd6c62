"""Weights files: what is written is read; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from studio.core.errors import StudioError
from studio.ml.weights import load_into, read_weights, save_weights


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
