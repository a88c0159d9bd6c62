"""Training the arrangement model: masked diffusion over scores, in the order in which they will be sampled.

Most examples copy a moment of sampling: the columns of earlier stages visible, some of the current stage,
nothing of later ones. The rest mask at random or in stretches, which is what fixed chords and regenerated
bars look like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.music import Key
from studio.core.score import (
    COLUMNS,
    GLOBAL_VOCABULARY,
    HOLD,
    LEAD_CHORD,
    N_COLUMNS,
)
from studio.ml.arrangement.melody import N_MELODY, STEP_FEATURES, melody_features
from studio.ml.arrangement.model import Condition, mask_ids, places, song_features
from studio.ml.arrangement.sampler import STAGES
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


def _mask(
    rng: np.random.Generator, beats: int, bar: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """(masked tokens [L, 21], masked globals [7], loss weight [L, 21]) of one example with `bar` quarters a bar."""
    hidden = np.zeros((beats, N_COLUMNS), dtype=bool)
    globals_ = np.zeros(len(GLOBAL_VOCABULARY), dtype=bool)
    weight = np.ones((beats, N_COLUMNS), dtype=np.float32)
    kind = rng.random()
    # Sampling lays out some bars and then fills the others (sampler._levels): so do half the examples.
    whole_bars = np.repeat(rng.random(-(-beats // bar)) < np.cos(0.5 * np.pi * rng.random()), bar)[:beats]
    by_bars = rng.random() < 0.5
    if kind < 0.1:
        hidden[:] = True
        globals_ = rng.random(len(globals_)) < rng.uniform(0.2, 1.0)
        weight[:] = 0.2
    elif kind < 0.85:
        stage = int(rng.integers(len(STAGES)))
        for later, names in enumerate(STAGES):
            for name in names:
                if later > stage:
                    hidden[:, COLUMNS[name]] = True
                    weight[:, COLUMNS[name]] = 0.1
                elif later == stage:
                    share = np.cos(0.5 * np.pi * rng.random())
                    width = COLUMNS[name].stop - COLUMNS[name].start
                    hidden[:, COLUMNS[name]] = rng.random((beats, width)) < share
                    if by_bars:
                        hidden[:, COLUMNS[name]] &= whole_bars[:, None]
    else:
        hidden = rng.random((beats, N_COLUMNS)) < rng.random()
        if rng.random() < 0.5:  # a stretch to fill between fixed bars
            start, stop = sorted(rng.integers(0, beats + 1, 2))
            hidden[:] = False
            hidden[start:stop] = True
    if kind >= 0.1 and rng.random() < 0.12:
        # A band without a name: what guidance towards a style, a density and instruments pushes away from.
        globals_[:] = True
    return hidden, globals_, weight


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
        hidden[row, :n], hidden_globals[row], weight[row, :n] = _mask(rng, n, bar)
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


def masked_losses(model: nn.Module, batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Cross-entropy of the masked tokens, by group of columns; 'loss' is their weighted sum."""
    masks, global_masks = mask_ids(device)
    seen = torch.where(batch["hidden"], masks, batch["tokens"])
    seen_globals = torch.where(batch["hidden_globals"], global_masks, batch["globals"])
    condition = Condition(batch["melody"], batch["place"], batch["song"])
    with torch.autocast(device.type, torch.bfloat16):
        logits, global_logits = model(seen, seen_globals, condition)
    weight = batch["weight"] * batch["hidden"]
    losses: dict[str, Tensor] = {}
    for name, columns in COLUMNS.items():
        total, count = torch.zeros((), device=device), torch.zeros((), device=device)
        for column in range(columns.start, columns.stop):
            entropy = nn.functional.cross_entropy(
                logits[column].float().flatten(0, 1), batch["tokens"][..., column].flatten(), reduction="none"
            )
            total = total + (entropy * weight[..., column].flatten()).sum()
            count = count + weight[..., column].sum()
        losses[name] = total / count.clamp(min=1.0)
    entropy = torch.stack(
        [
            nn.functional.cross_entropy(g.float(), batch["globals"][:, i], reduction="none")
            for i, g in enumerate(global_logits)
        ],
        1,
    )
    losses["globals"] = (entropy * batch["hidden_globals"]).sum() / batch["hidden_globals"].sum().clamp(min=1)
    shares = {
        "chord": 1.5,
        "energy": 0.3,
        "drums": 1.0,
        "bass": 1.0,
        "harmony": 1.0,
        "lead": 1.0,
        "globals": 0.3,
    }
    losses["loss"] = torch.stack([shares[name] * value for name, value in losses.items()]).sum()
    return losses


def scores(network: nn.Module, held_out: ScoreCrops, device: torch.device) -> dict[str, float]:
    """Mean losses of the same held-out crops every time."""
    batches = [held_out(step) for step in range(4)]
    return mean_losses(
        [masked_losses(network, {k: v.to(device) for k, v in b.items()}, device) for b in batches]
    )
