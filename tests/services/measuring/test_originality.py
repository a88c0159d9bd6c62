"""Bands that play a known tune, and bands that do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.core.grid import BeatGrid
from studio.core.known_tunes import known_tunes
from studio.core.music import Meter
from studio.services.exporting.export import export_candidate
from studio.services.measuring import originality
from studio.services.measuring.originality import lines_of, nearest, shipped_tunes
from studio.training.collections.tune_index import index_of
from studio.training.songs.skeleton import MelodyNote, Skeleton
from tests.core.test_known_tunes import make_tune
from tests.services.band import make_arrangement
from tests.services.provenance.test_marking import make_order

GRID = BeatGrid.regular(97.0, Meter(4, 4), 60.0, 0.42)


def played(seed: int, stem: str = "lead", up: int = 3) -> dict[str, tuple[Note, ...]]:
    """A tune on the grid, by hand."""
    onsets, pitches = (column[:40] for column in make_tune(seed))
    times = np.interp(onsets, np.arange(len(GRID.times_s)), GRID.times_s)
    return {
        stem: tuple(
            Note(float(t), float(t) + 0.1, int(p) + up, 80) for t, p in zip(times, pitches, strict=True)
        )
    }


def skeleton(seed: int, name: str) -> Skeleton:
    onsets, pitches = make_tune(seed)
    melody = tuple(MelodyNote(float(t), float(t) + 0.5, int(p)) for t, p in zip(onsets, pitches, strict=True))
    arrangement = make_arrangement(GRID)
    return Skeleton(
        arrangement.key, GRID.meter, 90.0, (), arrangement.chords, (), melody, f"attic/box 1: {name}", "CC0"
    )


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    known = index_of([skeleton(1, "The First"), skeleton(2, "The Second")])
    monkeypatch.setattr(originality, "shipped_tunes", lambda: known)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("stem", ["lead", "harmony", "bass"])
def test_a_stem_that_plays_a_known_tune_is_told(stem: str) -> None:
    found = nearest(lines_of(make_arrangement(GRID, played(2, stem))))
    assert (found.stem, found.name, found.own) == (stem, "The Second (attic box 1)", False)
    assert found.is_like
    assert "The Second" in found.words
    assert "Listen before you publish" in found.words


@pytest.mark.usefixtures("index")
def test_a_band_of_its_own_is_not() -> None:
    found = nearest(lines_of(make_arrangement(GRID, played(9))))
    assert not found.is_like
    assert found.as_json["warning"] is None
    assert not nearest(lines_of(make_arrangement(GRID, {"drums": played(1)["lead"]}))).is_like


@pytest.mark.usefixtures("index")
def test_the_manifest_warns_and_the_next_song_is_compared_with_this_one(tmp_path: Path) -> None:
    order = make_order(tmp_path / "one")

    def named(name: str, seed: int, sung: float = 1.0) -> dict[str, object]:
        arrangement = make_arrangement(GRID, played(seed))
        candidate = replace(order.candidate, arrangement=arrangement)
        audio = replace(order.vocal.audio, samples=order.vocal.audio.samples * np.float32(sung))
        vocal = replace(order.vocal, name=name, audio=audio, sha256=f"{sung:064.1f}")
        result = export_candidate(replace(order, candidate=candidate, vocal=vocal))
        found: dict[str, object] = json.loads((result.folder / "manifest.json").read_text())["nearest_tune"]
        assert found == result.nearest.as_json
        return found

    assert "The First" in str(named("song", 1)["warning"])
    assert named("song", 5)["warning"] is None
    assert named("song", 5)["own_export"] is False  # another candidate of one song is no copy of it
    assert named("a copy of the song", 5)["warning"] is None, (
        "the same singing under another name is no other song"
    )
    assert "is like your export" in str(named("another song", 5, 0.5)["warning"])


def test_the_index_that_ships_is_there_and_knows_its_tunes() -> None:
    known = shipped_tunes()
    assert known is not None
    assert len(known.names) > 2000
    assert any("White Cockade" in name for name in known.names)
    # A tune out of the index, phrase for phrase, is found in it; its phrases are not in order there.
    tune = int(np.argmax(np.bincount(known.tunes)))
    line = known.prints[known.tunes == tune]
    assert originality.nearest_tune(line, known).name == known.names[tune]
    assert originality.nearest_tune(line[::-1] ^ np.uint32(0x5A5A5A5A), known).share < 0.2
    assert len(known_tunes([line], ["x"]).prints) == len(line)
