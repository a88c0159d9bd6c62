"""Instruments and the sounds that can take their place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS
from studio.core.change_words import told_change
from studio.core.grid import BeatGrid
from studio.core.instruments import INSTRUMENTS, SOUNDS, choices, instrument, shown
from studio.core.music import Key, Meter
from studio.core.perform import perform
from tests.core.scores import four_bars

#: Rows of weights that exist: what stands here must keep its place.
FIRST = {"drums": 8, "bass": 7, "harmony": 14, "lead": 16}


def test_names_are_shown_as_they_are_written() -> None:
    assert [shown(name) for name in ("fm piano", "808 kit", "piano")] == ["FM piano", "808 kit", "piano"]
    assert told_change("from 1: harmony on fm piano, recorded") == "from 1: harmony on FM piano, recorded"


def test_names_are_unique_and_every_sound_is_like_a_player() -> None:
    assert {stem: len(entries) for stem, entries in INSTRUMENTS.items()} == FIRST
    for stem in STEMS:
        names = [entry.name for entry in choices(stem)]
        assert len(set(names)) == len(names)
    for stem, entry in SOUNDS:
        player = instrument(stem, entry.like)
        assert player in INSTRUMENTS[stem][1:]
        assert not player.like
        assert entry.low <= entry.high - 12 or stem == "drums"


@pytest.mark.parametrize(("stem", "entry"), SOUNDS, ids=[entry.name for _, entry in SOUNDS])
def test_a_sound_plays_the_part_of_its_player_in_its_own_range(stem: str, entry) -> None:  # type: ignore[no-untyped-def]
    score = four_bars()
    names = [player.name for player in INSTRUMENTS[stem]]
    globals_ = score.globals.copy()
    globals_[3 + STEMS.index(stem)] = names.index(entry.like)
    score = replace(score, globals=globals_)
    grid = BeatGrid(tuple(0.5 * i for i in range(17)), Meter(4, 4))
    key = Key(9, "minor")
    played = perform(score, grid, key, seed=3, sounds={stem: entry.name}).parts[stem]
    assert played.instrument == entry.name
    assert played.notes
    if stem != "drums":
        assert all(entry.low <= n.pitch <= entry.high for n in played.notes)
    other = next(i for i, name in enumerate(names) if name not in ("none", entry.like))
    globals_[3 + STEMS.index(stem)] = other
    assert np.array_equal(score.globals, globals_)
    kept = perform(score, grid, key, seed=3, sounds={stem: entry.name}).parts[stem]
    assert kept.instrument == names[other]
