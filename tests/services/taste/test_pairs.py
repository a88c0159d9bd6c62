"""Pairs of the blind test: one phrase, one seed, two models, equally loud; what was in use is so again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.dsp.loudness import integrated_lufs
from studio.services.taste.pairs import NEW, OLD, PairMaker
from tests.services.band import ToneEngine
from tests.services.taste.song import TestSong, make_song

OWN, TRIED = Path("own"), Path("tried")


class Switched(ToneEngine):
    """Notes which model was in use for what."""

    def __init__(self) -> None:
        super().__init__()
        self.used: list[tuple[Path | None, float]] = []
        self.arranged: list[tuple[Path | None, GenerationRequest]] = []

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> None:
        self.used.append((path, strength))

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        self.arranged.append((self.used[-1][0], request))
        return super().arrange(request, run)

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> object:
        run.cancel.check()
        return super().play(vocal, plans, run)


@pytest.fixture
def song(tmp_path: Path) -> TestSong:
    return make_song(tmp_path)


def test_both_models_play_the_same_request(song: TestSong) -> None:
    maker = Switched()
    pairs = PairMaker(maker, lambda: (OWN, 0.5))
    made = [
        pairs.make(song.context, n, TRIED, on_step=lambda _: None, cancel=CancelToken()) for n in range(1, 9)
    ]
    for number, pair in enumerate(made):
        (old, first), (new, second) = maker.arranged[2 * number : 2 * number + 2]
        assert (old, new) == (OWN, TRIED)
        assert (first.seed, first.candidates, first.analysis) == (
            second.seed,
            second.candidates,
            second.analysis,
        )
        lufs = [integrated_lufs(pair.sounds[name].band) for name in (OLD, NEW)]
        assert lufs[0] == pytest.approx(lufs[1], abs=0.2)
    assert len({request.seed for _, request in maker.arranged}) == 8
    assert {pair.order for pair in made} == {(OLD, NEW), (NEW, OLD)}
    assert maker.used[:3] == [(OWN, 0.5), (TRIED, 1.0), (OWN, 0.5)]
    again = pairs.make(song.context, 3, TRIED, on_step=lambda _: None, cancel=CancelToken())
    assert again.order == made[2].order
    assert np.array_equal(again.sounds[NEW].band.samples, made[2].sounds[NEW].band.samples)


def test_a_cancelled_pair_leaves_the_model_in_use(song: TestSong) -> None:
    maker, cancel = Switched(), CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        PairMaker(maker, lambda: (OWN, 0.5)).make(
            song.context, 1, TRIED, on_step=lambda _: None, cancel=cancel
        )
    assert maker.used[-1] == (OWN, 0.5)
