"""The pitch network on a tone with a known pitch; meant for a child process, since its library may crash."""

from __future__ import annotations

import numpy as np

from studio.analysis.pitch import ANALYSIS_RATE, track_pitch
from studio.core.errors import StudioError

_TONE_HZ, _LENGTH_S = 220.0, 1.0


def hear_a_tone() -> str:
    """What was heard, in words. Raises StudioError where it is not what was played."""
    t = np.arange(round(_LENGTH_S * ANALYSIS_RATE)) / ANALYSIS_RATE
    tone = sum(0.2 / k * np.sin(2 * np.pi * k * _TONE_HZ * t) for k in range(1, 6))
    track = track_pitch(np.asarray(tone, np.float32))
    heard = float(np.median(track.f0_hz[track.f0_hz > 0])) if np.any(track.f0_hz > 0) else 0.0
    if not abs(heard / _TONE_HZ - 1) < 0.02:
        raise StudioError(
            "The pitch network hears wrong", seen=f"{heard:.1f} Hz in a tone of {_TONE_HZ:g} Hz"
        )
    return f"the pitch network hears a tone of {_TONE_HZ:g} Hz right"
