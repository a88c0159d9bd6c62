"""How the window feels, measured: `python -m tests.ui.bench [--generate]` prints a table. Asserts nothing.

Frames are timed on a window with a ten-minute vocal and four candidates, painted off the screen by the processor, which
is what the pictures cost anywhere. Processor time is told beside wall time, because other work on the machine counts
only in the latter.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.app import build_window
from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.core.analysis import Given
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.dsp.spectrogram import display_spectrogram
from studio.dsp.waveform import outline
from studio.services.generating.engine_process import start_bundled_engine
from studio.services.generating.service import GenerationService
from studio.storage.paths import models_dir, resources_dir
from studio.ui.appearance import theme
from studio.ui.timeline.spectrogram_view import Picture
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.services.band import make_analysis, make_candidate, make_vocal

_RATE = 44100
_LONG_S = 600.0
_FIRST_WINDOW = """
import sys, time
from PySide6.QtCore import QObject, QEvent
from PySide6.QtWidgets import QApplication
from studio.ui.window.main_window import MainWindow
shown = MainWindow.paintEvent
def paint(self, event):
    shown(self, event)
    print(time.process_time(), time.time() - {start}); sys.stdout.flush()
    import os; os._exit(0)
MainWindow.paintEvent = paint
import studio.app
studio.app.run_app()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--generate", action="store_true", help="also watch the event loop during a generation"
    )
    options = parser.parse_args()
    _tell("load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        _time_first_window(Path(folder))
        app = QApplication([])
        theme.apply_theme(app, "dark")
        window = _make_window(Path(folder))
        window.resize(1360, 900)
        window.show()
        app.processEvents()
        _tell("memory, empty window", _memory())
        if options.generate:
            _watch_generation(app, window)
        _time_zooming(app, window)
        window.close()


def _tell(what: str, value: str) -> None:
    print(f"{what:<44} {value}", flush=True)


def _memory() -> str:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return f"{pages * resource.getpagesize() / 1e6:.0f} MB"


def _time_first_window(folder: Path) -> None:
    """From starting the interpreter to the first painting, the best of three: the others wait for other programs."""
    env = {**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    seconds, processor = [], []
    for _ in range(3):
        code = _FIRST_WINDOW.format(start=time.time())
        out = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        processor.append(float(out.stdout.split()[-2]))
        seconds.append(float(out.stdout.split()[-1]))
    _tell(
        "time to first window",
        f"{min(seconds):.2f} s, of it {min(processor):.2f} s of processor; slowest of three {max(seconds):.2f} s",
    )


def _make_window(folder: Path) -> MainWindow:
    service = GenerationService(models_dir(), "cpu", start_bundled_engine)
    player = Player(find_setup=AudioSetup)
    return build_window(
        service, player, Preferences(folder / "window.ini"), folder / "data", folder / "Music"
    )


def _watch_generation(app: QApplication, window: MainWindow) -> None:
    """The longest time between two turns of the event loop, and all longer than 50 ms, during one candidate."""
    window.open_path(resources_dir() / "demo_vocal.flac")
    while not window.request.generate.isEnabled() or window.workspace.runner.busy:
        app.processEvents()
        time.sleep(0.01)
    gaps, last = [], time.perf_counter()

    def turn() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        if not window.generation.running and not window.workspace.runner.busy:
            app.exit()

    timer = QTimer()
    timer.timeout.connect(turn)
    window.playback.toggle()
    window.request.count.set_value(1)
    window.generate()
    started = time.perf_counter()
    timer.start(1)
    app.exec()
    timer.stop()
    window.playback.stop()
    _tell("one candidate for the demo vocal", f"{time.perf_counter() - started:.1f} s")
    _tell("longest stall of the event loop meanwhile", f"{max(gaps) * 1000:.0f} ms")
    _tell("turns that took longer than 50 ms", f"{sum(g > 0.05 for g in gaps)} of {len(gaps)}")
    _tell("memory, one candidate", _memory())


def _time_zooming(app: QApplication, window: MainWindow) -> None:
    """Zooms into ten minutes and out again, in 120 steps, the whole window painted after each."""
    sound = np.random.default_rng(1).normal(0, 0.1, round(_LONG_S * _RATE)).astype(np.float32)
    picture = Picture.of(
        display_spectrogram(sound, _RATE, scale="mel", columns_per_s=33.0), outline(sound, _RATE)
    )
    grid = BeatGrid.regular(120.0, Meter(4, 4), _LONG_S)
    del sound
    window.panels.show_vocal()
    window.candidates.clear()
    window.timeline.reset(_LONG_S)
    window.timeline.set_grid(grid)
    window.vocal.show_picture(picture)
    vocal = make_vocal(1.0)
    for number in range(1, 5):
        candidate = make_candidate(vocal, make_analysis(_LONG_S, grid, Given()), number)
        row = window.candidates.add(candidate)
        row.show_picture(picture)
        row.show()
    app.processEvents()
    _tell("memory, pictures of ten minutes (five alike)", _memory())
    for name, waveforms in (("spectrograms", False), ("waveforms", True)):
        window.view.show_pictures("wave" if waveforms else "mel")
        app.processEvents()
        frames: list[float] = []
        started, cpu = time.perf_counter(), time.thread_time()
        for step in range(120):
            before = time.perf_counter()
            window.timeline.zoom(0.93 if step < 60 else 1 / 0.93, 201.0)
            app.processEvents()
            frames.append(time.perf_counter() - before)
        wall, used = time.perf_counter() - started, time.thread_time() - cpu
        _tell(
            f"zooming ten minutes, {name}",
            f"{120 / wall:.0f} frames a second; {used / 120 * 1000:.1f} ms of processor and at the median "
            f"{np.median(frames) * 1000:.1f} ms a frame, slowest {max(frames) * 1000:.0f} ms",
        )


if __name__ == "__main__":
    main()
