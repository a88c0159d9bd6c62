"""FastSAG's training (arXiv:2405.07682, section 3.5) on one's own paired recordings.

    python -m studio.training.runs.train_fastsag --vocals DIR --accompaniments DIR --run DIR [--size small]

MERT and the vocoder stay as they are: give the paper's with `--start fastsag.pt`, or train the rest over random
ones to try the way. Three losses of weight 1: the semantic projection's distance from the accompaniment's features,
the prior mel's likelihood, EDM's diffusion loss. The last goes back through all of them. Adam at 1e-4 as in the paper;
gradients are clipped at 1 over all that is trained (the paper: over the prior and the U-Net).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.device import choose_device, supports_bfloat16
from studio.ml.sound.edm import edm_loss
from studio.ml.fastsag.checkpoint import save_checkpoint
from studio.ml.fastsag.config import EDM, SMALL, FastSAGConfig, SemanticToMel
from studio.ml.fastsag.front_end import mel_spectrogram, normalise
from studio.ml.fastsag.loss import prior_losses
from studio.ml.fastsag.model import FastSAG
from studio.training.runs.feed import Batch
from studio.training.runs.loop import LoopConfig, Watch, mean_losses, train
from studio.training.collections.vocal_pairs import PairedClips, find_pairs

SIZES = {"paper": FastSAGConfig(), "small": SMALL}
#: Every so many pairs one is held out.
_HELD_OUT_EVERY = 10
_SCORED_BATCHES = 4


def fastsag_losses(model: FastSAG, batch: Batch) -> dict[str, Tensor]:
    """The three losses of a batch of scaled `vocal` and `accompaniment`, [B, clip samples], and their sum.

    `spread` is the deviation of the prior's residual, what is left for the diffusion to say.
    """
    with torch.no_grad():
        heard = model.semantic_features(batch["vocal"])
        wanted = model.semantic_features(batch["accompaniment"])
        mel = normalise(mel_spectrogram(batch["accompaniment"]))
        mel = functional.pad(mel, (0, model.config.padded_frames - mel.shape[-1]))
        mask = model.mask().expand(len(mel), -1, -1)
    semantics = model.project_semantics(heard)
    mu = model.project_prior(semantics)
    semantic = functional.mse_loss(semantics, wanted)
    prior = prior_losses(mu, mel, model.mask()).mean()
    diffusion = edm_loss(model.denoiser(mu), mel, EDM, mask=mask)
    frames = model.config.frames
    return {
        "semantic": semantic,
        "prior": prior,
        "diffusion": diffusion,
        "spread": (mel - mu.detach())[..., :frames].std(),
        "loss": semantic + prior + diffusion,
    }


def trained_parts(model: FastSAG) -> nn.ModuleDict:
    """The networks that learn, by the first word of their tensors' names; the others are held still."""
    model.requires_grad_(False)
    parts = {name: getattr(model, name) for name in ("semantic_encoder", "mixed_encoder", "decoder")}
    return nn.ModuleDict(parts).requires_grad_(True)


def train_fastsag(
    model: FastSAG,
    clips: PairedClips,
    held_out: PairedClips,
    run: Path,
    config: LoopConfig,
    *,
    device: torch.device,
) -> Path:
    """Trains, or goes on with, `run`; returns its `fastsag.safetensors`, which `studio import-fastsag` takes."""
    model.to(device)
    model.half_precision = supports_bfloat16(device)
    parts = trained_parts(model)

    def scores(_network: nn.Module) -> dict[str, float]:
        torch.manual_seed(98)
        batches = ({k: v.to(device) for k, v in held_out(i).items()} for i in range(_SCORED_BATCHES))
        return mean_losses([fastsag_losses(model, batch) for batch in batches])

    train(
        parts, clips, lambda batch: fastsag_losses(model, batch), run, config, device=device,
        watch=Watch(evaluate=scores),
    )  # fmt: skip
    parts.load_state_dict(load_file(run / "ema.safetensors"))
    path = run / "fastsag.safetensors"
    save_checkpoint(model.cpu(), path, {"steps": config.steps})
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vocals", type=Path, required=True, help="folder of vocals")
    parser.add_argument("--accompaniments", type=Path, required=True, help="folder of the same names")
    parser.add_argument(
        "--run", type=Path, required=True, help="folder of checkpoints and logs; goes on there"
    )
    parser.add_argument("--size", choices=SIZES, default="paper")
    parser.add_argument("--start", type=Path, help="a fastsag.pt or safetensors to begin from")
    parser.add_argument("--semantic-to-mel", choices=("perceiver", "resize"), default="perceiver")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=28)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--save-every", type=int, default=250)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    branch: SemanticToMel = options.semantic_to_mel
    torch.manual_seed(options.seed)
    model = FastSAG.load(options.start, branch) if options.start else FastSAG(SIZES[options.size], branch)
    pairs = find_pairs(options.vocals, options.accompaniments)
    # With fewer than two pairs there is none to spare; then the scores are of what was trained on.
    held_out = pairs[::_HELD_OUT_EVERY]
    rest = [pair for pair in pairs if pair not in held_out] or pairs
    sides = [
        PairedClips(part, model.config.clip_samples, options.batch, seed=seed)
        for part, seed in ((rest, options.seed), (held_out, options.seed + 1))
    ]
    print(f"{len(rest)} pairs ({len(sides[0])} clips) to train on, {len(held_out)} held out", flush=True)
    config = LoopConfig(
        options.steps,
        options.learning_rate,
        weight_decay=0.0,
        seed=options.seed,
        save_every=options.save_every,
    )
    device = choose_device(options.device)
    print(train_fastsag(model, sides[0], sides[1], options.run, config, device=device))


if __name__ == "__main__":
    main()
