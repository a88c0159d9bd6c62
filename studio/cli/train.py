"""`studio train`: how the bundled models are made, one resumable command a stage.

The only way from the application to studio.training, taken when the command runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.command import INTERRUPTED, OK, Commands, Context, ctrl_c_cancels
from studio.cli.options import number
from studio.core.errors import JobCancelled, StudioError

if TYPE_CHECKING:
    from studio.core.jobs import CancelToken
    from studio.training.runs.presets import Preset


_TRAIN = (
    "Makes the bundled models: songs (scores and melodies), tunes (the index that bands are compared with), sounds "
    "(rendered stems), pack (sounds in a few files), vocoder, mel, arrangement, replay (material for personal "
    "adapters), export (weights, model cards, manifest), or all in this order. Every stage can be stopped with "
    "Ctrl+C; the same command goes on where it was. Logs, checkpoints and previews lie in the run's folder."
)
#: Stages that write beside the bundled weights.
_INTO_MODELS = ("tunes", "replay", "export", "all")


def add_parser(commands: Commands) -> None:
    """The stage, its run, and what differs from the preset."""
    parser = commands.add_parser("train", help="make the bundled models anew", description=_TRAIN)
    stages = ("songs", "tunes", "sounds", "pack", "vocoder", "mel", "arrangement", "replay", "export", "all")
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="folder of the run")
    parser.add_argument(
        "--preset", choices=("cpu", "gpu"), default="cpu", help="sizes: two cores, or one data-centre GPU"
    )
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="where export writes (default: the bundled)"
    )
    parser.add_argument("--nottingham", type=Path, metavar="DIR", help="folder of the Nottingham ABC files")
    parser.add_argument("--lieder", type=Path, metavar="DIR", help="folder of the OpenScore Lieder (mxl)")
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights of an earlier run to begin from")
    parser.add_argument("--seed", type=number(int, 0, 2**31 - 1), default=0, metavar="N")
    parser.add_argument("--compile", action="store_true", help="compile the networks' blocks (torch.compile)")
    sizes = parser.add_argument_group("instead of what the preset says")
    sizes.add_argument("--songs", type=number(int, 1, 10**6), metavar="N", help="songs of the corpus")
    sizes.add_argument("--sounds", type=number(int, 1, 10**5), metavar="N", help="songs that are rendered")
    sizes.add_argument("--steps", type=number(int, 1, 10**7), metavar="N", help="training steps")
    sizes.add_argument(
        "--seconds", type=number(float, 1, 10**6), metavar="S", help="train so long, instead of so many steps"
    )
    sizes.add_argument("--batch", type=number(int, 1, 4096), metavar="N", help="crops in a batch")
    sizes.add_argument(
        "--save-every", type=number(int, 1, 10**6), metavar="N", help="steps from save to save"
    )
    sizes.add_argument("--device", choices=("cpu", "cuda"))
    sizes.add_argument(
        "--workers", type=number(int, 1, 256), metavar="N", help="processes (default: a core each)"
    )
    sizes.add_argument("--threads", type=number(int, 1, 256), metavar="N", help="threads of the networks")
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, _: Context) -> int:
    """Runs a stage, or all of them. A stage that is stopped saves its state. Raises StudioError for what is missing."""
    from studio.core.jobs import CancelToken

    cancel = CancelToken()
    with ctrl_c_cancels(cancel):
        try:
            _train(options, cancel)
        except JobCancelled:
            print("studio: Stopped; the same command goes on from here.", file=sys.stderr)
            return INTERRUPTED
    return OK


def _train(options: argparse.Namespace, cancel: CancelToken) -> None:
    from studio.services.exporting.export_midi import write_midi
    from studio.services.exporting.output_folder import check_writable
    from studio.storage.paths import models_dir
    from studio.training.runs.presets import PRESETS
    from studio.training.runs.stages import Workshop, run_stage

    check_writable(options.run)
    models = options.models or models_dir()
    if options.stage in _INTO_MODELS:
        check_writable(models)
    preset = _adjusted(PRESETS[options.preset], options)
    collections = {"nottingham": options.nottingham, "lieder": options.lieder}
    for name, folder in collections.items():
        if folder is not None and not folder.is_dir():
            raise StudioError(f"Cannot read the {name} collection", seen=f"no folder {folder}")
    run_stage(
        options.stage,
        Workshop(
            options.run,
            models,
            preset,
            preset.workers or _cores(),
            options.threads,
            write_midi,
            seed=options.seed,
            start=options.start,
            compile=options.compile,
            collections={name: folder for name, folder in collections.items() if folder},
            cancel=cancel,
        ),
    )


def _adjusted(preset: Preset, options: argparse.Namespace) -> Preset:
    """The preset with what the command line says otherwise."""
    given = {
        "songs": options.songs,
        "sounds": options.sounds,
        "device": options.device,
        "workers": options.workers,
        "save_every": options.save_every,
    }
    plan = {"steps": options.steps, "batch": options.batch, "seconds": options.seconds}
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    for stage in ("arrangement", "mel", "vocoder"):
        own = {name: value for name, value in plan.items() if value is not None}
        if options.steps is not None:
            own["seconds"] = options.seconds
        changes[stage] = replace(getattr(preset, stage), **own)
    return replace(preset, **changes)  # type: ignore[arg-type]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
