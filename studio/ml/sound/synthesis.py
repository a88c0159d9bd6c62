"""From an arrangement to dry stems: excitation, prior projection, mel diffusion, vocoder.

Songs are computed in windows, each from notes to sound in one go, so that nothing is computed twice and nothing
grows with the song. Every network here is local, and all noise belongs to positions on the timeline, so each
window is given the context its networks can see and the windows agree: their joins are not joins at all.

On a CPU a window is one stem: its activations then fit the caches, which makes it several times as fast as four
stems at once. On a GPU windows of many stems go through together.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.dsp.drive import drive, drive_of
from studio.dsp.transients import is_struck, sharpen
from studio.ml.device import to_device
from studio.ml.sound.excitation import excite
from studio.ml.sound.mel import denormalise, log_mel, normalise
from studio.ml.sound.mel_model import MelModel, frame_features, instrument_index, sample_residual
from studio.ml.sound.mel_vocoder import MelVocoder
from studio.ml.sound.vocoder import Vocoder

Array = NDArray[np.float32]

_NOISE_BLOCK = 512
#: Windows of a batch there: about 3 GB of activations.
_WINDOWS_ON_GPU = 16


@dataclass
class StageClock:
    """Seconds spent in each named stage, of all threads together."""

    seconds: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, since: float) -> float:
        """Adds the time from `since` to now; returns now."""
        now = time.perf_counter()
        with self._lock:
            self.seconds[name] = self.seconds.get(name, 0.0) + now - since
        return now


@dataclass(frozen=True)
class SynthesisConfig:
    """How a mel is sampled.

    Attributes:
        steps: evaluations of the denoiser; 0 plays the prior's mean mel.
        temperature: scale of the starting noise (Grad-TTS, arXiv:2105.06337): 1 samples the learnt spread, less
            is smoother.
        window_frames: mel frames (about 86 a second) computed at a time, at most.
    """

    steps: int = 3
    temperature: float = 1.0
    window_frames: int = 1152


def _uncounted() -> None:
    """Nobody counts."""


@dataclass(frozen=True, eq=False)
class Performance:
    """An arrangement on its way to sound. The callbacks come from whichever thread does the work.

    Attributes:
        seed: of all noise.
        renderers: who plays each stem, of core.controls.RENDERERS; see players.Players.
        on_step: called many times a second; may raise JobCancelled.
        clock: told where the time goes.
    """

    arrangement: Arrangement
    seed: int
    config: SynthesisConfig = field(default_factory=SynthesisConfig)
    on_step: Callable[[], None] = _uncounted
    clock: StageClock = field(default_factory=StageClock)
    renderers: Mapping[str, str] = field(default_factory=dict)

    def notes(self, stem: str) -> tuple[Note, ...]:
        return self.arrangement.parts[stem].notes

    def instrument(self, stem: str) -> str:
        return self.arrangement.parts[stem].instrument


def frame_noise(seed: int, row: int, start: int, frames: int, n_mels: int) -> Array:
    """Gaussian noise [M, F] of a timeline: a frame has its noise wherever the stretch begins."""
    first, last = start // _NOISE_BLOCK, (start + frames - 1) // _NOISE_BLOCK
    blocks = [
        np.random.default_rng([seed, 5, row, block]).standard_normal((n_mels, _NOISE_BLOCK), dtype=np.float32)
        for block in range(first, last + 1)
    ]
    offset = start - first * _NOISE_BLOCK
    return np.concatenate(blocks, axis=1)[:, offset : offset + frames]


@dataclass(frozen=True)
class Window:
    """A stretch of one stem that is computed at once, in mel frames of the song.

    Attributes:
        context: what the networks see.
        kept: what they are asked for, within the context.
    """

    stem: str
    context: range
    kept: range


@dataclass(frozen=True, eq=False)
class StemMel:
    """What the mel model was told of a stretch of one stem, and what it made of it; mels are normalised.

    Attributes:
        features: float32 [N_FEATURES, F]; source, mel: float32 [M, F].
    """

    stem: str
    instrument: str
    features: Array
    source: Array
    mel: Array


class Synthesiser:
    """Plays arrangements with the mel model and the vocoder; several threads may."""

    def __init__(
        self, mel_model: MelModel, vocoder: Vocoder | MelVocoder, device: torch.device, *, bfloat16: bool
    ) -> None:
        vocoder.contract.check(mel_model.contract, mine="vocoder", others="mel model")
        self.mel_model = mel_model.to(device).eval()
        self.vocoder = vocoder.to(device).eval()
        self.contract = vocoder.contract
        self.device, self.bfloat16 = device, bfloat16
        # One evaluation of the mel model sees `receptive_frames`; later steps correct little, so two evaluations'
        # worth is plenty.
        self._mel_margin = 2 * self.mel_model.receptive_frames
        # One batch at a time has the GPU, whose memory holds one, while other threads prepare the next.
        self._turn = threading.Lock() if device.type == "cuda" else contextlib.nullcontext()

    def batches(self, performance: Performance, frames: int, span: range | None = None) -> list[list[Window]]:
        """What is to be computed for the stems that have notes, in the order of the song.

        Args:
            frames: of the whole song.
            span: those to play, by default all.

        Returns:
            Windows in groups that `render` takes at once.
        """
        span = range(frames) if span is None else span
        stems = [stem for stem in STEMS if performance.notes(stem)]
        margin = self._mel_margin + self.vocoder.receptive_frames
        count = -(-len(span) // performance.config.window_frames)
        size = -(-len(span) // max(1, count))
        windows = [
            Window(
                stem,
                range(max(0, start - margin), min(frames, start + size + margin)),
                range(start, min(span.stop, start + size)),
            )
            for start in range(span.start, span.stop, max(1, size))
            for stem in stems
        ]
        at_once = _WINDOWS_ON_GPU if self.device.type == "cuda" else 1
        return [
            same[i : i + at_once]
            for same in (list(group) for _, group in groupby(windows, key=lambda w: len(w.context)))
            for i in range(0, len(same), at_once)
        ]

    @torch.inference_mode()
    def mels(self, performance: Performance, windows: Sequence[Window]) -> list[StemMel]:
        """What the mel model makes of some windows' contexts, without their sound; none for one in which nothing rings.

        Args:
            windows: of equally long contexts.
        """
        excitations = [self._source(performance, window)[0] for window in windows]
        sounding = [i for i, excitation in enumerate(excitations) if excitation.any()]
        if not sounding:
            return []
        some = [windows[i] for i in sounding]
        features = np.stack([self._features(performance, window) for window in some])
        excitation = self._place(np.stack([excitations[i] for i in sounding]))
        mel, source = self._mels(performance, some, excitation, self._place(features))
        rows = zip(some, features, normalise(source).cpu().numpy(), mel.cpu().numpy(), strict=True)
        return [StemMel(w.stem, performance.instrument(w.stem), f, s, m) for w, f, s, m in rows]

    def steps(self, config: SynthesisConfig) -> int:
        """How often `render` calls `on_step`."""
        return config.steps + 2

    def steps_of(self, performance: Performance, windows: Sequence[Window]) -> int:
        """See players.StemRenderer."""
        return self.steps(performance.config)

    def channels(self, performance: Performance, stem: str) -> int:
        """The networks' stems are mono."""
        return 1

    @torch.inference_mode()
    def render(self, performance: Performance, windows: Sequence[Window]) -> list[Array]:
        """The dry sound of some windows, as their players' amplifiers give it (dsp/drive.py).

        Args:
            windows: of equally long contexts.

        Returns:
            float32 [len(kept) * hop] for each window; one in which nothing rings is silence.
        """
        hop = self.contract.hop_length
        began = time.perf_counter()
        sources = [self._source(performance, window) for window in windows]
        sounding = [i for i, (excitation, _) in enumerate(sources) if excitation.any()]
        features = [self._features(performance, windows[i]) for i in sounding]
        performance.clock.add("excitation", began)
        dry = [np.zeros(len(window.kept) * hop, dtype=np.float32) for window in windows]
        if sounding:
            with self._turn:
                some = [windows[i] for i in sounding]
                excitation, noise = (
                    self._place(np.stack([sources[i][k] for i in sounding])) for k in range(2)
                )
                mel, source_mel = self._mels(performance, some, excitation, self._place(np.stack(features)))
                audio = self._audio(performance, some, mel, source_mel, excitation, noise)
            for i, sound in zip(sounding, audio, strict=True):
                part = performance.arrangement.parts[windows[i].stem]
                if windows[i].stem == "drums":
                    sound = self._sharpen(sound, part, windows[i].kept.start * hop)
                dry[i] = drive(sound, drive_of(windows[i].stem, part.instrument))
        performance.on_step()
        return dry

    def play(self, performance: Performance, samples: int, *, span: range | None = None) -> dict[str, Array]:
        """Dry mono stems in memory, computed on this thread.

        Args:
            samples: length of the song at the contract's rate.
            span: mel frames to play, by default all; they sound as they would among the rest of the song.

        Returns:
            float32 [samples of the span] by stem name; a stem without notes is silence.
        """
        frames, hop = self.contract.frames(samples), self.contract.hop_length
        span = range(frames) if span is None else span
        first, stop = span.start * hop, min(span.stop * hop, samples)
        stems = {s: np.zeros(stop - first, dtype=np.float32) for s in STEMS}
        for batch in self.batches(performance, frames, span):
            made = self.render(performance, batch)
            for window, sound in zip(batch, made, strict=True):
                target = stems[window.stem][window.kept.start * hop - first :][: len(sound)]
                target[:] = sound[: len(target)]
        return stems

    def _mels(
        self, performance: Performance, windows: Sequence[Window], excitation: Tensor, features: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Normalised log-mels of the windows' contexts, and natural ones of their excitation, [B, M, F]."""
        began, config = time.perf_counter(), performance.config
        instruments = self._place(
            np.array([instrument_index(w.stem, performance.instrument(w.stem)) for w in windows])
        )
        source_mel = log_mel(excitation, self.contract)
        with self._autocast():
            mu, hidden = self.mel_model.prior(features, normalise(source_mel), instruments)
        mu = mu.float()
        began = performance.clock.add("prior projection", began)
        performance.on_step()
        if config.steps:
            with self._autocast():
                denoise = self.mel_model.denoiser(mu, hidden, instruments)

            def step(x: Tensor, sigma: Tensor) -> Tensor:
                with self._autocast():
                    return denoise(x, sigma).float()

            noise = np.stack(
                [
                    frame_noise(
                        performance.seed,
                        STEMS.index(w.stem),
                        w.context.start,
                        len(w.context),
                        self.contract.n_mels,
                    )
                    for w in windows
                ]
            )
            mu = mu + sample_residual(
                step,
                self._place(noise),
                steps=config.steps,
                temperature=config.temperature,
                on_step=performance.on_step,
            )
        performance.clock.add("mel diffusion", began)
        return mu, source_mel

    def _audio(
        self,
        performance: Performance,
        windows: Sequence[Window],
        mel: Tensor,
        source_mel: Tensor,
        excitation: Tensor,
        noise: Tensor,
    ) -> list[Array]:
        """The kept sound of the windows."""
        began = time.perf_counter()
        hop, margin = self.contract.hop_length, self.vocoder.receptive_frames
        kept = [slice(w.kept.start - w.context.start, w.kept.stop - w.context.start) for w in windows]
        # The vocoder sees less far than the mel model.
        first = max(0, min(k.start for k in kept) - margin)
        heard = slice(first, max(k.stop for k in kept) + margin)
        samples = slice(heard.start * hop, heard.stop * hop)
        kinds = torch.tensor([STEMS.index(w.stem) for w in windows])
        with self._autocast():
            audio = self.vocoder(
                denormalise(mel[..., heard]),
                excitation[:, samples],
                noise[:, samples],
                kinds,
                source_mel[..., heard],
            )
        rows = audio.float().cpu().numpy()
        performance.clock.add("vocoder", began)
        return [
            row[(k.start - first) * hop : (k.stop - first) * hop] for k, row in zip(kept, rows, strict=True)
        ]

    def _sharpen(self, drums: Array, part: Part, first: int) -> Array:
        """The edges of the strokes put back; `first` is the stretch's first sample in the song."""
        rate = self.contract.sample_rate
        strokes = (round(n.start_s * rate) for n in part.notes if is_struck(part.instrument, n.pitch))
        return sharpen(drums, (stroke - first for stroke in strokes), rate)

    def _features(self, performance: Performance, window: Window) -> Array:
        """What the notes say on every frame of a window's context, see `frame_features`."""
        notes, context = performance.notes(window.stem), window.context
        return frame_features(window.stem, notes, context.start, len(context), self.contract)

    def _source(self, performance: Performance, window: Window) -> tuple[Array, Array]:
        """Excitation and noise of a window's context, float32 [F * hop] each."""
        hop, context = self.contract.hop_length, window.context
        return excite(
            window.stem, performance.notes(window.stem), seed=performance.seed * 8 + STEMS.index(window.stem),
            start=context.start * hop, frames=len(context) * hop, sample_rate=self.contract.sample_rate,
        )  # fmt: skip

    def _place(self, array: NDArray[Any]) -> Tensor:
        return to_device(array, self.device)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)
