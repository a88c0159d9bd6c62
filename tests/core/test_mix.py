from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from studio.core.arrangement import BAND, STEMS
from studio.core.mix import VOCAL, Mix, match_gain

SOURCES = (*STEMS, BAND)


def heard(
    mix: Mix, match: Mapping[int, float] | None = None, *, vocal_only: bool = False
) -> dict[object, float]:
    """Sources with any gain, of two candidates."""
    gains = mix.gains([1, 2], match or {}, vocal_only=vocal_only)
    return {key: gain for key, gain in gains.items() if gain}


def test_one_candidate_at_a_time() -> None:
    assert heard(Mix()) == {VOCAL: 1.0}
    assert heard(Mix(selected=2)) == {VOCAL: 1.0} | {(2, stem): 1.0 for stem in SOURCES}
    assert heard(Mix(selected=7)) == {VOCAL: 1.0}


@pytest.mark.parametrize(
    ("balance", "vocal", "band"),
    [(-1.0, 1.0, 0.0), (-0.25, 1.0, 0.75), (0.0, 1.0, 1.0), (0.5, 0.5, 1.0), (1.0, 0.0, 1.0)],
)
def test_the_balance_takes_from_one_side_only(balance: float, vocal: float, band: float) -> None:
    gains = Mix(selected=1, balance=balance).gains([1], {})
    assert (gains[VOCAL], gains[(1, "bass")]) == (vocal, band)


def test_solo_wins_over_mute_and_covers_the_vocal() -> None:
    mix = Mix(selected=1, muted=frozenset({"bass", VOCAL}))
    assert set(heard(mix)) == {(1, "drums"), (1, "harmony"), (1, "lead"), (1, BAND)}
    mix = Mix(selected=1, muted=frozenset({"bass"}), soloed=frozenset({"bass", "lead"}))
    assert set(heard(mix)) == {(1, "bass"), (1, "lead"), (1, BAND)}
    assert heard(replace(mix, soloed=frozenset({VOCAL}))) == {VOCAL: 1.0}


def test_vocal_only_overrides_everything() -> None:
    mix = Mix(selected=1, balance=1.0, muted=frozenset({VOCAL}), soloed=frozenset({"bass"}))
    assert heard(mix, vocal_only=True) == {VOCAL: 1.0}


def test_matched_candidates_have_their_own_gain_and_the_vocal_keeps_its() -> None:
    mix, match = Mix(selected=2, balance=-0.5), {1: 2.0, 2: 0.5}
    assert heard(mix, match) == {VOCAL: 1.0} | {(2, stem): 0.25 for stem in SOURCES}
    assert heard(replace(mix, selected=3), match) == {VOCAL: 1.0}
    assert heard(replace(mix, matched=False), match) == {VOCAL: 1.0} | {(2, stem): 0.5 for stem in SOURCES}


def test_a_level_holds_for_a_stem_of_whichever_candidate_is_heard() -> None:
    mix = Mix(selected=1, levels_db={"bass": -6.0, VOCAL: 6.0})
    assert heard(mix)[(1, "bass")] == pytest.approx(0.501, abs=1e-3)
    assert heard(replace(mix, selected=2))[(2, "bass")] == pytest.approx(0.501, abs=1e-3)
    assert heard(mix)[VOCAL] == pytest.approx(1.995, abs=1e-3)
    assert heard(mix)[(1, "drums")] == 1.0
    assert (1, "bass") not in heard(replace(mix, muted=frozenset({"bass"})))


def test_matched_bands_are_equally_loud_and_silence_stays() -> None:
    gains = {band: match_gain(band, -18.0) for band in (-25.0, -19.0, -12.0)}
    assert gains[-19.0] == pytest.approx(1.0)
    assert gains[-25.0] == pytest.approx(10 ** (6 / 20))
    assert gains[-12.0] == pytest.approx(10 ** (-7 / 20))
    assert match_gain(-120.0, -18.0) == 1.0
    assert match_gain(-60.0, -18.0) == pytest.approx(10 ** (15 / 20))
