"""The engines side by side on one vocal: seconds, memory, network calls, parameters.

Each kind has a process of its own, so that its memory is its own; all are loaded first, and then they take turns, so
that a machine that is busy at times is so for all of them. The fastest turn of each counts. From the loaded vocal to
the samples of one candidate; for the band model listening to the vocal is counted too, since it needs it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.audio.files import read_audio
from studio.core.audio import Audio
from studio.core.request import GenerationRequest
from studio.services.exporting.report import peak_memory_bytes
from studio.services.machine.bench import Timed
from studio.services.vocal import analyse_vocal

LENGTH_S = 10.0
TURNS = 2


@dataclass(frozen=True)
class EngineFigures(Timed):
    """One engine on one vocal.

    Attributes:
        wall_s, cpu_s: of the fastest turn, the latter of all cores together.
        calls: of networks, for one candidate.
        parameters: of all its networks.
        peak_memory_bytes: of its process; engines that are the same networks share one.
    """

    name: str
    length_s: float
    wall_s: float
    cpu_s: float
    calls: int
    parameters: int
    peak_memory_bytes: int | None


def bench_engines(
    vocal: Path,
    models_dir: Path,
    device: str,
    *,
    length_s: float = LENGTH_S,
    turns: int = TURNS,
    on_step: Callable[[str], None] = lambda _: None,
) -> list[EngineFigures]:
    """Measures all engines in turns.

    Args:
        vocal: cut, or repeated, to `length_s`.

    Raises:
        StudioError: vocal or models cannot be used.
    """
    from studio.ml.bench.engine_bench import GROUPS

    context = multiprocessing.get_context("spawn")
    best: dict[str, EngineFigures] = {}
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(ProcessPoolExecutor(1, mp_context=context)) for _ in GROUPS]
        for turn in range(turns):
            for names, process in zip(GROUPS, processes, strict=True):
                for name in names:
                    on_step(f"turn {turn + 1} of {turns}: {name}")
                    work = process.submit(_measure, names, name, vocal, models_dir, device, length_s)
                    figures = work.result()
                    if name not in best or figures.wall_s < best[name].wall_s:
                        best[name] = figures
    return list(best.values())


_LOADED: dict[str, object] = {}
"""Of this process: its engines by name, and the vocal."""


def _measure(
    names: tuple[str, ...], name: str, vocal: Path, models_dir: Path, device: str, length_s: float
) -> EngineFigures:
    from studio.ml.bench.engine_bench import GROUPS, Contender, load_contenders

    if not _LOADED:
        _LOADED.update((y.name, y) for y in load_contenders(names, models_dir, device))
    engine = _LOADED[name]
    assert isinstance(engine, Contender)
    audio = read_audio(vocal)
    frames = round(length_s * audio.sample_rate)
    samples = np.tile(audio.samples, (1, -(-frames // audio.frames)))[:, :frames]
    cut = Audio(samples, audio.sample_rate)
    analysis = analyse_vocal(cut)
    wall, cpu = time.perf_counter(), time.process_time()
    if names == GROUPS[0]:
        analysis = analyse_vocal(cut)
    calls = engine.run(GenerationRequest(cut, analysis, candidates=1))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return EngineFigures(name, length_s, wall, cpu, calls, engine.parameters, peak_memory_bytes())
