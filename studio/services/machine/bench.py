"""How fast the generator is on this machine, and how much memory it takes: the whole main job, timed.

Everything a user waits for is counted, from opening the vocal to verified files; only loading the models is not.
Each measurement has a fresh process, so that its peak memory is its own. Numbers of candidates are compared
within one process, turn by turn, since a machine is not equally fast all the time; the fastest turn of each
counts. CPU seconds are told beside wall seconds: they are what remains meaningful on a busy machine.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from studio.audio.files import read_audio
from studio.audio.wav import write_wav
from studio.core.amounts import many
from studio.core.audio import Audio
from studio.core.jobs import CancelToken
from studio.services.generating.generation_folder import FolderRequest, generate_to_folder
from studio.services.generating.service import GenerationService

LENGTHS_S = (30.0, 120.0, 600.0)
CANDIDATES = (1, 4)
_TURNS = 2


class Timed:
    """Real-time factors of what has a length and took its seconds."""

    length_s: float
    wall_s: float
    cpu_s: float

    @property
    def factor(self) -> float:
        """Seconds of work for a second of vocal."""
        return self.wall_s / self.length_s

    @property
    def cpu_factor(self) -> float:
        """The same in CPU seconds, which remain meaningful on a busy machine."""
        return self.cpu_s / self.length_s


@dataclass(frozen=True)
class Measurement(Timed):
    """One run of the main job.

    Attributes:
        length_s: of the vocal.
        wall_s, cpu_s: seconds of work, the latter of all cores together.
        stages_s: seconds by stage, of all threads together: they may add up to more than `wall_s`.
        peak_memory_bytes: of the process so far; None where the system does not tell.
    """

    length_s: float
    candidates: int
    wall_s: float
    cpu_s: float
    stages_s: Mapping[str, float]
    peak_memory_bytes: int | None

    @property
    def shares(self) -> dict[str, float]:
        """Share of each stage in all stages' seconds, the largest first."""
        whole = sum(self.stages_s.values()) or 1.0
        return {name: s / whole for name, s in sorted(self.stages_s.items(), key=lambda item: -item[1])}


@dataclass(frozen=True)
class Bench:
    """What was measured.

    Attributes:
        machine: processor, cores, threads, memory, device, by name.
        compared: the fastest turn of each number of candidates, at the first length.
        by_length: one candidate at each length.
    """

    machine: Mapping[str, str]
    compared: tuple[Measurement, ...]
    by_length: tuple[Measurement, ...]

    @property
    def ratio(self) -> float:
        """Time of the most candidates over that of the fewest."""
        return self.compared[-1].wall_s / self.compared[0].wall_s

    def as_json(self) -> dict[str, object]:
        """All of it, for a file."""
        return {**asdict(self), "ratio": self.ratio}


def run_bench(
    vocal: Path,
    models_dir: Path,
    device: str,
    *,
    lengths_s: Sequence[float] = LENGTHS_S,
    candidates: Sequence[int] = CANDIDATES,
    on_step: Callable[[str], None] = lambda _: None,
) -> Bench:
    """Measures the comparison at the first length, then one candidate at every length.

    Args:
        vocal: repeated, or cut, to each length.
        on_step: told what is measured next.

    Raises:
        StudioError: vocal or models cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as folder:
        first, *_ = lengths_s
        *fewer, most = candidates
        counts = ", ".join([*map(str, fewer), many(most, "candidate")])
        on_step(f"{first:g} s, {counts}, {many(_TURNS, 'turn')}")
        song = _song(vocal, Path(folder), first)
        turns = list(candidates) * _TURNS
        machine, runs = _in_fresh_process(song, models_dir, device, turns)
        compared = tuple(
            min((m for m in runs if m.candidates == n), key=lambda m: m.wall_s) for n in candidates
        )
        by_length = []
        for length_s in lengths_s:
            on_step(f"{length_s:g} s, 1 candidate, alone in its process")
            song = _song(vocal, Path(folder), length_s)
            by_length += _in_fresh_process(song, models_dir, device, [1])[1]
    return Bench(machine, compared, tuple(by_length))


def _song(vocal: Path, folder: Path, length_s: float) -> Path:
    """A WAV of the vocal, repeated or cut to a length."""
    audio = read_audio(vocal)
    frames = round(length_s * audio.sample_rate)
    samples = np.tile(audio.samples, (1, -(-frames // audio.frames)))[:, :frames]
    path = folder / f"vocal_{length_s:g}.wav"
    write_wav(path, Audio(samples, audio.sample_rate), encoding="PCM_16")
    return path


def _in_fresh_process(
    vocal: Path, models_dir: Path, device: str, turns: Sequence[int]
) -> tuple[dict[str, str], list[Measurement]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_measure, vocal, models_dir, device, turns).result()


def _measure(
    vocal: Path, models_dir: Path, device: str, turns: Sequence[int]
) -> tuple[dict[str, str], list[Measurement]]:
    """The machine, and one run for each number of candidates in `turns`, in this process."""
    service = GenerationService(models_dir, device)
    service.load()
    return _machine(service.device), [_run(service, vocal, candidates) for candidates in turns]


def _run(service: GenerationService, vocal: Path, candidates: int) -> Measurement:
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as out:
        wall, cpu = time.perf_counter(), time.process_time()
        report = generate_to_folder(
            FolderRequest(vocal, Path(out), candidates=candidates),
            service,
            on_step=lambda _: None,
            cancel=CancelToken(),
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    length_s = float(str(report.vocal["duration_s"]))
    stages = {name: s for name, s in report.stages_s.items() if name != "load models"}
    return Measurement(length_s, candidates, wall, cpu, stages, report.peak_memory_bytes)


def _machine(device: str) -> dict[str, str]:
    from studio.ml.device import compute_threads

    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": str(compute_threads()),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "device": device,
    }


def _processor() -> str:
    """The processor's name where the system tells it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
