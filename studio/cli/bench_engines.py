"""`studio bench engines`: the band model beside FastSAG and an autoregressive contender."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from studio.cli.bench_vocal import one_vocal

if TYPE_CHECKING:
    from studio.services.machine.bench_engines import EngineFigures


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[list[str], dict[str, object]]:
    """The table to print, and all figures. Raises StudioError for a vocal or models that cannot be used."""
    from studio.services.machine.bench_engines import bench_engines
    from studio.storage.paths import models_dir

    figures = bench_engines(one_vocal(options.words), models_dir(), options.device, on_step=say)
    return describe_engines(figures), {"engines": [asdict(f) for f in figures]}


def describe_engines(figures: list[EngineFigures]) -> list[str]:
    """The table to print. Weights of all but the band model are random: their speed, not their music, is compared."""
    lines = [
        f"One candidate for {figures[0].length_s:g} s of vocal; seconds of work for a second of vocal",
        f"{'':<30}{'factor':>9}{'CPU':>9}{'memory':>10}{'calls':>7}{'parameters':>12}",
    ]
    for f in figures:
        memory = "not told" if f.peak_memory_bytes is None else f"{f.peak_memory_bytes / 1e6:.0f} MB"
        size = f"{f.parameters / 1e6:.1f} M"
        lines.append(f"{f.name:<30}{f.factor:>9.3f}{f.cpu_factor:>9.3f}{memory:>10}{f.calls:>7}{size:>12}")
    return lines
