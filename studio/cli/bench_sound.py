"""`studio bench sound`: figures of the bundled bands' sound, or what a change has done to them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from studio.core.amounts import many
from studio.core.errors import StudioError


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[list[str], dict[str, object]]:
    """The table to print, and all figures; with two JSON files, what is different in the second.

    Raises:
        StudioError: for other words, a file of something else, missing weights.
    """
    from studio.services.measuring.bench_sound import bench_sound, compare, content_of, describe, read_content
    from studio.storage.paths import models_dir

    if not options.words:
        content = content_of(bench_sound(models_dir(), options.device, say))
        return describe(content), content
    if len(options.words) != 2:
        raise StudioError(
            "Cannot compare the sound",
            seen=" ".join(options.words),
            expected="nothing, or two files: BEFORE.json AFTER.json",
        )
    before, after = (read_content(Path(word)) for word in options.words)
    lines, worse = compare(before, after)
    verdict = (
        many(len(worse), "figure is worse than it may be", "figures are worse than they may be")
        if worse
        else "Nothing is worse than it may be"
    )
    return [*lines, verdict], {"worse": worse}
