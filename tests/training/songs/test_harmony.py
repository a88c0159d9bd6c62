"""Numerals, repertoire and the chords of sections."""

import numpy as np
import pytest

from studio.core.music import Chord, Key, Meter
from studio.training.songs.harmony_grammar import Palette, section_bars, to_quarters
from studio.training.songs.progressions import BLUES, BRIDGES, LOOPS, MOVES, Numeral, numeral, parse_bars

C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("V7", "G7"),
        ("ii7", "Dm7"),
        ("bVII", "Bb"),
        ("iv", "Fm"),
        ("Vsus", "Gsus4"),
        ("IVmaj7", "Fmaj7"),
        ("viio", "Bdim"),
    ],
)
def test_numeral_in_c_major(text: str, chord: str) -> None:
    assert numeral(text).in_key(C_MAJOR) == Chord.parse(chord)


def test_numerals_count_from_the_major_scale_in_minor_too() -> None:
    names = [bar[0].in_key(A_MINOR).name(A_MINOR) for bar in parse_bars("i bVI bIII bVII V7")]
    assert names == ["Am", "F", "C", "G", "E7"]


def test_unknown_numeral_is_refused() -> None:
    with pytest.raises(ValueError, match="numeral"):
        numeral("H7")


def test_whole_repertoire_can_be_read() -> None:
    texts = [
        t for mode in ("major", "minor") for t in (*LOOPS[mode], *BLUES[mode], *BRIDGES[mode], *MOVES[mode])
    ]
    assert all(parse_bars(text) for text in texts)


def test_two_chords_in_a_triple_bar_are_long_and_short() -> None:
    bars = list(parse_bars("I/V vi"))
    names = [c.name() for c in to_quarters(bars, C_MAJOR, Meter(3, 4))]
    assert names == ["C", "C", "G", "Am", "Am", "Am"]


@pytest.mark.parametrize("role", ["verse", "prechorus", "chorus", "bridge", "ending"])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_sections_have_their_bars_and_an_ending_comes_home(role: str, mode: str) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        palette = Palette.draw(rng, Meter(4, 4), 100.0)
        bars = int(rng.integers(1, 17))
        plan = section_bars(rng, palette, mode, role, bars)
        assert len(plan) == bars
        assert all(1 <= len(bar) <= 2 for bar in plan)
        if role == "ending":
            assert plan[-1][-1].degree == 0


def test_plain_palette_keeps_to_triads_and_dominants() -> None:
    rng = np.random.default_rng(0)
    palette = Palette(jazziness=0.0, sevenths={}, pace=1.0, functional=1.0)
    qualities = {
        n.quality for _ in range(30) for bar in section_bars(rng, palette, "major", "verse", 8) for n in bar
    }
    assert qualities <= {"maj", "min", "7", "sus4"}


def test_palette_plays_its_sevenths_everywhere() -> None:
    rng = np.random.default_rng(1)
    palette = Palette(0.0, {numeral("I"): numeral("Imaj7")}, 1.0, 1.0)
    chords = [n for _ in range(20) for bar in section_bars(rng, palette, "major", "verse", 8) for n in bar]
    assert Numeral(0, "maj7") in chords
    assert Numeral(0, "maj") not in chords
