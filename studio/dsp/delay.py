"""How much later a known sound stands in a recording: the arithmetic of a loopback measurement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from studio.core.audio import Samples
from studio.dsp.filters import sections

#: Bursts and the time from one to the next; a delay is found up to that time less the burst.
BURSTS, BURST_S, EVERY_S = 3, 0.15, 0.9
_LEVEL = 0.25
_BAND_HZ = (300.0, 6000.0)
#: Beside the found place, a correlation within this time still belongs to it.
_LOBE_S = 0.004


@dataclass(frozen=True)
class Delay:
    """`frames` of delay, `spread_frames` between the bursts that disagree most.

    `clarity` is the correlation at that place over the largest elsewhere: 1 is chance, 2 or more is certain.
    """

    frames: int
    spread_frames: int
    clarity: float


def probe(sample_rate: int) -> Samples:
    """Short bursts of band-limited noise, each different, float32 [T], with room after the last."""
    rng = np.random.default_rng(1)
    band = sections(4, _BAND_HZ, "bandpass", sample_rate)
    size, every = round(BURST_S * sample_rate), round(EVERY_S * sample_rate)
    sound = np.zeros(BURSTS * every, np.float32)
    for burst in range(BURSTS):
        noise = scipy.signal.sosfilt(band, rng.standard_normal(size)) * np.hanning(size)
        sound[burst * every : burst * every + size] = _LEVEL * noise / np.abs(noise).max()
    return sound


def find_delay(recorded: NDArray[np.float32], sample_rate: int) -> Delay:
    """The delay of `probe` in a recording [T] that began when the probe was played.

    Either polarity counts: an interface may turn it round. The middle of the three bursts' delays is the answer.
    """
    sound = probe(sample_rate)
    size, every = round(BURST_S * sample_rate), round(EVERY_S * sample_rate)
    delays, clarities = [], []
    for burst in range(BURSTS):
        part = sound[burst * every : burst * every + size]
        heard = recorded[burst * every : (burst + 1) * every]
        if len(heard) < size:
            break
        likeness = np.abs(scipy.signal.correlate(heard, part, mode="valid", method="fft"))
        at = int(np.argmax(likeness))
        lobe = round(_LOBE_S * sample_rate)
        elsewhere = np.concatenate([likeness[: max(0, at - lobe)], likeness[at + lobe + 1 :]])
        delays.append(at)
        clarities.append(float(likeness[at] / max(float(elsewhere.max(initial=0.0)), 1e-9)))
    if not delays:
        return Delay(0, 0, 0.0)
    return Delay(int(np.median(delays)), max(delays) - min(delays), float(np.median(clarities)))
