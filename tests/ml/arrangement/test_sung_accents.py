"""The band leans to the sung rhythm: strokes move to where syllables begin; without any, nothing changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.core.analysis import Syllable
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.perform import perform
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.core.score import COLUMNS, DRUM_CLASSES, HARMONY_STROKES, HOLD, REST, pack_drums, unpack_drums
from studio.ml.arrangement.logit_bias import answering
from studio.ml.arrangement.sung_accents import sung_accents, sung_weights
from studio.ml.engine import BandEngine
from tests.core.scores import KEY, four_bars

GRID = BeatGrid.regular(120.0, Meter(4, 4), 8.0)


def _syllable(
    at_s: float, length_s: float = 0.2, loudness_db: float = -20.0, strength: float = 1.0
) -> Syllable:
    return Syllable(at_s, at_s, at_s + length_s, strength, loudness_db)


def test_a_syllable_weighs_on_the_sixteenth_nearest_to_it() -> None:
    weights = sung_weights([_syllable(0.01), _syllable(0.38), _syllable(1.49)], GRID)
    assert [tuple(i) for i in np.argwhere(weights > 0)] == [(0, 0), (0, 3), (3, 0)]
    assert sung_weights([], GRID).shape == (16, 4)
    assert not sung_weights([_syllable(-3.0), _syllable(99.0)], GRID).any()


def test_loud_long_and_clear_syllables_are_accents() -> None:
    places = [0.0, 0.5, 1.0, 1.5]
    plain = [_syllable(t) for t in places]
    for change in (_syllable(1.0, 0.45), _syllable(1.0, loudness_db=-12.0)):
        weights = sung_weights([*plain[:2], change, plain[3]], GRID)
        assert weights[2, 0] > 1.15 * weights[1, 0]
    weights = sung_weights([*plain[:2], _syllable(1.0, strength=0.3), plain[3]], GRID)
    assert weights[2, 0] < 0.5 * weights[1, 0]


def test_accents_are_relative_and_silence_has_none() -> None:
    accents = sung_accents([_syllable(t) for t in (0.0, 0.5, 0.75, 1.0)], GRID)
    assert accents[0, 0] > 0.4
    assert accents[0, 1] < 0
    assert not accents[8:].any()


def test_strokes_are_wanted_where_the_singer_has_them() -> None:
    accents = np.zeros((2, 4), np.float32)
    accents[0] = (1.0, -0.5, 0.0, 0.0)
    lean = answering(accents, 1.0, torch.device("cpu"))
    kick = lean[COLUMNS["drums"].start + DRUM_CLASSES.index("kick")]
    hat = lean[COLUMNS["drums"].start + DRUM_CLASSES.index("closed_hat")]
    on, off = pack_drums(np.array([2, 0, 0, 0])), pack_drums(np.array([0, 2, 0, 0]))
    assert kick[0, on] > 0 > kick[0, off]
    assert kick[0, 0] == 0
    assert not hat.any()
    assert not kick[1].any()
    for stem in ("bass", "harmony"):
        first = lean[COLUMNS[stem].start]
        assert first[0, HOLD + 1] > 0
        assert not first[0, [REST, HOLD]].any()
    accent, soft = (HARMONY_STROKES.index(name) for name in ("accent", "soft"))
    assert lean[COLUMNS["harmony"].start][0, accent] > lean[COLUMNS["harmony"].start][0, soft]
    assert all(not lean[c].any() for c in range(COLUMNS["lead"].start, COLUMNS["lead"].stop))


def test_accents_are_played_harder_and_the_lead_has_its_own() -> None:
    score = four_bars()
    push = np.zeros((16, 4), np.float32)
    push[0, 0] = 20.0
    plain, pushed = (perform(score, GRID, KEY, seed=1, push=p) for p in (None, push))
    for stem in ("drums", "bass", "harmony"):
        pairs = list(zip(plain.parts[stem].notes, pushed.parts[stem].notes, strict=True))
        first = [b.velocity - a.velocity for a, b in pairs if a.start_s < 0.1]
        assert first
        assert min(first) > 0
        assert all(a == b for a, b in pairs if a.start_s > 0.1)
    assert plain.parts["lead"] == pushed.parts["lead"]


@pytest.mark.parametrize("follow", [None, "close"])
def test_a_vocal_without_syllables_gets_what_it_always_got(
    engine: BandEngine, request_of_four_bars: GenerationRequest, follow: str | None
) -> None:
    request = replace(request_of_four_bars, controls=Controls(follow=follow), candidates=1)
    sung = tuple(_syllable(0.125 + 0.5 * i) for i in range(12))
    with_syllables = replace(request, analysis=replace(request.analysis, syllables=sung))
    loose = replace(with_syllables, controls=Controls(follow="loose"))
    bare = replace(loose, analysis=replace(request.analysis, syllables=()))

    def notes(asked: GenerationRequest) -> object:
        return [a.arrangement.parts for a in engine.arrange(asked, Run())]

    # Loosely followed, the singer's accents are nothing to the band.
    assert notes(loose) == notes(bare)
    # Followed, they are, and the same way every time.
    assert notes(with_syllables) != notes(request)
    assert notes(with_syllables) == notes(with_syllables)


def test_packed_drums_are_what_unpacked_ones_say() -> None:
    levels = np.array([2, 0, 1, 0])
    assert unpack_drums(np.array(pack_drums(levels))).tolist() == levels.tolist()
