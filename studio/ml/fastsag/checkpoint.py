"""FastSAG on disk: the public `fastsag.pt` and our safetensors.

Names are brought to one form (that of `FastSAG.state_dict`), then every name, shape and number is checked before a
network is touched: a file fits as a whole or is refused with what does not fit, part by part.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.part_path import part_path
from studio.ml.fastsag.config import CONTRACT, FastSAGConfig, SemanticToMel
from studio.ml.sound.bigvgan_file import canonical_generator, read_bigvgan
from studio.ml.tensor_file import TODO, misfits, tensors_of

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
_MOST_LAYERS, _LARGEST_SIZE = 128, 10_000_000


def canonical(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under the names of `FastSAG.state_dict`.

    Accepts either spelling of weight norm, a vocoder whose weight norm was folded in, and files without the mask
    embedding or the vocoder's fixed filters.
    """
    vocoder = {k.removeprefix(_VOCODER): v for k, v in tensors.items() if k.startswith(_VOCODER)}
    out: dict[str, Tensor] = {_VOCODER + k: v for k, v in canonical_generator(vocoder).items()}
    for name, value in tensors.items():
        if ".pos_conv_embed.conv.weight_" in name:
            number = "0" if name.endswith("_g") else "1"
            name = name[: -len("weight_g")] + f"parametrizations.weight.original{number}"
        if not name.startswith(_VOCODER):
            out[name] = value
    if any(name.startswith("wav2vec.") for name in out) and _MASKED not in out:
        dim = next((len(v) for k, v in out.items() if k == "wav2vec.hubert.encoder.layer_norm.weight"), 768)
        out[_MASKED] = torch.zeros(dim)
    return out


def fitting_tensors(
    content: Mapping[str, Any], wanted: Mapping[str, Tensor], semantic_to_mel: SemanticToMel, name: str
) -> dict[str, Tensor]:
    """The tensors of a checkpoint as a network's `load_state_dict` takes them.

    Args:
        wanted: the network's state dict; shapes are enough.
        semantic_to_mel: with 'resize', PerceiverIO's tensors may be there or not.
        name: of the file, for messages.

    Raises:
        StudioError: saying what does not fit.
    """
    tensors = canonical(tensors_of(content, name))
    if semantic_to_mel == "resize":
        tensors = {k: v for k, v in tensors.items() if not k.startswith(_PERCEIVER)}
    wrong = misfits(tensors, wanted, PARTS, others="no part of FastSAG")
    if wrong:
        todo = TODO
        if semantic_to_mel == "perceiver" and all("PerceiverIO" in clause for clause in wrong):
            todo = tr("If it was trained without PerceiverIO, load it with 'resize'")
        raise StudioError(
            tr("The tensors of {name} do not fit FastSAG", name=name),
            seen="; ".join(wrong),
            expected=tr("the {count} tensors of its parts with finite numbers", count=len(wanted)),
            todo=todo,
        )
    return {k: v.detach().float().contiguous() for k, v in tensors.items()}


def config_of(header: Mapping[str, Any], name: str) -> FastSAGConfig:
    """The sizes that a header gives; the paper's where it gives none. Raises StudioError."""
    if "config" not in header:
        return FastSAGConfig()
    try:
        _check_sizes(header["config"])
        return FastSAGConfig.from_dict(header["config"])
    except KeyError as error:
        raise no_config(name, f"no {error.args[0]} in it") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise no_config(name, str(error)) from error


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


def no_config(name: str, seen: str) -> StudioError:
    return StudioError(
        tr("The header of {name} does not say how its networks are made", name=name),
        seen=seen[:160],
        expected=tr("the sizes that Backline writes, or none for the paper's"),
        todo=TODO,
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
    base = config_of(header, path.name)
    kept: dict[str, Any] = {k: v for k, v in content.items() if not str(k).startswith("vocoder.")}
    kept |= {_VOCODER + k: v for k, v in tensors.items()}
    return kept, {**header, "config": {**base.as_dict(), "vocoder": config.as_dict()}}


class Saveable(Protocol):
    """What of model.FastSAG goes into a file."""

    config: FastSAGConfig
    semantic_to_mel: SemanticToMel

    def state_dict(self) -> Mapping[str, Tensor]: ...


def save_checkpoint(model: Saveable, path: Path, header: Mapping[str, Any]) -> None:
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
                seen = tr("another kind of model")
            elif header.get("semantic_to_mel") not in get_args(SemanticToMel):
                seen = tr("a header without semantic_to_mel")
            else:
                return dict(header)
    except Exception as error:  # a damaged file may make its reader stumble over anything
        seen = str(error) or type(error).__name__
    raise StudioError(
        tr("{name} is no FastSAG model of Backline", name=path.name), seen=seen, todo=tr("Import it again")
    )


def parameter_counts(model: nn.Module) -> dict[str, int]:
    """Parameters by part."""
    counts = dict.fromkeys(PARTS.values(), 0)
    for name, value in model.named_parameters():
        part = next(part for prefix, part in PARTS.items() if name.startswith(prefix))
        counts[part] += value.numel()
    return {part: count for part, count in counts.items() if count}
