"""Accompaniments by a trained system of the comparison, and what they cost.

    python -m studio.training.comparison.generate autoregressive --run DIR --vocals DIR --out DIR [--seed 1]
    python -m studio.training.comparison.generate mel --vocals DIR --out DIR

Writes WAV at 24 kHz mono under the vocals' names, as loud as the vocal, and `times.json`: processor seconds of the mel
and of its inversion for each second of vocal. `mel` inverts the mel of the files themselves: given real bands it says
what the mel and its inversion alone cost in quality. Files that exist are kept.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file

from studio.core.audio import Audio
from studio.dsp.band_mix import active_rms
from studio.dsp.resample import resample
from studio.ml.fastsag.config import CONTRACT
from studio.ml.fastsag.front_end import mel_spectrogram, normalise, scale_audio
from studio.ml.fastsag.model import SOLVERS
from studio.training.collections.vocal_pairs import find_pairs
from studio.training.comparison.inversion import invert
from studio.training.comparison.systems import SYSTEMS, FastSAGSystem, System


def load_system(name: str, run: Path) -> System:
    """A system with a run's averaged weights."""
    system = SYSTEMS[name]()
    system.network.load_state_dict(load_file(run / "ema.safetensors"))
    system.network.eval()
    if (run / "codes.safetensors").exists():
        system.codes.load_state_dict(load_file(run / "codes.safetensors"))  # type: ignore[attr-defined]
    return system


def read_vocal(path: Path) -> torch.Tensor:
    """Float32 [1, T] at 24 kHz, mono."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = Audio(samples.mean(1)[None].astype(np.float32), rate)
    return torch.from_numpy(resample(audio, CONTRACT.sample_rate).samples)


@torch.inference_mode()
def accompany(system: System | None, vocal: torch.Tensor, seed: int) -> tuple[np.ndarray, dict[str, float]]:
    """Samples [T] and processor seconds by part; without a system the vocal's own mel is inverted."""
    began = time.process_time()
    mel = system.mel(vocal, seed) if system else normalise(mel_spectrogram(scale_audio(vocal)))
    made = time.process_time()
    sound = invert(mel, vocal.shape[-1]).numpy()
    ended = time.process_time()
    sound *= np.float32(max(active_rms(vocal[0].numpy()), 0.01) / max(active_rms(sound), 1e-4))
    return sound, {"mel": made - began, "inversion": ended - made}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("system", choices=[*SYSTEMS, "mel"])
    parser.add_argument("--run", type=Path, help="run folder of comparison.train")
    parser.add_argument("--vocals", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solver", choices=SOLVERS, default="euler", help="of FastSAG")
    parser.add_argument("--steps", type=int, default=50, help="of its solver")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.system != "mel" and options.run is None:
        parser.error("--run is needed")
    system = None if options.system == "mel" else load_system(options.system, options.run)
    if isinstance(system, FastSAGSystem):
        system.solver, system.steps = options.solver, options.steps
    options.out.mkdir(parents=True, exist_ok=True)
    times = options.out / "times.json"
    rows = json.loads(times.read_text()) if times.exists() else {}
    for pair in find_pairs(options.vocals, options.vocals):
        path = options.out / f"{pair.name}.wav"
        if path.exists():
            continue
        vocal = read_vocal(pair.vocal)
        sound, seconds = accompany(system, vocal, options.seed)
        soundfile.write(path, sound, CONTRACT.sample_rate, subtype="FLOAT")
        length = vocal.shape[-1] / CONTRACT.sample_rate
        rows[pair.name] = {part: round(value / length, 4) for part, value in seconds.items()}
        rows[pair.name]["calls"] = system.calls(vocal.shape[-1]) if system else 0
        times.write_text(json.dumps(rows, indent=1))
        print(pair.name, rows[pair.name], flush=True)


if __name__ == "__main__":
    main()
