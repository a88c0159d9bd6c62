"""How far an unaccompanied singer is from A = 440 Hz.

The offset is the circular mean of the notes' distance to the semitone grid, as for any quantity that lives on a
circle; long, steady notes count most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.analysis import VocalNote

_LONGEST_S = 1.0


def note_weights(notes: Sequence[VocalNote]) -> np.ndarray:
    """How much each note says about harmony: its seconds, up to one, times its confidence. float64 [N]."""
    return np.array([min(n.end_s - n.start_s, _LONGEST_S) * max(n.confidence, 0.05) for n in notes])


def tuning_offset(notes: Sequence[VocalNote]) -> float:
    """Semitones to subtract from every pitch to bring the singer to the equal-tempered grid, -0.5 to 0.5."""
    if not notes:
        return 0.0
    angle = 2j * np.pi * np.array([n.pitch for n in notes])
    mean = np.sum(note_weights(notes) * np.exp(angle))
    return float(np.angle(mean) / (2 * np.pi))
