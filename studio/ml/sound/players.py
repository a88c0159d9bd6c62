"""The seam between what is played and what it sounds like: a Performance in, dry stems out, a window at a time.

Two implementations: the networks (synthesis.Synthesiser) and recorded instruments (RecordedBand). `Players` holds both
and gives each stem to the one that `Performance.renderers` names.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement, Part
from studio.core.controls import NETWORK, RECORDED
from studio.core.expression import swell_gain, swell_points
from studio.dsp.sampler.player import PlayedStem, plan_stem, recipe_for
from studio.dsp.sampler.recipes import PREFERRED
from studio.dsp.sampler.samples import RATE, SampleSets
from studio.ml.sound.mel import MelContract
from studio.ml.sound.synthesis import Performance, SynthesisConfig, Synthesiser, Window

Array = NDArray[np.float32]

#: How often recorded stems report from a window.
_STEPS = 2


class StemRenderer(Protocol):
    """Makes dry stems of a performance."""

    contract: MelContract

    def channels(self, performance: Performance, stem: str) -> int:
        """1, or 2 for a stem that is stereo in itself."""

    def batches(self, performance: Performance, frames: int, span: range | None = None) -> list[list[Window]]:
        """See Synthesiser.batches."""

    def steps_of(self, performance: Performance, windows: Sequence[Window]) -> int:
        """How often `render` calls `on_step` for a batch, at most."""

    def render(self, performance: Performance, windows: Sequence[Window]) -> list[Array]:
        """Float32 [len(kept) * hop] or [channels, len(kept) * hop] for each window of a batch."""

    def play(self, performance: Performance, samples: int, *, span: range | None = None) -> dict[str, Array]:
        """See Synthesiser.play; a stem that is stereo in itself is [2, samples]."""


class RecordedBand:
    """Stems from recorded instruments (dsp.sampler), planned once for a performance.

    Args:
        sets: the recordings.
        contract: of the networks, whose frames count the windows; its rate must be the recordings'.
    """

    def __init__(self, sets: SampleSets, contract: MelContract) -> None:
        if contract.sample_rate != RATE:
            raise ValueError(f"recordings of {RATE} Hz beside networks of {contract.sample_rate} Hz")
        self.sets, self.contract = sets, contract
        self._plans: weakref.WeakKeyDictionary[Performance, dict[str, PlayedStem]] = (
            weakref.WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    def channels(self, performance: Performance, stem: str) -> int:
        recipe = recipe_for(stem, performance.instrument(stem), self.sets)
        return 2 if recipe is not None and recipe.stereo else 1

    def batches(self, performance: Performance, frames: int, span: range | None = None) -> list[list[Window]]:
        span = range(frames) if span is None else span
        size = performance.config.window_frames
        made = []
        for start in range(span.start, span.stop, size):
            kept = range(start, min(start + size, span.stop))
            made += [[Window(stem, kept, kept)] for stem in STEMS if performance.notes(stem)]
        return made

    def steps_of(self, performance: Performance, windows: Sequence[Window]) -> int:
        return _STEPS * len(windows)

    def render(self, performance: Performance, windows: Sequence[Window]) -> list[Array]:
        hop, made = self.contract.hop_length, []
        for window in windows:
            performance.on_step()
            began = time.perf_counter()
            stem = self._plan(performance, window.stem)
            made.append(stem.render(window.kept.start * hop, window.kept.stop * hop))
            performance.clock.add("recorded instruments", began)
            performance.on_step()
        return made

    def play(self, performance: Performance, samples: int, *, span: range | None = None) -> dict[str, Array]:
        return _played(self, performance, samples, span)

    def _plan(self, performance: Performance, stem: str) -> PlayedStem:
        with self._lock:
            plans = self._plans.setdefault(performance, {})
            if stem not in plans:
                part = performance.arrangement.parts[stem]
                plans[stem] = plan_stem(stem, part, self.sets, performance.seed)
            return plans[stem]


class Players:
    """Everyone who can play: the networks, and recorded instruments where there are any.

    Args:
        sets: of recordings; none leaves all to the networks.
    """

    def __init__(self, networks: Synthesiser, sets: SampleSets | None = None) -> None:
        self._networks = networks
        self.contract = networks.contract
        self._recorded = RecordedBand(sets, self.contract) if sets else None

    def renderers(self, arrangement: Arrangement, wish: str | None) -> dict[str, str]:
        """Who is to play each stem that has notes, RECORDED or NETWORK.

        Args:
            wish: one of them wherever it is possible; None for whichever measured better (recipes.PREFERRED).
        """
        return {
            stem: RECORDED if self._takes(stem, part, wish) else NETWORK
            for stem, part in arrangement.parts.items()
            if part.notes
        }

    def can_record(self, stem: str, part: Part) -> bool:
        """Whether there are recordings of a part's instrument."""
        return (
            self._recorded is not None and recipe_for(stem, part.instrument, self._recorded.sets) is not None
        )

    def _takes(self, stem: str, part: Part, wish: str | None) -> bool:
        wanted = (stem, part.instrument) in PREFERRED if wish is None else wish == RECORDED
        return wanted and self.can_record(stem, part)

    def steps(self, config: SynthesisConfig, renderer: str) -> int:
        """How often a window of a stem reports."""
        return _STEPS if renderer == RECORDED else self._networks.steps(config)

    def channels(self, performance: Performance, stem: str) -> int:
        return self._player(performance, stem).channels(performance, stem)

    def batches(self, performance: Performance, frames: int, span: range | None = None) -> list[list[Window]]:
        recorded = [s for s in STEMS if performance.renderers.get(s) == RECORDED]
        if self._recorded is None or not recorded:
            return self._networks.batches(performance, frames, span)
        networks = [s for s in STEMS if s not in recorded]
        return [
            *self._networks.batches(_only(performance, networks), frames, span),
            *self._recorded.batches(_only(performance, recorded), frames, span),
        ]

    def steps_of(self, performance: Performance, windows: Sequence[Window]) -> int:
        return self._player(performance, windows[0].stem).steps_of(performance, windows)

    def render(self, performance: Performance, windows: Sequence[Window]) -> list[Array]:
        made = self._player(performance, windows[0].stem).render(performance, windows)
        return [self._swelled(performance, *pair) for pair in zip(windows, made, strict=True)]

    def play(self, performance: Performance, samples: int, *, span: range | None = None) -> dict[str, Array]:
        return _played(self, performance, samples, span)

    def _swelled(self, performance: Performance, window: Window, sound: Array) -> Array:
        """The sound of a window with the level that its notes have as they go on."""
        points = swell_points(window.stem, performance.arrangement.parts[window.stem])
        if not len(points):
            return sound
        first = window.kept.start * self.contract.hop_length
        return sound * swell_gain(points, first, sound.shape[-1], self.contract.sample_rate)

    def _player(self, performance: Performance, stem: str) -> StemRenderer:
        if performance.renderers.get(stem) == RECORDED and self._recorded is not None:
            return self._recorded
        return self._networks


def _only(performance: Performance, stems: Sequence[str]) -> Performance:
    parts: Mapping[str, Part] = performance.arrangement.parts
    kept = {stem: part if stem in stems else replace(part, notes=()) for stem, part in parts.items()}
    return replace(performance, arrangement=replace(performance.arrangement, parts=kept))


def _played(
    renderer: StemRenderer, performance: Performance, samples: int, span: range | None
) -> dict[str, Array]:
    """All windows of a span, one after the other, on this thread."""
    frames, hop = renderer.contract.frames(samples), renderer.contract.hop_length
    span = range(frames) if span is None else span
    first, stop = span.start * hop, min(span.stop * hop, samples)
    stems = {
        stem: np.zeros((renderer.channels(performance, stem), stop - first), dtype=np.float32)
        for stem in STEMS
    }
    for batch in renderer.batches(performance, frames, span):
        for window, sound in zip(batch, renderer.render(performance, batch), strict=True):
            target = stems[window.stem][:, window.kept.start * hop - first :][:, : sound.shape[-1]]
            target[:] = np.atleast_2d(sound)[:, : target.shape[1]]
    return {stem: sound if len(sound) == 2 else sound[0] for stem, sound in stems.items()}
