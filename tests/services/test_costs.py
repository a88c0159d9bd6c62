"""What work costs here: defaults at first, then what was seen, remembered in a file that may be lost or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.services.costs import DEFAULTS, Costs
from studio.storage.costs import read_costs, write_costs


def test_defaults_are_by_engine() -> None:
    assert Costs().seconds("make", 10.0) == pytest.approx(10 * DEFAULTS["make"])
    assert Costs(engine="fastsag").seconds("make") > 10 * DEFAULTS["make"]
    assert Costs(engine="fastsag").seconds("listen") == DEFAULTS["listen"]


def test_what_was_seen_counts_half_and_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "data" / "costs.json"
    costs = Costs(path, device="cpu")
    costs.learn("make", 4 * 30.0 * DEFAULTS["make"], 30.0)
    assert costs.seconds("make") == pytest.approx(2 * DEFAULTS["make"])
    again = Costs(path, device="cpu")
    assert again.seconds("make") == pytest.approx(2 * DEFAULTS["make"])
    for _ in range(8):
        again.learn("make", 60.0, 30.0)
    assert again.seconds("make") == pytest.approx(2.0, rel=0.02)


def test_engines_and_devices_are_kept_apart_and_do_not_lose_each_others(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    band, sag = Costs(path, "band", "cpu"), Costs(path, "fastsag", "cuda")
    band.learn("load", 20.0)
    sag.learn("load", 2.0)
    assert Costs(path, "band", "cpu").seconds("load") == pytest.approx(10.0)
    assert Costs(path, "fastsag", "cuda").seconds("load") == pytest.approx(4.0)
    assert Costs(path, "band", "cuda").seconds("load") == DEFAULTS["load"]


def test_a_moment_of_music_is_no_measure() -> None:
    costs = Costs()
    costs.learn("make", 50.0, 1.0)
    costs.learn("make", 0.0, 100.0)
    assert costs.seconds("make") == DEFAULTS["make"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"listen": "fast"}',
        '{"listen": NaN}',
        '{"listen": -1}',
        '{"listen": 1e300}',
        '{"listen": true}',
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "costs.json"
    path.write_text(text)
    assert read_costs(path) == {}
    assert Costs(path).seconds("listen") == DEFAULTS["listen"]


def test_costs_that_cannot_be_written_are_forgotten_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write_costs(tmp_path / "file" / "costs.json", {"listen": 1.0})
    assert (tmp_path / "file").read_text() == ""
