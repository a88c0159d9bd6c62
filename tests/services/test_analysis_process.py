"""The same analysis as in this process, a cancel that is heeded, and a process that dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from studio.core.analysis import Given
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.services.analysis_process import AnalysisProcess
from studio.services.vocal import analyse_vocal
from studio.storage.codec import to_json
from tests.services.band import make_vocal


@pytest.fixture(scope="module")
def listen() -> Iterator[AnalysisProcess]:
    process = AnalysisProcess()
    yield process
    process.close()


def test_it_hears_what_this_process_hears(listen: AnalysisProcess) -> None:
    audio, given = make_vocal(4.0).audio, Given(tempo_bpm=96.0)
    steps: list[Progress] = []
    heard = listen(audio, given, on_step=steps.append)
    assert to_json(heard) == to_json(analyse_vocal(audio, given))
    assert steps
    song = listen(audio, None, song=heard)
    assert song.grid == heard.grid


def test_a_cancel_ends_it_and_the_next_vocal_is_heard(listen: AnalysisProcess) -> None:
    audio, cancel = make_vocal(12.0).audio, CancelToken()
    with pytest.raises(JobCancelled):
        listen(audio, on_step=lambda _: cancel.cancel(), cancel=cancel)
    assert listen(make_vocal(3.0).audio).duration_s == 3.0


def test_a_process_that_dies_is_said_and_started_again(listen: AnalysisProcess) -> None:
    def kill(_: Progress) -> None:
        assert listen._child is not None
        os.kill(listen._child[0].pid, signal.SIGKILL)

    with pytest.raises(StudioError, match="stopped unexpectedly"):
        listen(make_vocal(12.0).audio, on_step=kill)
    assert listen(make_vocal(3.0).audio).duration_s == 3.0


def test_two_threads_are_served_one_after_the_other(listen: AnalysisProcess) -> None:
    lengths: list[float] = []
    threads = [
        threading.Thread(target=lambda s=s: lengths.append(listen(make_vocal(s).audio).duration_s))
        for s in (3.0, 4.0)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lengths) == [3.0, 4.0]
