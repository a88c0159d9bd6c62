"""A mel as sound without anything learnt: the spectrum that gives the mel, then phases that agree with it.

Magnitudes by multiplicative updates of non-negative least squares (Lee and Seung 2001), phases by the fast Griffin-Lim
algorithm (Perraudin et al. 2013, momentum .99). The same for every system of the comparison.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import griffinlim, melscale_fbanks

from studio.ml.fastsag.config import CONTRACT
from studio.ml.fastsag.front_end import denormalise

_UPDATES, _ROUNDS = 30, 32
_SMALL = 1e-8


def magnitudes(mel: Tensor) -> Tensor:
    """Normalised mel [B, M, F] -> magnitudes [B, bins, F] of FastSAG's transform."""
    bank = melscale_fbanks(
        CONTRACT.n_fft // 2 + 1, CONTRACT.f_min, CONTRACT.f_max, CONTRACT.n_mels, CONTRACT.sample_rate,
        norm="slaney", mel_scale="slaney",
    )  # fmt: skip
    wanted = bank @ torch.exp(denormalise(mel.float()).clamp(max=4.0))
    made = wanted / (bank @ torch.ones(CONTRACT.n_mels, 1)).clamp(min=_SMALL)
    for _ in range(_UPDATES):
        made = made * wanted / (bank @ (bank.T @ made)).clamp(min=_SMALL)
    return made


@torch.inference_mode()
def invert(mel: Tensor, samples: int) -> Tensor:
    """Normalised mel [1, M, F] -> float32 [samples], the same for the same mel."""
    made = functional.pad(magnitudes(mel), (1, 1))
    window = torch.hann_window(CONTRACT.n_fft)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sound = griffinlim(
            made, window, CONTRACT.n_fft, CONTRACT.hop_length, CONTRACT.n_fft, 1.0, _ROUNDS, 0.99, None, True
        )[0]  # fmt: skip
    # Frames of the mel are centred half a hop after the hop's first sample; one frame was added in front.
    first = CONTRACT.hop_length // 2
    return functional.pad(sound[first:], (0, max(0, samples - len(sound) + first)))[:samples]
