"""Skeletons survive the file unchanged, and are read only once."""

from pathlib import Path

import numpy as np

from studio.core.music import Meter
from studio.training.songs.skeleton_store import cached_skeletons
from studio.training.songs.song_skeletons import make_skeleton


def test_skeletons_return_unchanged_and_are_read_once(tmp_path: Path) -> None:
    meters = [Meter(*m) for m in Meter.SUPPORTED]
    songs = [make_skeleton(np.random.default_rng(i), meter=meters[i % 4]) for i in range(24)]
    path = tmp_path / "runs" / "songs.json.gz"
    assert cached_skeletons(path, lambda: songs) == songs
    assert cached_skeletons(path, list) == songs
    assert [p.name for p in path.parent.iterdir()] == ["songs.json.gz"]
