"""`studio bench` alone: how fast the generator is here, where the time goes and how much memory it takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.cli.bench_vocal import one_vocal
from studio.core.amounts import many

if TYPE_CHECKING:
    from studio.services.machine.bench import Bench, Measurement


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[list[str], dict[str, object]]:
    """The lines to print, and all figures. Raises StudioError for a vocal or models that cannot be used."""
    from studio.services.machine.bench import run_bench
    from studio.storage.paths import models_dir

    result = run_bench(
        one_vocal(options.words),
        models_dir(),
        options.device,
        lengths_s=options.seconds,
        candidates=sorted(set(options.candidates)),
        on_step=say,
    )
    return describe_bench(result), result.as_json()


def describe_bench(result: Bench) -> list[str]:
    """The lines to print."""
    machine = result.machine
    cores, threads = many(int(machine["cores"]), "core"), many(int(machine["threads"]), "thread")
    lines = [
        f"{machine['processor']}, {cores}, {threads}, {machine['system']}",
        f"device {machine['device']}",
        "",
        f"Seconds of work for a second of a {result.compared[0].length_s:g} s vocal (CPU seconds in brackets)",
    ]
    lines += [f"  {_candidates(m)}: {m.factor:.3f} ({m.cpu_factor:.3f})" for m in result.compared]
    if len(result.compared) > 1:
        most, fewest = _candidates(result.compared[-1]), _candidates(result.compared[0])
        lines.append(f"  {most} cost {result.ratio:.2f} times {fewest}")
    for measured in result.compared:
        lines += ["", f"Seconds by stage, {_candidates(measured)}, all threads together"]
        lines += [
            f"  {name:<18}{measured.stages_s[name]:8.2f}  {share:4.0%}"
            for name, share in measured.shares.items()
        ]
    lines += ["", f"{'Length':>9}  {'factor':>7}  {'CPU':>7}  peak memory   (1 candidate, a process each)"]
    lines += [
        f"{m.length_s:7.0f} s  {m.factor:7.3f}  {m.cpu_factor:7.3f}  {_memory(m):>11}"
        for m in result.by_length
    ]
    return lines


def _candidates(measured: Measurement) -> str:
    return many(measured.candidates, "candidate")


def _memory(measured: Measurement) -> str:
    if measured.peak_memory_bytes is None:
        return "not told"
    return f"{measured.peak_memory_bytes / 1e6:.0f} MB"
