"""Ways in, new levels and endings."""

from __future__ import annotations

import numpy as np

from studio.core.finishing.form import announce, end_song, enter_one_by_one, last_bar
from studio.core.score import DRUM_CLASSES
from tests.core.finishing.bands import band, read

BEAT = "k.h.s.h.k.h.s.h."
FULL = {"bass": "R---R---R---R---", "harmony": "c---c---c---c---"}


def test_the_last_bar_is_one_stroke_that_is_held() -> None:
    view = band(4, **FULL, drums=BEAT, lead="h---e---a---e---", sung="x-------x-------" * 3 + "x-" + "." * 14)
    assert last_bar(view) == 48
    end_song(view)
    assert read(view, "bass").split()[-1] == "R---------------"
    assert read(view, "harmony").split()[-1] == "s---------------"
    assert read(view, "lead").split()[-1] == "C---------------"
    levels = view.drums()
    assert levels[48].nonzero()[0].tolist() == [DRUM_CLASSES.index("kick"), DRUM_CLASSES.index("cymbal")]
    assert not levels[49:].any()
    assert read(view, "bass").split()[:3] == [FULL["bass"]] * 3


def test_a_song_that_is_cut_off_has_no_ending() -> None:
    view = band(4, **FULL, sung="x-------x-------")
    before = view.tokens.copy()
    assert last_bar(view) is None
    end_song(view)
    np.testing.assert_array_equal(view.tokens, before)


def test_the_last_bar_is_one_of_which_a_quarter_is_left() -> None:
    sung = "x-------x-------" * 2 + "." * 32
    assert last_bar(band(4, sung=sung, end=13.5)) == 48
    assert last_bar(band(4, sung=sung, end=12.5)) == 32


def test_who_does_not_play_does_not_play_the_last_stroke_and_an_end_without_singing_is_none() -> None:
    view = band(4, harmony=FULL["harmony"], sung="x-" + "." * 62)
    end_song(view)
    assert set(read(view, "bass")) == set(read(view, "lead")) == {".", " "}
    assert not view.drums().any()
    assert last_bar(band(4, **FULL)) is None


def test_players_come_in_one_by_one_before_the_singer() -> None:
    view = band(6, **FULL, drums=BEAT, sung="." * 64 + "x---------------" * 2)
    enter_one_by_one(view)
    assert read(view, "bass").split()[:3] == ["." * 16, "." * 16, FULL["bass"]]
    kick, snare, hat = (view.drums()[:, DRUM_CLASSES.index(n)] for n in ("kick", "snare", "closed_hat"))
    assert not kick[:32].any()
    assert not snare[:32].any()
    assert hat[:32].any()
    assert kick[32]
    assert read(view, "harmony").split() == [FULL["harmony"]] * 6


def test_a_band_without_chords_or_with_a_short_way_in_comes_in_at_once() -> None:
    for view in (
        band(6, bass=FULL["bass"], drums=BEAT, sung="." * 64 + "x---------------" * 2),
        band(3, **FULL, drums=BEAT, sung="." * 16 + "x---------------" * 2),
    ):
        before = view.tokens.copy()
        enter_one_by_one(view)
        np.testing.assert_array_equal(view.tokens, before)


def test_a_rise_is_announced_and_a_fall_is_not() -> None:
    view = band(3, drums="k.h.s.h.k.h.h.h.", energy=(1, 2, 1))
    announce(view)
    levels = view.drums()
    cymbal, snare = (levels[:, DRUM_CLASSES.index(name)] for name in ("cymbal", "snare"))
    assert cymbal.nonzero()[0].tolist() == [16]
    assert snare[14:16].tolist() == [1, 2]
    assert not snare[30:32].any()
