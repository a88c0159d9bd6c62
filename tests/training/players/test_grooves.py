"""The groove library: complete, playable, and strict about its shorthand."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from studio.core.score import DRUM_CLASSES, STYLES
from studio.training.players.grooves import GrooveError, load_grooves, parse_groove

GROOVES = load_grooves()

SMALL: dict[str, Any] = {
    "style": "pop",
    "swing": {"straight": 1},
    "instruments": {
        "drums": {"room kit": 1},
        "bass": {"finger bass": 1},
        "harmony": {"piano": 2, "steel guitar": 1},
        "lead": {"none": 1},
    },
    "lead": {"roles": [{"silent": 1}] * 4, "answers": [0, 0, 0, 0]},
    "4/4": {
        "tempo": [80, 120],
        "beats": ["0123 K x.......x....... S ....x.......x..o|....x..o....x..o"],
        "bass": ["0123 *2.5 R-------5-----a-"],
        "harmony": ["0123 keys c---------------", "0123 guitar 1-2-3-2-4-2-3-2-"],
    },
}


def _with(**changes: Any) -> dict[str, Any]:
    """SMALL with fields of its 4/4 feel replaced."""
    data = deepcopy(SMALL)
    data["4/4"].update(changes)
    return data


def test_every_style_has_a_groove() -> None:
    assert set(GROOVES) == set(STYLES)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "2/4"])
def test_every_meter_has_many_styles(meter: str) -> None:
    assert sum(meter in groove.meters for groove in GROOVES.values()) >= 8


@pytest.mark.parametrize("style", STYLES)
def test_every_feel_offers_choice_where_the_song_is_full(style: str) -> None:
    for feel in GROOVES[style].feels.values():
        for patterns in (feel.bass, feel.harmony):
            lines = {p.line for p in patterns if set(p.energies) & {2, 3}}
            assert len(lines) >= 3


def test_the_shorthand_reads_as_written() -> None:
    feel = parse_groove(SMALL, "small").feel("4/4")
    beat = feel.beats[0]
    kick, snare = (beat.levels[DRUM_CLASSES.index(name)] for name in ("kick", "snare"))
    assert beat.steps == 32
    assert np.flatnonzero(kick).tolist() == [0, 8, 16, 24]  # the shorter row repeats
    assert np.flatnonzero(snare == 2).tolist() == [4, 12, 20, 28]
    assert np.flatnonzero(snare == 1).tolist() == [15, 23, 31]
    assert feel.bass[0].weight == 2.5
    assert "steel guitar" not in feel.harmony[0].instruments


def test_two_four_plays_the_four_four_feel() -> None:
    groove = parse_groove(SMALL, "small")
    assert groove.meters == ("4/4", "2/4")
    assert groove.feel("2/4") is groove.feel("4/4")
    with pytest.raises(KeyError):
        groove.feel("3/4")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bass": ["0123 R-------5-----"]}, "14 sixteenths"),
        ({"bass": ["0123 R-------4-----a-"]}, "symbol"),
        ({"bass": ["012 R-------5-----a-"]}, "no bass pattern at energy 3"),
        ({"beats": ["0123 X x..............."]}, "pairs of a letter"),
        ({"harmony": ["0123 keys c---------------"]}, "steel guitar"),
        ({"fills": ["3 S xxxx T ..xx.x"]}, "wrong length"),
        ({"tempo": [120, 80]}, "tempo range"),
        ({"bas": []}, "unknown fields"),
    ],
)
def test_a_wrong_pattern_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(GrooveError, match=reason):
        parse_groove(_with(**changes), "small")


def test_a_riff_role_needs_a_riff() -> None:
    data = deepcopy(SMALL)
    data["lead"]["roles"] = [{"silent": 1}] * 3 + [{"riff": 1}]
    with pytest.raises(GrooveError, match="no riff at energy 3"):
        parse_groove(data, "small")


@pytest.mark.parametrize(
    ("swing", "fill", "right"),
    [
        ({"heavy": 1}, "3 S xxx.", True),  # a triplet
        ({"heavy": 1}, "3 S x..x", False),
        ({"heavy": 1, "straight": 1}, "3 S xxx.", False),
    ],
)
def test_swung_eighths_leave_no_room_for_sixteenths(swing: dict[str, int], fill: str, right: bool) -> None:
    data = _with(fills=[fill], beats=["0123 K x.......x......."]) | {"swing": swing, "sixteenths": False}
    if right:
        assert parse_groove(data, "small").feel("4/4").fills[0].steps == 4
    else:
        with pytest.raises(GrooveError, match="beside swung eighths"):
            parse_groove(data, "small")
