"""Strokes that were lost, and stops nobody meant."""

from __future__ import annotations

import numpy as np

from studio.core.finishing.strokes import restore_strokes, ring_on
from tests.core.finishing.bands import C, F, G, band, read


def test_what_is_held_without_a_stroke_is_struck_as_in_the_nearest_bar() -> None:
    view = band(3, harmony="..A---....s-...." + "..----....--...." + "..c---....s-....")
    restore_strokes(view)
    assert read(view, "harmony") == "..A---....s-.... ..A---....s-.... ..c---....s-...."


def test_a_player_without_any_stroke_gets_plain_ones_and_one_sixteenth_is_a_rest() -> None:
    for energy, stroke in ((1, "s"), (2, "c")):
        view = band(2, harmony="..----.-........", bass=".---.-..........", energy=(energy,))
        restore_strokes(view)
        assert read(view, "harmony") == " ".join([f"..{stroke}---.-........"] * 2)
        assert read(view, "bass") == " ".join([".R--.-.........."] * 2)


def test_a_lost_note_of_the_lead_falls_on_the_chord() -> None:
    # f (F) is no tone of G major: the nearest below is d.
    view = band(2, chords=(F, G), lead="f---............" + "----............")
    restore_strokes(view)
    assert read(view, "lead") == "f---............ e---............".replace("e", chr(ord("a") + 7))


def test_bass_rings_on_where_the_whole_band_would_stop_and_where_it_would_not_it_does_not() -> None:
    view = band(1, bass="R-......R-..R---", harmony="c-......c-..c---")
    ring_on(view)
    assert read(view, "bass") == "R-------R---R---"
    assert read(view, "harmony") == "c-......c-..c---"
    played = band(1, bass="R-......R-..R---", harmony="c-......c-..c---", drums="hhhhhhhhhhhhhhhh")
    ring_on(played)
    assert read(played, "bass") == "R-......R-..R---"


def test_short_stops_of_a_fast_song_stay() -> None:
    view = band(1, bass="R-..R-..R-..R-..", step_s=0.1)
    ring_on(view)
    assert read(view, "bass") == "R-..R-..R-..R-.."


def test_nothing_rings_on_into_another_chord() -> None:
    view = band(2, chords=(C, G), bass="R---R---R---R-.." + "....R-----------")
    ring_on(view)
    assert read(view, "bass") == "R---R---R---R--- ....R-----------"


def test_a_break_at_the_end_of_a_phrase_under_the_singer_stays() -> None:
    bars = "R---------------" * 3 + "R-----------...."
    sung = band(4, bass=bars, sung="x---------------")
    ring_on(sung)
    assert read(sung, "bass").endswith("R-----------....")
    alone = band(4, bass=bars, sung="x-----------....")
    ring_on(alone)
    assert read(alone, "bass").endswith("R---------------")


def test_what_was_given_stays() -> None:
    view = band(1, bass="R-......R-..R---", harmony="..----..........")
    view.free[:] = False
    before = view.tokens.copy()
    restore_strokes(view)
    ring_on(view)
    np.testing.assert_array_equal(view.tokens, before)
