"""Learning a taste in arrangements: rated clips, replay and an anchor, on the arrangement model's own loss.

    loss = E_rated[(w - 1) CE] + replay E_replay[CE] + anchor E_both[KL(base || model)]

Usual is w where this has w - 1. The rated clips were drawn by the base itself, at
a lower temperature and under guidance, so that the mean of w CE pulls towards such clips whatever their ratings: the
draws become more alike, and ratings that say nothing have an effect. Without that pull, equal weights have a gradient
of zero, and where the anchor has weight 1 the best guess is the base's plus the covariance of weight and token: the
mean of the base's draws, weighted by w. Weights below 1 push tokens away; the anchor bounds how far. The paper's method
is its own: w CE alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn

from studio.core.score import GLOBALS, N_COLUMNS
from studio.ml.adapting.clips import RatedClip, TrainingSettings
from studio.ml.adapting.drawing import condition_of_arrays, diversity, draw_scores
from studio.ml.adapting.replay import Replay
from studio.ml.adapting.trainer import Evaluation
from studio.ml.arrangement.loss import Guesses, distances_of, guess, losses_of
from studio.ml.arrangement.masking import draw_mask
from studio.ml.arrangement.melody import N_MELODY
from studio.ml.arrangement.model import Condition
from studio.ml.device import supports_bfloat16

#: Quarters of a crop in training.
CROP = 32
#: Much of a taste lies in which band plays: style, density, instruments. These seven tokens are drawn first, with all
#: others masked; so that is what a third of the examples look like, and they count more than in the base's training.
#: With the base's shares a preference for busy drums was learnt in the drums' columns and not in the choice of the
#: band, and what was drawn hardly changed.
_WHOLE, _BAND_SHARE = 0.33, 1.5
#: Masks by which a held-out clip's likelihood is estimated; vocals and draws by which diversity is.
_MASKS, _VOCALS, _DRAWS = 4, 2, 4
_REPLAYED = 24
#: Phrases of the listener's, fewer than which a result is judged on others' too.
_ENOUGH = 4
#: A mask's first column of numbers, which keeps evaluations apart from steps.
_HELD_OUT = 10**6


@dataclass(frozen=True, eq=False)
class Trials:
    """What a result is judged on: conditions of phrases of the listener's that were held out, `unheard` of them, then
    of `learnt` ones that were not, then of others from the replay."""

    conditions: Sequence[Condition]
    unheard: int
    learnt: int

    @property
    def told(self) -> dict[str, int]:
        """How many of each."""
        others = len(self.conditions) - self.unheard - self.learnt
        return {"held out": self.unheard, "learnt from": self.learnt, "of others": others}


class ArrangementTask:
    """See trainer.Task.

    Args:
        clips, held_out: of different songs.
        base: the network as it was, on the device.
    """

    def __init__(
        self,
        clips: Sequence[RatedClip],
        held_out: Sequence[RatedClip],
        replay: Replay,
        settings: TrainingSettings,
        base: nn.Module,
        device: torch.device,
    ) -> None:
        self._clips = [clip for clip in clips if clip.weight > 0.0]
        self._held_out, self._replay = list(held_out), replay
        self._settings, self._device = settings, device
        self._base = base
        # Emulated, half precision would be slower; and its rounding would be most of a small change's gradient.
        self._bfloat16 = supports_bfloat16(device)
        self._reference: list[float] | None = None

    def batch(self, step: int) -> dict[str, Tensor]:
        """Rated clips first, then as many replayed ones."""
        settings = self._settings
        rng = np.random.default_rng([settings.seed, 31, step])
        n = len(self._clips)
        # Each clip once in a round, in an order of the round's own.
        places = range(step * settings.batch, (step + 1) * settings.batch)
        rounds = {p // n: np.random.default_rng([settings.seed, 32, p // n]).permutation(n) for p in places}
        rated = [self._clips[int(rounds[p // n][p % n])] for p in places]
        rows = [_row_of(clip) for clip in rated]
        if settings.method == "adapter":
            rows += [
                _row_of_replay(self._replay, int(i)) for i in rng.choice(self._replay.kept, settings.batch)
            ]
        example = [clip.weight - settings.shift for clip in rated] + [1.0] * (len(rows) - len(rated))
        return self._placed(_masked(rows, rng, _WHOLE)) | {
            "example": torch.tensor(example, device=self._device)
        }

    def losses(
        self, live: nn.Module, base: nn.Module, batch: Mapping[str, Tensor], *, plain: bool
    ) -> dict[str, Tensor]:
        """See trainer.Task."""
        guesses = self._guess(live, batch)
        size = self._settings.batch
        rated, played = slice(0, size), slice(size, None)
        preferred = losses_of(_rows(guesses, rated), _batch_rows(batch, rated), _BAND_SHARE)["loss"]
        if plain:
            return {"preferred": preferred, "loss": preferred}
        replayed = losses_of(_rows(guesses, played), _batch_rows(batch, played))["loss"]
        with torch.no_grad():
            before = self._guess(base, batch)
        whole = {name: value for name, value in batch.items() if name != "example"}
        anchor = distances_of(before, guesses, whole, _BAND_SHARE)["loss"]
        settings = self._settings
        loss = preferred + settings.replay * replayed + settings.anchor * anchor
        return {"preferred": preferred, "replay": replayed, "anchor": anchor, "loss": loss}

    def evaluate(self, trial: nn.Module, check: Callable[[], None]) -> Evaluation:
        """See trainer.Task."""
        if self._reference is None:
            self._reference = self._likelihoods(self._base, check)
        gains = [a - b for a, b in zip(self._likelihoods(trial, check), self._reference, strict=True)]
        replayed = []
        for some in np.array_split(self._replay.held_out[:_REPLAYED], 3):
            check()
            if len(some):
                played = [_row_of_replay(self._replay, int(i)) for i in some]
                masked = _masked(played, np.random.default_rng([_HELD_OUT, 1, int(some[0])]))
                replayed.append(float(self._loss(trial, masked)))
        drawn = draw_scores(trial, self.conditions(_VOCALS), _DRAWS, check)
        accuracy, pairs = pair_accuracy(self._held_out, gains)
        return Evaluation(accuracy, float(np.mean(replayed)), diversity(drawn), pairs)

    def _likelihoods(self, network: nn.Module, check: Callable[[], None]) -> list[float]:
        """Of each held-out clip, from the same masks every time."""
        likelihoods = []
        for number, clip in enumerate(self._held_out):
            check()
            masked = _masked([_row_of(clip)] * _MASKS, np.random.default_rng([_HELD_OUT, number]))
            likelihoods.append(-float(self._loss(network, masked)))
        return likelihoods

    def conditions(self, most: int) -> list[Condition]:
        """Melodies to try a model on that it does not learn from: held-out vocals, then held-out replay."""
        found = list({clip.song: clip for clip in self._held_out}.values())[:most]
        return [_condition_of(clip) for clip in found] + self._others(most - len(found))

    def trials(self, most: int) -> Trials:
        """Melodies to judge the result on: phrases of the listener's that were held out, then such as it learns from,
        of each song by turns; where these are too few, held-out replay besides."""
        unheard = _by_turns(self._held_out)[:most]
        melodies = {clip.melody.tobytes() for clip in unheard}
        known = [clip for clip in _by_turns(self._clips) if clip.melody.tobytes() not in melodies]
        own = [*unheard, *known[: most - len(unheard)]]
        others = self._others(most - len(own)) if len(own) < _ENOUGH else []
        return Trials([_condition_of(clip) for clip in own] + others, len(unheard), len(own) - len(unheard))

    def _others(self, count: int) -> list[Condition]:
        replay, beats = self._replay, slice(0, CROP)
        return [
            condition_of_arrays(replay.melody[i, beats], replay.place[i, beats], replay.song[i])
            for i in replay.held_out[: max(0, count)]
        ]

    @torch.no_grad()
    def _loss(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        placed = self._placed(batch)
        return losses_of(self._guess(network, placed), placed)["loss"]

    def _guess(self, network: nn.Module, batch: Mapping[str, Tensor]) -> Guesses:
        return guess(network, batch, self._device, bfloat16=self._bfloat16)

    def _placed(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value.to(self._device) for name, value in batch.items()}


def pair_accuracy(clips: Sequence[RatedClip], gains: Sequence[float]) -> tuple[float | None, int]:
    """Share of the pairs of one song of which the liked one gained more likelihood, None without pairs; and how many
    pairs there are."""
    by_song: dict[str, list[int]] = defaultdict(list)
    for number, clip in enumerate(clips):
        by_song[clip.song].append(number)
    told = [
        0.5 if gains[a] == gains[b] else float((gains[a] > gains[b]) == (clips[a].utility > clips[b].utility))
        for members in by_song.values()
        for a, b in combinations(members, 2)
        if clips[a].utility != clips[b].utility
    ]
    return (float(np.mean(told)) if told else None), len(told)


def _condition_of(clip: RatedClip) -> Condition:
    return condition_of_arrays(clip.melody, clip.place, clip.song_features)


def _by_turns(clips: Sequence[RatedClip]) -> list[RatedClip]:
    """One clip of each phrase: the first phrases of all songs, then the second ones, and so on."""
    phrases: dict[str, dict[bytes, RatedClip]] = defaultdict(dict)
    for clip in clips:
        phrases[clip.song].setdefault(clip.melody.tobytes(), clip)
    turns = [(turn, clip) for found in phrases.values() for turn, clip in enumerate(found.values())]
    return [clip for _, clip in sorted(turns, key=lambda pair: pair[0])]


class _Row:
    """One score with what it was made for, at most `CROP` quarters of it when it is masked."""

    def __init__(self, tokens: object, globals_: object, melody: object, place: object, song: object) -> None:
        self.tokens, self.globals = np.asarray(tokens), np.asarray(globals_)
        self.melody, self.place, self.song = np.asarray(melody), np.asarray(place), np.asarray(song)


def _row_of(clip: RatedClip) -> _Row:
    return _Row(clip.tokens, clip.globals, clip.melody, clip.place, clip.song_features)


def _row_of_replay(replay: Replay, number: int) -> _Row:
    return _Row(
        replay.tokens[number], replay.globals[number], replay.melody[number], replay.place[number],
        replay.song[number],
    )  # fmt: skip


def _masked(rows: Sequence[_Row], rng: np.random.Generator, whole: float = 0.1) -> dict[str, Tensor]:
    """A batch of the arrangement model's training, padded with weight 0; longer scores give a stretch of whole bars."""
    count, longest = len(rows), min(CROP, max(len(row.tokens) for row in rows))
    tokens = np.zeros((count, longest, N_COLUMNS), dtype=np.int64)
    hidden = np.zeros((count, longest, N_COLUMNS), dtype=bool)
    weight = np.zeros((count, longest, N_COLUMNS), dtype=np.float32)
    melody = np.zeros((count, longest, N_MELODY), dtype=np.float32)
    place = np.zeros((count, longest), dtype=np.int64)
    hidden_globals = np.zeros((count, len(GLOBALS)), dtype=bool)
    for i, row in enumerate(rows):
        downbeats = np.flatnonzero(row.place % 4 == 0)
        bar = int(np.diff(downbeats).max()) if len(downbeats) > 1 else 4
        starts = [int(s) for s in downbeats if s + longest <= len(row.tokens)] or [0]
        start = starts[int(rng.integers(len(starts)))]
        n = min(longest, len(row.tokens) - start)
        stretch = slice(start, start + n)
        tokens[i, :n], melody[i, :n], place[i, :n] = (
            row.tokens[stretch],
            row.melody[stretch],
            row.place[stretch],
        )
        hidden[i, :n], hidden_globals[i], weight[i, :n] = draw_mask(rng, n, bar, whole)
    arrays = {
        "tokens": tokens, "hidden": hidden, "weight": weight, "melody": melody, "place": place,
        "globals": np.stack([row.globals for row in rows]).astype(np.int64), "hidden_globals": hidden_globals,
        "song": np.stack([row.song for row in rows]).astype(np.float32),
    }  # fmt: skip
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _rows(guesses: Guesses, rows: slice) -> Guesses:
    return Guesses([g[rows] for g in guesses.columns], [g[rows] for g in guesses.globals])


def _batch_rows(batch: Mapping[str, Tensor], rows: slice) -> dict[str, Tensor]:
    return {name: value[rows] for name, value in batch.items()}
