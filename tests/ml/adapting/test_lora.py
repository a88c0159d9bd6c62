"""Merging changes into weights and taking them out: bit by bit."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from studio.ml.adapting.lora import Adaptable, attach, changed, delta_name, targets


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(6, 5),
        nn.Conv1d(3, 4, 3),
        nn.Conv1d(4, 4, 3, groups=4),
        nn.Embedding(7, 2),
        nn.Conv2d(2, 3, 1),
    )


def _changes(network: nn.Module) -> dict[str, torch.Tensor]:
    """Low-rank changes of everything that can have them."""
    live = copy.deepcopy(network)
    factors = attach(live, targets(live), 2, seed=1)
    return {
        name: torch.randn(p.shape, generator=torch.Generator().manual_seed(i))
        for i, (name, p) in enumerate(factors.items())
    }


def _equal(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_linear_layers_and_whole_convolutions_are_changed_and_nothing_else() -> None:
    assert targets(_network()) == ["0.weight", "1.weight", "4.weight"]
    assert targets(_network(), ("1",)) == ["1.weight"]


def test_untrained_changes_change_nothing() -> None:
    network = _network()
    live = copy.deepcopy(network)
    attach(live, targets(live), 4, seed=0)
    x = torch.randn(2, 6)
    assert torch.equal(live[0](x), network[0](x))  # type: ignore[index]


def test_strength_0_and_taking_out_are_bit_identical_to_the_base() -> None:
    base = _network()
    slot = Adaptable(copy.deepcopy(base))
    changes = _changes(base)
    slot.apply(changes, 0.0)
    assert _equal(slot.network, base)
    for strength in (1.0, 0.3, 0.7):  # one after the other: each from the base
        slot.apply(changes, strength)
        expected = copy.deepcopy(base)
        expected.load_state_dict({**base.state_dict(), **changed(base.state_dict(), changes, strength)})
        assert _equal(slot.network, expected)
        assert not _equal(slot.network, base)
    slot.apply({}, 1.0)
    assert _equal(slot.network, base)


def test_the_merged_weight_is_the_sum() -> None:
    base = {"w": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}
    low = {"w.up": torch.tensor([[1.0], [2.0]]), "w.down": torch.tensor([[10.0, 0.0]])}
    assert changed(base, low, 0.5)["w"].tolist() == [[6.0, 2.0], [13.0, 4.0]]
    whole = {delta_name("w"): torch.ones(2, 2).half()}
    assert changed(base, whole, 1.0)["w"].tolist() == [[2.0, 3.0], [4.0, 5.0]]


@pytest.mark.parametrize("key", ["other.up", "w.sideways"])
def test_changes_of_another_network_are_refused(key: str) -> None:
    with pytest.raises(KeyError):
        changed({"w": torch.zeros(2, 2)}, {key: torch.zeros(2, 1), "other.down": torch.zeros(1, 2)}, 1.0)


def test_what_is_trained_is_what_is_merged() -> None:
    base = _network()
    live = copy.deepcopy(base)
    factors = attach(live, targets(live), 2, seed=1)
    with torch.no_grad():
        for p in factors.values():
            p.add_(0.1)
    slot = Adaptable(copy.deepcopy(base))
    slot.apply({name: p.detach() for name, p in factors.items()}, 1.0)
    x = torch.randn(2, 3, 9)
    torch.testing.assert_close(slot.network[1](x), live[1](x), atol=1e-6, rtol=0)  # type: ignore[index]
