"""Children of two candidates: what comes from whom, and that they resemble those it comes from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Arrangement
from studio.core.candidate import Candidate, recipe_of
from studio.core.controls import Controls
from studio.core.counting import check_parents
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.pipeline import Run
from studio.core.request import GENES, Breed, GenerationRequest
from studio.core.score import COLUMNS, GLOBALS
from studio.ml.engine import BandEngine


@pytest.fixture
def parents(engine: BandEngine, request_of_four_bars: GenerationRequest) -> tuple[Candidate, Candidate]:
    a, b = engine.arrange(request_of_four_bars, Run())
    return a, b


def _children(
    engine: BandEngine, request: GenerationRequest, change: Breed, count: int = 1, seed: int = 11
) -> list[Candidate]:
    return engine.arrange(replace(request, change=change, candidates=count, seed=seed), Run())


def _tokens(candidate: Candidate, gene: str) -> list[list[int]]:
    names = ("chord", "energy") if gene == "chords" else (gene,)
    tokens = recipe_of(candidate).score.tokens
    return np.concatenate([tokens[:, COLUMNS[name]] for name in names], axis=1).tolist()  # type: ignore[no-any-return]


def _onsets(arrangement: Arrangement, stem: str) -> set[tuple[int, int]]:
    return {(round(note.start_s * 8), note.pitch) for note in arrangement.parts[stem].notes}


def test_a_gene_is_its_parents_own_tokens_and_instrument(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    a, b = parents
    genes = dict.fromkeys(GENES, "a") | {"drums": "b", "lead": "b", "sound": "b"}
    child = _children(engine, request_of_four_bars, Breed(parents, genes))[0]
    assert _tokens(child, "drums") == _tokens(b, "drums") != _tokens(a, "drums")
    assert _tokens(child, "lead") == _tokens(b, "lead")
    assert _tokens(child, "chords") == _tokens(a, "chords")
    assert _onsets(child.arrangement, "drums") == _onsets(b.arrangement, "drums")
    for stem in STEMS:
        owner = b if genes[stem] == "b" else a
        assert child.arrangement.parts[stem].instrument == owner.arrangement.parts[stem].instrument
    assert child.arrangement.style == a.arrangement.style
    assert recipe_of(child).sound_seed == recipe_of(b).sound_seed
    assert child.settings["parent"] == 1
    assert child.settings["other_parent"] == 2
    assert child.settings["genes"] == {gene: 2 if source == "b" else 1 for gene, source in genes.items()}


def test_a_child_with_all_of_one_parent_is_that_parent(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    child = _children(engine, request_of_four_bars, Breed(parents, dict.fromkeys(GENES, "b")))[0]
    assert child.arrangement == parents[1].arrangement
    np.testing.assert_array_equal(recipe_of(child).score.globals, recipe_of(parents[1]).score.globals)


def test_what_is_new_blended_or_mutated_is_drawn_and_the_rest_stays(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    for source in ("new", "blend"):
        genes = dict.fromkeys(GENES, "a") | {"drums": source}
        child = _children(engine, request_of_four_bars, Breed(parents, genes))[0]
        assert _tokens(child, "drums") not in (_tokens(parents[0], "drums"), _tokens(parents[1], "drums"))
        assert _tokens(child, "bass") == _tokens(parents[0], "bass")
    mutant = _children(engine, request_of_four_bars, Breed(parents, dict.fromkeys(GENES, "a"), 0.25))[0]
    before, after = recipe_of(parents[0]).score.tokens, recipe_of(mutant).score.tokens
    assert (before[:, : COLUMNS["energy"].stop] == after[:, : COLUMNS["energy"].stop]).all()
    changed = sum(
        bool(
            (
                before[bar * 4 : bar * 4 + 4, COLUMNS[stem]] != after[bar * 4 : bar * 4 + 4, COLUMNS[stem]]
            ).any()
        )
        for bar in range(4)
        for stem in STEMS
    )
    assert 1 <= changed <= 4  # of the 16 phrases of one bar and stem at most, where all stems play


def test_children_of_one_request_differ_and_are_the_same_when_asked_again(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    change = Breed(parents, {"drums": "a"}, 0.1)
    first = _children(engine, request_of_four_bars, change, 8)
    again = _children(engine, request_of_four_bars, change, 8)
    assert [c.arrangement for c in first] == [c.arrangement for c in again]
    assert len({str(c.settings["genes"]) for c in first}) > 4
    assert _children(engine, request_of_four_bars, change, 1)[0].arrangement == first[0].arrangement


def test_a_family_can_be_bred_for_many_generations(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    a, b = parents
    for generation in range(8):
        a, b = (
            b,
            _children(engine, request_of_four_bars, Breed((a, b), {"bass": "blend"}, 0.1), 1, generation)[0],
        )
    assert len(str(recipe_of(b).noise)) < 40_000


def test_wishes_hold_where_a_child_is_free(
    engine: BandEngine, request_of_four_bars: GenerationRequest, parents: tuple[Candidate, Candidate]
) -> None:
    genes = dict.fromkeys(GENES, "a") | {"style": "new"}
    asked = replace(request_of_four_bars, controls=Controls(style="folk"))
    child = _children(engine, asked, Breed(parents, genes))[0]
    assert child.arrangement.style == "folk"
    assert recipe_of(child).score.globals[GLOBALS.index("drums")] == recipe_of(parents[0]).score.globals[3]


def test_parents_on_other_beats_or_without_a_recipe_are_refused(parents: tuple[Candidate, Candidate]) -> None:
    a, b = parents
    other = replace(b, arrangement=replace(b.arrangement, grid=BeatGrid.regular(90.0, Meter(4, 4), 8.0)))
    with pytest.raises(StudioError, match="same beats"):
        check_parents(Breed((a, other)))
    with pytest.raises(StudioError, match="recipe"):
        check_parents(Breed((a, replace(b, recipe=None))))
    check_parents(Breed((a, b)))


def test_what_was_arranged_is_what_is_played(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    pool = replace(request_of_four_bars, candidates=10)
    arranged = engine.arrange(pool, Run())
    made: list[Candidate] = []
    engine.generate(replace(pool, only=frozenset({10})), Run(on_candidate=made.append))
    played: list[Candidate] = []
    engine.play(pool.vocal, [arranged[9]], Run(on_candidate=played.append))
    for candidate in (*made, *played):
        assert candidate.number == 10
        assert candidate.arrangement == arranged[9].arrangement
        assert candidate.settings == arranged[9].settings
        assert recipe_of(candidate).gains
        for stem in STEMS:
            np.testing.assert_array_equal(candidate.stems[stem].samples, made[0].stems[stem].samples)
    with pytest.raises(StudioError, match="1 to 8"):
        engine.generate(pool, Run())
