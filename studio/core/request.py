"""What is asked of the generator, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import Arrangement
from studio.core.audio import Audio
from studio.core.music import Chord

#: Names of the `density` control, from few notes to many.
DENSITIES = ("sparse", "medium", "busy")


@dataclass(frozen=True)
class Controls:
    """The musical wishes of one request; None leaves the choice to the model."""

    style: str | None = None
    density: str | None = None
    chords: tuple[Chord, ...] | None = None
    """One chord a bar from bar 0 of the grid on, repeated to the end."""


@dataclass(frozen=True, eq=False)
class GenerationRequest:
    """One job for the generator. The same request gives the same samples on the same device.

    Attributes:
        vocal: the whole vocal, any rate, mono or stereo.
        candidates: how many accompaniments, 1 to 8.
    """

    vocal: Audio
    analysis: VocalAnalysis
    candidates: int = 4
    seed: int = 1
    controls: Controls = field(default_factory=Controls)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One finished accompaniment.

    Attributes:
        number: 1 for the first of the request.
        stems: by stem name (drums, bass, harmony, lead); stereo, at the vocal's rate and frame count,
            at the level they are mixed with: their plain sum is the band.
        settings: what this candidate was made with (style, seed, instruments ...), for the manifest.
    """

    number: int
    arrangement: Arrangement
    stems: Mapping[str, Audio]
    settings: Mapping[str, object] = field(default_factory=dict)
