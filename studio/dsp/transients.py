"""Attacks of drums: the first moments of a stroke louder, and what a filter has smeared before it softer.

A stem is filtered with windows of some milliseconds, which takes the edge off a stroke that is over in one. Where the
strokes are is known from the notes, so the edge can be put back where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: General MIDI keys that are struck hard and short: kick, snare, stick, clap, toms, closed hats. Cymbals swell.
_STRUCK = frozenset({35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 47, 48, 50})
#: Kits whose strokes are soft by intention.
_SOFT_KITS = frozenset({"brush kit", "jazz kit"})
#: Gain at the stroke less 1, and the seconds in which it falls to a third.
_BOOST, _DECAY_S = 1.0, 0.003
#: How much is taken away just before the stroke, and over how many seconds it comes to that.
_DIP, _DIP_S = 0.7, 0.003
#: After so many seconds nothing of the boost is left to hear.
_LENGTH_S = 0.02


def is_struck(kit: str, pitch: int) -> bool:
    """Whether a key of a kit has an edge to put back."""
    return pitch in _STRUCK and kit not in _SOFT_KITS


def sharpen(audio: Array, strokes: Iterable[int], sample_rate: int) -> Array:
    """A stretch of a drum stem, float32 [T], with an edge on each stroke.

    Args:
        strokes: the first sample of each, counted from the start of the stretch; those outside it reach in as far as
            they would in the whole song, so that stretches fit together.
    """
    gain = np.ones(len(audio), np.float32)
    after = np.arange(round(_LENGTH_S * sample_rate)) / sample_rate
    swell = (1.0 + _BOOST * np.exp(-after / _DECAY_S)).astype(np.float32)
    dip = (1.0 - _DIP * np.sqrt(np.linspace(0.0, 1.0, round(_DIP_S * sample_rate)))).astype(np.float32)
    for stroke in sorted(set(strokes)):
        for start, shape, take in ((stroke, swell, np.maximum), (stroke - len(dip), dip, np.minimum)):
            first, stop = max(0, start), min(len(audio), start + len(shape))
            if first < stop:
                take(gain[first:stop], shape[first - start : stop - start], out=gain[first:stop])
    return gain * audio
