"""What the parts of the generator are worth: each turned down, off or up, on held-out stems and songs.

    python -m studio.training.evaluate.ablate --sounds DIR --models models
    python -m studio.training.evaluate.ablate --pop909 DIR --models models

Sound: rendered stems that training held out, from their notes to a mel and on to audio, with more or fewer steps of
diffusion, and with the excitation's mel in place of the prior projection. Harmony: how closely the chords follow the
melody, beside no melody at all and the plain chords that would stand there without an arrangement model.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from studio.analysis.chords import harmonise
from studio.core.arrangement import STEMS
from studio.core.controls import FOLLOWS
from studio.core.music import Chord
from studio.ml.arrangement.arranging import load_arranger
from studio.ml.device import choose_device
from studio.ml.sound.mel import MelContract, denormalise, log_mel, normalise
from studio.ml.sound.mel_model import (
    MelModel,
    MelModelConfig,
    frame_features,
    instrument_index,
    sample_residual,
)
from studio.ml.sound.synthesis import frame_noise
from studio.ml.sound.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import load_into, read_weights
from studio.training.collections.pop909 import read_songs
from studio.training.evaluate.chords import (
    Stretch,
    agreement,
    at_times,
    by_bar,
    interval,
    model_chords,
    stretch_of,
)
from studio.training.runs.train_sound import spectral_loss
from studio.training.sounds.sounds import StemSound, load_sounds

_STEPS = (0, 1, 2, 3, 4, 8, 16)
_FRAMES = 512
_LOUD = 0.3


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Six seconds of a stem: normalised mels [1, M, F] of sound and excitation, and what they came of."""

    stem: str
    instrument: Tensor
    features: Tensor
    target: Tensor
    source: Tensor
    audio: Tensor
    excitation: Tensor
    noise: Tensor


def excerpt_of(sound: StemSound, contract: MelContract) -> Excerpt:
    """The first stretch of a stem that begins with a note."""
    hop, rate = contract.hop_length, contract.sample_rate
    frames = min(_FRAMES, len(sound.audio) // hop)
    begin = min(int(sound.notes[0].start_s * rate) // hop, len(sound.audio) // hop - frames)
    part = slice(begin * hop, (begin + frames) * hop)
    audio = torch.from_numpy(sound.audio[part].astype(np.float32) * (2 / 32767))[None]
    excitation = torch.from_numpy(sound.excitation[part].astype(np.float32))[None]
    noise = np.random.default_rng(part.start).standard_normal(part.stop - part.start).astype(np.float32)
    return Excerpt(
        sound.stem,
        torch.tensor([instrument_index(sound.stem, sound.instrument)]),
        torch.from_numpy(frame_features(sound.stem, sound.notes, begin, frames, contract))[None],
        normalise(log_mel(audio, contract)),
        normalise(log_mel(excitation, contract)),
        audio,
        excitation,
        torch.from_numpy(noise)[None],
    )


def roughness(mel: Tensor, target: Tensor) -> float:
    """Mean second difference in time of a mel over the true one's, where the true one sounds: 1 is as rough."""
    sounding = target[..., 1:-1] > _LOUD
    rough, true = (torch.diff(m, n=2, dim=-1).abs()[sounding].mean() for m in (mel, target))
    return float(rough / true)


class SoundModels:
    """Mel model and vocoder on the CPU, without the windows of a song."""

    def __init__(self, models: Path) -> None:
        tensors, header = read_weights(models / "mel.safetensors")
        self.mel = MelModel(MelModelConfig(**header["config"]), MelContract(**header["contract"])).eval()
        load_into(self.mel, tensors, "the mel model")
        tensors, header = read_weights(models / "vocoder.safetensors")
        self.vocoder = Vocoder(VocoderConfig(**header["config"]), MelContract(**header["contract"])).eval()
        load_into(self.vocoder, tensors, "the vocoder")

    @torch.inference_mode()
    def draw(self, excerpt: Excerpt, steps: int, *, prior: bool = True, temperature: float = 1.0) -> Tensor:
        """The normalised mel [1, M, F]; without the prior, the residual is added to the excitation's own mel."""
        mu, hidden = self.mel.prior(excerpt.features, excerpt.source, excerpt.instrument)
        mu = mu if prior else excerpt.source
        if steps == 0:
            return mu
        noise = frame_noise(1, STEMS.index(excerpt.stem), 0, mu.shape[-1], mu.shape[1])
        denoise = self.mel.denoiser(mu, hidden, excerpt.instrument)
        return mu + sample_residual(
            denoise, torch.from_numpy(noise)[None], steps=steps, temperature=temperature
        )

    @torch.inference_mode()
    def voice(self, excerpt: Excerpt, mel: Tensor) -> Tensor:
        """The sound of a mel, [1, T]."""
        kind = torch.tensor([STEMS.index(excerpt.stem)])
        return self.vocoder(denormalise(mel), excerpt.excitation, excerpt.noise, kind)


def ablate_sound(models: SoundModels, excerpts: Sequence[Excerpt]) -> str:
    """A table: steps of the diffusion, and the prior projection off."""
    variants: dict[str, Callable[[Excerpt], Tensor]] = {
        "true mel, vocoded": lambda e: e.target,
        "excitation's mel, no prior, no diffusion": lambda e: e.source,
        "no prior, 3 steps": lambda e: models.draw(e, 3, prior=False),
        "prior, 3 steps, half the noise": lambda e: models.draw(e, 3, temperature=0.5),
    }
    for steps in _STEPS:
        name = f"prior, {steps} steps" if steps else "prior alone"
        variants[name] = functools.partial(models.draw, steps=steps)
    lines = [
        "| mel from | mel L1 | roughness | spectral distance | seconds a second of stem |",
        "|---|---|---|---|---|",
    ]
    for name, make in variants.items():
        rows = []
        for excerpt in excerpts:
            began = time.process_time()
            mel = make(excerpt)
            seconds = (
                (time.process_time() - began) * models.mel.contract.sample_rate / excerpt.audio.shape[-1]
            )
            made = models.voice(excerpt, mel)
            rows.append(
                (
                    float((mel - excerpt.target).abs().mean()),
                    roughness(mel, excerpt.target),
                    float(spectral_loss(made, excerpt.audio)),
                    seconds,
                )
            )
        l1, rough, distance, seconds = np.mean(rows, axis=0)
        lines.append(f"| {name} | {l1:.3f} | {rough:.2f} | {distance:.2f} | {seconds:.3f} |")
    return "\n".join(lines)


def ablate_harmony(models: Path, stretches: Sequence[Stretch]) -> str:
    """A table: how closely the harmony follows the melody, and the arrangement model off."""
    arranger = load_arranger(models / "arrangement.safetensors", choose_device("auto"))

    def plain(s: Stretch) -> Sequence[Chord]:
        return by_bar(harmonise(s.notes, s.grid, s.key), s.grid)

    def unsung(s: Stretch) -> Sequence[Chord]:
        return model_chords(arranger, (), s.grid, s.key, 1)

    def following(follow: str, s: Stretch) -> Sequence[Chord]:
        return model_chords(arranger, s.notes, s.grid, s.key, 1, follow)

    ways: dict[str, Callable[[Stretch], Sequence[Chord]]] = {
        "no model: the analysis' plain chords": plain,
        "model, no melody": unsung,
        **{f"model, follow {follow}": functools.partial(following, follow) for follow in FOLLOWS},
    }
    lines = ["| chords from | root | triad |", "|---|---|---|"]
    for name, way in ways.items():
        scores = [agreement(s.human, at_times(way(s), s.grid, s.times_s)) for s in stretches]
        cells = [
            "{:.3f} [{:.3f}, {:.3f}]".format(*interval(np.array(values)))
            for values in ([a.root for a in scores], [a.triad for a in scores])
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument(
        "--sounds", type=Path, help="rendered stems of a training run; the first songs are held out"
    )
    parser.add_argument("--pop909", type=Path)
    parser.add_argument("--songs", type=int, default=8, help="songs of each collection")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.sounds:
        folders = sorted(p for p in options.sounds.iterdir() if p.name.isdigit())[: options.songs]
        models = SoundModels(options.models)
        print(ablate_sound(models, [excerpt_of(s, models.mel.contract) for s in load_sounds(folders)]))
    if options.pop909:
        songs = read_songs(options.pop909, range(101, 101 + options.songs))
        print(ablate_harmony(options.models, [stretch_of(song) for song in songs]))


if __name__ == "__main__":
    main()
