"""How far a singer's tuning lies from A = 440 Hz."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.analysis import VocalNote


def tuning_offset(notes: Sequence[VocalNote]) -> float:
    """Semitones, -0.5 to 0.5, that the notes sit above equal temperament: a circular mean by length."""
    if not notes:
        return 0.0
    pitch = np.array([n.pitch for n in notes])
    length = np.array([n.end_s - n.start_s for n in notes])
    return float(np.angle((length * np.exp(2j * np.pi * pitch)).sum()) / (2 * np.pi))
