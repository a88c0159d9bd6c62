"""Candidates changed: what is outside a regenerated part is untouched, variations are relatives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.audio.files import read_audio
from studio.audio.wav import write_wav
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.music import Chord
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest, Regenerate, Vary
from studio.core.score import COLUMNS
from studio.ml.engine import BandEngine
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.generating.change_folder import FolderChange, change_in_folder
from studio.services.generating.service import GenerationService
from studio.services.project.results import open_results
from studio.services.vocal import open_vocal

BAND = {"drums": "room kit", "bass": "pick bass", "harmony": "organ", "lead": "flute"}


def _run(engine: BandEngine, request: GenerationRequest) -> list[Candidate]:
    made: list[Candidate] = []
    engine.generate(request, Run(on_candidate=made.append))
    return made


@pytest.fixture(params=[0.0, -37.0], ids=["440", "flat"])
def parent(
    engine: BandEngine, request_of_four_bars: GenerationRequest, request: pytest.FixtureRequest
) -> Candidate:
    sung = replace(request_of_four_bars.analysis, tuning_cents=request.param)
    asked = replace(request_of_four_bars, candidates=1, controls=Controls(instruments=BAND), analysis=sung)
    return _run(engine, asked)[0]


def _changed(
    engine: BandEngine, request: GenerationRequest, change: Vary | Regenerate, seed: int = 77
) -> Candidate:
    recipe = change.parent.recipe
    assert recipe is not None
    return _run(engine, replace(request, change=change, candidates=1, seed=seed, controls=recipe.controls))[0]


@pytest.mark.parametrize("new_chords", [False, True])
def test_outside_the_bars_nothing_changes(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate, new_chords: bool
) -> None:
    child = _changed(engine, request_of_four_bars, Regenerate(parent, (1, 2), STEMS, new_chords=new_chords))
    start_s, end_s = 2.0, 6.0
    start, end = round(start_s * 48000), round(end_s * 48000)
    for stem in STEMS:
        before, after = parent.stems[stem].samples, child.stems[stem].samples
        np.testing.assert_array_equal(after[:, :start], before[:, :start])
        np.testing.assert_array_equal(after[:, end:], before[:, end:])
        assert np.abs(after[:, start:end] - before[:, start:end]).max() > 1e-4
        old, new = parent.arrangement.parts[stem].notes, set(child.arrangement.parts[stem].notes)
        early, late = [n for n in old if n.end_s <= start_s], [n for n in old if n.start_s >= end_s]
        assert early or late
        assert {*early, *late} <= new
        begun = [n for n in old if n.start_s < start_s - 0.012]
        assert [(n.start_s, n.pitch, n.velocity) for n in begun] == [
            (n.start_s, n.pitch, n.velocity)
            for n in child.arrangement.parts[stem].notes
            if n.start_s < start_s - 0.012
        ]
    assert (child.arrangement.chords == parent.arrangement.chords) != new_chords
    assert child.settings["parent"] == parent.number
    assert child.settings["change"] == "new band in bars 2 to 3" + (", new chords" if new_chords else "")


def test_other_stems_are_the_parents_own(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    child = _changed(engine, request_of_four_bars, Regenerate(parent, stems=("drums",)))
    for stem in STEMS[1:]:
        assert child.stems[stem] is parent.stems[stem]
        assert child.arrangement.parts[stem] == parent.arrangement.parts[stem]
    assert child.arrangement.parts["drums"] != parent.arrangement.parts["drums"]
    assert child.recipe is not None
    assert parent.recipe is not None
    np.testing.assert_array_equal(child.recipe.score.globals, parent.recipe.score.globals)


def test_a_part_made_twice_the_same_way_fits_without_a_seam(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    """With the parent's own tokens in the part, the part is what it was: level, noise and timeline agree."""
    assert parent.recipe is not None
    own = replace(parent.recipe, noise=())  # the layers do not matter where every token is fixed
    twin = replace(parent, recipe=own)
    chords = Controls(chords=Chord.parse_many("C"))
    request = replace(request_of_four_bars, controls=chords, change=Regenerate(twin, (1, 2)))
    plan = engine._arrange(request, Run())[0]
    from studio.ml.arrangement.regenerating import play_part
    from studio.ml.sound.synthesis import Performance

    same = Performance(parent.arrangement, plan.recipe.sound_seed, engine._config)
    change = request.change
    assert isinstance(change, Regenerate)
    stems, gains = play_part(engine._synthesiser, same, request, change)
    assert gains == parent.recipe.gains
    for stem in STEMS:
        peak = np.abs(parent.stems[stem].samples).max()
        assert np.abs(stems[stem].samples - parent.stems[stem].samples).max() < 0.01 * peak


def test_a_stem_that_was_left_out_can_be_asked_for(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    controls = Controls(instruments={**BAND, "lead": "none"})
    parent = _run(engine, replace(request_of_four_bars, candidates=1, controls=controls))[0]
    assert parent.arrangement.parts["lead"].notes == ()
    assert not parent.stems["lead"].samples.any()
    request = replace(request_of_four_bars, change=Regenerate(parent, stems=("lead",)), candidates=1, seed=3)
    child = _run(engine, request)[0]
    assert child.arrangement.parts["lead"].instrument != "none"
    assert child.stems["lead"].samples.any()


def test_regenerated_again_it_keeps_the_first_change(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    child = _changed(engine, request_of_four_bars, Regenerate(parent, (1, 1)))
    grandchild = _changed(engine, request_of_four_bars, Regenerate(child, (2, 2)), seed=78)
    end = round(4.0 * 48000)
    for stem in STEMS:
        np.testing.assert_array_equal(
            grandchild.stems[stem].samples[:, :end], child.stems[stem].samples[:, :end]
        )
    assert grandchild.recipe is not None
    assert [(step.seed, step.beats) for step in grandchild.recipe.noise] == [
        (5, None),
        (77, (4, 8)),
        (78, (8, 12)),
    ]


def test_near_is_nearer_than_far_and_far_than_a_stranger(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    assert parent.recipe is not None
    tokens = parent.recipe.score.tokens

    def distance(candidates: list[Candidate]) -> float:
        return float(np.mean([(c.recipe.score.tokens != tokens).mean() for c in candidates if c.recipe]))

    near, far = (
        _run(engine, replace(request_of_four_bars, change=Vary(parent, how), candidates=4, seed=9))
        for how in ("near", "far")
    )
    strangers = _run(engine, replace(request_of_four_bars, candidates=4, seed=9))
    assert 0.0 < distance(near) < distance(far) < distance(strangers)
    for child in near:
        assert child.arrangement.style == parent.arrangement.style
        assert child.arrangement.chords == parent.arrangement.chords
        assert {s: p.instrument for s, p in child.arrangement.parts.items()} == BAND
        assert child.settings["change"] == "near variation"


def test_a_candidate_of_an_earlier_start_is_regenerated_file_by_file(
    engine: BandEngine, request_of_four_bars: GenerationRequest, tmp_path: Path
) -> None:
    # So quiet that the export need not lower it.
    quiet = Audio(0.1 * request_of_four_bars.vocal.samples, 48000)
    request = replace(request_of_four_bars, vocal=quiet, candidates=1, controls=Controls(instruments=BAND))
    parent = _run(engine, request)[0]
    write_wav(tmp_path / "take.wav", request.vocal)
    vocal = open_vocal(tmp_path / "take.wav")
    exported = export_candidate(
        ExportRequest(tmp_path, vocal, request.analysis, parent, 5, engine.model_hashes)
    )
    assert exported.gain_db == 0.0
    folder = exported.folder
    made: list[Path] = []
    change_in_folder(
        FolderChange(folder, bars=(2, 3), stems=("drums", "bass"), seed=3),
        GenerationService(tmp_path, "cpu", lambda *_: engine),
        on_step=lambda _: None,
        cancel=CancelToken(),
        on_exported=lambda _, exported: made.append(exported.folder),
    )
    for stem in STEMS:
        before, after = (read_audio(f / f"{stem}.wav").samples for f in (folder, made[0]))
        np.testing.assert_array_equal(after[:, : 2 * 48000], before[:, : 2 * 48000])
        np.testing.assert_array_equal(after[:, 6 * 48000 :], before[:, 6 * 48000 :])
        assert np.array_equal(before, after) == (stem in ("harmony", "lead"))
    old, new = open_results(folder).candidates[0], open_results(made[0]).candidates[0]
    assert old.recipe is not None
    assert new.recipe is not None
    assert old.recipe.gains == parent.recipe.gains  # type: ignore[union-attr]
    outside = np.r_[0:4, 12:16]
    np.testing.assert_array_equal(new.recipe.score.tokens[outside], old.recipe.score.tokens[outside])
    assert new.settings["change"] == "new drums, bass in bars 2 to 3"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"bars": (2, 9)}, "no such bars"),
        ({"stems": ("vocals",)}, "no such stem"),
        ({"stems": ("drums", "bass"), "new_chords": True}, "chords alone"),
    ],
)
def test_impossible_parts_are_named(
    engine: BandEngine,
    request_of_four_bars: GenerationRequest,
    parent: Candidate,
    change: dict[str, object],
    word: str,
) -> None:
    with pytest.raises(StudioError, match=word):
        _run(engine, replace(request_of_four_bars, change=Regenerate(parent, **change)))  # type: ignore[arg-type]


def test_an_instrument_holds_for_the_whole_song(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    request = replace(request_of_four_bars, controls=Controls(instruments={"lead": "violin"}), candidates=1)
    with pytest.raises(StudioError, match="whole song"):
        _run(engine, replace(request, change=Regenerate(parent, (1, 1), ("lead",))))
    child = _run(engine, replace(request, change=Regenerate(parent, None, ("lead",))))[0]
    assert child.arrangement.parts["lead"].instrument == "violin"


def test_a_candidate_without_a_recipe_is_a_clear_error(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parent: Candidate
) -> None:
    with pytest.raises(StudioError, match="only the sound and the notes were kept"):
        _run(engine, replace(request_of_four_bars, change=Vary(replace(parent, recipe=None))))


def test_energy_and_instruments_are_obeyed_to_the_token(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    controls = Controls(energy=("low", "high"), instruments={"drums": "none", "bass": "upright bass"})
    made = _run(engine, replace(request_of_four_bars, candidates=1, controls=controls))[0]
    assert made.recipe is not None
    assert made.recipe.score.tokens[:, COLUMNS["energy"]][:, 0].tolist() == [1] * 8 + [3] * 8
    assert made.arrangement.parts["drums"].notes == ()
    assert made.arrangement.parts["bass"].instrument == "upright bass"
