"""The training loop of adapters: short, deterministic from its seed, resumable, stopped when it ceases to help.

It differs from the loop that made the bundled models (studio.training.runs.loop) where an adapter does: a frozen base
beside the network that learns, few trained tensors, and an end that is decided by evaluations of the averaged weights.
Everything random of a step is drawn from the seed and the step's number, so a training that was killed ends bit-equal
to an unbroken one on the same device.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from studio.core.jobs import Progress
from studio.core.language import later, tr
from studio.core.part_path import part_path
from studio.core.pipeline import Run
from studio.ml.adapting.clips import TrainingSettings

#: Replay loss above the base's, and diversity beside the base's, that end a training.
MOST_REPLAY, LEAST_DIVERSITY = 1.02, 0.85
_SAVE_EVERY_S = 10.0
_FORECAST_AFTER_S = 2.0

Batch = Mapping[str, Tensor]


@dataclass(frozen=True)
class Evaluation:
    """How averaged weights do.

    Attributes:
        accuracy: share of held-out pairs told apart rightly; None without pairs. `pairs`: how many there are.
        replay: loss on held-out replay material.
        diversity: how different the draws for one vocal are, in any unit.
    """

    accuracy: float | None
    replay: float
    diversity: float
    pairs: int = 0


class Task(Protocol):
    """What is learnt: a model's batches, losses and evaluation."""

    def batch(self, step: int) -> Batch:
        """The material of a step, from its number alone."""

    def losses(self, live: nn.Module, base: nn.Module, batch: Batch, *, plain: bool) -> dict[str, Tensor]:
        """By name; 'loss' is minimised. `plain`: the weighted clips alone."""

    def evaluate(self, trial: nn.Module, check: Callable[[], None]) -> Evaluation:
        """Of a network with merged weights; calls `check`, which may raise JobCancelled, at least once a second."""


@dataclass(frozen=True, eq=False)
class Trained:
    """The averaged weights by name of the trained tensors, and how they came about."""

    tensors: dict[str, Tensor]
    steps: int
    stopped: str
    history: list[dict[str, float]]
    seconds: float


@dataclass
class _State:
    step: int = 0
    best: float = -1.0
    since_best: int = 0
    stopped: str = ""
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """One training.

    Args:
        live: the network with trainable `tensors`; `base`: as it was before. Both on their device.
        trial: hands out a network in evaluation mode with given values of the tensors, for evaluations.
        checkpoint: file to go on from and to save to; its `fingerprint` must be the same.
        share: part of the whole job's progress that this training is, first and last.
    """

    def __init__(
        self,
        live: nn.Module,
        base: nn.Module,
        tensors: Mapping[str, nn.Parameter],
        task: Task,
        trial: Callable[[Mapping[str, Tensor]], nn.Module],
        settings: TrainingSettings,
        steps: int,
        *,
        checkpoint: Path,
        fingerprint: str,
        stage: str = later("Learning your taste"),
        share: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        self._live, self._base, self._tensors, self._task, self._trial = (
            live,
            base,
            dict(tensors),
            task,
            trial,
        )
        self._settings, self._steps, self._stage, self._share = settings, steps, stage, share
        self._checkpoint, self._fingerprint = checkpoint, fingerprint
        self._plain = settings.method == "paper"
        # Without ratings that differ the gradient is rounding noise, which a smaller eps would blow up to whole steps.
        self._optimiser = torch.optim.AdamW(
            list(self._tensors.values()),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            eps=1e-6,
            weight_decay=0.0,
        )
        self._average = {name: p.detach().clone() for name, p in self._tensors.items()}
        self._kept = {name: value.clone() for name, value in self._average.items()}
        self._state = _State()
        self._pace = _Pace()
        self._load()

    def run(self, run: Run) -> Trained:
        """Trains to the end.

        Raises:
            JobCancelled: within a second of `run.cancel`; the checkpoint stands, and the same training goes on from it.
        """
        state, settings = self._state, self._settings
        every = max(1, self._steps // max(1, settings.evaluations))
        saved = began = time.monotonic()
        before = state.seconds

        def seconds() -> float:
            return before + time.monotonic() - began

        if not state.history:
            self._evaluate(run)
        while state.step < self._steps and not state.stopped:
            paused = run.pause.paused
            try:
                if paused:
                    state.seconds = seconds()
                    self._save()
                    run.on_step(Progress(tr("Paused"), self._fraction()))
                run.pause.wait(run.cancel)
            except BaseException:
                state.seconds = seconds()
                self._save()
                raise
            started = time.monotonic()
            self._step()
            self._pace.stepped(time.monotonic() - started)
            if state.step % every == 0 or state.step == self._steps:
                self._evaluate(run)
            if time.monotonic() - saved > _SAVE_EVERY_S:
                state.seconds, saved = seconds(), time.monotonic()
                self._save()
            left = self._pace.remaining(self._steps - state.step, every, seconds() - before)
            run.on_step(Progress(tr(self._stage), self._fraction(), left))
        state.seconds = seconds()
        state.stopped = state.stopped or "finished"
        self._save()
        return Trained(self._kept, state.step, state.stopped, state.history, state.seconds)

    def _fraction(self) -> float:
        first, last = self._share
        done = 1.0 if self._state.stopped else self._state.step / max(1, self._steps)
        return first + (last - first) * done

    def _step(self) -> None:
        state, settings = self._state, self._settings
        torch.manual_seed(settings.seed * 1_000_003 + state.step)
        self._live.train()
        losses = self._task.losses(self._live, self._base, self._task.batch(state.step), plain=self._plain)
        self._optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        nn.utils.clip_grad_norm_(list(self._tensors.values()), settings.clip)
        for p in self._tensors.values():
            if p.grad is not None:  # all NaN or zero after the clipping of a norm that is not finite
                torch.nan_to_num_(p.grad, 0.0, 0.0, 0.0)
        self._optimiser.step()
        decay = min(settings.ema, (state.step + 1) / (state.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self._average.values()),
                [self._tensors[name].detach() for name in self._average],
                1 - decay,
            )
        state.step += 1

    def _evaluate(self, run: Run) -> None:
        """Scores the averaged weights, keeps them where they are good, and decides whether to go on."""
        began = time.monotonic()
        state = self._state
        with torch.no_grad():
            found = self._task.evaluate(self._trial(self._average), run.cancel.check)
        row = {"step": float(state.step), "replay": found.replay, "diversity": found.diversity}
        if found.accuracy is not None:
            row["accuracy"] = found.accuracy
        state.history.append(row)
        self._pace.evaluated(time.monotonic() - began)
        if len(state.history) == 1:
            return
        first = state.history[0]
        if not self._plain and found.replay > MOST_REPLAY * first["replay"]:
            state.stopped = "what it knew before began to suffer"
        elif not self._plain and found.diversity < LEAST_DIVERSITY * first["diversity"]:
            state.stopped = "its bands became too much alike"
        else:
            self._judge(found)

    def _judge(self, found: Evaluation) -> None:
        """Keeps the latest weights unless the best did better by more than chance: the best of a few pairs is one that
        was lucky, and the first evaluations, which hardly learnt anything, would be it as often as the last."""
        state, accuracy = self._state, found.accuracy
        chance = 0.5 / max(1, found.pairs) ** 0.5  # standard error of a share of one half
        if accuracy is None or accuracy >= state.best - chance:
            self._kept = {name: value.clone() for name, value in self._average.items()}
        if accuracy is None:
            return
        if accuracy > state.best:
            state.best, state.since_best = accuracy, 0
        else:
            state.since_best += 1
        if not self._plain and state.since_best >= self._settings.patience:
            state.stopped = "nothing more was learnt"

    def _save(self) -> None:
        state = {
            "fingerprint": self._fingerprint,
            "tensors": {name: p.detach() for name, p in self._tensors.items()},
            "average": self._average,
            "kept": self._kept,
            "optimiser": self._optimiser.state_dict(),
            "state": json.dumps(asdict(self._state)),
        }
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = part_path(self._checkpoint)
        try:
            torch.save(state, temporary)
            temporary.replace(self._checkpoint)
        finally:
            temporary.unlink(missing_ok=True)

    def _load(self) -> None:
        saved = _read_checkpoint(self._checkpoint, self._fingerprint)
        if saved is None:
            return
        device = next(iter(self._average.values())).device
        with torch.no_grad():
            for name, value in saved["tensors"].items():
                self._tensors[name].copy_(value)
        self._average = {name: value.to(device) for name, value in saved["average"].items()}
        self._kept = {name: value.to(device) for name, value in saved["kept"].items()}
        self._optimiser.load_state_dict(saved["optimiser"])
        self._state = _State(**json.loads(saved["state"]))


def _read_checkpoint(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """None where there is none of this training that can be read: it then begins anew."""
    if not path.exists():
        return None
    try:
        saved = torch.load(path, weights_only=True, map_location="cpu")
        return saved if saved["fingerprint"] == fingerprint else None
    except (
        Exception
    ):  # a damaged file may make its reader stumble over anything; a training can be done again
        return None


class _Pace:
    """Seconds a step and an evaluation take, and so what is left."""

    def __init__(self) -> None:
        self._steps_s: list[float] = []
        self._evaluation_s = 0.0

    def stepped(self, seconds: float) -> None:
        self._steps_s = [*self._steps_s[-19:], seconds]

    def evaluated(self, seconds: float) -> None:
        self._evaluation_s = seconds

    def remaining(self, steps: int, every: int, elapsed_s: float) -> float | None:
        """Seconds left, at the pace of the latest steps; None for the first two seconds."""
        if elapsed_s < _FORECAST_AFTER_S or not self._steps_s:
            return None
        evaluations = -(-steps // every)
        return steps * sum(self._steps_s) / len(self._steps_s) + evaluations * self._evaluation_s
