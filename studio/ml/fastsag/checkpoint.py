"""FastSAG on disk: the public `fastsag.pt`, BigVGAN's public files, and our safetensors.

A pickle is read with `weights_only`, which builds tensors and refuses everything else. Names are brought to one
form (that of `FastSAG.state_dict`), then every name, shape and number is checked before a network is touched:
a file fits as a whole or is refused with what does not fit, part by part.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.part_path import part_path
from studio.ml.fastsag.config import CONTRACT, FastSAGConfig, SemanticToMel
from studio.ml.fastsag.model import FastSAG
from studio.ml.sound.bigvgan import PUBLIC, BigVGAN, BigVGANConfig, lowpass_taps
from studio.ml.sound.mel import MelContract

#: The parts of the model by the beginning of their names.
PARTS: Mapping[str, str] = {
    "wav2vec.": "MERT",
    "semantic_encoder.0.": "the semantic WaveNet",
    "semantic_encoder.1.": "PerceiverIO",
    "mixed_encoder.": "the prior WaveNet",
    "decoder.": "the U-Net",
    "vocoder.": "BigVGAN",
}
_VOCODER, _PERCEIVER = "vocoder.generator.", "semantic_encoder.1."
_MASKED = "wav2vec.hubert.masked_spec_embed"
_CONVOLUTION = re.compile(r"(conv_pre|conv_post|ups\.\d+\.0|convs[12]\.\d+)\.weight$")
_MOST_LAYERS, _LARGEST_SIZE = 128, 10_000_000
_TODO = "Download the file again, or choose the one that FastSAG's authors publish"


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name as the file has them, and our header (empty for files of others).

    Raises:
        StudioError: when there is no such file, or it is not plain tensors by name.
    """
    if not path.is_file():
        raise StudioError(f"Cannot open {path}", seen="no such file", todo="Check the path")
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                header = json.loads((file.metadata() or {}).get("studio", "{}"))
                if not isinstance(header, dict):
                    raise ValueError("a header that says nothing")
                return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
        # Mapped rather than read: names and shapes are checked before 1.6 GB are in memory.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # a hostile or broken file may raise anything; nothing of it has been run
        hostile = "weights_only" in str(error) or "Unsupported" in str(error)
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StudioError(
            f"{path.name} is not a checkpoint Backline can read",
            seen="a pickle that holds more than tensors; nothing in it was run" if hostile else first[:160],
            expected="a PyTorch or safetensors file of plain tensors",
            todo=_TODO,
        ) from error
    if not isinstance(content, dict) or not content:
        raise _not_plain(path, f"a {type(content).__name__}")
    return content, {}


def tensors_of(content: Mapping[str, Any], name: str) -> dict[str, Tensor]:
    """The content of a file, if it is floating-point tensors by name and nothing else. Raises StudioError."""
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise _not_plain(Path(name), f"{key!r}: a {type(value).__name__}")
        if value.layout != torch.strided or not value.is_floating_point():
            raise _not_plain(Path(name), f"{key}: {value.dtype}, {value.layout}")
    return dict(content)


def canonical(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under the names of `FastSAG.state_dict`.

    Accepts either spelling of weight norm, a vocoder whose weight norm was folded in, and files without the mask
    embedding or the vocoder's fixed filters.
    """
    out: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if name.startswith(_VOCODER):
            name = name.replace(".parametrizations.weight.original0", ".weight_g")
            name = name.replace(".parametrizations.weight.original1", ".weight_v")
            if _CONVOLUTION.search(name) and value.ndim == 3:
                out[name + "_g"] = value.norm(dim=(1, 2), keepdim=True)
                name += "_v"
        elif ".pos_conv_embed.conv.weight_" in name:
            number = "0" if name.endswith("_g") else "1"
            name = name[: -len("weight_g")] + f"parametrizations.weight.original{number}"
        out[name] = value
    if any(name.startswith("wav2vec.") for name in out) and _MASKED not in out:
        dim = next((len(v) for k, v in out.items() if k == "wav2vec.hubert.encoder.layer_norm.weight"), 768)
        out[_MASKED] = torch.zeros(dim)
    for name in [n for n in out if n.startswith(_VOCODER) and n.endswith(".act.alpha")]:
        stem = name.removesuffix("act.alpha")
        for filter_name in ("upsample.filter", "downsample.lowpass.filter"):
            out.setdefault(stem + filter_name, lowpass_taps()[None, None])
    return out


def misfits(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """What keeps tensors from fitting, a clause a part: missing, unknown, of another shape, not finite."""
    clauses = []
    for verb, names in (
        ("missing in", [n for n in wanted if n not in tensors]),
        ("unknown in", [n for n in tensors if n not in wanted]),
        ("of another shape in", [n for n in wanted if n in tensors and tensors[n].shape != wanted[n].shape]),
    ):
        for prefix, part in (*PARTS.items(), ("", "no part of FastSAG")):
            inside = [n for n in names if n.startswith(prefix) and (prefix or not n.startswith(tuple(PARTS)))]
            if inside:
                first = inside[0]
                detail = f"such as {first}"
                if verb.startswith("of another"):
                    detail += f" {list(tensors[first].shape)} for {list(wanted[first].shape)}"
                clauses.append(f"{len(inside)} tensors {verb} {part}, {detail}")
    if not clauses:
        broken = [n for n, v in tensors.items() if not bool(torch.isfinite(v).all())]
        if broken:
            clauses.append(f"{len(broken)} tensors hold NaN or infinity, such as {broken[0]}")
    return clauses


def build(
    content: Mapping[str, Any], header: Mapping[str, Any], semantic_to_mel: SemanticToMel, name: str
) -> FastSAG:
    """The network of a checkpoint as `read_checkpoint` gives it.

    Args:
        semantic_to_mel: with 'resize', PerceiverIO's tensors may be there or not.
        name: of the file, for messages.

    Raises:
        StudioError: saying what does not fit.
    """
    config = _config(header, name)
    try:
        with torch.device("meta"):  # shapes only: the checkpoint's own tensors become the parameters
            model = FastSAG(config, semantic_to_mel)
    except (ValueError, TypeError, RuntimeError, AssertionError, ArithmeticError) as error:
        raise _no_config(name, str(error)) from error
    tensors = canonical(tensors_of(content, name))
    if semantic_to_mel == "resize":
        tensors = {k: v for k, v in tensors.items() if not k.startswith(_PERCEIVER)}
    wrong = misfits(tensors, model.state_dict())
    if wrong:
        todo = _TODO
        if semantic_to_mel == "perceiver" and all("PerceiverIO" in clause for clause in wrong):
            todo = "If it was trained without PerceiverIO, load it with 'resize'"
        raise StudioError(
            f"The tensors of {name} do not fit FastSAG",
            seen="; ".join(wrong),
            expected=f"the {len(model.state_dict())} tensors of its parts with finite numbers",
            todo=todo,
        )
    model.load_state_dict({k: v.detach().float().contiguous() for k, v in tensors.items()}, assign=True)
    return model.requires_grad_(False).eval()


def _config(header: Mapping[str, Any], name: str) -> FastSAGConfig:
    """The sizes that a header gives; the paper's where it gives none. Raises StudioError."""
    if "config" not in header:
        return FastSAGConfig()
    try:
        _check_sizes(header["config"])
        return FastSAGConfig.from_dict(header["config"])
    except KeyError as error:
        raise _no_config(name, f"no {error.args[0]} in it") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise _no_config(name, str(error)) from error


def _check_sizes(value: object, depth: int = 0) -> None:
    """Networks are built of these numbers: absurd ones would be built for ever. Raises ValueError."""
    if depth > 4:
        raise ValueError("brackets within brackets")
    if isinstance(value, dict):
        for name, inner in value.items():
            counts = ("layers", "stacks", "depth")
            if name in counts and isinstance(inner, int) and not 0 < inner <= _MOST_LAYERS:
                raise ValueError(f"{name} of {inner}")
            _check_sizes(inner, depth + 1)
    elif isinstance(value, list | tuple):
        if len(value) > _MOST_LAYERS:
            raise ValueError(f"{len(value)} numbers in a row")
        for inner in value:
            _check_sizes(inner, depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= _LARGEST_SIZE:
        raise ValueError(f"a size of {value:.3g}")


def _no_config(name: str, seen: str) -> StudioError:
    return StudioError(
        f"The header of {name} does not say how its networks are made",
        seen=seen[:160],
        expected="the sizes that Backline writes, or none for the paper's",
        todo=_TODO,
    )


def read_bigvgan(path: Path) -> tuple[str, BigVGANConfig, MelContract, dict[str, Tensor]]:
    """A public BigVGAN file, `{"generator": state_dict}` or the state dict alone.

    Returns:
        The name of the public weights it has the shapes of, their sizes and mel, and tensors as `BigVGAN` names them.

    Raises:
        StudioError: for a file that is none of them.
    """
    content, _ = read_checkpoint(path)
    inner = content.get("generator", content)
    if not isinstance(inner, dict):
        raise _not_plain(path, f"a {type(inner).__name__} under 'generator'")
    prefixed = canonical({_VOCODER + k: v for k, v in tensors_of(inner, path.name).items()})
    tensors = {k.removeprefix(_VOCODER): v for k, v in prefixed.items()}
    closest: list[str] = []
    for name, (config, contract) in PUBLIC.items():
        with torch.device("meta"):
            wanted = BigVGAN(config).state_dict()
        wrong = misfits(tensors, wanted)
        if not wrong:
            return name, config, contract, tensors
        closest = min((closest, wrong), key=len) if closest else wrong
    raise StudioError(
        f"{path.name} is no BigVGAN that Backline knows",
        seen="; ".join(closest).replace(" in no part of FastSAG", ""),
        expected=" or ".join(PUBLIC),
        todo="Choose bigvgan_generator.pt of one of these",
    )


def with_vocoder(
    content: Mapping[str, Any], header: Mapping[str, Any], path: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors and header with BigVGAN from a file of its own in place of whatever vocoder they had.

    Raises:
        StudioError: for a vocoder of another mel, such as the one of 44.1 kHz.
    """
    name, config, contract, tensors = read_bigvgan(path)
    contract.check(CONTRACT, mine=f"vocoder ({name})", others="mel of FastSAG")
    base = _config(header, path.name)
    kept: dict[str, Any] = {k: v for k, v in content.items() if not str(k).startswith("vocoder.")}
    kept |= {_VOCODER + k: v for k, v in tensors.items()}
    return kept, {**header, "config": {**base.as_dict(), "vocoder": config.as_dict()}}


def save_checkpoint(model: FastSAG, path: Path, header: Mapping[str, Any]) -> None:
    """Writes safetensors in full precision, whole or not at all; the header says how the networks are made."""
    full = {**header, "format": "fastsag", "config": model.config.as_dict(),
            "semantic_to_mel": model.semantic_to_mel}  # fmt: skip
    temporary = part_path(path)
    try:
        tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
        try:
            save_file(tensors, temporary, metadata={"studio": json.dumps(full)})
        except SafetensorError as error:  # what the system said is in its text
            raise OSError(str(error)) from error
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_header(path: Path) -> dict[str, Any]:
    """The header of our safetensors, without its tensors. Raises StudioError for other files."""
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["studio"])
            if not isinstance(header, dict) or header.get("format") != "fastsag":
                seen = "another kind of model"
            elif header.get("semantic_to_mel") not in get_args(SemanticToMel):
                seen = "a header without semantic_to_mel"
            else:
                return dict(header)
    except Exception as error:  # a damaged file may make its reader stumble over anything
        seen = str(error) or type(error).__name__
    raise StudioError(f"{path.name} is no FastSAG model of Backline", seen=seen, todo="Import it again")


def parameter_counts(model: FastSAG) -> dict[str, int]:
    """Parameters by part."""
    counts = dict.fromkeys(PARTS.values(), 0)
    for name, value in model.named_parameters():
        part = next(part for prefix, part in PARTS.items() if name.startswith(prefix))
        counts[part] += value.numel()
    return {part: count for part, count in counts.items() if count}


def _not_plain(path: Path, seen: str) -> StudioError:
    return StudioError(
        f"{path.name} is not a plain state dict",
        seen=seen,
        expected="floating-point tensors by name",
        todo=_TODO,
    )
