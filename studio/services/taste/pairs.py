"""Pairs for the blind test of one model against another: the same phrase, the same noise, two models; equally loud.

Nothing of a pair is kept: what it teaches is its outcome, which stands on the shelf of adapters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.taste import levels
from studio.services.taste.phrase import crop_analysis, crop_vocal, phrases
from studio.services.taste.pool import BandMaker
from studio.services.taste.screens import ClipSound, SongContext

OLD, NEW = "old", "new"
#: A request of so many: the first is the safest, the last the boldest; pairs take them in turn.
_OF = 4


class SwitchedMaker(BandMaker, Protocol):
    """studio.services.generating.service.GenerationService."""

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> None: ...


@dataclass(frozen=True, eq=False)
class Pair:
    """One comparison.

    Attributes:
        order: OLD and NEW as they are shown; drawn by chance.
        sounds: by OLD and NEW.
    """

    number: int
    phrase_s: tuple[float, float]
    order: tuple[str, str]
    sounds: dict[str, ClipSound]


class PairMaker:
    """Makes pairs on the generator's lane.

    Args:
        in_use: file and strength of the model in use, put back whatever happens.
    """

    def __init__(self, maker: SwitchedMaker, in_use: Callable[[], tuple[Path | None, float]]) -> None:
        self._maker, self._in_use = maker, in_use

    def make(
        self, song: SongContext, number: int, new: Path, *, on_step: StepCallback, cancel: CancelToken
    ) -> Pair:
        """
        Args:
            number: of the comparison, from 1: other phrases and other noise in each.
            new: the file of the model that is tested.

        Raises:
            StudioError, JobCancelled.
        """
        if song.analysis is None:
            raise StudioError(tr("Cannot test a model yet"), seen=tr("a vocal that was not listened to"))
        known = phrases(song.analysis)
        phrase = known[(number - 1) % len(known)]
        vocal, analysis = crop_vocal(song.vocal.audio, phrase), crop_analysis(song.analysis, phrase)
        rng = np.random.default_rng([int(song.vocal.sha256[:8], 16), number])
        which = (number - 1) % _OF + 1
        request = GenerationRequest(vocal, analysis, _OF, int(rng.integers(1, 1 << 30)))
        made: dict[str, Candidate] = {}
        try:
            for place, name in enumerate((OLD, NEW)):
                path, strength = self._in_use() if name == OLD else (new, 1.0)
                self._maker.use_adapter(path, strength)
                step = _share(on_step, place / 2)
                arranged = self._maker.arrange(request, Run(cancel, step))
                plan = next(each for each in arranged if each.number == which)
                played: list[Candidate] = []
                self._maker.play(vocal, [plan], Run(cancel, step, played.append))
                made[name] = replace(played[0], number=plan.number)
        finally:
            self._maker.use_adapter(*self._in_use())
        rate = vocal.sample_rate
        bands = {name: levels.summed([a.samples for a in c.stems.values()], rate) for name, c in made.items()}
        gains = levels.match(vocal, list(bands.values()))
        sounds = {
            name: ClipSound(levels.scaled(band, gain_db), made[name].arrangement.style, "", gains.vocal_db)
            for (name, band), gain_db in zip(bands.items(), gains.bands_db, strict=True)
        }
        order = (OLD, NEW) if rng.integers(2) else (NEW, OLD)
        return Pair(number, phrase.span_s, order, sounds)


def _share(on_step: StepCallback, start: float) -> StepCallback:
    return lambda progress: on_step(Progress(progress.stage, start + progress.fraction / 2))
