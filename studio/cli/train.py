"""`studio train`: how the bundled models are made, one resumable command a stage.

The only way from the application to studio.training, taken when the command runs.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken

if TYPE_CHECKING:
    from studio.training.runs.presets import Preset


def train(options: argparse.Namespace, cancel: CancelToken) -> None:
    """Runs a stage, or all of them.

    Args:
        options: of cli_options.
        cancel: a stage that trains saves its state and stops at the next step.

    Raises:
        StudioError: for what is missing; JobCancelled: when stopped.
    """
    from studio.services.exporting.export_midi import write_midi
    from studio.storage.paths import models_dir
    from studio.training.runs.presets import PRESETS
    from studio.training.runs.stages import Workshop, run_stage

    preset = _adjusted(PRESETS[options.preset], options)
    collections = {"nottingham": options.nottingham, "lieder": options.lieder}
    for name, folder in collections.items():
        if folder is not None and not folder.is_dir():
            raise StudioError(f"Cannot read the {name} collection", seen=f"no folder {folder}")
    run_stage(
        options.stage,
        Workshop(
            options.run,
            options.models or models_dir(),
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
    plan = {"steps": options.steps, "batch": options.batch}
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    for stage in ("arrangement", "mel", "vocoder"):
        own = {name: value for name, value in plan.items() if value is not None}
        changes[stage] = replace(getattr(preset, stage), **own)
    return replace(preset, **changes)  # type: ignore[arg-type]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
