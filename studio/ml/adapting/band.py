"""The training of a band adapter: arrangement, sound where ratings speak of it, guards, file and report."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.jobs import Progress
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.ml.adapting.adapter_file import load_adapter, save_adapter
from studio.ml.adapting.arrangement_task import ArrangementTask, Trials
from studio.ml.adapting.clips import AdapterReport, AdapterTraining, Check, RatedClip
from studio.ml.adapting.effect import Effect
from studio.ml.adapting.guards import check_scores
from studio.ml.adapting.learning import Learnt, learn
from studio.ml.adapting.replay import load_replay
from studio.ml.adapting.sound import learn_sound
from studio.ml.arrangement.model import ArrangementModel
from studio.ml.arrangement.sampler import CALLS
from studio.ml.sound.synthesis import Synthesiser

#: The file a training leaves in its folder.
ADAPTER_FILE = "adapter.safetensors"
#: Vocals, and draws over all of them, by which an adapter is judged.
VOCALS, DRAWS = 8, 96
#: Where the arrangement and the sound end in the progress: without sound, with sound; of the arrangement's part the
#: rest after the learning is the checks.
_ENDS = {False: (1.0, 1.0), True: (0.55, 0.9)}
_LEARNING = 0.8


@dataclass(frozen=True, eq=False)
class BandParts:
    """The base, on its device: without an adapter."""

    arrangement: ArrangementModel
    synthesiser: Synthesiser
    hashes: Mapping[str, str]
    device: torch.device


def train_band(parts: BandParts, training: AdapterTraining, run: Run) -> AdapterReport:
    """Trains an adapter and writes it into `training.folder`.

    Raises:
        StudioError: for material that cannot be learnt from.
        JobCancelled: within a second of `run.cancel`; the same training then goes on where it was.
    """
    clips, held_out = _rated(training.clips), _rated(training.held_out)
    if not any(clip.weight > 0.0 for clip in clips):
        raise StudioError(
            tr("There is nothing to learn from"), seen=tr("no clip with a weight"), expected=tr("rated clips")
        )
    settings, device = training.settings, parts.device
    base = {name: parts.hashes[name] for name in ("arrangement", "mel")}
    fingerprint = training.fingerprint(base)
    replay = load_replay(training.replay_file)
    heard = [clip for clip in clips if clip.sound is not None]
    first, last = _ENDS[bool(heard)]
    start = load_adapter(training.start).tensors if training.start else {}
    task = ArrangementTask(clips, held_out, replay, settings, parts.arrangement, device)
    learnt = learn(
        parts.arrangement, task, settings, settings.steps_for(len(clips)), run, prefixes=("",),
        checkpoint=training.folder / "arrangement.pt", fingerprint=fingerprint,
        start=start.get("arrangement"), share=(0.0, _LEARNING * first),
    )  # fmt: skip
    assert isinstance(learnt.network, ArrangementModel)
    trials = task.trials(VOCALS)
    check = _telling(run, (_LEARNING * first, first), 2 * len(trials.conditions) * CALLS)
    checks, effect = check_scores(
        parts.arrangement, learnt.network, trials, DRAWS, clips, list(replay.tokens), check
    )
    tensors: dict[str, Mapping[str, Tensor]] = {"arrangement": learnt.tensors}
    sounds = None
    if heard:
        sounds = learn_sound(
            parts.synthesiser, heard, held_out, settings, run,
            checkpoint=training.folder / "mel.pt", fingerprint=fingerprint,
            start=start.get("mel"), share=(first, last),
        )  # fmt: skip
        tensors["mel"] = sounds.learnt.tensors
        checks += sounds.checks
    header = {
        "engine": "band", "base": base, "method": settings.method, "rank": settings.rank, "note": training.note,
        "clips": len(clips), "steps": learnt.trained.steps, "seed": settings.seed,
    }  # fmt: skip
    digest = save_adapter(tensors, header, training.folder / ADAPTER_FILE)
    run.on_step(Progress(tr("Checking what was learnt"), 1.0))
    return _report(
        training, base, digest, learnt, trials, checks, [effect, *([sounds.effect] if sounds else [])], device
    )


def _telling(run: Run, share: tuple[float, float], calls: int) -> Callable[[], None]:
    """To be called so many times while it is checked what was learnt: tells how far that is, or raises JobCancelled."""
    done, (first, last) = itertools.count(), share

    def check() -> None:
        run.step(tr("Checking what was learnt"), first + (last - first) * min(1.0, next(done) / calls))

    return check


def _rated(clips: Sequence[object]) -> list[RatedClip]:
    rated = [clip for clip in clips if isinstance(clip, RatedClip)]
    if len(rated) != len(clips):
        raise StudioError(
            tr("The band model cannot learn from these clips"),
            seen=tr("clips of another engine"),
            todo=tr("Rate accompaniments of the band model"),
        )
    return rated


def _report(
    training: AdapterTraining,
    base: Mapping[str, str],
    digest: str,
    learnt: Learnt,
    trials: Trials,
    checks: Sequence[Check],
    effects: Sequence[Effect],
    device: torch.device,
) -> AdapterReport:
    trained = learnt.trained
    return AdapterReport(
        digest, base, training.settings.method, len(training.clips), len(training.held_out), trained.steps,
        training.settings.steps_for(len(training.clips)), trained.stopped, round(trained.seconds, 1), device.type,
        any(effect.audible for effect in effects), tuple(word for effect in effects for word in effect.words),
        tuple(checks), tuple(trained.history),
        {
            "shifts": {k: v for e in effects for k, v in e.shifts.items()}, "chance": min(e.chance for e in effects),
            "asked": effects[0].asked, "judged_on": trials.told,
        },
    )  # fmt: skip
