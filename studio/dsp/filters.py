"""Butterworth filters at fixed frequencies, at any sample rate.

A sound has nothing above half its sample rate, so an edge beyond it is no edge: what a low-pass would take away is not
there, and what a high-pass would let through is nothing. The design formulas fail there instead.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

Kind = Literal["lowpass", "highpass", "bandpass"]

#: An edge above this share of half the sample rate counts as beyond it: converters let nothing through there.
_TOP = 0.95
_ALL = np.array([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]])
_NOTHING = np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]])


def sections(
    order: int, edge_hz: float | tuple[float, float], kind: Kind, sample_rate: int
) -> NDArray[np.float64]:
    """Second-order sections [N, 6] for `scipy.signal.sosfilt`; of whole or no passage where an edge is out of reach."""
    top = _TOP * sample_rate / 2
    if isinstance(edge_hz, tuple):
        low, high = edge_hz
        if low >= top:
            return _NOTHING.copy()
        if high >= top:
            return sections(order, low, "highpass", sample_rate)
        return np.asarray(butter(order, [low, high], "bandpass", fs=sample_rate, output="sos"))
    if edge_hz >= top:
        return (_ALL if kind == "lowpass" else _NOTHING).copy()
    return np.asarray(butter(order, edge_hz, kind, fs=sample_rate, output="sos"))
