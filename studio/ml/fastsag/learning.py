"""Adapters of FastSAG, which knows sounds only: of its prior projection and its denoiser.

    loss = E_rated[(w - 1) (prior + diffusion)] + anchor E[l |D - D_base|^2 + |mu - mu_base|^2 / 2]

with the prior's likelihood and EDM's loss as in its training (arXiv:2405.07682, section 3.5), a clip at a time. What
hears the voice (MERT), the semantic projection and the vocoder are not touched; semantic features are computed once.
There is no material to replay: nothing of what FastSAG was trained on may be given away, so the anchor alone keeps it.
The paper's method (arXiv:2506.04852) has the weighted loss alone, and learns every weight of both networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from studio.core.errors import StudioError
from studio.core.jobs import Progress
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.ml.adapting.adapter_file import load_adapter, save_adapter
from studio.ml.adapting.band import ADAPTER_FILE
from studio.ml.adapting.clips import AdapterReport, AdapterTraining, Check, MixClip, TrainingSettings
from studio.ml.adapting.effect import effect_of
from studio.ml.adapting.guards import LEAST_DIVERSITY
from studio.ml.adapting.learning import learn
from studio.ml.adapting.trainer import Evaluation
from studio.ml.fastsag.config import CONTRACT, EDM
from studio.ml.fastsag.front_end import mel_spectrogram, normalise
from studio.ml.fastsag.loss import prior_losses
from studio.ml.fastsag.model import FastSAG
from studio.ml.sound.edm import noised, sample_dpmpp_2m, sigma_schedule

#: Where in FastSAG the weights lie that may change.
PREFIXES = ("mixed_encoder", "decoder")
_HELD_OUT = 10**6
#: Vocals, draws and calls of the network by which it is judged.
VOCALS, DRAWS, _SOLVER_STEPS = 4, 2, 8
_MOST_SILENCE = 0.02
_WORDS = {
    "brightness": ("darker", "brighter"), "level": ("softer", "fuller"), "air": ("less airy", "airier"),
    "movement": ("steadier", "livelier"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Heard:
    """A clip as the networks see it: semantics [768, frames], mel [100, padded frames], normalised."""

    clip: MixClip
    semantics: Tensor
    mel: Tensor


def train_mixes(
    model: FastSAG, hashes: Mapping[str, str], training: AdapterTraining, run: Run
) -> AdapterReport:
    """Trains an adapter of FastSAG and writes it into `training.folder`.

    Raises:
        StudioError: for clips of another engine, or a model without weights.
        JobCancelled: within a second or a step of `run.cancel`; the same training then goes on where it was.
    """
    clips, held_out = _mixes(training.clips), _mixes(training.held_out)
    if "fastsag" not in hashes:
        raise StudioError(
            tr("FastSAG has no weights here to learn upon"),
            todo=tr("Import them first: studio import-fastsag"),
        )
    base, settings, device = {"fastsag": hashes["fastsag"]}, training.settings, model.device
    heard, others = ([_heard(model, clip, run) for clip in some] for some in (clips, held_out or clips[::8]))
    task = MixTask(heard, others, settings, model)
    start = load_adapter(training.start).tensors.get("fastsag") if training.start else None
    steps = settings.steps_for(len(clips))
    learnt = learn(
        model, task, settings, steps, run, prefixes=PREFIXES, checkpoint=training.folder / "fastsag.pt",
        fingerprint=training.fingerprint(base), start=start, share=(0.0, 0.9),
    )  # fmt: skip
    run.on_step(Progress(tr("Checking what was learnt"), 0.9))
    before, after = (_drawn(task, network, others, run.cancel.check) for network in (model, learnt.network))
    effect = effect_of(_features(before), _features(after), _WORDS)
    header = {
        "engine": "fastsag", "base": base, "method": settings.method, "rank": settings.rank, "note": training.note,
        "clips": len(clips), "steps": learnt.trained.steps, "seed": settings.seed,
    }  # fmt: skip
    digest = save_adapter({"fastsag": learnt.tensors}, header, training.folder / ADAPTER_FILE)
    run.on_step(Progress(tr("Checking what was learnt"), 1.0))
    trained = learnt.trained
    return AdapterReport(
        digest, base, settings.method, len(clips), len(held_out), trained.steps, steps, trained.stopped,
        round(trained.seconds, 1), device.type, effect.audible, effect.words, _checks(before, after),
        tuple(trained.history), {"shifts": effect.shifts, "chance": effect.chance},
    )  # fmt: skip


class MixTask:
    """See trainer.Task."""

    def __init__(
        self, clips: Sequence[_Heard], held_out: Sequence[_Heard], settings: TrainingSettings, base: FastSAG
    ) -> None:
        self._clips = [h for h in clips if h.clip.weight > 0.0]
        self._held_out, self._settings, self._base = list(held_out), settings, base
        self._reference: list[float] | None = None

    def batch(self, step: int) -> dict[str, Tensor]:
        """Rated clips."""
        settings = self._settings
        rng = np.random.default_rng([settings.seed, 34, step])
        chosen = [self._clips[int(i)] for i in rng.integers(len(self._clips), size=settings.batch)]
        return self._stacked(chosen) | {
            "example": torch.tensor(
                [h.clip.weight - settings.shift for h in chosen], device=self._base.device
            )
        }

    def losses(
        self, live: nn.Module, base: nn.Module, batch: Mapping[str, Tensor], *, plain: bool
    ) -> dict[str, Tensor]:
        """See trainer.Task."""
        assert isinstance(live, FastSAG)
        assert isinstance(base, FastSAG)
        error, anchor = self._errors(live, batch, None if plain else base)
        preferred = (batch["example"] * error).mean()
        if plain:
            return {"preferred": preferred, "loss": preferred}
        return {"preferred": preferred, "anchor": anchor, "loss": preferred + self._settings.anchor * anchor}

    @torch.no_grad()
    def evaluate(self, trial: nn.Module, check: Callable[[], None]) -> Evaluation:
        """See trainer.Task."""
        assert isinstance(trial, FastSAG)
        if self._reference is None:
            self._reference = self._held_out_errors(self._base, check)
        errors = self._held_out_errors(trial, check)
        gains = [then - now for then, now in zip(self._reference, errors, strict=True)]
        drawn = _drawn(self, trial, self._held_out[:1], check)
        accuracy, pairs = self._accuracy(gains)
        return Evaluation(accuracy, float(np.mean(errors)), _spread(drawn), pairs)

    @torch.no_grad()
    def draw(
        self, network: FastSAG, heard: _Heard, number: int, check: Callable[[], None]
    ) -> NDArray[np.float32]:
        """A mel for a clip's vocal, [100, frames], from noise of that number."""
        generator = torch.Generator().manual_seed(_HELD_OUT + number)
        mu = network.project_prior(heard.semantics[None])
        sigmas = sigma_schedule(EDM, _SOLVER_STEPS)
        x = torch.randn(mu.shape, generator=generator).to(mu.device) * sigmas[0]
        x = sample_dpmpp_2m(network.denoiser(mu), x, sigmas, on_step=check)
        return x[0, :, : network.config.frames].cpu().numpy()

    def _errors(
        self, network: FastSAG, batch: Mapping[str, Tensor], base: FastSAG | None
    ) -> tuple[Tensor, Tensor]:
        """Loss of each clip, [B], and the distance from the base."""
        mel, mask = batch["mel"], network.mask()
        mu = network.project_prior(batch["semantics"])
        noisy, sigma, weight = noised(mel, EDM)
        made = network.denoiser(mu)(noisy, sigma)
        count = mask.sum() * mel.shape[1]
        diffusion = (weight * (made - mel).square() * mask).flatten(1).sum(1) / count
        error = prior_losses(mu, mel, mask) + diffusion
        if base is None:
            return error, torch.zeros((), device=mel.device)
        with torch.no_grad():
            mu_before = base.project_prior(batch["semantics"])
            wanted = base.denoiser(mu_before)(noisy, sigma)
        apart = weight * (made - wanted).square() + 0.5 * (mu - mu_before).square()
        return error, (apart * mask).sum() / (count * len(mel))

    def _held_out_errors(self, network: FastSAG, check: Callable[[], None]) -> list[float]:
        """Of each held-out clip, at the same levels and noise every time."""
        errors = []
        for number, heard in enumerate(self._held_out):
            check()
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(_HELD_OUT + number)
                errors.append(float(self._errors(network, self._stacked([heard, heard]), None)[0].mean()))
        return errors

    def _accuracy(self, gains: Sequence[float]) -> tuple[float | None, int]:
        pairs = [
            float((gains[a] > gains[b]) == (one.clip.utility > other.clip.utility))
            for a, one in enumerate(self._held_out)
            for b, other in enumerate(self._held_out[:a])
            if one.clip.song == other.clip.song and one.clip.utility != other.clip.utility
        ]
        return (float(np.mean(pairs)) if pairs else None), len(pairs)

    @staticmethod
    def _stacked(heard: Sequence[_Heard]) -> dict[str, Tensor]:
        return {
            "semantics": torch.stack([h.semantics for h in heard]),
            "mel": torch.stack([h.mel for h in heard]),
        }


@torch.no_grad()
def _heard(model: FastSAG, clip: MixClip, run: Run) -> _Heard:
    run.cancel.check()
    semantics = model.project_semantics(model.semantic_features(torch.from_numpy(clip.vocal)[None]))
    mel = normalise(mel_spectrogram(torch.from_numpy(clip.accompaniment)[None])).to(model.device)
    return _Heard(clip, semantics[0], functional.pad(mel, (0, model.config.padded_frames - mel.shape[-1]))[0])


def _mixes(clips: Sequence[object]) -> list[MixClip]:
    mixes = [clip for clip in clips if isinstance(clip, MixClip)]
    if len(mixes) != len(clips) or (not mixes and clips):
        raise StudioError(
            tr("FastSAG cannot learn from these clips"),
            seen=tr("clips of another engine"),
            todo=tr("Rate accompaniments of FastSAG"),
        )
    return mixes


def _drawn(
    task: MixTask, network: nn.Module, heard: Sequence[_Heard], check: Callable[[], None]
) -> NDArray[np.float32]:
    """Mels [vocals, draws, 100, frames]."""
    assert isinstance(network, FastSAG)
    vocals = list({h.clip.song: h for h in heard}.values())[:VOCALS]
    return np.array([[task.draw(network, h, number, check) for number in range(DRAWS)] for h in vocals])


def _features(mels: NDArray[np.float32]) -> NDArray[np.float64]:
    """[vocals, draws, features], in the order of _WORDS."""
    bands = np.exp(np.clip(mels, -4.0, 4.0).astype(np.float64))
    place = np.arange(CONTRACT.n_mels)[:, None]
    brightness = ((bands * place).sum(2) / bands.sum(2)).mean(-1)
    air = mels[..., -CONTRACT.n_mels // 4 :, :].mean((2, 3))
    movement = np.abs(np.diff(mels.mean(2), axis=-1)).mean(-1)
    return np.stack([brightness, mels.mean((2, 3)), air, movement], -1)


def _spread(mels: NDArray[np.float32]) -> float:
    """Mean distance of two draws for one vocal."""
    apart = [float(np.abs(a - b).mean()) for draws in mels for a, b in combinations(draws, 2)]
    return float(np.mean(apart)) if apart else 0.0


def _checks(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[Check, ...]:
    ratio = _spread(after) / max(_spread(before), 1e-9)
    floor = float(np.quantile(before.mean(2), 0.02)) if before.size else 0.0
    quiet, quiet_after = (float((mels.mean(2) < floor).mean()) for mels in (before, after))
    sounds = bool(np.isfinite(after).all())
    return (
        Check("bands for one vocal are too much alike", round(ratio, 3), LEAST_DIVERSITY, ratio >= LEAST_DIVERSITY),
        Check(
            "more silence", round(quiet_after - quiet, 4), _MOST_SILENCE,
            sounds and quiet_after - quiet <= _MOST_SILENCE,
        ),
    )  # fmt: skip
