"""The musical wishes of a request, and the words they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.music import Chord

#: Names of the `density` control, from few notes to many.
DENSITIES = ("sparse", "medium", "busy")
#: Names of the `energy` control, from soft to loud: the score's energy column.
ENERGIES = ("hush", "low", "medium", "high")
#: Names of the `follow` control: how closely the band's harmony keeps to what is sung, and its strokes to how.
FOLLOWS = ("loose", "normal", "close")

#: Names of the `sound` control: who plays a stem.
RECORDED, NETWORK = "recorded", "network"
RENDERERS = (RECORDED, NETWORK)


@dataclass(frozen=True)
class Controls:
    """The musical wishes of one request; None leaves the choice to the model."""

    style: str | None = None
    density: str | None = None
    chords: tuple[Chord, ...] | None = None
    """One chord a bar from bar 0 of the grid on, repeated to the end."""
    energy: tuple[str, ...] | None = None
    """Levels of ENERGIES, spread evenly over the song; one alone holds throughout."""
    instruments: Mapping[str, str] = field(default_factory=dict)
    """By stem, a name of core.instruments; 'none' leaves the stem out."""
    follow: str | None = None
    sound: str | None = None
    """RECORDED for recorded instruments wherever there are any, NETWORK for none; None for what measured better."""
