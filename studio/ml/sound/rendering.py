"""A whole candidate on its way from notes to stems on disk, worked on by several threads.

First its windows are played into dry scratch files, in any order; then, as levels are known, each stem is
resampled to the vocal's rate and placed in the room, a block at a time. Memory does not grow with the song.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.controls import NETWORK
from studio.core.scratch import ScratchFile, ScratchStems
from studio.dsp.band_mix import MIX_BLOCK, Array, StemPlacer, band_gains, measure_level
from studio.dsp.resample import resample_blocks
from studio.dsp.rough_mix import rough_mix
from studio.ml.sound.players import StemRenderer
from studio.ml.sound.synthesis import Performance, Window
from studio.ml.sound.tuned import sections
from studio.ml.workers import Workers, await_all


class Rendering:
    """Begins at once; call `await_windows`, `begin_mix` and `stems`, in this order.

    Args:
        performance: its callbacks are called by the workers.
        vocal: what the stems are to match in rate and length.
    """

    def __init__(
        self, renderer: StemRenderer, workers: Workers, performance: Performance, vocal: Audio
    ) -> None:
        self._renderer, self._workers, self._clock = renderer, workers, performance.clock
        self._rate, self._frames, self._on_step = vocal.sample_rate, vocal.frames, performance.on_step
        self._renderers = performance.renderers
        contract = renderer.contract
        self._rates: dict[str, int] = {}
        self._dry: dict[str, ScratchFile] = {}
        batches: list[tuple[Performance, list[Window]]] = []
        for section in sections(performance.arrangement, contract.sample_rate):
            here = replace(performance, arrangement=section.arrangement)
            samples = song_samples(vocal, section.sample_rate)
            made = renderer.batches(here, contract.frames(samples))
            batches += [(here, windows) for windows in made]
            self._rates |= dict.fromkeys(section.stems, section.sample_rate)
            sounding = {window.stem for windows in made for window in windows}
            self._dry |= {
                stem: ScratchFile(renderer.channels(here, stem), samples)
                for stem in STEMS
                if stem in sounding
            }
        batches.sort(key=lambda pair: pair[1][0].kept.start)  # all stems together, from the song's start
        self._windows = [workers.submit(self._play, *batch) for batch in batches]
        self.gains: Mapping[str, float] = {}

    def await_windows(self, poll: Callable[[], None]) -> None:
        """Returns when all windows are played."""
        await_all(self._windows, poll)

    def begin_mix(self, vocal_rms: float) -> None:
        """Sets the gains and has the stems placed."""
        began = time.perf_counter()
        levels = {stem: measure_level(_mono(file)) for stem, file in self._dry.items()}
        self.gains = band_gains(levels, vocal_rms=vocal_rms)
        self._placed = {stem: ScratchFile(2, self._frames) for stem in STEMS}
        self._clock.add("mix", began)
        self._mixing = [self._workers.submit(self._mix, stem) for stem in STEMS]

    def stems(self, poll: Callable[[], None]) -> ScratchStems:
        """The finished stems."""
        await_all(self._mixing, poll)
        return ScratchStems(self._placed, self._rate)

    def _play(self, performance: Performance, windows: Sequence[Window]) -> None:
        hop = self._renderer.contract.hop_length
        made = self._renderer.render(performance, windows)
        for window, sound in zip(windows, made, strict=True):
            self._dry[window.stem].write(window.kept.start * hop, np.atleast_2d(sound))

    def _mix(self, stem: str) -> None:
        began = time.perf_counter()
        self._on_step()
        if self.gains.get(stem):
            dry, at = self._dry[stem], 0
            stereo = dry.channels == 2
            mix = rough_mix(stem, self._renderers.get(stem, NETWORK))
            placer = StemPlacer(self._rate, mix, self.gains[stem], stereo=stereo)
            blocks = resample_blocks(
                dry.blocks(MIX_BLOCK),
                self._rates[stem],
                self._rate,
                frames=self._frames,
            )
            for block in placer.place(blocks):
                self._placed[stem].write(at, block)
                at += block.shape[1]
        self._clock.add("mix", began)


def rendering_steps(renderer: StemRenderer, performance: Performance, vocal: Audio) -> int:
    """How often a rendering calls `performance.on_step`, at most: silent windows take fewer."""
    contract, steps = renderer.contract, len(STEMS)
    for section in sections(performance.arrangement, contract.sample_rate):
        here = replace(performance, arrangement=section.arrangement)
        frames = contract.frames(song_samples(vocal, section.sample_rate))
        steps += sum(renderer.steps_of(here, windows) for windows in renderer.batches(here, frames))
    return steps


def song_samples(vocal: Audio, sample_rate: int) -> int:
    """Length of the vocal's song at another rate."""
    return max(1, round(vocal.frames * sample_rate / vocal.sample_rate))


def vocal_level(vocal: Audio) -> float:
    """Active RMS of a vocal, see `measure_level`."""
    vocal, starts = vocal.carried(), range(0, vocal.frames, MIX_BLOCK)
    return measure_level(
        np.asarray(vocal.samples[:, s : s + MIX_BLOCK].mean(axis=0), dtype=np.float32) for s in starts
    ).rms


def _mono(file: ScratchFile) -> Iterator[Array]:
    for block in file.blocks(MIX_BLOCK):
        yield block.mean(axis=0)
