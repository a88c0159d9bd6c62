"""What children of two candidates have of whom, in tokens and in noise (arXiv:2506.04852 crosses candidates).

The paper crosses the noise alone. Here a gene that comes from one parent is copied as tokens, since the same noise
between other tokens leads elsewhere; the noise goes with it, for the next generation. Only what is blended, new or
mutated is drawn, between what is copied.

Measured on three phrases of the demo vocal, 48 children with a mutation of 0.1, as the F-score of notes by place in the
bar and pitch (of bass and harmony above the chord's root; of chords by bar): a gene resembles the parent it comes from
by 1.00 (chords), .92 (drums), .95 (bass), .88 (harmony) and .75 (lead), an unrelated candidate by .64, .39, .51, .26
and .12. A gene drawn from noise halfway between both parents' resembles them by .67, .35, .56, .49 and .12, hardly more
than a stranger: crossing the noise alone, as in the paper, hands nothing down here, and is left to 'blend'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS
from studio.core.candidate import GLOBALS_NOISE, Candidate, NoiseStep, Recipe, recipe_of
from studio.core.grid import BeatGrid
from studio.core.noise_layers import NOISE_COLUMNS, layers, needed
from studio.core.request import Breed
from studio.core.score import COLUMNS, GLOBALS

#: Columns of noise, and of the score's globals, of each gene; `sound` has neither.
_COLUMNS = {"style": (GLOBALS_NOISE,), "chords": ("chord", "energy"), **{stem: (stem,) for stem in STEMS}}
_GLOBALS = {"style": ("style", "density", "swing"), "chords": (), **{stem: (stem,) for stem in STEMS}}
#: Bars of a phrase that mutates, in a song of more than _SHORT_BARS bars and in a shorter one.
_PHRASE_BARS, _SHORT_PHRASE_BARS, _SHORT_BARS = 4, 1, 8
#: A noise of more layers than this begins anew; the score, which is what is heard, is inherited all the same.
_MOST_LAYERS = 256


@dataclass(frozen=True, eq=False)
class Child:
    """What of a child is settled before anything is drawn.

    Attributes:
        genes: where each comes from.
        tokens: int64 [L, 21], -1 where it is to be drawn.
        globals: int64 [7], -1 where it is to be drawn.
        noise: what it is drawn from.
        sound_seed: None for one of its own.
        instruments: by stem, the instrument it is heard with; none for one that is to be drawn.
    """

    genes: Mapping[str, str]
    tokens: NDArray[np.int64]
    globals: NDArray[np.int64]
    noise: tuple[NoiseStep, ...]
    sound_seed: int | None
    instruments: Mapping[str, str]


def child_of(change: Breed, seed: int, candidate: int) -> Child:
    """What the child of that number, from 0, of a request of that seed has. For parents that core.counting lets by."""
    recipes = dict(zip("ab", (recipe_of(parent) for parent in change.parents), strict=True))
    parents = dict(zip("ab", change.parents, strict=True))
    grid = change.parent.arrangement.grid
    genes = change.genes_of(seed, candidate)
    rng = np.random.default_rng([seed, candidate, 43])
    tokens = np.full_like(recipes["a"].score.tokens, -1)
    globals_ = np.full(len(GLOBALS), -1, dtype=np.int64)
    instruments: dict[str, str] = {}
    for gene, source in genes.items():
        if gene == "sound":
            continue
        # A blend of two instruments there is not: it has one of them.
        heir = "ab"[int(rng.integers(2))] if source == "blend" else source
        if heir in recipes and (source != "blend" or gene in STEMS):
            for name in _GLOBALS[gene]:
                globals_[GLOBALS.index(name)] = recipes[heir].score.globals[GLOBALS.index(name)]
            if gene in STEMS:
                instruments[gene] = parents[heir].arrangement.parts[gene].instrument
        if source in recipes:
            for name in _COLUMNS[gene]:
                if name in COLUMNS:
                    tokens[:, COLUMNS[name]] = recipes[source].score.tokens[:, COLUMNS[name]]
    mutated = _mutated(change, genes, parents, grid, rng)
    for rows, stem in mutated:
        tokens[slice(*rows), COLUMNS[stem]] = -1
    sound = genes["sound"]
    return Child(
        genes,
        tokens,
        globals_,
        _noise(recipes, genes, mutated, NoiseStep(seed, candidate), grid.beats),
        recipes[sound].sound_seed if sound in recipes else None,
        instruments,
    )


def _mutated(
    change: Breed,
    genes: Mapping[str, str],
    parents: Mapping[str, Candidate],
    grid: BeatGrid,
    rng: np.random.Generator,
) -> list[tuple[tuple[int, int], str]]:
    """Quarters and stem of each phrase that is drawn anew, among those that were copied and in which anything plays."""
    bars = _PHRASE_BARS if grid.bars > _SHORT_BARS else _SHORT_PHRASE_BARS
    length = bars * grid.meter.quarters_per_bar
    phrases = [
        ((start, min(start + length, grid.beats)), stem)
        for stem in STEMS
        if genes[stem] in parents and parents[genes[stem]].arrangement.parts[stem].notes
        for start in range(0, grid.beats, length)
    ]
    count = math.ceil(change.mutation * len(phrases))
    return [phrases[i] for i in rng.permutation(len(phrases))[:count]]


def _noise(
    recipes: Mapping[str, Recipe],
    genes: Mapping[str, str],
    mutated: Sequence[tuple[tuple[int, int], str]],
    fresh: NoiseStep,
    beats: int,
) -> tuple[NoiseStep, ...]:
    """The child's layers: a's, and over them what comes from b, from both, and from nobody."""
    of = {source: _columns(genes, source) for source in ("a", "b", "blend", "new")}
    seed, candidate = fresh.seed, fresh.candidate
    kept = needed(recipes["a"].noise, {*of["a"], *of["blend"]}, beats)
    steps = list(kept or (fresh,))
    for source, amount in (("b", 1.0), ("blend", 0.5)):
        if of[source]:
            theirs = needed(recipes["b"].noise, of[source], beats) or recipes["b"].noise
            steps.append(NoiseStep(seed, candidate, amount, (0, beats), of[source], theirs))
    if of["new"]:
        steps.append(NoiseStep(seed, candidate, 1.0, (0, beats), of["new"]))
    steps += [NoiseStep(seed, candidate, 1.0, rows, (stem,)) for rows, stem in mutated]
    return tuple(steps) if layers(steps) <= _MOST_LAYERS else (fresh,)


def _columns(genes: Mapping[str, str], source: str) -> tuple[str, ...]:
    wanted = {name for gene, from_ in genes.items() if from_ == source for name in _COLUMNS.get(gene, ())}
    return tuple(name for name in NOISE_COLUMNS if name in wanted)
