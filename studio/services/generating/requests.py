"""From what a project says to what is asked of the generator."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.project import ChangeOrder
from studio.core.request import Breed, Change, GenerationRequest, Regenerate, Reinstrument, Vary


def change_request(
    vocal: Audio, analysis: VocalAnalysis, change: Change, *, candidates: int, seed: int
) -> GenerationRequest:
    """The request for a change: on the parent's beats and with its wishes; of two parents, with those they share; on
    another instrument, with that one.

    Args:
        analysis: what the parent was made for.

    Raises:
        StudioError: for a parent without a recipe, or an instrument that cannot be.
    """
    controls = recipe_of(change.parent).controls
    # Where the recipe is all that is needed, the sound is not handed on.
    if isinstance(change, Vary):
        change = dataclasses.replace(change, parent=dataclasses.replace(change.parent, stems={}))
    elif isinstance(change, Breed):
        controls = _shared(controls, recipe_of(change.parents[1]).controls)
        a, b = (dataclasses.replace(parent, stems={}) for parent in change.parents)
        change = dataclasses.replace(change, parents=(a, b))
    elif isinstance(change, Reinstrument):
        change.check()
        controls = change.wishes(controls)
    return GenerationRequest(vocal, analysis, candidates, seed, controls, change)


def _shared(a: Controls, b: Controls) -> Controls:
    """The wishes on which two parents agree."""
    same = {
        field.name: getattr(a, field.name)
        for field in dataclasses.fields(Controls)
        if getattr(a, field.name) == getattr(b, field.name)
    }
    same["instruments"] = {s: name for s, name in a.instruments.items() if b.instruments.get(s) == name}
    return Controls(**same)


def order_of(change: Change | None) -> ChangeOrder | None:
    """A change as the project keeps it."""
    if change is None:
        return None
    if isinstance(change, Vary):
        return ChangeOrder(change.parent.number, change.distance)
    if isinstance(change, Breed):
        a, b = (parent.number for parent in change.parents)
        return ChangeOrder(a, other=b, genes=dict(change.genes), mutation=change.mutation)
    if isinstance(change, Reinstrument):
        return ChangeOrder(
            change.parent.number, stems=change.stems, instrument=change.instrument, sound=change.sound
        )
    return ChangeOrder(change.parent.number, None, change.bars, change.stems, change.new_chords)


def change_of(order: ChangeOrder, candidates: Mapping[int, Candidate]) -> Change:
    """What `order_of` came from.

    Args:
        candidates: by number.

    Raises:
        StudioError: where a parent is gone.
    """
    parents = []
    for number in (order.parent,) if order.other is None else (order.parent, order.other):
        if number not in candidates:
            raise StudioError(tr("Candidate {number} is gone", number=number), todo=tr("Begin a new request"))
        parents.append(candidates[number])
    if order.other is not None:
        return Breed((parents[0], parents[1]), order.genes, order.mutation)
    if order.distance is not None:
        return Vary(parents[0], order.distance)
    if order.instrument is not None:
        return Reinstrument(parents[0], order.stems[0], order.instrument, order.sound)
    return Regenerate(parents[0], order.bars, order.stems, order.new_chords)
