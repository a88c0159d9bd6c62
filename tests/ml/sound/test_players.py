"""Who plays a stem: the wish, what there is, what measured better; and the sound of recorded stems in the band."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.controls import NETWORK, RECORDED, Controls
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest, Regenerate
from studio.dsp.equaliser import EqBand, Shape
from studio.dsp.sampler.recipes import RECIPES
from studio.dsp.sampler.samples import SampleSets
from studio.dsp.transient_shaper import Amounts
from studio.ml.engine import BandEngine
from studio.ml.sound.players import Players
from studio.ml.sound.synthesis import Performance, SynthesisConfig, Synthesiser
from tests.dsp.sampler.recordings import kit_set, sine_set
from tests.ml.sound.test_synthesis import _arrangement

BAND = {"drums": "standard kit", "bass": "finger bass", "harmony": "piano", "lead": "flute"}
RECORDABLE = STEMS[:3]
SHELVES: tuple[Shape, ...] = ("low shelf", "high shelf")


@dataclass(frozen=True)
class _Recordings:
    sets: SampleSets
    attribution: dict[str, str] = field(
        default_factory=lambda: {r.set: f"by {r.set}" for r in RECIPES.values()}
    )
    sha256: str = "aa"


SETS = {"kit": kit_set(), "bass_finger": sine_set("bass_finger"), "piano": sine_set("piano")}


@pytest.fixture(scope="module")
def recorded(engine: BandEngine) -> BandEngine:
    networks = engine._synthesiser
    return BandEngine(
        engine._arranger, networks.mel_model, networks.vocoder, networks.device, {"arrangement": "00"},
        config=SynthesisConfig(steps=1), recordings=_Recordings(SETS),
    )  # fmt: skip


def _run(engine: BandEngine, request: GenerationRequest) -> list[Candidate]:
    made: list[Candidate] = []
    engine.generate(request, Run(on_candidate=made.append))
    return made


@pytest.fixture
def request_with_recordings(request_of_four_bars: GenerationRequest) -> GenerationRequest:
    controls = Controls(instruments=BAND, sound=RECORDED)
    return replace(request_of_four_bars, candidates=1, controls=controls)


def test_the_wish_decides_where_there_are_recordings(
    synthesiser: Synthesiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrangement = _arrangement()
    parts = {s: replace(p, instrument=BAND[s]) for s, p in arrangement.parts.items()}
    arrangement = replace(arrangement, parts=parts)
    sounding = {s for s, p in parts.items() if p.notes}
    players = Players(synthesiser, SETS)
    monkeypatch.setattr("studio.ml.sound.players.PREFERRED", {("bass", "finger bass"), ("lead", "flute")})
    assert players.renderers(arrangement, RECORDED) == {
        s: RECORDED if s in RECORDABLE else NETWORK for s in STEMS if s in sounding
    }
    assert set(players.renderers(arrangement, NETWORK).values()) == {NETWORK}
    assert players.renderers(arrangement, None) == {
        s: RECORDED if s == "bass" else NETWORK for s in STEMS if s in sounding
    }
    assert set(Players(synthesiser).renderers(arrangement, RECORDED).values()) == {NETWORK}


def test_stems_of_both_make_the_band_and_say_so(
    recorded: BandEngine, request_with_recordings: GenerationRequest
) -> None:
    first, again = (_run(recorded, request_with_recordings)[0] for _ in range(2))
    assert first.recipe is not None
    sounding = {s: p for s, p in first.arrangement.parts.items() if p.notes}
    assert {s for s in sounding if s in RECORDABLE}
    assert first.recipe.renderers == {s: RECORDED if s in RECORDABLE else NETWORK for s in sounding}
    assert first.settings["renderers"] == first.recipe.renderers
    credits = {f"by {RECIPES[s, p.instrument].set}" for s, p in sounding.items() if s in RECORDABLE}
    assert first.settings["recordings"] == sorted(credits)
    for stem in STEMS:
        np.testing.assert_array_equal(first.stems[stem].samples, again.stems[stem].samples)
        assert first.stems[stem].samples.any() == (stem in sounding)
    networks = _run(
        recorded, replace(request_with_recordings, controls=Controls(instruments=BAND, sound=NETWORK))
    )[0]
    assert networks.arrangement.parts == first.arrangement.parts
    for stem in sounding:
        same = np.array_equal(networks.stems[stem].samples, first.stems[stem].samples)
        assert same == (stem not in RECORDABLE)


def test_outside_a_part_nothing_changes_and_the_same_one_plays_it(
    recorded: BandEngine, request_with_recordings: GenerationRequest
) -> None:
    parent = _run(recorded, request_with_recordings)[0]
    change = Regenerate(parent, (1, 2))
    child = _run(
        recorded, replace(request_with_recordings, seed=9, change=change, controls=Controls(sound=NETWORK))
    )[0]
    assert child.recipe is not None
    assert parent.recipe is not None
    for stem, renderer in parent.recipe.renderers.items():
        assert child.recipe.renderers.get(stem, renderer) == renderer
    start, end = round(2.0 * 48000), round(6.0 * 48000)
    for stem in STEMS:
        before, after = parent.stems[stem].samples, child.stems[stem].samples
        np.testing.assert_array_equal(after[:, :start], before[:, :start])
        np.testing.assert_array_equal(after[:, end:], before[:, end:])


def test_recorded_stems_are_mixed_as_recordings_whole_and_in_part(
    recorded: BandEngine, request_with_recordings: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = _run(recorded, request_with_recordings)[0]
    change = replace(request_with_recordings, seed=9, change=Regenerate(parent, (1, 2)))
    child = _run(recorded, change)[0]
    down = tuple(EqBand(shape, 1000.0, -30.0) for shape in SHELVES)
    quiet = (0.0, Amounts(0.0, 0.0, 0.0, 0.0), down)
    monkeypatch.setattr("studio.dsp.rough_mix._RECORDED", dict.fromkeys(STEMS, quiet))
    whole, part = _run(recorded, request_with_recordings)[0], _run(recorded, change)[0]
    inside = slice(round(2.5 * 48000), round(5.5 * 48000))
    for stem in STEMS:
        for before, after in (
            (parent.stems[stem].samples, whole.stems[stem].samples),
            (child.stems[stem].samples[:, inside], part.stems[stem].samples[:, inside]),
        ):
            if stem not in RECORDABLE:
                np.testing.assert_array_equal(after, before)
            elif before.any():
                assert np.std(after) < 0.1 * np.std(before)


def test_the_tuning_of_the_singer_reaches_recordings(
    recorded: BandEngine, request_with_recordings: GenerationRequest
) -> None:
    from studio.core.arrangement import Note, Part
    from studio.core.audio import Audio
    from studio.ml.sound.rendering import Rendering
    from studio.ml.workers import Workers
    from tests.dsp.sampler.recordings import hz

    arrangement = _arrangement()
    silent = {s: replace(p, notes=()) for s, p in arrangement.parts.items()}
    bass = Part("finger bass", (Note(0.2, 1.8, 40, 90),))
    tuned = replace(arrangement, parts={**silent, "bass": bass}, tuning_cents=-31.0)
    performance = Performance(tuned, 1, SynthesisConfig(steps=1), renderers={"bass": RECORDED})
    vocal = Audio(np.full((1, 2 * 48000), 0.1, np.float32), 48000)
    with Workers() as workers:
        rendering = Rendering(recorded._players, workers, performance, vocal)
        rendering.await_windows(lambda: None)
        rendering.begin_mix(0.1)
        sound = rendering.stems(lambda: None)["bass"].samples.mean(axis=0)[24000:72000]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20))
    heard = np.argmax(spectrum[: 1 << 14]) * 48000 / (1 << 20)
    assert abs(1200 * np.log2(heard / hz(40)) + 31.0) < 3.0


def test_recorded_stems_stop_when_they_are_cancelled(synthesiser: Synthesiser) -> None:
    token = CancelToken()
    token.cancel()
    arrangement = _arrangement()
    parts = {s: replace(p, instrument=BAND[s]) for s, p in arrangement.parts.items()}
    performance = Performance(
        replace(arrangement, parts=parts),
        1,
        SynthesisConfig(steps=1),
        token.check,
        renderers={"bass": RECORDED},
    )
    players = Players(synthesiser, SETS)
    [bass] = [b for b in players.batches(performance, 600) if b[0].stem == "bass"][:1]
    with pytest.raises(JobCancelled):
        players.render(performance, bass)
