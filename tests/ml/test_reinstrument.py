"""A stem on another instrument: the same notes, the other stems bit by bit, and what later changes make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate, Recipe, recipe_of
from studio.core.controls import NETWORK, RECORDED, Controls
from studio.core.errors import StudioError
from studio.core.instruments import INSTRUMENTS
from studio.core.jobs import Progress
from studio.core.pipeline import Run
from studio.core.request import Change, GenerationRequest, Regenerate, Reinstrument, Vary
from studio.core.score import GLOBALS
from studio.ml.engine import BandEngine
from studio.ml.sound.synthesis import SynthesisConfig
from studio.services.generating.requests import change_request
from tests.ml.sound.test_players import SETS, _Recordings

BAND = {"drums": "room kit", "bass": "pick bass", "harmony": "organ", "lead": "flute"}


@pytest.fixture(scope="module")
def band(engine: BandEngine) -> BandEngine:
    """With recordings of a kit, a finger bass and a piano."""
    networks = engine._synthesiser
    return BandEngine(
        engine._arranger, networks.mel_model, networks.vocoder, networks.device, {"arrangement": "00"},
        config=SynthesisConfig(steps=1), recordings=_Recordings(SETS),
    )  # fmt: skip


def _made(engine: BandEngine, request: GenerationRequest, said: list[Progress] | None = None) -> Candidate:
    made: list[Candidate] = []
    steps = [] if said is None else said
    engine.generate(replace(request, candidates=1), Run(on_candidate=made.append, on_step=steps.append))
    return made[0]


@pytest.fixture(scope="module")
def made_once() -> list[Candidate]:
    return []


@pytest.fixture
def parent(
    band: BandEngine, request_of_four_bars: GenerationRequest, made_once: list[Candidate]
) -> Candidate:
    """All by the network, with a wish for each stem."""
    if not made_once:
        made_once.append(_made(band, replace(request_of_four_bars, controls=Controls(instruments=BAND))))
    return made_once[0]


def _changed(
    engine: BandEngine, request: GenerationRequest, change: Change, seed: int = 77, said: list[Progress] | None = None
) -> Candidate:  # fmt: skip
    asked = change_request(request.vocal, request.analysis, change, candidates=1, seed=seed)
    return _made(engine, asked, said)


def _player(recipe: Recipe, stem: str) -> str:
    return INSTRUMENTS[stem][int(recipe.score.globals[GLOBALS.index(stem)])].name


def test_the_notes_stay_and_so_do_the_other_stems(
    band: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    said: list[Progress] = []
    child = _changed(
        band, request_of_four_bars, Reinstrument(parent, "harmony", "piano", RECORDED), said=said
    )
    before, after = parent.arrangement, child.arrangement
    assert before.parts["harmony"].notes
    assert after.parts["harmony"] == replace(before.parts["harmony"], instrument="piano")
    for stem in ("drums", "bass", "lead"):
        assert child.stems[stem] is parent.stems[stem]
        assert after.parts[stem] == before.parts[stem]
    assert (after.chords, after.style, after.grid) == (before.chords, before.style, before.grid)
    new, old = child.stems["harmony"].samples, parent.stems["harmony"].samples
    assert new.shape == old.shape
    assert np.abs(new - old).max() > 1e-4
    assert child.settings["instruments"] == {**BAND, "harmony": "piano"}
    assert (child.settings["parent"], child.settings["change"]) == (
        parent.number,
        "harmony on piano, recorded",
    )
    fractions = [progress.fraction for progress in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)

    recipe, origin = recipe_of(child), recipe_of(parent)
    assert _player(recipe, "harmony") == "piano"
    np.testing.assert_array_equal(recipe.score.tokens, origin.score.tokens)
    assert (recipe.noise, recipe.sound_seed) == (origin.noise, origin.sound_seed)
    assert {s: g for s, g in recipe.gains.items() if s != "harmony"} == {
        s: g for s, g in origin.gains.items() if s != "harmony"
    }
    # As loud as it would be in a band played as a whole.
    whole: list[Candidate] = []
    band.play(request_of_four_bars.vocal, [child], Run(on_candidate=whole.append))
    assert recipe.gains["harmony"] == pytest.approx(recipe_of(whole[0]).gains["harmony"], rel=1e-3)
    peak = np.abs(new).max()
    np.testing.assert_allclose(new, whole[0].stems["harmony"].samples, atol=0.01 * peak)

    # Nothing is drawn: neither the seed nor the time makes another sound.
    again = _changed(band, request_of_four_bars, Reinstrument(parent, "harmony", "piano", RECORDED), seed=5)
    np.testing.assert_array_equal(again.stems["harmony"].samples, new)


def test_the_other_sound_alone_and_what_it_keeps(
    band: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    assert RECORDED not in recipe_of(parent).renderers.values()
    bass = _changed(band, request_of_four_bars, Reinstrument(parent, "bass", "finger bass", RECORDED))
    assert recipe_of(bass).renderers == {**recipe_of(parent).renderers, "bass": RECORDED}
    assert bass.settings["recordings"] == ["by bass_finger"]
    network = _changed(band, request_of_four_bars, Reinstrument(bass, "bass", "finger bass", NETWORK))
    assert network.arrangement == bass.arrangement
    assert recipe_of(network).renderers["bass"] == NETWORK
    assert network.settings["change"] == "bass on finger bass, by the network"
    assert not np.array_equal(network.stems["bass"].samples, bass.stems["bass"].samples)
    # Who plays stays, where the instrument was recorded.
    assert recipe_of(
        _changed(band, request_of_four_bars, Reinstrument(bass, "bass", "synth bass"))
    ).renderers["bass"] == RECORDED  # fmt: skip
    assert recipe_of(
        _changed(band, request_of_four_bars, Reinstrument(bass, "bass", "fretless bass"))
    ).renderers["bass"] == NETWORK  # fmt: skip
    with pytest.raises(StudioError, match="no recordings of the fretless bass"):
        _changed(band, request_of_four_bars, Reinstrument(bass, "bass", "fretless bass", RECORDED))


@pytest.mark.parametrize("how", ["near", "bars"])
def test_later_changes_keep_the_instrument_and_who_plays_it(
    band: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate, how: str
) -> None:
    child = _changed(band, request_of_four_bars, Reinstrument(parent, "bass", "finger bass", RECORDED))
    change = Vary(child) if how == "near" else Regenerate(child, (1, 2), ("bass", "lead"))
    grandchild = _changed(band, request_of_four_bars, change)
    heard = {stem: part.instrument for stem, part in grandchild.arrangement.parts.items()}
    assert heard == {**BAND, "bass": "finger bass"}
    assert recipe_of(grandchild).renderers["bass"] == RECORDED
    assert set(recipe_of(grandchild).renderers) <= set(STEMS)


def test_what_cannot_be_is_refused_by_the_engine_too(
    band: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    request = replace(request_of_four_bars, change=Reinstrument(parent, "harmony", "organ"))
    with pytest.raises(StudioError, match="played already"):
        _made(band, request)
    shorter = replace(request.vocal, samples=request.vocal.samples[:, :-1])
    change = Reinstrument(parent, "harmony", "piano")
    with pytest.raises(StudioError, match="384037 frames"):
        _made(band, replace(request, vocal=shorter, change=change))
