"""The loss of the arrangement model: cross-entropy of masked tokens; and how far its guesses are from another's.

The bundled model and personal adapters are trained by the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from studio.core.score import COLUMNS
from studio.ml.arrangement.model import Condition, mask_ids

#: How much each group of columns counts in the sum.
_SHARES = {
    "chord": 1.5, "energy": 0.3, "drums": 1.0, "bass": 1.0, "harmony": 1.0, "lead": 1.0, "globals": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Guesses:
    """What a model makes of masked scores: logits [B, L, V_c] by column and [B, V_g] by global."""

    columns: list[Tensor]
    globals: list[Tensor]


def guess(
    model: nn.Module, batch: Mapping[str, Tensor], device: torch.device, *, bfloat16: bool = True
) -> Guesses:
    """The model's logits for a batch whose `hidden` tokens and globals are masked."""
    masks, global_masks = mask_ids(device)
    seen = torch.where(batch["hidden"], masks, batch["tokens"])
    seen_globals = torch.where(batch["hidden_globals"], global_masks, batch["globals"])
    condition = Condition(batch["melody"], batch["place"], batch["song"])
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        logits, global_logits = model(seen, seen_globals, condition)
    return Guesses(logits, global_logits)


def masked_losses(model: nn.Module, batch: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Cross-entropy of the masked tokens, by group of columns; 'loss' is their weighted sum.

    Args:
        batch: of `weight` [B, L, 21] the signs and sizes count; where `example` [B] is given, it weights whole scores.
    """
    return losses_of(guess(model, batch, device), batch)


def losses_of(
    guesses: Guesses, batch: Mapping[str, Tensor], globals_share: float = _SHARES["globals"]
) -> dict[str, Tensor]:
    """`masked_losses` of guesses that were made already; `globals_share` is what the choice of the band counts."""
    columns = [
        nn.functional.cross_entropy(
            logits.float().flatten(0, 1), batch["tokens"][..., c].flatten(), reduction="none"
        ).reshape(logits.shape[:2])
        for c, logits in enumerate(guesses.columns)
    ]
    globals_ = [
        nn.functional.cross_entropy(g.float(), batch["globals"][:, i], reduction="none")
        for i, g in enumerate(guesses.globals)
    ]
    return _summed(columns, globals_, batch, globals_share)


def distances_of(
    base: Guesses, guesses: Guesses, batch: Mapping[str, Tensor], globals_share: float = _SHARES["globals"]
) -> dict[str, Tensor]:
    """Kullback-Leibler divergence of the guesses from the base's, KL(base || guesses), at the masked places; summed as
    the losses are."""
    columns = [_divergence(b, g) for b, g in zip(base.columns, guesses.columns, strict=True)]
    globals_ = [_divergence(b, g) for b, g in zip(base.globals, guesses.globals, strict=True)]
    return _summed(columns, globals_, batch, globals_share)


def _divergence(base: Tensor, guessed: Tensor) -> Tensor:
    wanted, log_p = base.float().log_softmax(-1), guessed.float().log_softmax(-1)
    return (wanted.exp() * (wanted - log_p)).sum(-1)


def _summed(
    columns: list[Tensor], globals_: list[Tensor], batch: Mapping[str, Tensor], globals_share: float
) -> dict[str, Tensor]:
    """Means over the masked places, by group; what a place counts, not what its score counts, makes up the mean."""
    weight = batch["weight"] * batch["hidden"]
    example = batch.get("example")
    losses: dict[str, Tensor] = {}
    for name, places in COLUMNS.items():
        total, count = weight.new_zeros(()), weight.new_zeros(())
        for c in range(places.start, places.stop):
            value = columns[c] * weight[..., c]
            total = total + (value if example is None else value * example[:, None]).sum()
            count = count + weight[..., c].sum()
        losses[name] = total / count.clamp(min=1.0)
    value = torch.stack(globals_, 1) * batch["hidden_globals"]
    total = (value if example is None else value * example[:, None]).sum()
    losses["globals"] = total / batch["hidden_globals"].sum().clamp(min=1)
    shares = {**_SHARES, "globals": globals_share}
    losses["loss"] = torch.stack([shares[name] * value for name, value in losses.items()]).sum()
    return losses
