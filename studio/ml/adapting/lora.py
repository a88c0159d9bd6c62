"""Low-rank changes of a network's weights (LoRA, Hu et al. 2021, arXiv:2106.09685): W + up down, rank r, alpha = r.

The change is added to the weight, not to the layer's output: one way for linear layers and convolutions, also for those
whose weights a network uses directly, and what was trained is what is merged later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

_UP, _DOWN, _DELTA = ".up", ".down", ".delta"


class LowRank(nn.Module):
    """The parametrisation of one weight; changes nothing until `up` was trained."""

    def __init__(self, weight: Tensor, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = len(weight), weight[0].numel()
        rank = min(rank, rows, columns)
        down = torch.randn(rank, columns, generator=generator) / math.sqrt(columns)
        self.down = nn.Parameter(down.to(weight.device))
        self.up = nn.Parameter(torch.zeros(rows, rank, device=weight.device))

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            return weight + (self.up @ self.down).reshape(weight.shape)


def targets(network: nn.Module, prefixes: Sequence[str] = ("",)) -> list[str]:
    """Names of the weights that an adapter changes: of linear layers and ungrouped convolutions below `prefixes`."""
    return [
        f"{name}.weight"
        for name, module in network.named_modules()
        if name.startswith(tuple(prefixes))
        and (
            isinstance(module, nn.Linear)
            or (isinstance(module, nn.Conv1d | nn.Conv2d) and module.groups == 1)
        )
    ]


def attach(network: nn.Module, names: Sequence[str], rank: int, seed: int) -> dict[str, nn.Parameter]:
    """Holds the network still and lets low-rank changes of the named weights be trained: by name of their tensors."""
    network.requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    factors: dict[str, nn.Parameter] = {}
    for name in names:
        module = network.get_submodule(name.rpartition(".")[0])
        weight = module.weight
        assert isinstance(weight, Tensor)
        change = LowRank(weight, rank, generator)
        parametrize.register_parametrization(module, "weight", change)
        factors |= {name + _UP: change.up, name + _DOWN: change.down}
    return factors


def changed(base: Mapping[str, Tensor], tensors: Mapping[str, Tensor], strength: float) -> dict[str, Tensor]:
    """The weights that an adapter changes, with as much of the change as `strength` says, 0 to 1.

    Args:
        base: the network's own weights by name.
        tensors: `<weight>.up` and `<weight>.down`, or `<weight>.delta`.

    Raises:
        KeyError, RuntimeError: for tensors of another network.
    """
    merged = {}
    for key, tensor in tensors.items():
        name, _, kind = key.rpartition(".")
        if "." + kind == _DELTA:
            delta = tensor.float()
        elif "." + kind == _UP:
            delta = tensor.float() @ tensors[name + _DOWN].float()
        elif "." + kind == _DOWN:
            continue
        else:
            raise KeyError(key)
        weight = base[name]
        merged[name] = weight + strength * delta.to(weight.device).reshape(weight.shape)
    return merged


def delta_name(weight: str) -> str:
    """The name under which a weight's whole change is kept."""
    return weight + _DELTA


class Adaptable:
    """A network that can take an adapter's changes and give them back, bit by bit."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._own: dict[str, Tensor] = {}

    def own_state(self) -> dict[str, Tensor]:
        """The base's weights, whatever is merged now."""
        return {name: self._own.get(name, value) for name, value in self.network.state_dict().items()}

    @torch.no_grad()
    def apply(self, tensors: Mapping[str, Tensor], strength: float) -> None:
        """Merges the changes into the base; what was merged before goes. No tensors, or strength 0: the base itself."""
        own = self.own_state()
        merged = changed(own, tensors, strength) if strength else {}
        parameters = dict(self.network.named_parameters())
        for name, value in self._own.items():
            parameters[name].copy_(value)
        self._own = {name: own[name].clone() for name in merged}
        for name, value in merged.items():
            parameters[name].copy_(value)
