"""The factory's band: what must hold in every style, and known answers of each player."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.music import Chord, Key, Meter
from studio.core.score import (
    BASS_OFFSET,
    COLUMNS,
    DRUM_CLASSES,
    GLOBALS,
    HOLD,
    LEAD_CHORD,
    REST,
    STYLES,
    Score,
    chord_token,
    unpack_drums,
)
from studio.training.players.arranger import arrange
from studio.training.players.band_plan import Planner, lock_to_kick
from studio.training.players.bass_writer import BassWriter
from studio.training.players.grooves import HARMONY_SYMBOLS, load_grooves
from studio.training.players.harmony_writer import write_harmony
from studio.training.songs.bars import read_form
from studio.training.songs.chord_line import ChordLine
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton

GROOVES = load_grooves()
PAIRS = [(style, meter) for style, groove in GROOVES.items() for meter in groove.meters]
FORM = (
    ("intro", 4, 0), ("verse", 8, 1), ("chorus", 8, 2), ("verse", 8, 1), ("chorus", 8, 3), ("ending", 4, 1)
)  # fmt: skip


def song(meter: str = "4/4", *, minor: bool = False, tempo: float = 100.0, seed: int = 0) -> Skeleton:
    """A whole song in D with a chord change inside every fourth bar, a bar without chord, and singing rests."""
    rng = np.random.default_rng(seed)
    key = Key(2, "minor" if minor else "major")
    quarters = Meter.parse(meter).quarters_per_bar
    loop = ("Dm", "Bb", "Gm7", "C A7") if minor else ("D", "Bm7", "Gmaj7", "Asus4 A7")
    sections, chords, energy, melody = [], [], [], []
    for name, bars, level in FORM:
        first = len(chords) // quarters
        sections.append(Section(name, first, bars))
        for bar in range(bars):
            names = loop[bar % 4].split()
            start = len(chords)
            chords += [Chord.parse(names[i * len(names) // quarters]) for i in range(quarters)]
            energy += [level] * quarters
            if name in ("verse", "chorus") and bar % 4 != 3:
                pitches = 60 + (np.array(key.scale) - 60) % 12
                for i in range(quarters):
                    melody.append(MelodyNote(start + i, start + i + 0.9, int(rng.choice(pitches))))
    chords[quarters : 2 * quarters] = [Chord(None)] * quarters
    chords[-quarters:] = [Chord(2, "min" if minor else "maj")] * quarters
    return Skeleton(
        key,
        Meter.parse(meter),
        tempo,
        tuple(sections),
        tuple(chords),
        tuple(energy),
        tuple(melody),
        "t",
        "MIT",
    )


def tempo_of(style: str, meter: str) -> float:
    return sum(GROOVES[style].feel(meter).tempo) / 2


@cache
def played(style: str, meter: str, seed: int) -> tuple[Skeleton, Score]:
    skeleton = song(meter, minor=bool(seed % 2), tempo=tempo_of(style, meter), seed=seed)
    return skeleton, arrange(skeleton, GROOVES[style], np.random.default_rng(seed))


def column(score: Score, name: str) -> NDArray[np.int64]:
    return score.tokens[:, COLUMNS[name]].reshape(-1)


def onsets(score: Score) -> NDArray[np.int64]:
    """Notes and strokes begun in each quarter."""
    drums = (unpack_drums(score.tokens[:, COLUMNS["drums"]]) > 0).sum((1, 2))
    others = [(score.tokens[:, COLUMNS[stem]] > HOLD).sum(1) for stem in ("bass", "harmony", "lead")]
    return drums + sum(others)


@pytest.mark.parametrize(("style", "meter"), PAIRS)
def test_what_holds_in_every_style(style: str, meter: str) -> None:
    for seed in range(2):
        skeleton, score = played(style, meter, seed)
        assert score.tokens[:, 0].tolist() == [chord_token(c, skeleton.key) for c in skeleton.chords]
        assert score.tokens[:, 1].tolist() == list(skeleton.energy)
        for stem in ("drums", "bass", "harmony", "lead"):
            if score.globals[GLOBALS.index(stem)] == 0:
                assert not column(score, stem).any(), f"{stem} has no player"
        chords = ChordLine.of(skeleton)
        sung = np.full(4 * skeleton.beats, -1)
        for note in skeleton.melody:
            sung[round(4 * note.start) : round(4 * note.end)] = (note.pitch - skeleton.key.tonic) % 12
        for stem in ("bass", "harmony", "lead"):
            sounding = REST
            for t, token in enumerate(column(score, stem)):
                beat = t // 4
                if token == HOLD:
                    assert sounding != REST, f"{stem} holds a rest at {t}"
                    if t % 4 == 0 and chords.changes[beat]:
                        assert stem != "harmony", f"harmony held over a change at {beat}"
                        assert stem != "bass" or style in ("bossa nova", "samba", "latin pop")
                        assert sounding != LEAD_CHORD, f"pad held over a change at {beat}"
                else:
                    sounding = int(token)
                if stem != "lead":
                    assert sounding == REST or chords.roots[beat] is not None, f"{stem} without a chord"
                elif sounding not in (REST, LEAD_CHORD):
                    pitch_class = (sounding - 2) % 12
                    assert pitch_class in chords.scale | chords.tones[beat], f"lead out of key at {t}"
                    if sung[t] >= 0:
                        assert (pitch_class - sung[t]) % 12 not in (1, 11), f"lead rubs at {t}"


@pytest.mark.parametrize("style", STYLES)
def test_more_energy_is_more_notes(style: str) -> None:
    meter = GROOVES[style].meters[0]
    counts: dict[int, list[int]] = {level: [] for level in range(4)}
    for seed in range(12):
        skeleton, score = played(style, meter, seed)
        for level in counts:
            counts[level] += onsets(score)[np.array(skeleton.energy) == level].tolist()
    means = [float(np.mean(counts[level])) for level in range(4)]
    assert means == sorted(means), means


def test_density_thins_and_fills() -> None:
    by_density: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for style in ("pop", "rock", "funk", "folk", "soul"):
        for seed in range(12):
            _, score = played(style, "4/4", seed)
            by_density[int(score.globals[GLOBALS.index("density")])].append(float(onsets(score).mean()))
    sparse, medium, busy = (float(np.mean(by_density[d])) for d in range(3))
    assert 1.1 * sparse < medium < 0.95 * busy


def test_the_same_generator_gives_the_same_score() -> None:
    skeleton = song()
    first, again = (arrange(skeleton, GROOVES["soul"], np.random.default_rng(5)) for _ in range(2))
    other = arrange(skeleton, GROOVES["soul"], np.random.default_rng(6))
    assert (first.tokens == again.tokens).all()
    assert (first.globals == again.globals).all()
    assert (first.tokens != other.tokens).any()


def test_styles_sound_different() -> None:
    """In full choruses no two 4/4 styles share the same bars of all players."""
    bars = {}
    for style, groove in GROOVES.items():
        if "4/4" in groove.feels:
            _, score = played(style, "4/4", 3)
            bars[style] = score.tokens[4 * 28 : 4 * 36, 2:].tobytes()
    assert len(set(bars.values())) == len(bars) >= 35


def test_the_last_bar_is_one_stroke_then_rest() -> None:
    for style in ("pop", "rock", "jazz swing", "waltz"):
        meter = GROOVES[style].meters[0]
        skeleton, score = played(style, meter, 1)
        last = score.tokens[-skeleton.meter.quarters_per_bar :]
        assert (last[-1, COLUMNS["harmony"]] == REST).all()
        assert (last[-1, COLUMNS["bass"]] == REST).all()
        assert not last[1:, COLUMNS["drums"]].any()


def test_house_keeps_four_on_the_floor() -> None:
    for seed in range(4):
        _, score = played("house", "4/4", seed)
        kick = unpack_drums(score.tokens[:, COLUMNS["drums"]])[:, DRUM_CLASSES.index("kick")]
        chorus = kick[4 * 29 : 4 * 31, 0]  # bars of the full chorus with neither seam nor fill
        assert (chorus == 2).all()


def test_reggae_strums_off_the_beat() -> None:
    for seed in range(4):
        _, score = played("reggae", "4/4", seed)
        hit = column(score, "harmony").reshape(-1, 4)[16:-16] > HOLD  # intro and ending apart
        assert hit[:, 1:].any(1).mean() > 0.85  # a skank or the organ's bubble
        assert hit[:, 0].mean() < 0.35


def test_the_singer_rests_where_a_line_has_ended() -> None:
    for meter in ("4/4", "3/4", "2/4"):
        bars = read_form(song(meter))
        resting = [i for i, bar in enumerate(bars) if bar.resting]
        assert resting == [7, 11, 15, 19, 23, 27, 31, 35]  # not the intro nor the ending, where nobody sang


def test_a_returning_section_is_recognised() -> None:
    skeleton = song()
    bars = read_form(skeleton)
    assert [bar.energy for bar in bars][::4] == [0, 1, 1, 2, 2, 1, 1, 3, 3, 1]
    same = 0
    for seed in range(40):
        groove = GROOVES["pop"]
        players = {"drums": "room kit", "harmony": "piano"}
        planner = Planner(groove, groove.feel("4/4"), 1, players, 100.0, 3, np.random.default_rng(seed))
        plans = [planner.plan(bar) for bar in bars]
        assert len({id(plan) for plan in plans[4:12]}) == 1
        same += plans[4] is plans[20]
    assert 15 < same < 35  # often the very same, sometimes one player varies


def _line(names: str, key: str = "C major") -> ChordLine:
    chords = tuple(Chord.parse(n) for n in names.split())
    parsed = Key.parse(key)
    return ChordLine.of(
        Skeleton(parsed, Meter(4, 4), 100.0, (), chords, (1,) * len(chords), (), "test", "MIT")
    )


def _bass(symbols: str, names: str, *, chromatic: bool = False, seed: int = 0) -> list[int | str]:
    """Semitones from the chord root; '-' and '.' for hold and rest."""
    tokens = BassWriter(_line(names), chromatic, np.random.default_rng(seed)).write(symbols)
    return [{REST: ".", HOLD: "-"}.get(t, t - BASS_OFFSET) for t in tokens]


def test_bass_plays_the_tones_of_the_chord() -> None:
    assert _bass("R-3-5-6-8-7-5-L-", "C C C C")[::2] == [0, 4, 7, 9, 12, 7, 7, -5]
    assert _bass("R-3-5-7-", "Dm7 Dm7")[::2] == [0, 3, 7, 10]
    assert _bass("R-5-", "Bdim")[::2] == [0, 6]


def test_bass_follows_a_change_inside_the_bar() -> None:
    assert _bass("R-------------5-", "C C F F") == [0, *"-------", 0, *"-----", 7, "-"]
    assert _bass("R---....5-------", "C C F F") == [0, *"---....", 0, *"-------"]  # first note of F: root
    assert _bass("R---............", "C C F F") == [0, *"---....", 0, *"......."]  # F would pass unheard


def test_bass_rests_without_a_chord() -> None:
    assert _bass("R---------------", "C N F F")[4:9] == [*"....", 0]


@pytest.mark.parametrize("seed", range(8))
def test_bass_steps_into_the_next_root(seed: int) -> None:
    approach = _bass("R-------------a-", "C C C C F", seed=seed)[14]
    assert approach in (4, 3 + 4)  # E below or G above F, in C major
    chromatic = _bass("w---w---w---w---R---", "Dm7 Dm7 Dm7 Dm7 G7", chromatic=True, seed=seed)[12]
    assert isinstance(chromatic, int)
    assert min((chromatic - 5) % 12, (5 - chromatic) % 12) in (1, 2)


def test_an_anticipated_root_sounds_through_the_bar_line() -> None:
    line = _bass("R-----5-----n---" + "------5---------", "C C C C F F F F")
    assert line[12] == 5
    assert line[16] == "-"


def test_bass_locks_to_the_kick() -> None:
    assert lock_to_kick("x.....x.x.......") == "R-----R-R-------"
    assert lock_to_kick("....x...") == "R---R---"


def test_harmony_strikes_every_change() -> None:
    def strokes(chart: str, names: str) -> str:
        names_of = {value: symbol for symbol, value in HARMONY_SYMBOLS.items()}
        return "".join(names_of[t] for t in write_harmony(chart, _line(names)))

    assert strokes("c---------------", "C C F F") == "c-------c-------"
    assert strokes("s---------------", "C C F F") == "s-------s-------"
    assert strokes("1-2-3-4-3-2-1-2-", "C C F F") == "1-2-3-4-1-2-1-2-"
    assert strokes("c---............", "C C F F") == "c---....s......."
    assert strokes("..s...s...s...s.", "C C F F") == "..s...s...s...s."
    assert strokes("c---------------", "C N N F") == "c---........c---"
