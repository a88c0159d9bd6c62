"""`studio bench taste`: whether rating pays, with simulated listeners."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from studio.core.errors import StudioError


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[list[str], dict[str, object]]:
    """The table to print, and all rows. With --json FILE the rows are kept beside it, in FILE.rows, as they are found:
    a run that was stopped goes on there.

    Raises:
        StudioError: for a word that is no preset, or missing weights.
    """
    from studio.services.measuring.bench_taste import bench_taste
    from studio.services.measuring.bench_taste_presets import PRESETS
    from studio.services.measuring.bench_taste_report import describe, plot
    from studio.storage.paths import models_dir

    word, *more = options.words or ["quick"]
    if word not in PRESETS or len(more) > 1 or not all(number.isdecimal() for number in more):
        raise StudioError(
            "Cannot measure taste so",
            seen=" ".join(options.words),
            expected=f"{' or '.join(PRESETS)}, and the number of a world of other singers and listeners",
        )
    world = int(more[0]) if more else 0
    beside = options.json.with_name(options.json.name + ".rows") if options.json else None
    rows = bench_taste(
        models_dir(), PRESETS[word], options.device, world=world, rows_file=beside, on_step=say
    )
    if options.json:
        options.json.with_suffix(".svg").write_text(plot(rows), encoding="utf-8")
    return describe(rows), {"preset": word, "world": world, "rows": rows}
