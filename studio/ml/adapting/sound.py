"""Learning a taste in sound: the mel model's denoiser, from ratings that speak of sound.

    loss = E_rated[(w - 1) l |D - x|^2] + anchor E_both[l |D - D_base|^2]

with l = lambda(sigma) of EDM and x the residual that the base drew for a rated clip. As in arrangement_task, w - 1
takes the place of w. The second half of a batch are crops of any of the clips, whatever their rating: on what the base
itself plays, the design's replay term has its least where D = D_base, which is what the anchor asks for already. So
there is one term, and no recordings have to be carried along. The prior projection stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.arrangement import STEMS
from studio.core.language import later, tr
from studio.core.pipeline import Run
from studio.ml.adapting.clips import Check, RatedClip, SoundClip, TrainingSettings
from studio.ml.adapting.effect import Effect, effect_of
from studio.ml.adapting.learning import Learnt, learn
from studio.ml.adapting.trainer import Evaluation
from studio.ml.sound.edm import Denoiser, noised
from studio.ml.sound.mel_model import EDM, RESIDUAL_SCALE, MelModel, instrument_index, sample_residual
from studio.ml.sound.synthesis import Performance, StemMel, Synthesiser

#: Where in the mel model the weights lie that may change.
PREFIXES = ("noisy", "level", "blocks", "head")
#: Frames of a crop, about 3 s; seconds of a clip that are learnt from.
CROP, _LONGEST_S = 256, 12.0
_HELD_OUT = 10**6
#: Words for less and for more, of each stem's sound.
_QUALITIES = {
    "brightness": ("darker", "brighter"),
    "level": ("softer", "fuller"),
    "air": ("less airy", "airier"),
}
WORDS = {
    f"{stem} {quality}": (f"{less} {stem}", f"{more} {stem}")
    for stem in STEMS
    for quality, (less, more) in _QUALITIES.items()
}
#: Held-out clips a sound is judged on, and draws of each.
_CLIPS, _DRAWS = 6, 4
_MOST_SILENCE, _MOST_CLIPPING = 0.02, 0.001
_SOLVER_STEPS = 3


@dataclass(frozen=True, eq=False)
class LearntSound:
    """The mel model's changes, and what the guards found."""

    learnt: Learnt
    checks: list[Check]
    effect: Effect


@dataclass(frozen=True, eq=False)
class _Clip:
    """The stems of one rated clip."""

    song: str
    weight: float
    stems: list[StemMel]


def learn_sound(
    synthesiser: Synthesiser,
    clips: Sequence[RatedClip],
    held_out: Sequence[RatedClip],
    settings: TrainingSettings,
    run: Run,
    *,
    checkpoint: Path,
    fingerprint: str,
    start: Mapping[str, Tensor] | None,
    share: tuple[float, float],
) -> LearntSound:
    """Trains and checks; see band.train_band."""
    heard, unheard = _played(synthesiser, clips, run), _played(synthesiser, held_out, run)
    others = unheard or heard[::8]
    base = synthesiser.mel_model
    task = SoundTask(heard, others, settings, base, synthesiser.device)
    learnt = learn(
        base,
        task,
        settings,
        settings.steps_for(len(heard)),
        run,
        prefixes=PREFIXES,
        checkpoint=checkpoint,
        fingerprint=fingerprint,
        start=start,
        stage=tr("Learning your taste in sound"),
        share=share,
    )
    adapted = learnt.network
    assert isinstance(adapted, MelModel)
    before, after = (_drawn_features(task, network, others, run.cancel.check) for network in (base, adapted))
    sounds = [clip.sound for clip in (held_out or clips) if clip.sound is not None][:_CLIPS]
    return LearntSound(learnt, _checks(synthesiser, adapted, sounds, run), effect_of(before, after, WORDS))


class SoundTask:
    """See trainer.Task."""

    def __init__(
        self,
        clips: Sequence[_Clip],
        held_out: Sequence[_Clip],
        settings: TrainingSettings,
        base: MelModel,
        device: torch.device,
    ) -> None:
        self._clips, self._held_out = [c for c in clips if c.stems], [c for c in held_out if c.stems]
        self._settings, self._base, self._device = settings, base, device
        self._reference: list[float] | None = None

    def batch(self, step: int) -> dict[str, Tensor]:
        """Crops of rated clips, then as many of any, whose weights do not count."""
        settings = self._settings
        rng = np.random.default_rng([settings.seed, 33, step])
        count = settings.batch * (2 if settings.method == "adapter" else 1)
        chosen = [self._clips[int(i)] for i in rng.integers(len(self._clips), size=count)]
        crops = [_crop(clip.stems[int(rng.integers(len(clip.stems)))], rng) for clip in chosen]
        example = [clip.weight - settings.shift for clip in chosen[: settings.batch]] + [0.0] * (
            count - settings.batch
        )
        return self._stacked(crops) | {"example": torch.tensor(example, device=self._device)}

    def losses(
        self, live: nn.Module, base: nn.Module, batch: Mapping[str, Tensor], *, plain: bool
    ) -> dict[str, Tensor]:
        """See trainer.Task."""
        assert isinstance(live, MelModel)
        clean, denoise, before = self._denoisers(live, batch)
        noisy, sigma, weight = noised(clean, EDM)
        made = denoise(noisy, sigma)
        error = (weight * (made - clean).square()).flatten(1).mean(1)
        preferred = (batch["example"] * error)[: self._settings.batch].mean()
        if plain:
            return {"preferred": preferred, "loss": preferred}
        with torch.no_grad():
            wanted = before(noisy, sigma)
        anchor = (weight * (made - wanted).square()).mean()
        return {"preferred": preferred, "anchor": anchor, "loss": preferred + self._settings.anchor * anchor}

    def evaluate(self, trial: nn.Module, check: Callable[[], None]) -> Evaluation:
        """See trainer.Task; liked clips are to gain likelihood, in the same noise."""
        assert isinstance(trial, MelModel)
        if self._reference is None:
            self._reference = self._errors(self._base, check)
        errors = self._errors(trial, check)
        gains = [then - now for then, now in zip(self._reference, errors, strict=True)]
        draws = [
            self.draw(trial, clip.stems[0], number) for clip in self._held_out[:4] for number in range(2)
        ]
        check()
        spread = [float(np.abs(a - b).mean()) for a, b in zip(draws[::2], draws[1::2], strict=True)]
        accuracy, pairs = self._accuracy(gains)
        return Evaluation(accuracy, float(np.mean(errors)), float(np.mean(spread)), pairs)

    @torch.no_grad()
    def draw(self, network: MelModel, stem: StemMel, number: int) -> NDArray[np.float32]:
        """A residual for a stem's first crop, [M, F], from noise of that number."""
        batch = self._stacked([_crop(stem, None)])
        generator = torch.Generator().manual_seed(_HELD_OUT + number)
        mu, hidden = self._base.prior(batch["features"], batch["source"], batch["instrument"])
        noise = torch.randn(mu.shape, generator=generator).to(self._device)
        denoise = network.denoiser(mu, hidden, batch["instrument"])
        made = sample_residual(denoise, noise, steps=_SOLVER_STEPS, temperature=1.0)
        return (mu + made)[0].cpu().numpy()

    def _errors(self, network: MelModel, check: Callable[[], None]) -> list[float]:
        """Of each held-out clip's stems, at the same levels and noise every time."""
        errors = []
        for number, clip in enumerate(self._held_out):
            check()
            batch = self._stacked([_crop(stem, None) for stem in clip.stems])
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(_HELD_OUT + number)
                clean, denoise, _ = self._denoisers(network, batch)
                noisy, sigma, weight = noised(clean, EDM)
                errors.append(float((weight * (denoise(noisy, sigma) - clean).square()).mean()))
        return errors

    def _accuracy(self, gains: Sequence[float]) -> tuple[float | None, int]:
        pairs = [
            float((gains[a] > gains[b]) == (one.weight > other.weight))
            for a, one in enumerate(self._held_out)
            for b, other in enumerate(self._held_out[:a])
            if one.song == other.song and one.weight != other.weight
        ]
        return (float(np.mean(pairs)) if pairs else None), len(pairs)

    def _denoisers(self, network: MelModel, batch: Mapping[str, Tensor]) -> tuple[Tensor, Denoiser, Denoiser]:
        """The clean residual, the network's denoiser and the base's; the prior is the base's."""
        with torch.no_grad():
            mu, hidden = self._base.prior(batch["features"], batch["source"], batch["instrument"])
            clean = RESIDUAL_SCALE * (batch["target"] - mu)
        instrument = batch["instrument"]
        return clean, network.denoiser(mu, hidden, instrument), self._base.denoiser(mu, hidden, instrument)

    def _stacked(self, crops: Sequence[StemMel]) -> dict[str, Tensor]:
        arrays = {
            "features": np.stack([c.features for c in crops]), "source": np.stack([c.source for c in crops]),
            "target": np.stack([c.mel for c in crops]),
            "instrument": np.array([instrument_index(c.stem, c.instrument) for c in crops]),
        }  # fmt: skip
        return {name: torch.from_numpy(array).to(self._device) for name, array in arrays.items()}


def _played(synthesiser: Synthesiser, clips: Sequence[RatedClip], run: Run) -> list[_Clip]:
    """The mels of the clips, as the base plays them; the same notes and noise give the same."""
    played = []
    for clip in clips:
        run.cancel.check()
        if clip.sound is not None:
            performance = _performance(clip.sound, run)
            batches = synthesiser.batches(performance, _frames(synthesiser, clip.sound))
            stems = [stem for windows in batches for stem in synthesiser.mels(performance, windows)]
            played.append(_Clip(clip.song, clip.sound.weight, stems))
    return played


def _performance(sound: SoundClip, run: Run) -> Performance:
    return Performance(sound.arrangement, sound.seed, on_step=run.cancel.check)


def _frames(synthesiser: Synthesiser, sound: SoundClip) -> int:
    seconds = min(_LONGEST_S, float(sound.arrangement.grid.times_s[-1]))
    return synthesiser.contract.frames(max(1, int(seconds * synthesiser.contract.sample_rate)))


def _crop(stem: StemMel, rng: np.random.Generator | None) -> StemMel:
    """CROP frames of a stem, the first without a generator; a shorter one is filled up with its last frame."""
    frames = stem.mel.shape[1]
    start = int(rng.integers(max(1, frames - CROP + 1))) if rng is not None else 0

    def cut(array: NDArray[np.float32]) -> NDArray[np.float32]:
        part = array[:, start : start + CROP]
        return np.pad(part, ((0, 0), (0, CROP - part.shape[1])), mode="edge")

    return StemMel(stem.stem, stem.instrument, cut(stem.features), cut(stem.source), cut(stem.mel))


def _drawn_features(
    task: SoundTask, network: MelModel, clips: Sequence[_Clip], check: Callable[[], None]
) -> NDArray[np.float64]:
    """Brightness, level and air of each stem, [clips, draws, stems * 3]; a silent stem's are 0."""
    found = np.zeros((min(len(clips), _CLIPS), _DRAWS, len(WORDS)))
    for i, clip in enumerate(clips[:_CLIPS]):
        for stem in clip.stems:
            first = STEMS.index(stem.stem) * len(_QUALITIES)
            for draw in range(_DRAWS):
                check()
                mel = task.draw(network, stem, draw)
                bands = np.exp(
                    3.0 * mel
                )  # amplitudes to the power of a half: loud frames do not drown the others
                centre = (bands * np.arange(len(mel))[:, None]).sum() / bands.sum()
                found[i, draw, first : first + 3] = centre, mel.mean(), mel[-len(mel) // 4 :].mean()
    return found


def _checks(
    synthesiser: Synthesiser, adapted: MelModel, sounds: Sequence[SoundClip], run: Run
) -> list[Check]:
    """Silence and clipping beyond the base's, of whole clips as they sound."""
    changed = Synthesiser(adapted, synthesiser.vocoder, synthesiser.device, bfloat16=synthesiser.bfloat16)
    measured = []
    for player in (synthesiser, changed):
        dry = []
        for sound in sounds:
            run.cancel.check()
            samples = _frames(synthesiser, sound) * synthesiser.contract.hop_length
            dry += [s for s in player.play(_performance(sound, run), samples).values() if s.any()]
        joined = np.concatenate(dry) if dry else np.zeros(1, np.float32)
        blocks = joined[: len(joined) // 1024 * 1024].reshape(-1, 1024)
        quiet = float((np.abs(blocks).max(1) < 1e-3).mean()) if len(blocks) else 0.0
        measured.append((quiet, float((np.abs(joined) >= 1.0).mean()), float(np.isfinite(joined).all())))
    (quiet, clipped, _), (quiet_after, clipped_after, finite) = measured
    silence, clipping = quiet_after - quiet, clipped_after - clipped
    return [
        Check(
            later("more silence"), round(silence, 4), _MOST_SILENCE, bool(finite) and silence <= _MOST_SILENCE
        ),
        Check(
            later("clips"), round(clipping, 5), _MOST_CLIPPING, bool(finite) and clipping <= _MOST_CLIPPING
        ),
    ]
