"""`studio bench listening`: how well onsets, beats, tempo, key and tuning are heard."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[list[str], dict[str, object]]:
    """The table to print, and all figures: of synthetic songs, and of folders of recordings with references.

    Raises:
        StudioError: for a folder without a recording that has a reference.
    """
    from studio.services.measuring.bench_listening import bench_listening, describe_listening

    figures = bench_listening([Path(word) for word in options.words], on_step=say)
    return describe_listening(figures), {"listening": figures.as_json()}
