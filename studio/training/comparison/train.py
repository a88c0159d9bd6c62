"""Trains one system of the comparison for so many minutes of processor time.

    python -m studio.training.comparison.train autoregressive --pairs DIR --run DIR --cpu-minutes 16

How many steps that is, is measured first, so that the learning rate can fall as it should; the next call with the
same words goes on where the last one stopped. `--for` ends a call after so many seconds, whole steps saved. `cpu.json`
says what was used, batches and checkpoints included, scores on held-out pairs not.
"""

from __future__ import annotations

import argparse
import copy
import json
import threading
import time
from pathlib import Path

import torch
from torch import nn

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.training.collections.vocal_pairs import PairedClips, find_pairs
from studio.training.comparison.hearing import SIZES
from studio.training.comparison.systems import SYSTEMS, System
from studio.training.runs.loop import LoopConfig, Watch, mean_losses, train
from studio.training.runs.pace import steps_within

_HELD_OUT_EVERY = 10
_SCORED = 6


def train_system(
    system: System,
    clips: PairedClips,
    held_out: PairedClips,
    run: Path,
    *,
    cpu_s: float,
    learning_rate: float,
    seed: int,
    cancel: CancelToken,
) -> None:
    """Trains, or goes on with, `run`. Raises JobCancelled when `cancel` was set, after saving."""
    run.mkdir(parents=True, exist_ok=True)
    plan_file, used_file = run / "plan.json", run / "cpu.json"
    began, scored = time.process_time(), 0.0
    used = json.loads(used_file.read_text()) if used_file.exists() else []
    system.prepare(clips, run)
    if not plan_file.exists():
        trial = copy.deepcopy(system)
        steps = steps_within(
            cpu_s - (time.process_time() - began), trial.network, trial.losses, clips, torch.device("cpu"),
            time.process_time,
        )  # fmt: skip
        weights = sum(p.numel() for p in system.network.parameters())
        plan_file.write_text(json.dumps({"steps": steps, "cpu_s": cpu_s, "parameters": weights}))
    steps = json.loads(plan_file.read_text())["steps"]

    def scores(_network: nn.Module) -> dict[str, float]:
        nonlocal scored
        start = time.process_time()
        torch.manual_seed(98)
        mean = mean_losses([system.losses(held_out(i)) for i in range(_SCORED)])
        scored += time.process_time() - start
        return mean

    config = LoopConfig(
        steps, learning_rate, warmup=min(100, steps), weight_decay=0.0, ema=0.995, save_every=100, seed=seed
    )
    try:
        train(system.network, clips, system.losses, run, config, watch=Watch(scores), cancel=cancel)
    finally:
        used_file.write_text(json.dumps([*used, round(time.process_time() - began - scored, 3)]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of comparison.pairs")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--cpu-minutes", type=float, default=16.0)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--for", dest="seconds", type=float, help="stop after so many seconds; go on later")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    system = SYSTEMS[options.system]()
    pairs = find_pairs(options.pairs / "vocals", options.pairs / "accompaniments")
    held_out = pairs[::_HELD_OUT_EVERY]
    rest = [pair for pair in pairs if pair not in held_out]
    sides = [
        PairedClips(part, SIZES.clip_samples, options.batch, seed=options.seed + number)
        for number, part in enumerate((rest, held_out))
    ]
    print(f"{len(sides[0])} clips to train on, {len(sides[1])} held out", flush=True)
    cancel = CancelToken()
    if options.seconds:
        alarm = threading.Timer(options.seconds, cancel.cancel)
        alarm.daemon = True
        alarm.start()
    try:
        train_system(
            system, sides[0], sides[1], options.run, cpu_s=60 * options.cpu_minutes,
            learning_rate=options.learning_rate, seed=options.seed, cancel=cancel,
        )  # fmt: skip
    except JobCancelled:
        print("stopped for now", flush=True)


if __name__ == "__main__":
    main()
