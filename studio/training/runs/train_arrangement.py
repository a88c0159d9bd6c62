"""Training the arrangement model: masked diffusion over scores, in the order in which they will be sampled.

What is hidden is drawn by ml.arrangement.masking, and the loss is ml.arrangement.loss: personal adapters are trained by
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.music import Key
from studio.core.score import COLUMNS, GLOBAL_VOCABULARY, HOLD, LEAD_CHORD, N_COLUMNS
from studio.ml.arrangement.loss import masked_losses
from studio.ml.arrangement.masking import draw_mask
from studio.ml.arrangement.melody import N_MELODY, STEP_FEATURES, melody_features
from studio.ml.arrangement.model import places, song_features
from studio.training.collections.corpus import Song
from studio.training.runs.feed import Batch
from studio.training.runs.loop import mean_losses
from studio.training.runs.parallel import map_items
from studio.training.songs.disturb import disturb, estimated_grid, sung_tempo

CROP_BEATS = 64
_VERSIONS = 3


class MelodyBook:
    """Disturbed melody features of every song, made when first asked for: a few singers a song."""

    def __init__(self, songs: Sequence[Song]) -> None:
        self.songs = songs
        self._pages: dict[tuple[int, int], tuple[NDArray[np.float16], float]] = {}

    def fill(self, workers: int) -> None:
        """Makes every page now, in several processes, so that those that then make batches share them."""
        for (index, _), pages in map_items(_pages, list(enumerate(self.songs)), workers):
            self._pages.update({(index, version): page for version, page in enumerate(pages)})

    def features(self, index: int, version: int) -> tuple[NDArray[np.float16], float]:
        """[beats, N_MELODY] of one song by one singer, and the tempo it was sung at."""
        page = self._pages.get((index, version))
        if page is None:
            page = self._pages[index, version] = _page(self.songs[index], index, version)
        return page


def _page(song: Song, index: int, version: int) -> tuple[NDArray[np.float16], float]:
    rng = np.random.default_rng([13, index, version])
    tempo = sung_tempo(rng, song.tempo_bpm)
    notes = disturb(song.melody, rng, tempo_bpm=tempo)
    grid = estimated_grid(rng, tempo_bpm=tempo, beats=len(song.score.tokens), meter=song.meter)
    return melody_features(notes, grid, song.key).astype(np.float16), tempo


def _pages(numbered: tuple[int, Song]) -> list[tuple[NDArray[np.float16], float]]:
    index, song = numbered
    return [_page(song, index, version) for version in range(_VERSIONS)]


def retonic(
    tokens: NDArray[np.int64], melody: NDArray[np.float32], up: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The same music described from a tonic `up` semitones higher, as after a wrong key estimate."""
    tokens, melody = tokens.copy(), melody.copy()
    chord = tokens[:, 0]
    tokens[:, 0] = np.where(chord > 0, 1 + (chord - 1) // 12 * 12 + ((chord - 1) % 12 - up) % 12, 0)
    lead = tokens[:, COLUMNS["lead"]]
    degree = lead - 2 - up
    degree = np.where(degree < 0, degree + 12, np.where(degree > 23, degree - 12, degree))
    tokens[:, COLUMNS["lead"]] = np.where((lead > HOLD) & (lead < LEAD_CHORD), degree + 2, lead)
    steps = melody.reshape(-1, STEP_FEATURES)
    steps[:, :12] = np.roll(steps[:, :12], -up, axis=1)
    return tokens, steps.reshape(melody.shape)


def make_batch(
    book: MelodyBook, indices: Sequence[int], rng: np.random.Generator, size: int
) -> dict[str, Tensor]:
    """`size` masked crops of the given songs, padded with weight 0."""
    tokens = np.zeros((size, CROP_BEATS, N_COLUMNS), dtype=np.int64)
    hidden = np.zeros((size, CROP_BEATS, N_COLUMNS), dtype=bool)
    weight = np.zeros((size, CROP_BEATS, N_COLUMNS), dtype=np.float32)
    melody = np.zeros((size, CROP_BEATS, N_MELODY), dtype=np.float32)
    place = torch.zeros(size, CROP_BEATS, dtype=torch.int64)
    globals_ = np.zeros((size, len(GLOBAL_VOCABULARY)), dtype=np.int64)
    hidden_globals = np.zeros_like(globals_, dtype=bool)
    song_rows = []
    for row in range(size):
        index = int(indices[int(rng.integers(len(indices)))])
        song = book.songs[index]
        bar, beats = song.meter.quarters_per_bar, len(song.score.tokens)
        start = bar * int(rng.integers(0, max(1, (beats - CROP_BEATS) // bar + 2)))
        stop = min(beats, start + CROP_BEATS)
        part = song.score.tokens[start:stop]
        features, tempo_bpm = book.features(index, int(rng.integers(_VERSIONS)))
        sung = features[start:stop].astype(np.float32)
        if rng.random() < 0.12:
            part, sung = retonic(part, sung, int(rng.choice([3, 9, 5, 7])))
        n = len(part)
        tokens[row, :n], melody[row, :n] = part, sung
        hidden[row, :n], hidden_globals[row], weight[row, :n] = draw_mask(rng, n, bar)
        place[row, :n] = places(song.meter, n)
        globals_[row] = song.score.globals
        wide = song_features(tempo_bpm * float(np.exp(rng.normal(0.0, 0.03))), Key(0, song.key.mode))
        if rng.random() < 0.1:
            melody[row], wide[2] = 0.0, 0.0
        song_rows.append(wide)
    return {
        "tokens": torch.from_numpy(tokens), "hidden": torch.from_numpy(hidden), "weight": torch.from_numpy(weight),
        "melody": torch.from_numpy(melody), "place": place, "globals": torch.from_numpy(globals_),
        "hidden_globals": torch.from_numpy(hidden_globals), "song": torch.stack(song_rows),
    }  # fmt: skip


@dataclass(frozen=True)
class ScoreCrops:
    """Masked crops of some songs of a book, drawn by the number of the step."""

    book: MelodyBook
    indices: Sequence[int]
    seed: int
    size: int

    def __call__(self, step: int) -> Batch:
        return make_batch(self.book, self.indices, np.random.default_rng([self.seed, step]), self.size)


def split(songs: int) -> tuple[list[int], list[int]]:
    """(songs to train on, every fiftieth held out)."""
    return [i for i in range(songs) if i % 50], list(range(0, songs, 50))


def scores(network: nn.Module, held_out: ScoreCrops, device: torch.device) -> dict[str, float]:
    """Mean losses of the same held-out crops every time."""
    batches = [held_out(step) for step in range(4)]
    return mean_losses(
        [masked_losses(network, {k: v.to(device) for k, v in b.items()}, device) for b in batches]
    )
