"""BigVGAN's public files: brought to the names of `BigVGAN.state_dict`, and known by their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.ml.sound.bigvgan import PUBLIC, BigVGAN, BigVGANConfig, lowpass_taps
from studio.ml.sound.mel import MelContract
from studio.ml.tensor_file import misfits, not_plain, read_tensor_file, tensors_of

_CONVOLUTION = re.compile(r"(conv_pre|conv_post|ups\.\d+\.0|convs[12]\.\d+)\.weight$")


def canonical_generator(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under the names of `BigVGAN.state_dict`.

    Accepts either spelling of weight norm, weight norm that was folded in, and files without the fixed filters.
    """
    out: dict[str, Tensor] = {}
    for name, value in tensors.items():
        name = name.replace(".parametrizations.weight.original0", ".weight_g")
        name = name.replace(".parametrizations.weight.original1", ".weight_v")
        if _CONVOLUTION.search(name) and value.ndim == 3:
            out[name + "_g"] = value.norm(dim=(1, 2), keepdim=True)
            name += "_v"
        out[name] = value
    for name in [n for n in out if n.endswith(".act.alpha")]:
        stem = name.removesuffix("act.alpha")
        for filter_name in ("upsample.filter", "downsample.lowpass.filter"):
            out.setdefault(stem + filter_name, lowpass_taps()[None, None])
    return out


def read_bigvgan(path: Path) -> tuple[str, BigVGANConfig, MelContract, dict[str, Tensor]]:
    """A public BigVGAN file, `{"generator": state_dict}` or the state dict alone.

    Returns:
        The name of the public weights it has the shapes of, their sizes and mel, and tensors as `BigVGAN` names them.

    Raises:
        StudioError: for a file that is none of them.
    """
    content, _ = read_tensor_file(path)
    inner = content.get("generator", content)
    if not isinstance(inner, dict):
        raise not_plain(path, f"a {type(inner).__name__} under 'generator'")
    tensors = canonical_generator(tensors_of(inner, path.name))
    closest: list[str] = []
    for name, (config, contract) in PUBLIC.items():
        with torch.device("meta"):
            wanted = BigVGAN(config).state_dict()
        wrong = misfits(tensors, wanted, {}, others="it")
        if not wrong:
            return name, config, contract, tensors
        closest = min((closest, wrong), key=len) if closest else wrong
    raise StudioError(
        tr("{name} is no BigVGAN that Backline knows", name=path.name),
        seen="; ".join(closest).replace(" in it", ""),
        expected=tr(" or ").join(PUBLIC),
        todo=tr("Choose bigvgan_generator.pt of one of these"),
    )
