"""Plays and records through the loop while candidates are generated, and counts bad samples; no part of the suite.

    python -m tests.audio.soak --seconds 600 --load process

Prints the samples that came back other than they were played, the xruns the driver reported, and how late blocks
came: jackd waits for its clients here, real hardware would not, so a block that was later than the buffer of 100 ms is
what would be heard. `--load thread` has the generator in this process, for comparison.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.devices import AudioSetup
from studio.audio.files import read_audio
from studio.audio.player import Player
from studio.core.errors import JobCancelled
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.music import Meter
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.generating.engine_process import start_bundled_engine
from studio.services.generating.service import GenerationService, load_bundled_engine
from studio.services.recording.latency import LatencyTest
from studio.services.recording.recording import RecordingPlan, RecordingService
from studio.services.vocal import analyse_vocal
from studio.storage.paths import models_dir, resources_dir
from tests.audio.loop import RATE, jack_loop, noise, wait_until


class Load:
    """Loads the models, then generates for the demo vocal again and again, on a thread, as the window does."""

    def __init__(self, kind: str) -> None:
        self.made, self._kind, self._cancel = 0, kind, CancelToken()
        self.ready, self.begin = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.thread_id = self._thread.native_id

    def _run(self) -> None:
        vocal = read_audio(resources_dir() / "demo_vocal.flac")
        analysis = analyse_vocal(vocal)
        self.ready.set()
        self.begin.wait()
        if self._kind == "none":
            return
        load = start_bundled_engine if self._kind == "process" else load_bundled_engine
        service = GenerationService(models_dir(), "cpu", load)
        try:
            while True:
                request = GenerationRequest(vocal, analysis, 4, self.made + 1)
                service.generate(request, Run(self._cancel, on_candidate=self._count))
        except JobCancelled:
            service.unload()

    def _count(self, _: object) -> None:
        self.made += 1

    def stop(self) -> None:
        self._cancel.cancel()
        self._thread.join()


def watch_callback(player: Player) -> list[tuple[float, float]]:
    """(when the interpreter entered, seconds of work) for every block from now on."""
    stream = player._stream
    assert stream is not None
    seen: list[tuple[float, float]] = []
    count_block = stream._on_block

    def on_block(out: Any, heard: Any) -> None:
        entered = time.perf_counter()
        count_block(out, heard)
        seen.append((entered, time.perf_counter() - entered))

    stream._on_block = on_block
    return seen


def make_realtime(load: Load) -> None:
    """What hosts do for their audio threads: the server's and this process's, without the generator's."""
    server = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "jackd"], capture_output=True, text=True, check=True
    )
    threads = {
        int(t.name) for pid in (os.getpid(), int(server.stdout)) for t in Path(f"/proc/{pid}/task").iterdir()
    }
    for thread in threads - {load.thread_id}:
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--load", choices=("none", "thread", "process"), default="process")
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="server and callback as real-time threads, as hosts run them; needs root",
    )
    options = parser.parse_args()
    sys.setswitchinterval(0.001)  # as studio.app does
    load = Load(options.load)
    load.ready.wait()
    with jack_loop() as device, tempfile.TemporaryDirectory() as folder:
        player = Player(find_setup=lambda: AudioSetup(device, device, 0, 2))
        player.open()
        song = noise(1, round(options.seconds * RATE))
        player.load({"song": song})
        player.set_gains({"song": 1.0})
        time.sleep(0.1)  # the gain settles while the transport stands
        test = LatencyTest(player)
        wait_until(lambda: test.done)
        latency = test.finish().frames
        service = RecordingService(player, Path(folder))
        blocks = watch_callback(player)
        if options.realtime:
            make_realtime(load)
        began = time.monotonic()
        load.begin.set()
        service.start(RecordingPlan(BeatGrid.regular(120, Meter(4, 4), 10.0), latency))
        wait_until(lambda: service.complete, 3 * options.seconds + 60)
        took = time.monotonic() - began
        underflows, overflows = player.xruns
        recorded = service.finish()
        load.stop()
        assert recorded is not None
        heard = read_audio(recorded.path).samples
        bad = int((heard != song[:, : heard.shape[1]]).any(axis=0).sum())
        player.close()
    work = np.array([w for _, w in blocks]) * 1000
    entries = np.array([e for e, _ in blocks])
    late = np.maximum(0, np.diff(entries) - 1024 / RATE) * 1000
    print(
        f"{options.seconds:g} s in {took:.1f} s, {load.made} candidates made meanwhile; latency {latency} frames"
    )
    missing = song.shape[1] - heard.shape[1]
    print(f"bad samples {bad} of {heard.shape[1]}, missing {missing}; {recorded.problem or 'no problem'}")
    print(f"xruns reported: output {underflows}, input {overflows}")
    for name, values in (("callback work ms", work), ("later than due ms", late)):
        p = np.percentile(values, [50, 99, 99.9, 100])
        print(f"{name}: median {p[0]:.2f}, 99 % {p[1]:.2f}, 99.9 % {p[2]:.2f}, most {p[3]:.2f}")
    print("blocks later than", {ms: int((late > ms).sum()) for ms in (5, 10, 20, 50, 100)}, "of", len(late))


if __name__ == "__main__":
    main()
