"""Reading, refusing and writing checkpoints."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from studio.core.errors import StudioError
from studio.ml.fastsag import FastSAG
from studio.ml.fastsag.checkpoint import (
    read_header,
    save_checkpoint,
    with_vocoder,
)
from studio.ml.sound.bigvgan import PUBLIC, BigVGAN
from studio.ml.sound.bigvgan_file import read_bigvgan
from studio.ml.tensor_file import read_tensor_file
from tests.ml.fastsag.conftest import TINY

#: SHA-256 of "name shape" of the 1,689 tensors that the authors' fastsag.pt holds, sorted by name.
PUBLIC_NAMES = "e6f7cf19d777c75f4f3ded1e6db826544279965a6a11fb3c76f1c5690fc0f493"
HEADER = {"config": TINY.as_dict()}


def _full_size() -> dict[str, Tensor]:
    """Every tensor of the paper's size, each stored as one number."""
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in FastSAG().state_dict().items()}
    return {name: torch.full((1,), 0.01).expand(shape) for name, shape in shapes.items()}


def _fits(content: dict[str, Any], model: FastSAG) -> None:
    built = FastSAG.of_tensors(content, HEADER, model.semantic_to_mel, "test")
    for name, value in model.state_dict().items():
        torch.testing.assert_close(built.state_dict()[name], value)


def test_names_and_shapes_are_the_public_ones() -> None:
    content = _full_size()
    assert len(content) == 1689
    lines = "\n".join(f"{name} {list(content[name].shape)}" for name in sorted(content))
    assert hashlib.sha256(lines.encode()).hexdigest() == PUBLIC_NAMES


def test_safetensors_keep_every_bit(tiny: FastSAG, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_checkpoint(tiny, path, {"steps": 7})
    assert set(load_file(path)) == set(tiny.state_dict())
    again = FastSAG.load(path)
    for name, value in tiny.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
    assert read_header(path)["steps"] == 7
    assert again.config == TINY
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_pt_file_is_read(tiny: FastSAG, tmp_path: Path) -> None:
    torch.save(tiny.state_dict(), tmp_path / "fastsag.pt")
    content, header = read_tensor_file(tmp_path / "fastsag.pt")
    assert header == {}
    _fits(content, tiny)


def test_other_spellings_are_understood(tiny: FastSAG) -> None:
    content = dict(tiny.state_dict())
    position = "wav2vec.hubert.encoder.pos_conv_embed.conv."
    content[position + "weight_g"] = content.pop(position + "parametrizations.weight.original0")
    content[position + "weight_v"] = content.pop(position + "parametrizations.weight.original1")
    content = {k: v for k, v in content.items() if "filter" not in k}
    _fits(content, tiny)
    del content["wav2vec.hubert.masked_spec_embed"]
    assert (
        not FastSAG.of_tensors(content, HEADER, "perceiver", "test").wav2vec["hubert"].masked_spec_embed.any()
    )  # type: ignore[union-attr, operator]


def test_a_vocoder_without_weight_norm_sounds_the_same(tiny: FastSAG) -> None:
    content = dict(tiny.state_dict())
    for name in [n for n in content if n.startswith("vocoder.") and n.endswith("weight_v")]:
        stem = name.removesuffix("_v")
        v = content.pop(name)
        content[stem] = content.pop(stem + "_g") * v / v.norm(dim=(1, 2), keepdim=True)
    mel = torch.randn(1, 100, 30, generator=torch.Generator().manual_seed(0))
    built = FastSAG.of_tensors(content, HEADER, "perceiver", "test")
    torch.testing.assert_close(built.vocode(mel), tiny.vocode(mel), atol=2e-3, rtol=0.0)


def test_half_precision_files_are_read(tiny: FastSAG) -> None:
    built = FastSAG.of_tensors(
        {k: v.half() for k, v in tiny.state_dict().items()}, HEADER, "perceiver", "test"
    )
    assert {p.dtype for p in built.parameters()} == {torch.float32}


def test_resize_needs_no_perceiver(tiny: FastSAG) -> None:
    content = {k: v for k, v in tiny.state_dict().items() if "semantic_encoder.1" not in k}
    assert FastSAG.of_tensors(content, HEADER, "resize", "test").semantic_to_mel == "resize"
    assert FastSAG.of_tensors(dict(tiny.state_dict()), HEADER, "resize", "test").semantic_to_mel == "resize"
    with pytest.raises(StudioError, match=r"missing in PerceiverIO.*load it with 'resize'"):
        FastSAG.of_tensors(content, HEADER, "perceiver", "test")


def test_what_does_not_fit_is_said_part_by_part() -> None:
    content = {k: v for k, v in _full_size().items() if not k.startswith("mixed_encoder")}
    content["decoder.estimator.mlp.0.bias"] = torch.zeros(3)
    content["vocoder.generator.extra"] = torch.zeros(3)
    content["stranger"] = torch.zeros(3)
    with pytest.raises(StudioError) as error:
        FastSAG.of_tensors(content, {}, "perceiver", "half.pt")
    text = str(error.value)
    assert "148 tensors missing in the prior WaveNet" in text
    assert "decoder.estimator.mlp.0.bias [3] for [256]" in text
    assert "1 tensor unknown in BigVGAN, such as vocoder.generator.extra" in text
    assert "1 tensor unknown in no part of FastSAG, such as stranger" in text
    assert "half.pt" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(tiny: FastSAG, value: float) -> None:
    content = dict(tiny.state_dict())
    content["mixed_encoder.final_conv.bias"] = torch.full((100,), value)
    with pytest.raises(StudioError, match="NaN or infinity, such as mixed_encoder"):
        FastSAG.of_tensors(content, HEADER, "perceiver", "test")


@pytest.mark.parametrize("content", [{"a": 1}, {"a": torch.zeros(2, dtype=torch.int64)}, {3: torch.zeros(2)}])
def test_anything_but_float_tensors_is_refused(content: dict[Any, Any]) -> None:
    with pytest.raises(StudioError, match="not a plain state dict"):
        FastSAG.of_tensors(content, HEADER, "perceiver", "test")


class _Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("pwned",)


def test_a_hostile_pickle_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": _Hostile()}, "zip.pt")
    Path("raw.pt").write_bytes(pickle.dumps({"a": _Hostile()}, protocol=2))
    for name in ("zip.pt", "raw.pt"):
        with pytest.raises(StudioError, match="more than tensors; nothing in it was run"):
            read_tensor_file(Path(name))
    assert not Path("pwned").exists()


def test_truncated_foreign_and_missing_files_are_refused(tiny: FastSAG, tmp_path: Path) -> None:
    good = tmp_path / "good.pt"
    torch.save(tiny.state_dict(), good)
    (tmp_path / "cut.pt").write_bytes(good.read_bytes()[:-5000])
    (tmp_path / "text.pt").write_text("not found\n" * 100)
    (tmp_path / "empty.pt").write_bytes(b"")
    save_checkpoint(tiny, tmp_path / "good.safetensors", {})
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "good.safetensors").read_bytes()[:-5000])
    for name in ("cut.pt", "text.pt", "empty.pt", "cut.safetensors"):
        with pytest.raises(StudioError, match="not a checkpoint Backline can read"):
            read_tensor_file(tmp_path / name)
    with pytest.raises(StudioError, match="no such file"):
        read_tensor_file(tmp_path / "absent.pt")
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    with pytest.raises(StudioError, match="not a plain state dict"):
        read_tensor_file(tmp_path / "list.pt")


def _public_vocoder(name: str) -> dict[str, Any]:
    with torch.device("meta"):
        shapes = {k: v.shape for k, v in BigVGAN(PUBLIC[name][0]).state_dict().items()}
    return {"generator": {k: torch.full((1,), 0.01).expand(shape) for k, shape in shapes.items()}}


@pytest.mark.parametrize("name", list(PUBLIC))
def test_public_vocoders_are_told_apart(name: str, tmp_path: Path) -> None:
    torch.save(_public_vocoder(name), tmp_path / "g.pt")
    found, config, contract, _ = read_bigvgan(tmp_path / "g.pt")
    assert (found, (config, contract)) == (name, PUBLIC[name])


def test_a_vocoder_of_another_mel_is_refused(tiny: FastSAG, tmp_path: Path) -> None:
    torch.save(_public_vocoder("bigvgan_v2_44khz_128band_512x"), tmp_path / "g.pt")
    with pytest.raises(StudioError, match="44100"):
        with_vocoder(dict(tiny.state_dict()), HEADER, tmp_path / "g.pt")
    torch.save({"generator": {"conv_pre.bias": torch.zeros(3)}}, tmp_path / "g.pt")
    with pytest.raises(StudioError, match="no BigVGAN that Backline knows"):
        read_bigvgan(tmp_path / "g.pt")


def test_the_vocoder_of_a_file_is_exchanged(tiny: FastSAG, tmp_path: Path) -> None:
    torch.save(_public_vocoder("bigvgan_v2_24khz_100band_256x"), tmp_path / "g.pt")
    content = {k: v for k, v in tiny.state_dict().items() if not k.startswith("vocoder.")}
    mixed, header = with_vocoder(content, HEADER, tmp_path / "g.pt")
    assert header["config"]["vocoder"]["version"] == 2
    assert header["config"]["unet"]["dim"] == TINY.unet.dim
    assert "vocoder.generator.conv_post.bias" not in mixed


INPUTS = Path(__file__).parents[2] / "inputs"


def test_a_header_whose_config_is_none_is_a_clear_error() -> None:
    path = INPUTS / "fastsag_header_config_KeyError.safetensors"
    content, header = read_tensor_file(path)
    with pytest.raises(StudioError, match="does not say how its networks are made") as caught:
        FastSAG.of_tensors(content, header, "perceiver", path.name)
    assert "hubert" in caught.value.seen
    with pytest.raises(StudioError, match="semantic_to_mel"):
        read_header(path)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("hubert", "layers", 10**9), ("hubert", "dim", "x"), ("semantic", "stacks", -1), ("unet", "dim", 1e30),
        ("unet", "heads", 0), ("perceiver", "depth", None), ("vocoder", "channels", 10**12),
    ],
)  # fmt: skip
def test_a_config_of_absurd_sizes_is_a_clear_error(
    tiny: FastSAG, part: str, name: str, value: object
) -> None:
    config = tiny.config.as_dict()
    config[part] = {**config[part], name: value}
    with pytest.raises(StudioError):
        FastSAG.of_tensors(tiny.state_dict(), {"config": config}, "perceiver", "odd.safetensors")
