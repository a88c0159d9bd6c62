"""The clips of a screen on the disk: made equally loud and written, all or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import studio
from studio.core.candidate import Candidate
from studio.core.jobs import CancelToken
from studio.core.origin import Origin
from studio.core.screen import Clip
from studio.services.project.clips import KeptClip, drop_clips, write_clip
from studio.services.project.document import now
from studio.services.taste import levels
from studio.services.taste.phrase import Phrase
from studio.services.taste.pool import PhraseTask, Plan
from studio.storage.project_folder import ProjectFolder
from studio.taste.features import features_of


@dataclass(frozen=True, eq=False)
class MadeFor:
    """What all clips of a screen have in common.

    Attributes:
        vocal: SHA-256 of the whole vocal; analysis: the name of its analysis.
        models: hashes of the models, where a clip does not say its own.
    """

    vocal: str
    analysis: str
    task: PhraseTask
    phrase: Phrase
    models: Mapping[str, str]


def write_clips(
    folder: ProjectFolder,
    made_for: MadeFor,
    chosen: Sequence[tuple[Plan, str]],
    played: Sequence[Candidate],
    cancel: CancelToken,
) -> tuple[Clip, ...]:
    """The clips as a screen names them.

    Args:
        chosen: plans with their roles; played: the same with their stems.

    Raises:
        StudioError, JobCancelled: nothing is left behind.
    """
    task, rate = made_for.task, made_for.task.vocal.sample_rate
    bands = [levels.summed([audio.samples for audio in c.stems.values()], rate) for c in played]
    gains = levels.match(task.vocal, bands)
    written: list[str] = []
    clips = []
    try:
        for (plan, role), made, band, gain_db in zip(chosen, played, bands, gains.bands_db, strict=True):
            cancel.check()
            features = {**plan.features, **features_of(made.arrangement, made.stems)}
            origin = Origin(
                made_for.vocal, made_for.analysis, task.controls, plan.seed, plan.candidate.number,
                models=dict(made.models or made_for.models), adapter=plan.adapter, made_at=now(),
                program=studio.__version__,
            )  # fmt: skip
            kept = KeptClip(
                plan.key, role, origin, made_for.phrase.span_s,
                replace(made, number=plan.candidate.number, stems={}), task.analysis, features, gain_db,
                gains.vocal_db,
            )  # fmt: skip
            write_clip(folder, kept, levels.scaled(band, gain_db), cancel=cancel)
            written.append(plan.key)
            clips.append(Clip(plan.key, role, origin, features, plan.parents, plan.genes, gain_db))
    except BaseException:
        drop_clips(folder, tuple(written))
        raise
    return tuple(clips)
