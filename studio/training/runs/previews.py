"""Something to hear early: what the networks make of held-out music, as FLAC and MIDI in the run's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.core.perform import perform
from studio.core.score import repair
from studio.dsp.band_mix import mix_band, stem_gains
from studio.ml.arrangement.model import ArrangementModel, Condition, places, song_features
from studio.ml.arrangement.noise import fresh_genome
from studio.ml.arrangement.sampler import Wishes, sample_scores
from studio.ml.device import supports_bfloat16
from studio.ml.sound.excitation import excite
from studio.ml.sound.mel import log_mel
from studio.ml.sound.mel_model import MelModel
from studio.ml.sound.synthesis import Performance, Synthesiser
from studio.ml.sound.vocoder import Vocoder
from studio.training.collections.corpus import Song
from studio.training.runs.train_arrangement import MelodyBook
from studio.training.sounds.sounds import StemSound

Array = NDArray[np.float32]

_LENGTH_S = 6.0
_GAP_S = 0.4
_BEATS = 32

#: Writes an arrangement of so many seconds as a MIDI file.
WriteMidi = Callable[[Path, Arrangement, float], None]


def _write(path: Path, audio: Array, sample_rate: int) -> None:
    """FLAC of mono or [2, T] audio, lowered where it would clip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(audio).max(initial=0.0))
    soundfile.write(path, (audio / max(1.0, peak / 0.98)).T, sample_rate, subtype="PCM_16")


class StemPreview:
    """The first seconds of one held-out song, stem by stem: the target, a breath, the result.

    Args:
        sounds: its stems.
        folder: `step_000250_bass.flac` and its like go here.
    """

    def __init__(self, sounds: list[StemSound], folder: Path) -> None:
        self._sounds, self._folder = sounds, folder

    def of_vocoder(self, vocoder: nn.Module, step: int) -> None:
        """The vocoder on the true mels."""
        assert isinstance(vocoder, Vocoder)
        contract = vocoder.contract
        samples = round(_LENGTH_S * contract.sample_rate) // contract.hop_length * contract.hop_length
        device = next(vocoder.parameters()).device
        for sound in self._sounds:
            audio = torch.from_numpy(sound.audio[:samples].astype(np.float32) * (2 / 32767))[None].to(device)
            source = torch.from_numpy(sound.excitation[:samples].astype(np.float32))[None].to(device)
            noise = torch.randn(source.shape, generator=torch.Generator().manual_seed(0)).to(device)
            kind = torch.tensor([STEMS.index(sound.stem)], device=device)
            made: Tensor = vocoder(log_mel(audio, contract), source, noise, kind)
            self._write_pair(sound, made[0].float().cpu().numpy(), step, contract.sample_rate)

    def of_mel_model(self, model: nn.Module, vocoder: Vocoder, step: int) -> None:
        """The mel model from the notes alone, through a vocoder, as the application plays."""
        assert isinstance(model, MelModel)
        parts = {s.stem: Part(s.instrument, s.notes) for s in self._sounds}
        arrangement = _without_song({stem: parts.get(stem, Part("none", ())) for stem in STEMS})
        stems = _play(arrangement, model, vocoder, _LENGTH_S)
        for sound in self._sounds:
            self._write_pair(sound, stems[sound.stem], step, model.contract.sample_rate)

    def _write_pair(self, sound: StemSound, made: Array, step: int, sample_rate: int) -> None:
        target = sound.audio[: len(made)].astype(np.float32) * np.float32(2 / 32767)
        gap = np.zeros(round(_GAP_S * sample_rate), dtype=np.float32)
        path = self._folder / f"step_{step:06d}_{sound.stem}.flac"
        _write(path, np.concatenate([target, gap, made]), sample_rate)


def _without_song(parts: dict[str, Part]) -> Arrangement:
    grid = BeatGrid((0.0, 0.5), Meter(4, 4))
    return Arrangement(grid, Key(0, "major"), "pop", (), parts)


def _play(arrangement: Arrangement, model: MelModel, vocoder: Vocoder, length_s: float) -> dict[str, Array]:
    """Dry stems from the networks."""
    device = next(model.parameters()).device
    synthesiser = Synthesiser(model, vocoder, device, bfloat16=supports_bfloat16(device))
    samples = round(length_s * model.contract.sample_rate)
    return synthesiser.play(Performance(arrangement, seed=0), samples)


class BandPreview:
    """A band for the first bars of a held-out song: MIDI, and a rendering with the melody as a plain tone.

    Args:
        index: of the song in the book.
        voices: mel model and vocoder, when there are any; without, there is only MIDI.
    """

    def __init__(
        self,
        book: MelodyBook,
        index: int,
        folder: Path,
        write_midi: WriteMidi,
        voices: tuple[MelModel, Vocoder] | None,
    ) -> None:
        self._book, self._index, self._folder = book, index, folder
        self._write_midi, self._voices = write_midi, voices

    def __call__(self, model: nn.Module, step: int) -> None:
        assert isinstance(model, ArrangementModel)
        song: Song = self._book.songs[self._index]
        melody, tempo_bpm = self._book.features(self._index, 0)
        beats = min(len(melody), _BEATS)
        condition = Condition(
            torch.from_numpy(melody[:beats].astype(np.float32))[None],
            places(song.meter, beats)[None],
            song_features(tempo_bpm, song.key)[None],
        )
        score = sample_scores(model, condition, [fresh_genome(0, 0, beats)], Wishes())[0]
        beat_s = 60.0 / song.tempo_bpm
        grid = BeatGrid(tuple(i * beat_s for i in range(beats + 1)), song.meter)
        arrangement = perform(repair(score), grid, song.key, seed=0)
        path = self._folder / f"step_{step:06d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write_midi(path.with_suffix(".mid"), arrangement, beats * beat_s)
        if self._voices:
            self._render(path.with_suffix(".flac"), arrangement, song, beats * beat_s)

    def _render(self, path: Path, arrangement: Arrangement, song: Song, length_s: float) -> None:
        assert self._voices
        rate = self._voices[0].contract.sample_rate
        beat_s = 60.0 / song.tempo_bpm
        sung = [Note(n.start * beat_s, n.end * beat_s, n.pitch, 90) for n in song.melody]
        frames = round(length_s * rate)
        tone = 0.05 * excite("lead", sung, seed=0, start=0, frames=frames, sample_rate=rate)[0]
        dry = _play(arrangement, *self._voices, length_s)
        gains = stem_gains(dry, vocal_rms=float(np.sqrt(np.mean(tone**2))))
        _write(path, np.sum(list(mix_band(dry, rate, gains).values()), axis=0) + tone, rate)
