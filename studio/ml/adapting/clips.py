"""What an adapter is trained on and how: rated clips and the settings of a training.

Plain arrays, without torch, so that they travel between processes and a window can hold them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import Arrangement
from studio.core.language import tr

#: `adapter`: low rank, kept near the base. `paper`: every weight, the weighted loss alone (arXiv:2506.04852).
Method = Literal["adapter", "paper"]
METHODS: tuple[Method, ...] = ("adapter", "paper")
#: Rated clips below which a training is not worth its minutes.
LEAST_CLIPS = 40


@dataclass(frozen=True, eq=False)
class RatedClip:
    """One accompaniment that was rated, as the arrangement model sees it.

    Attributes:
        key: unique among all clips.
        song: names the vocal; clips are compared within it, and whole songs are held out.
        tokens: int64 [L, 21]; globals: int64 [7]; as core.score.Score.
        melody: float32 [L, N_MELODY]; place: int64 [L]; song_features: float32 [3]; as model.Condition.
        weight: w_i of studio.taste.weights, about 1; 0 leaves the clip out.
        utility: how much it is liked, on any scale; pairs of held-out clips are told apart by it.
        sound: what it sounds like, where its rating speaks of sound.
    """

    key: str
    song: str
    tokens: NDArray[np.int64]
    globals: NDArray[np.int64]
    melody: NDArray[np.float32]
    place: NDArray[np.int64]
    song_features: NDArray[np.float32]
    weight: float = 1.0
    utility: float = 0.0
    sound: SoundClip | None = None


@dataclass(frozen=True, eq=False)
class SoundClip:
    """How a band model's clip comes to sound again: the mel model is given the same notes and noise.

    Attributes:
        seed: `Recipe.sound_seed`.
        weight: like `RatedClip.weight`, from utilities of the sound's features alone.
    """

    arrangement: Arrangement
    seed: int
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class MixClip:
    """One rated accompaniment of FastSAG, which knows sounds only.

    Attributes:
        vocal, accompaniment: float32 [clip samples] mono at 24 kHz, scaled as `front_end.scale_audio`.
    """

    key: str
    song: str
    vocal: NDArray[np.float32]
    accompaniment: NDArray[np.float32]
    weight: float = 1.0
    utility: float = 0.0


@dataclass(frozen=True)
class TrainingSettings:
    """How an adapter is trained, see docs/adapters.md for what was tried.

    Attributes:
        steps: None for clip(8 n, 150, 480) of n clips.
        batch: rated clips in a step; as many replayed crops go beside them.
        replay, anchor: weights of these terms; the paper's method has neither.
        patience: evaluations without a better held-out accuracy after which it ends.
        evaluations: how many there are, evenly spread.
    """

    method: Method = "adapter"
    rank: int = 4
    steps: int | None = None
    learning_rate: float = 1e-4
    batch: int = 4
    replay: float = 1.0
    anchor: float = 1.0
    ema: float = 0.99
    clip: float = 1.0
    patience: int = 4
    evaluations: int = 10
    seed: int = 0

    @property
    def shift(self) -> float:
        """What is taken off the weight of a rated clip, see arrangement_task."""
        return 1.0 if self.method == "adapter" else 0.0

    def steps_for(self, clips: int) -> int:
        """Steps of a training on so many clips."""
        return self.steps or min(max(8 * clips, 150), 480)

    def with_draws(self) -> TrainingSettings:
        """The same where several hundred labelled draws are learnt from: faster, and to the end. There is less to learn
        by heart, and how well held-out clips are told apart begins to rise late."""
        return replace(self, learning_rate=8.0 * self.learning_rate, patience=self.evaluations)


@dataclass(frozen=True, eq=False)
class AdapterTraining:
    """One training, from the base.

    Attributes:
        clips: to be learnt; `held_out`: of other songs, to see whether anything was learnt.
        folder: holds the checkpoint while it goes on and `adapter.safetensors` at the end.
        replay_file: models/replay.safetensors.
        start: the paper's method goes on from the generation before, a file of the same method; else None.
        note: goes into the file's header, such as a name.
    """

    clips: Sequence[RatedClip] | Sequence[MixClip]
    held_out: Sequence[RatedClip] | Sequence[MixClip]
    folder: Path
    replay_file: Path
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    start: Path | None = None
    note: str = ""

    def fingerprint(self, base: Mapping[str, str]) -> str:
        """Of everything that decides the result but the device; another training's checkpoint is not gone on with."""
        content = hashlib.sha256(repr((self.settings, sorted(base.items()), str(self.start))).encode())
        for clip in (*self.clips, *self.held_out):
            content.update(repr((clip.key, clip.song, clip.weight, clip.utility)).encode())
            arrays = (clip.tokens, clip.melody) if isinstance(clip, RatedClip) else (clip.accompaniment,)
            for array in arrays:
                content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


@dataclass(frozen=True)
class Check:
    """One guard: what was found beside what is allowed."""

    name: str
    found: float
    limit: float
    passed: bool


@dataclass(frozen=True)
class AdapterReport:
    """How a training went, in plain values.

    Attributes:
        sha256: of the adapter's file.
        base: SHA-256 by model name of what it belongs to.
        stopped: why it ended: 'finished', or what was seen.
        history: a row an evaluation: step, accuracy, replay (loss against the base's), diversity.
        audible: whether what it makes differs from the base's by more than chance; `changes` says how, in words.
        checks: the guards.
    """

    sha256: str
    base: Mapping[str, str]
    method: str
    clips: int
    held_out: int
    steps: int
    planned: int
    stopped: str
    seconds: float
    device: str
    audible: bool
    changes: tuple[str, ...]
    checks: tuple[Check, ...]
    history: tuple[Mapping[str, float], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fit_for_test(self) -> bool:
        """Whether it may go to the blind test of old against new."""
        return self.audible and all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """One sentence for the user."""
        if not self.audible:
            return tr(
                "No audible effect: what it plays differs from the model before by no more than chance."
            )
        failed = [check.name for check in self.checks if not check.passed]
        if failed:
            return tr("Not fit to be used: {names}.", names="; ".join(map(tr, failed)))
        return tr("Changes what is played: {names}.", names="; ".join(map(tr, self.changes)))
