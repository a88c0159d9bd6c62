"""Rendering on several threads: the same sound whatever their number, and nothing left running."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.ml.sound.rendering import Rendering, vocal_level
from studio.ml.sound.synthesis import Performance, SynthesisConfig, Synthesiser
from studio.ml.workers import Workers, await_all
from tests.ml.sound.test_synthesis import _arrangement

VOCAL = Audio(np.full((1, 8 * 48000 + 37), 0.1, np.float32), 48000)


def _stems(synthesiser: Synthesiser, threads: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    with Workers() as workers:
        performance = Performance(_arrangement(drums="none"), 3, SynthesisConfig(steps=1, window_frames=200))
        rendering = Rendering(synthesiser, workers, performance, VOCAL)
        rendering.await_windows(lambda: None)
        rendering.begin_mix(vocal_level(VOCAL))
        stems = rendering.stems(lambda: None)
    return {stem: stems[stem].samples for stem in STEMS}


def test_the_number_of_threads_changes_rounding_at_most(
    synthesiser: Synthesiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    alone = _stems(synthesiser, 1, monkeypatch)
    monkeypatch.undo()
    together = _stems(synthesiser, 3, monkeypatch)
    monkeypatch.undo()
    torch.set_num_threads(before)
    assert not alone["drums"].any()
    for stem in STEMS:
        assert alone[stem].shape == (2, VOCAL.frames)
        np.testing.assert_allclose(alone[stem], together[stem], atol=1e-6, rtol=0)
    assert alone["bass"].any()


def test_each_worker_computes_on_one_core() -> None:
    before = torch.get_num_threads()

    def cores(_: int) -> int:
        time.sleep(0.02)  # so that every worker gets some of these
        torch.ones(1 << 16).exp()  # shared among the threads there are
        return torch.get_num_threads()

    torch.set_num_threads(3)
    try:
        with Workers() as workers:
            seen = await_all([workers.submit(cores, i) for i in range(12)], lambda: None)
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


def test_what_a_worker_raises_reaches_the_caller_and_the_rest_is_dropped() -> None:
    cancel, begun = CancelToken(), []

    def work(i: int) -> None:
        begun.append(i)
        time.sleep(0.01)
        cancel.check()

    def poll() -> None:
        cancel.cancel()

    with pytest.raises(JobCancelled), Workers() as workers:
        await_all([workers.submit(work, i) for i in range(2000)], poll)
    assert len(begun) < 2000


def test_results_come_in_order() -> None:
    with Workers() as workers:
        assert await_all([workers.submit(pow, i, 2) for i in range(50)], lambda: None) == [
            i * i for i in range(50)
        ]


def test_a_window_in_which_nothing_rings_is_silence_and_costs_nothing(synthesiser: Synthesiser) -> None:
    performance = Performance(_arrangement(), 1, SynthesisConfig(steps=1, window_frames=100))
    late = synthesiser.batches(performance, 4000)[-1]
    assert late[0].context.start > 2500
    made = synthesiser.render(performance, late)
    assert not made[0].any()
    assert "vocoder" not in performance.clock.seconds
