"""Features say what was played: known arrangements, known sounds."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.core.audio import Audio
from studio.taste.features import (
    FROM_SOUND,
    NAMES,
    WORDS,
    as_row,
    as_rows,
    features_of,
    features_of_sound,
)
from studio.taste.texture import TEXTURE, as_textures, texture_of
from tests.taste.makers import arrangement


def beats(every: float, pitch: int = 40, velocity: int = 80, length: float = 0.2) -> list[Note]:
    return [Note(at, at + length, pitch, velocity) for at in np.arange(0, 8, every)]


def test_each_feature_has_a_name_and_two_words() -> None:
    assert 8 <= len(NAMES) <= 16
    assert set(WORDS) == set(NAMES)
    assert set(features_of(arrangement({}))) == set(NAMES) - set(FROM_SOUND)  # silence has no texture


@pytest.mark.parametrize(
    ("less", "more", "feature"),
    [
        ({"drums": beats(1.0)}, {"drums": beats(0.25)}, "drums"),
        ({"bass": beats(1.0)}, {"bass": beats(0.25)}, "bass"),
        ({"harmony": beats(1.0)}, {"harmony": beats(0.25)}, "chords"),
        ({"lead": beats(2.0)}, {"lead": beats(0.5)}, "lead"),
        ({"harmony": beats(1.0)}, {"harmony": beats(1.0, length=0.9)}, "length"),
        ({"harmony": beats(1.0, 60)}, {"harmony": beats(1.0, 72)}, "register"),
        ({"drums": beats(0.5)}, {"drums": beats(0.125)}, "offbeat"),
        ({"drums": beats(0.5, velocity=50)}, {"drums": beats(0.5, velocity=110)}, "force"),
        ({"harmony": beats(1.0)}, {"harmony": beats(1.0), "lead": beats(1.0)}, "fullness"),
    ],
)
def test_more_of_it_is_more(less: dict, more: dict, feature: str) -> None:
    assert features_of(arrangement(more))[feature] > features_of(arrangement(less))[feature] + 0.3


def test_harmony_and_instruments() -> None:
    def of(chords: str, **instruments: str) -> dict[str, float]:
        return features_of(arrangement({"harmony": beats(1.0)}, chords, instruments))

    assert of("C F G C")["major"] > of("Am Dm Em Am")["major"]
    assert of("Cmaj7 Am7 F G7")["colour"] > of("C Am F G")["colour"]
    assert of("C", harmony="ukulele")["guitars"] > of("C", harmony="piano")["guitars"]
    assert of("C", harmony="synth brass")["electric"] > of("C", harmony="piano")["electric"]


def test_a_chord_is_one_stroke_and_a_span_leaves_out_the_rest() -> None:
    single = [Note(at, at + 0.2, 60, 80) for at in range(8)]
    triad = [Note(at, at + 0.2, pitch, 80) for at in range(8) for pitch in (60, 64, 67)]
    assert (
        features_of(arrangement({"harmony": triad}))["chords"]
        == features_of(arrangement({"harmony": single}))["chords"]
    )
    busy_end = beats(1.0) + [n for n in beats(0.125) if n.start_s >= 4]
    whole, first = (features_of(arrangement({"drums": busy_end}), span_s=s)["drums"] for s in (None, (0, 4)))
    assert first < whole
    assert first == pytest.approx(features_of(arrangement({"drums": beats(1.0)}))["drums"])


def tone(hz: float, level: float = 0.3) -> Audio:
    return Audio((level * np.sin(2 * np.pi * hz * np.arange(44100) / 22050)).astype(np.float32)[None], 22050)


def test_sound() -> None:
    low, high = features_of_sound(tone(100)), features_of_sound(tone(3000))
    assert set(low) == set(FROM_SOUND)
    assert high["brightness"] > low["brightness"]
    assert low["weight"] > high["weight"]
    quiet = features_of_sound(tone(100, 0.03))
    assert quiet == pytest.approx(low, abs=1e-3)
    clicks = np.zeros((1, 44100), np.float32)
    clicks[0, ::5000] = 0.9
    assert features_of_sound(Audio(clicks, 22050))["punch"] > low["punch"]
    both = features_of(arrangement({}), {"bass": tone(100), "lead": tone(3000)})
    assert low["brightness"] < both["brightness"] < high["brightness"]


def test_silence_has_no_sound_and_rows_take_what_is_unknown_as_usual() -> None:
    assert features_of_sound(Audio(np.zeros((2, 20000), np.float32), 22050)) == {}
    row = as_row({"drums": 9.0, "bass": float("nan"), "lead": -1.0})
    assert row[NAMES.index("drums")] == 4.0
    assert row[NAMES.index("bass")] == 0.0
    assert row[NAMES.index("lead")] == -1.0
    assert as_rows([]).shape == (0, len(NAMES))


def test_texture_tells_instruments_places_heights_and_lengths() -> None:
    plain = arrangement({"harmony": beats(1.0, 60)})
    texture = texture_of(plain)
    assert set(texture) <= set(TEXTURE)
    played = [name for name in TEXTURE if texture.get(name)]
    assert [name for name in played if "place" in name] == [f"texture place harmony {i}" for i in (0, 8)]
    assert [name for name in played if "height" in name] == ["texture height harmony 4"]
    assert [name for name in played if "length" in name] == ["texture length harmony 1"]
    off = texture_of(
        arrangement({"harmony": [Note(n.start_s + 0.25, n.end_s + 0.25, 60, 80) for n in beats(1.0)]})
    )
    assert {name for name in off if "place" in name}.isdisjoint(played)
    rows = as_textures([texture, {}, texture_of(plain, (0.0, 4.0))])
    assert np.isnan(rows[1]).all()
    np.testing.assert_allclose(rows[0], rows[2], atol=0.02)  # a rate: half as long, the same
