"""The semantic projection of a request: wishes in tokens, scores from the arrangement model, notes from scores.

A far variation is drawn again from its parent's noise, part of the way to fresh noise; a near one has fresh noise, but
in some phrases only, since one other token leads to many. A regenerated part is drawn from fresh noise too, between
tokens that stay; of the notes, core.splice keeps all that lie outside. Children of two candidates: see breeding. A stem
on another instrument: see reinstrumenting.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement
from studio.core.candidate import NoiseStep, Recipe, recipe_of
from studio.core.controls import DENSITIES, ENERGIES, FOLLOWS, Controls
from studio.core.counting import check_parents
from studio.core.errors import StudioError
from studio.core.finishing.finish import finish
from studio.core.grid import BeatGrid
from studio.core.instruments import Instrument
from studio.core.language import tr
from studio.core.music import Chord, Meter
from studio.core.perform import perform
from studio.core.request import (
    DISTANCES,
    MOST_ARRANGED,
    Breed,
    GenerationRequest,
    Regenerate,
    Reinstrument,
    Vary,
)
from studio.core.score import COLUMNS, GLOBALS, N_COLUMNS, REST, STYLES, chord_token
from studio.core.splice import splice_notes
from studio.dsp.pitch_salience import pitch_salience
from studio.ml.arrangement.breeding import Child, child_of
from studio.ml.arrangement.condition import condition_of
from studio.ml.arrangement.logit_bias import UNUSUAL_IF_ASKED, UNUSUAL_IF_DRAWN
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from studio.ml.arrangement.noise import noise_of
from studio.ml.arrangement.reinstrumenting import reinstrumented
from studio.ml.arrangement.sampler import Wishes, sample_scores
from studio.ml.arrangement.sound_choice import choose_sounds, kept_sounds, player_of
from studio.ml.arrangement.sung_density import hear_singing
from studio.ml.weights import Weights, configured, load_into, load_weights

#: How far the noise of a variation is from its parent's, 0 to 1, by DISTANCES.
_AMOUNT = {"near": 1.0, "far": 0.25}
#: Share of the phrases, each of one stem and so many bars, that a near variation draws anew; since their neighbours
#: stay, many notes come out as they were.
_NEW_PHRASES, _PHRASE_BARS = 0.65, 4
#: Guidance of the harmony by the melody, by FOLLOWS.
_MELODY_GUIDANCE = {"loose": 0.75, "normal": 2.5, "close": 4.0}
#: How much the players lean to the sung accents, by FOLLOWS: in what they play (a factor of logit_bias.ANSWERS) and in
#: how hard (steps of velocity for an accent of 1).
_ANSWER = {"loose": 0.0, "normal": 1.0, "close": 2.0}
_ACCENT_VELOCITY = {"loose": 0.0, "normal": 6.0, "close": 10.0}
#: How much their density leans to the singing (a factor of logit_bias.FILLS), and how hard they play (steps of velocity
#: for a level of 1).
_BREATH = {"loose": 0.0, "normal": 1.0, "close": 2.0}
_LEVEL_VELOCITY = {"loose": 0.0, "normal": 6.0, "close": 10.0}
#: Number of the candidate (from 0) whose chords are as varied as the model knows them.
_BOLDEST = 3
#: Guidance of the players where a style or a density was asked for.
_BAND_GUIDANCE = 1.5


@dataclass(frozen=True, eq=False)
class Arranged:
    """One arrangement and what it came from; the recipe has no gains yet."""

    arrangement: Arrangement
    recipe: Recipe


def load_arranger(
    path: Path, device: torch.device, sounds: Sequence[tuple[str, Instrument]] = ()
) -> Arranger:
    """The arranger with the weights of a file, on a device. Raises StudioError for a missing or damaged file."""
    return make_arranger(load_weights(path), device, sounds)


def make_arranger(
    weights: Weights, device: torch.device, sounds: Sequence[tuple[str, Instrument]] = ()
) -> Arranger:
    """The same of weights that were read. Raises StudioError for those of something else."""
    header, name = weights.header, "the arrangement model"
    model = configured(lambda: ArrangementModel(ArrangementConfig(**header["config"])), name)
    load_into(model, weights.tensors, name)
    styles = configured(
        lambda: {meter: tuple(STYLES.index(s) for s in names) for meter, names in header["styles"].items()},
        name,
    )
    return Arranger(model.to(device).eval(), styles, sounds)


class Arranger:
    """Makes the arrangements of a request.

    Args:
        model: on its device, in evaluation mode.
        styles: by meter ('3/4'), the styles (indices of STYLES) that were trained in it.
        sounds: entries of core.instruments.SOUNDS that can be played.
    """

    def __init__(
        self,
        model: ArrangementModel,
        styles: Mapping[str, tuple[int, ...]],
        sounds: Sequence[tuple[str, Instrument]] = (),
    ) -> None:
        self.model, self.styles, self._sounds = model, styles, sounds

    def arrange(self, request: GenerationRequest, *, on_step: Callable[[], None]) -> list[Arranged]:
        """An arrangement for each candidate.

        Args:
            on_step: called after each of arrangement_sampler.CALLS steps of each reading of the vocal; may raise
                JobCancelled.

        Raises:
            StudioError: for wishes that cannot be.
        """
        if not 1 <= request.candidates <= MOST_ARRANGED:
            raise StudioError(
                tr("Cannot make that many candidates"),
                seen=str(request.candidates),
                expected=tr("1 to {most_arranged}", most_arranged=MOST_ARRANGED),
            )
        if isinstance(request.change, Reinstrument):
            # Nothing is drawn: all candidates of such a request are the same one.
            one = Arranged(*reinstrumented(request.change, request.controls, self._sounds))
            return [one] * request.candidates
        if isinstance(request.change, Breed):
            check_parents(request.change)
        made: list[Arranged] = []
        for reading in sorted(set(request.readings)):
            numbers = [i for i, taken in enumerate(request.readings) if taken == reading]
            heard = replace(request, analysis=request.analysis_of(numbers[0] + 1))
            made += self._arrange(heard, numbers, on_step, beside=made)
        return made

    def _arrange(
        self,
        request: GenerationRequest,
        numbers: Sequence[int],
        on_step: Callable[[], None],
        beside: Sequence[Arranged] = (),
    ) -> list[Arranged]:
        """The candidates of these numbers (from 0) on the grid of the request's analysis, unlike those `beside`."""
        analysis = request.analysis
        grid, key = analysis.grid, analysis.key
        condition = condition_of(analysis)
        children = [_child(request, i) for i in numbers]
        wishes = self._wishes(request, children)
        if beside and wishes.styles:
            taken = {arranged.arrangement.style for arranged in beside}
            left = tuple(s for s in wishes.styles if STYLES[s] not in taken)
            wishes = replace(wishes, styles=left or wishes.styles)
        steps = [
            child.noise if child else _noise_steps(request, i)
            for i, child in zip(numbers, children, strict=True)
        ]
        noise = [noise_of(s, grid.beats) for s in steps]
        # The first candidate is the safest; those after it dare more. A variation keeps its forebear's courage.
        wishes = replace(wishes, boldness=tuple(min(1.0, s[0].candidate / _BOLDEST) for s in steps))
        singing = hear_singing(analysis.syllables, grid) if analysis.syllables else None
        follow = _one_of("follow", request.controls.follow or "normal", FOLLOWS)
        wishes = replace(wishes, singing=singing, answer=_ANSWER[follow], breath=_BREATH[follow])
        push = None
        if singing is not None:
            push = singing.accents * _ACCENT_VELOCITY[follow]
            push = push + singing.level[:, None] * _LEVEL_VELOCITY[follow]
        scores = sample_scores(self.model, condition, noise, wishes, on_step=on_step)
        salience = pitch_salience(request.vocal, grid.times_s)
        made = []
        free = _free(wishes.tokens, grid.beats, len(scores))
        for i, drawn, open_, layers, child in zip(numbers, scores, free, steps, children, strict=True):
            score = finish(drawn, open_, analysis)
            sound_seed = request.seed * 64 + i
            if isinstance(request.change, Regenerate):
                # What stays must sound as it did up to the very join.
                sound_seed = recipe_of(request.change.parent).sound_seed
            if child is not None and child.sound_seed is not None:
                sound_seed = child.sound_seed
            kept = kept_sounds(request) if child is None else child.instruments
            sounds = choose_sounds(request, score, layers, self._sounds, kept)
            arrangement = perform(
                score, grid, key, seed=sound_seed, sounds=sounds, salience=salience, push=push
            )
            arrangement = replace(arrangement, tuning_cents=_tuning_of(request))
            if isinstance(request.change, Regenerate):
                arrangement = splice_notes(request.change, arrangement)
            made.append(Arranged(arrangement, Recipe(score, layers, sound_seed, request.controls)))
        return made

    def _wishes(self, request: GenerationRequest, children: Sequence[Child | None]) -> Wishes:
        """What the request fixes, in tokens."""
        grid, controls = request.analysis.grid, request.controls
        asked = controls.density or ("style" if controls.style else "")
        bred = [child for child in children if child is not None]
        wishes = Wishes(
            tokens=_bred_tokens(request, bred) if bred else _fixed_tokens(request),
            globals=self._fixed_globals(controls),
            styles=self._styles_of(grid.meter),
            melody_guidance=_MELODY_GUIDANCE[_one_of("follow", controls.follow or "normal", FOLLOWS)],
            band_guidance=_BAND_GUIDANCE if asked else 1.0,
            unusual=UNUSUAL_IF_ASKED if controls.style else UNUSUAL_IF_DRAWN,
            strokes=asked,
        )
        change = request.change
        if bred:
            each = np.stack([child.globals for child in bred])
            for name, value in wishes.globals.items():
                column = each[:, GLOBALS.index(name)]
                column[column < 0] = value
            return replace(wishes, globals={}, each=each)
        if isinstance(change, Vary):
            _one_of("variation", change.distance, DISTANCES)
            return replace(wishes, globals=_globals_of(change)) if change.is_near else wishes
        if isinstance(change, Regenerate):
            kept, chosen = (
                _globals_of(change),
                {s: wishes.globals[s] for s in change.stems if s in wishes.globals},
            )
            if change.bars is None:
                # A stem that was left out is wanted now: its instrument is chosen anew.
                silent = [s for s in change.stems if not kept[s] and s not in chosen]
                kept = {name: value for name, value in (kept | chosen).items() if name not in silent}
                wishes = replace(wishes, playing=tuple(silent))
            elif any(
                controls.instruments.get(stem) not in (None, part.instrument)
                for stem, part in change.parent.arrangement.parts.items()
                if stem in change.stems
            ):
                raise StudioError(
                    tr("Cannot change an instrument within a song"),
                    seen=tr("another instrument for some of the bars"),
                    todo=tr("Regenerate the stem in the whole song, or leave the instrument out"),
                )
            return replace(wishes, globals=kept)
        return wishes

    def _styles_of(self, meter: Meter) -> tuple[int, ...] | None:
        """The styles that were trained in every part of the meter's bar; None for any."""
        parts = [self.styles.get(str(part)) for part in meter.groups]
        known = [part for part in parts if part is not None]
        return tuple(s for s in known[0] if all(s in part for part in known)) if known else None

    def _fixed_globals(self, controls: Controls) -> dict[str, int]:
        fixed: dict[str, int] = {}
        if controls.style is not None:
            fixed["style"] = STYLES.index(_one_of("style", controls.style, STYLES))
        if controls.density is not None:
            fixed["density"] = DENSITIES.index(_one_of("density", controls.density, DENSITIES))
        for stem, name in controls.instruments.items():
            fixed[_one_of("stem", stem, STEMS)] = player_of(stem, name, self._sounds)
        return fixed


def _globals_of(change: Vary | Regenerate) -> dict[str, int]:
    return dict(zip(GLOBALS, recipe_of(change.parent).score.globals.tolist(), strict=True))


def _tuning_of(request: GenerationRequest) -> float:
    """Cents above A = 440 Hz that the band plays at; a relative keeps its parent's, whose stems it may share."""
    change = request.change
    return change.parent.arrangement.tuning_cents if change else request.analysis.tuning_cents


def _child(request: GenerationRequest, candidate: int) -> Child | None:
    change = request.change
    return child_of(change, request.seed, candidate) if isinstance(change, Breed) else None


def _noise_steps(request: GenerationRequest, candidate: int) -> tuple[NoiseStep, ...]:
    change = request.change
    if change is None or isinstance(change, Breed):
        return (NoiseStep(request.seed, candidate),)
    inherited = recipe_of(change.parent).noise
    if isinstance(change, Vary):
        return (*inherited, NoiseStep(request.seed, candidate, _AMOUNT[change.distance]))
    assert isinstance(change, Regenerate)  # nothing is drawn for a Reinstrument
    return (*inherited, NoiseStep(request.seed, candidate, 1.0, change.beats, change.columns))


def _fixed_tokens(request: GenerationRequest) -> NDArray[np.int64] | None:
    """Tokens that are given, [L, 21], -1 where the model is free; None where it is free everywhere."""
    grid, change = request.analysis.grid, request.change
    if change is None or isinstance(change, Breed) or (isinstance(change, Vary) and not change.is_near):
        tokens = np.full((grid.beats, N_COLUMNS), -1, dtype=np.int64)
    else:
        assert isinstance(change, Vary | Regenerate)  # nothing is drawn for a Reinstrument
        tokens = recipe_of(change.parent).score.tokens.copy()
        for rows, columns in _made_anew(change, grid, request.seed):
            tokens[rows, columns] = -1
    tokens = np.where(tokens < 0, _given_tokens(request), tokens)
    return tokens if (tokens >= 0).any() else None


def _bred_tokens(request: GenerationRequest, children: Sequence[Child]) -> NDArray[np.int64]:
    """The same of children, [B, L, 21]."""
    tokens = np.stack([child.tokens for child in children])
    return np.where(tokens < 0, _given_tokens(request), tokens)


def _given_tokens(request: GenerationRequest) -> NDArray[np.int64]:
    """What the request asks for, [L, 21], -1 where it asks for nothing."""
    controls, grid = request.controls, request.analysis.grid
    given = np.full((grid.beats, N_COLUMNS), -1, dtype=np.int64)
    bars = np.arange(grid.beats) // grid.meter.quarters_per_bar
    wanted = controls.chords or _heard_chords(request)
    if wanted:
        chords = [chord_token(c, request.analysis.key) for c in wanted]
        given[:, COLUMNS["chord"]] = np.array(chords)[bars % len(chords), None]
    if controls.energy:
        levels = [ENERGIES.index(_one_of("energy", name, ENERGIES)) for name in controls.energy]
        given[:, COLUMNS["energy"]] = np.array(levels)[bars * len(levels) // grid.bars, None]
    for stem, name in controls.instruments.items():
        if name == "none":
            given[:, COLUMNS[stem]] = REST
    return given


def _free(tokens: NDArray[np.int64] | None, beats: int, count: int) -> NDArray[np.bool_]:
    """Which tokens of each score were drawn, [B, L, 21]: those that were not given."""
    if tokens is None:
        return np.ones((count, beats, N_COLUMNS), dtype=bool)
    return np.broadcast_to(tokens < 0, (count, beats, N_COLUMNS))


def _heard_chords(request: GenerationRequest) -> tuple[Chord, ...]:
    """Chords that were heard, in a guide or a guitar: the band plays them too, unless new ones are asked for."""
    change = request.change
    anew = isinstance(change, Regenerate) and change.new_chords
    return request.analysis.chords if request.analysis.chords_heard and not anew else ()


def _made_anew(change: Vary | Regenerate, grid: BeatGrid, seed: int) -> list[tuple[slice, slice]]:
    """Rows and columns of the parent's score that do not stay: the part that was named, or for a near variation some
    phrases of the stems that play."""
    if isinstance(change, Regenerate):
        return [(slice(*change.beats), COLUMNS[name]) for name in change.columns]
    length = _PHRASE_BARS * grid.meter.quarters_per_bar
    phrases = [
        (slice(start, start + length), COLUMNS[stem])
        for stem, part in change.parent.arrangement.parts.items()
        if part.notes
        for start in range(0, grid.beats, length)
    ]
    order = np.random.default_rng([seed, len(phrases)]).permutation(len(phrases))
    return [phrases[index] for index in order[: math.ceil(_NEW_PHRASES * len(phrases))]]


def _one_of(kind: str, name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise StudioError(
            tr("There is no such {kind}", kind=kind),
            seen=repr(name),
            expected=tr("one of ") + ", ".join(names),
        )
    return name
