"""How the bundled models are made, one resumable command a stage: `python -m studio.training STAGE --run
runs/one`.

Stages, in order: songs, sounds, arrangement, mel, vocoder, export. Needs the `training` extra and the
SoundFonts of sources.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from studio.ml.arrangement_model import ArrangementConfig, ArrangementModel
from studio.ml.mel import MelContract
from studio.ml.mel_model import MelModel, MelModelConfig
from studio.ml.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import save_weights
from studio.training.loop import LoopConfig

STAGES = ("songs", "sounds", "arrangement", "mel", "vocoder", "export")


def _songs(args: argparse.Namespace) -> None:
    from studio.training.corpus import write_songs
    from studio.training.lieder import lieder_skeletons
    from studio.training.nottingham import nottingham_skeletons
    from studio.training.skeleton_store import cached_skeletons

    tunes = []
    if args.nottingham:
        tunes.append(
            cached_skeletons(args.run / "nottingham.json.gz", lambda: nottingham_skeletons(args.nottingham))
        )
    if args.lieder:
        tunes.append(cached_skeletons(args.run / "lieder.json.gz", lambda: lieder_skeletons(args.lieder)))
    write_songs(args.run / "songs", args.count or 8000, tunes, first=args.first)


def _sounds(args: argparse.Namespace) -> None:
    from studio.training.corpus import read_songs, write_sounds

    songs = read_songs(args.run / "songs")
    write_sounds(args.run / "sounds", songs, first=args.first, count=args.count or 300)


def _warm_start(network: nn.Module, weights: Path | None) -> None:
    """Begins from the weights of an earlier run; parts that are new since then keep their first values."""
    if weights:
        missing = network.load_state_dict(load_file(weights), strict=False).missing_keys
        print(f"started from {weights}" + (f", new: {', '.join(missing)}" if missing else ""), flush=True)


def _arrangement(args: argparse.Namespace) -> None:
    from studio.training.corpus import read_songs
    from studio.training.train_arrangement import train_arrangement

    torch.manual_seed(args.seed)
    model = ArrangementModel(ArrangementConfig())
    _warm_start(model, args.start)
    config = LoopConfig(args.steps or 6000, 1e-3, seed=args.seed)
    train_arrangement(
        model,
        read_songs(args.run / "songs"),
        args.run / "arrangement",
        config,
        batch=args.batch or 32,
        device=args.device,
    )


def _mel(args: argparse.Namespace) -> None:
    from studio.training.corpus import sound_folders
    from studio.training.sounds import load_sounds, to_mels
    from studio.training.train_sound import train_mel

    contract = MelContract()
    torch.manual_seed(args.seed)
    model = MelModel(MelModelConfig(), contract)
    _warm_start(model, args.start)
    folders = list(sound_folders(args.run / "sounds"))[: args.count]
    held_out = [to_mels(s, contract) for s in load_sounds(folders[:8])]
    mels = [to_mels(s, contract) for s in load_sounds(folders[8:])]
    config = LoopConfig(args.steps or 6000, 8e-4, seed=args.seed)
    train_mel(model, mels, held_out, args.run / "mel", config, batch=args.batch or 16, device=args.device)


def _vocoder(args: argparse.Namespace) -> None:
    from studio.training.corpus import sound_folders
    from studio.training.sounds import load_sounds
    from studio.training.train_sound import train_vocoder

    torch.manual_seed(args.seed)
    model = Vocoder(VocoderConfig(), MelContract())
    _warm_start(model, args.start)
    folders = list(sound_folders(args.run / "sounds"))[: args.count]
    config = LoopConfig(args.steps or 6000, 8e-4, seed=args.seed)
    train_vocoder(
        model, load_sounds(folders[8:]), load_sounds(folders[:8]), args.run / "vocoder", config,
        batch=args.batch or 12, device=args.device,
    )  # fmt: skip


def _export(args: argparse.Namespace) -> None:
    """Averaged weights of every finished stage as half-precision safetensors."""
    from studio.training.corpus import styles_by_meter

    contract = MelContract().as_dict()
    headers: dict[str, dict[str, Any]] = {
        "arrangement": {"config": ArrangementConfig().as_dict(), "styles": styles_by_meter()},
        "mel": {"config": MelModelConfig().as_dict(), "contract": contract},
        "vocoder": {"config": VocoderConfig().as_dict(), "contract": contract},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    for name, header in headers.items():
        source = args.run / name / "ema.safetensors"
        if source.exists():
            save_weights(load_file(source), args.out / f"{name}.safetensors", header)
            print(json.dumps({"wrote": str(args.out / f"{name}.safetensors")}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="studio.training", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument(
        "--run", type=Path, default=Path("runs/one"), help="folder of corpus, checkpoints and logs"
    )
    parser.add_argument("--out", type=Path, default=Path("models"), help="export: where the weights go")
    parser.add_argument("--nottingham", type=Path, help="songs: folder of the Nottingham ABC files")
    parser.add_argument("--lieder", type=Path, help="songs: folder of the OpenScore Lieder (mxl)")
    parser.add_argument(
        "--count", type=int, help="songs, sounds: how many; mel, vocoder: how many songs to use"
    )
    parser.add_argument("--first", type=int, default=0, help="songs, sounds: number of the first")
    parser.add_argument("--steps", type=int)
    parser.add_argument(
        "--start", type=Path, help="weights (ema.safetensors) of an earlier run to begin from"
    )
    parser.add_argument("--batch", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    stages = {"songs": _songs, "sounds": _sounds, "arrangement": _arrangement, "mel": _mel, "vocoder": _vocoder,
              "export": _export}  # fmt: skip
    stages[args.stage](args)


if __name__ == "__main__":
    main()
