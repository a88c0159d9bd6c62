"""`studio bench`: prints how fast the generator is here, where the time goes and how much memory it takes."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from studio.core.errors import StudioError
from studio.services.machine.bench import Bench, Measurement, run_bench
from studio.services.machine.bench_engines import EngineFigures, bench_engines
from studio.storage.paths import models_dir, resources_dir


def bench(options: argparse.Namespace) -> None:
    """Measures, prints, and writes a JSON file where one is asked for."""
    engines = options.words[:1] == ["engines"]
    vocals = options.words[1:] if engines else options.words
    if len(vocals) > 1:
        raise StudioError("Cannot measure that", seen=" ".join(options.words), expected="one vocal")
    vocal = Path(vocals[0]) if vocals else resources_dir() / "demo_vocal.flac"
    if engines:
        figures = bench_engines(vocal, models_dir(), options.device, on_step=_say)
        lines = describe_engines(figures)
        content: dict[str, object] = {"engines": [asdict(f) for f in figures]}
    else:
        result = run_bench(
            vocal,
            models_dir(),
            options.device,
            lengths_s=options.seconds,
            candidates=sorted(set(options.candidates)),
            on_step=_say,
        )
        lines, content = describe_bench(result), result.as_json()
    for line in lines:
        print(line)
    if options.json:
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _say(what: str) -> None:
    print(f"studio: {what} ...", file=sys.stderr, flush=True)


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


def describe_bench(result: Bench) -> list[str]:
    """The lines to print."""
    machine = result.machine
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, {machine['system']}",
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
    return f"{measured.candidates} candidate{'' if measured.candidates == 1 else 's'}"


def _memory(measured: Measurement) -> str:
    if measured.peak_memory_bytes is None:
        return "not told"
    return f"{measured.peak_memory_bytes / 1e6:.0f} MB"
