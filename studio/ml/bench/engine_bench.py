"""What `studio bench engines` compares: each engine as one call from a vocal to a sound, with its size and calls.

FastSAG and the autoregressive yardstick have random weights: speed does not depend on what was learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.dsp.resample import resample
from studio.ml.bench.autoregressive import SAMPLE_RATE, Autoregressive
from studio.ml.device import choose_device
from studio.ml.engine import load_engine
from studio.ml.fastsag.checkpoint import parameter_counts
from studio.ml.fastsag.config import FastSAGConfig
from studio.ml.fastsag.engine import FastSAGEngine
from studio.ml.fastsag.model import FastSAG

#: What is compared, in the order of the table.
NAMES = ("band model", "FastSAG, the paper's sampler", "FastSAG, our sampler", "autoregressive")
#: Which of them can share a process, because they are the same networks.
GROUPS = (NAMES[:1], NAMES[1:3], NAMES[3:])


@dataclass(frozen=True)
class Yardstick:
    """One engine to measure.

    Attributes:
        parameters: of all its networks.
        run: makes one candidate; returns how often a network was called.
    """

    name: str
    parameters: int
    run: Callable[[GenerationRequest], int]


def load_yardsticks(names: tuple[str, ...], models_dir: Path, device: str) -> list[Yardstick]:
    """The engines of one group."""
    place = choose_device(device)
    torch.manual_seed(0)
    if names == GROUPS[0]:
        engine = load_engine(models_dir, device)
        arranger, mel_model, vocoder = engine.networks
        # A call is one pass through to a network's output; the mel model has two, its prior and its denoiser.
        outputs = [arranger, mel_model.prior_head, mel_model.head, vocoder]
        size = _parameters([arranger, mel_model, vocoder])
        return [Yardstick(names[0], size, _counted(engine.generate, outputs))]
    if names == GROUPS[2]:
        model = Autoregressive().to(place).eval()

        def write(request: GenerationRequest) -> int:
            vocal = torch.from_numpy(resample(request.vocal, SAMPLE_RATE).mono())[None].to(place)
            model(vocal, seed=request.seed)
            return model.calls

        return [Yardstick(names[0], _parameters([model]), write)]
    network = FastSAG(FastSAGConfig())
    size = sum(parameter_counts(network).values())
    parts = [network.wav2vec["hubert"], *network.semantic_encoder, network.mixed_encoder,
             network.decoder["estimator"], network.vocoder["generator"]]  # fmt: skip
    engines = (
        FastSAGEngine(network, place, {}, solver="euler", steps=50),
        FastSAGEngine(network, place, {}),
    )
    return [
        Yardstick(name, size, _counted(engine.generate, parts))
        for name, engine in zip(names, engines, strict=True)
    ]


def _parameters(networks: Sequence[nn.Module]) -> int:
    return sum(p.numel() for network in networks for p in network.parameters())


def _counted(
    generate: Callable[[GenerationRequest, Run], object], networks: Sequence[nn.Module]
) -> Callable[[GenerationRequest], int]:
    """One candidate, with the calls of these networks counted."""

    def run(request: GenerationRequest) -> int:
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        hooks = [network.register_forward_hook(count) for network in networks]
        try:
            generate(replace(request, candidates=1), Run())
        finally:
            for hook in hooks:
                hook.remove()
        return calls

    return run
