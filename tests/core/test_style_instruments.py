"""Who usually plays in a style: names that exist, for every style, and as the handbook says."""

from __future__ import annotations

from pathlib import Path

from studio.core.arrangement import STEMS
from studio.core.instruments import INSTRUMENTS, choices
from studio.core.score import STYLES
from studio.core.style_instruments import USUAL, is_usual, usual_players

HANDBOOK = Path(__file__).parents[2] / "docs" / "styles.md"


def test_every_style_has_usual_instruments_that_there_are() -> None:
    assert set(USUAL) == set(STYLES)
    for style in STYLES:
        for stem in STEMS:
            names = USUAL[style][stem]
            assert names
            assert len(set(names)) == len(names)
            assert set(names) <= {entry.name for entry in choices(stem)}, (style, stem)
        assert USUAL[style]["harmony"] != ("none",)


def test_a_player_is_usual_if_it_or_a_sound_it_plays_is() -> None:
    players = [entry.name for entry in INSTRUMENTS["lead"]]
    usual = dict(zip(players, usual_players("blues shuffle", "lead"), strict=True))
    assert usual["lead guitar"]
    assert usual["clarinet"]  # plays the harmonica
    assert not usual["warm pad"]
    assert not usual["none"]
    assert is_usual("blues shuffle", "lead", "harmonica")
    assert not is_usual("blues shuffle", "lead", "clarinet")


def test_the_handbook_shows_the_table_as_it_is() -> None:
    rows = {
        cells[0]: cells[1:]
        for line in HANDBOOK.read_text(encoding="utf-8").splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 5
    }
    for style in STYLES:
        assert rows[style] == [", ".join(USUAL[style][stem]) for stem in STEMS]
