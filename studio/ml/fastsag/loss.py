"""What FastSAG's training and its adapters have in common."""

from __future__ import annotations

import math

from torch import Tensor


def prior_losses(mu: Tensor, mel: Tensor, mask: Tensor) -> Tensor:
    """Negative log-likelihood of mels under a normal distribution around the prior's (Grad-TTS, equation 12), [B].

    Args:
        mu, mel: [B, M, F], normalised; mask: [1, 1, F], 1 inside the clip. The mean over its elements.
    """
    likelihood = 0.5 * ((mel - mu).square() + math.log(2 * math.pi)) * mask
    return likelihood.flatten(1).sum(1) / (mask.sum() * mel.shape[1])
