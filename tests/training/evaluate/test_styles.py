"""The measure of who plays in a style, on bands with known answers; and that every usual player was learnt."""

from __future__ import annotations

from typing import Any

import pytest

from studio.core.arrangement import STEMS
from studio.core.instruments import INSTRUMENTS
from studio.core.score import STYLES
from studio.core.style_instruments import usual_players
from studio.training.evaluate.styles import obedience, table
from studio.training.players.grooves import load_grooves


def _row(unlike: float, *harmony: str) -> dict[str, Any]:
    band = {"drums": "none", "bass": "upright bass", "lead": "violin"}
    players = [{**band, "harmony": name} for name in harmony]
    heard = [{stem: stem != "lead" for stem in STEMS} for _ in harmony]
    return {"style": "piano ballad", "players": players, "heard": heard, "unlike": unlike}


def test_usual_players_are_counted_by_stem() -> None:
    found = obedience([_row(0.2, "piano", "electric grand"), _row(0.4, "piano", "piano")])
    assert found.bands == 4
    assert found.usual == {"drums": 1.0, "bass": 1.0, "harmony": 0.75, "lead": 1.0}
    # Drums that are left out are not silent; the lead has an instrument and plays nothing.
    assert found.heard == pytest.approx(2 / 3)
    # Two different of harmony once, else one of each stem.
    assert found.instruments == pytest.approx(9 / 8)
    assert found.unlike == pytest.approx(0.3)


def test_the_table_ends_with_the_mean_of_the_styles() -> None:
    rows = [_row(0.2, "piano"), {**_row(0.4, "clavinet"), "style": "funk"}]
    last = table(rows).splitlines()[-1]
    assert last.startswith("| all | 2 | 0.50 | 0.50 | 1.00 | 0.50 | 0.62 |")


def test_a_style_leans_only_to_players_it_was_taught_with() -> None:
    grooves = load_grooves()
    for style in STYLES:
        for stem in STEMS:
            usual = zip(INSTRUMENTS[stem], usual_players(style, stem), strict=True)
            for name in (entry.name for entry, is_usual in usual if is_usual):
                assert grooves[style].instruments[stem].get(name, 0) > 0, (style, stem, name)
