"""From what a project says to what is asked of the generator."""

from __future__ import annotations

import dataclasses

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.errors import StudioError
from studio.core.project import ChangeOrder
from studio.core.request import GenerationRequest, Regenerate, Vary


def change_request(
    vocal: Audio, analysis: VocalAnalysis, change: Vary | Regenerate, *, candidates: int, seed: int
) -> GenerationRequest:
    """The request for a change: on the parent's beats and with its wishes.

    Args:
        analysis: what the parent was made for.

    Raises:
        StudioError: for a parent without a recipe.
    """
    controls = recipe_of(change.parent).controls
    if isinstance(change, Vary):  # made from the recipe alone
        change = dataclasses.replace(change, parent=dataclasses.replace(change.parent, stems={}))
    return GenerationRequest(vocal, analysis, candidates, seed, controls, change)


def order_of(change: Vary | Regenerate | None) -> ChangeOrder | None:
    """A change as the project keeps it."""
    if change is None:
        return None
    if isinstance(change, Vary):
        return ChangeOrder(change.parent.number, change.distance)
    return ChangeOrder(change.parent.number, None, change.bars, change.stems, change.new_chords)


def change_of(order: ChangeOrder, parent: Candidate | None) -> Vary | Regenerate:
    """What `order_of` came from. Raises StudioError where the parent is gone."""
    if parent is None:
        raise StudioError(f"Candidate {order.parent} is gone", todo="Begin a new request")
    if order.distance is not None:
        return Vary(parent, order.distance)
    return Regenerate(parent, order.bars, order.stems, order.new_chords)
