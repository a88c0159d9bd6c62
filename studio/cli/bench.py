"""`studio bench`: measures something on this machine, prints it, and writes a JSON file where one is asked for.

A first word may name what is measured; each has a module with `measure(options, say)`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from studio.cli import bench_engines, bench_listening, bench_sound, bench_speed, bench_taste
from studio.cli.command import OK, Commands, Context
from studio.cli.options import add_device, number

#: Gets the options, their `words` without the first, and something to say what is measured next; returns the lines to
#: print and the content of the file.
Measure = Callable[[argparse.Namespace, Callable[[str], None]], tuple[list[str], dict[str, object]]]

#: What can be measured, by the word that asks for it; without a word it is the speed of the main job.
BENCHES: Mapping[str, tuple[Measure, str]] = {
    "engines": (bench_engines.measure, "the band model beside FastSAG and an autoregressive contender"),
    "listening": (
        bench_listening.measure,
        "what is heard in synthetic songs, and in folders with references",
    ),
    "sound": (
        bench_sound.measure,
        "figures of the bands' sound; with two files of it, BEFORE.json AFTER.json, what got worse",
    ),
    "taste": (
        bench_taste.measure,
        "what rating brings simulated listeners; then 'quick', 'adapters' or 'full'",
    ),
}

_BENCH = (
    "Runs the whole main job on a vocal (by default the demo vocal), repeated or cut to each length, and prints the "
    "time by stage, the cost of several candidates against one, and the peak memory."
)


def add_parser(commands: Commands) -> None:
    """A word of BENCHES, a vocal, and how much to measure."""
    parser = commands.add_parser("bench", help="measure speed and memory on this machine", description=_BENCH)
    named = "; ".join(f"'{word}' for {what}" for word, (_, what) in BENCHES.items())
    parser.add_argument(
        "words",
        nargs="*",
        metavar=f"[{'|'.join(BENCHES)}] [VOCAL]",
        help=f"first a word for what to measure: {named}; then WAV, AIFF, FLAC, MP3 or OGG",
    )
    parser.add_argument(
        "--seconds", nargs="+", type=number(float, 2, 600), default=(30.0, 120.0, 600.0), metavar="N",
        help="lengths; candidates are compared at the first (default 30 120 600)",
    )  # fmt: skip
    parser.add_argument(
        "--candidates", nargs="+", type=number(int, 1, 8), default=(1, 4), metavar="N",
        help="numbers of candidates to compare (default 1 4)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    add_device(parser)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, _: Context) -> int:
    """Measures, prints, writes. Raises StudioError for what cannot be measured, or written afterwards."""
    from studio.services.exporting.output_folder import check_writable
    from studio.services.generating.device import check_device

    check_device(options.device)
    if options.json:
        check_writable(options.json.parent)
    measure: Measure = bench_speed.measure
    if options.words[:1] and options.words[0] in BENCHES:
        word, *options.words = options.words
        measure, _what = BENCHES[word]
    lines, content = measure(options, _say)
    for line in lines:
        print(line)
    if options.json:
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return OK


def _say(what: str) -> None:
    print(f"studio: {what} ...", file=sys.stderr, flush=True)
