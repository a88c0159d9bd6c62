"""How much `studio bench taste` measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """How much is measured.

    Attributes:
        listeners: of each kind.
        sittings: generations.
        long: of how many listeners of each kind the search is followed over all generations; of the others over one.
        vocals, held_out: how many are rated, and how many are not.
        adapted: listeners of each kind for whom adapters are trained.
        adapter_steps: of a training; None for as many as the product takes.
        adversaries: of each sort.
    """

    listeners: int
    sittings: int = 3
    long: int = 1
    vocals: int = 4
    held_out: int = 4
    adapted: int = 0
    adapter_steps: int | None = None
    adversaries: int = 2


PRESETS = {
    # The first sitting alone, all listeners: some minutes.
    "sitting": Preset(listeners=3, sittings=1, long=0, adversaries=4),
    "quick": Preset(listeners=3, adapted=0, adversaries=4),
    # Sixteen trainings of some minutes each.
    "adapters": Preset(listeners=0, sittings=2, adversaries=0, adapted=1),
    "full": Preset(listeners=10, long=10, held_out=8, adapted=3, adversaries=8),
}
