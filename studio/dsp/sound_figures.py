"""What can be told of a stem or a mix without ears and without a trained judge: plain figures of its sound.

None of them says whether music is good. Each is something in which bands made by machines and recorded ones are known
to differ, or in which a change that went wrong shows: too even, too sparse, too dull, too alike, too exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from studio.core.audio import Audio
from studio.dsp.resample import resample

Array = NDArray[np.float32]

#: Every figure, its unit, and what it is of.
FIGURES = {
    "level": "dBFS, RMS of what sounds",
    "movement": "dB, standard deviation of the level in stretches of 0.4 s that sound",
    "crest": "dB, peak above RMS",
    "silence": "share of 20 ms frames below -60 dBFS",
    "width": "side beside mid, RMS",
    "low": "dB, what lies below 250 Hz, beside all",
    "middle": "dB, 250 Hz to 2 kHz",
    "high": "dB, 2 to 8 kHz",
    "air": "dB, above 8 kHz",
    "onsets": "a second",
    "repeats": "1 where every bar is the very sound of one before it, about 0 where none is like another",
    "scatter": "ms, standard deviation of onsets about the nearest sixteenth",
}
#: Those in which whole bands are compared with recorded ones: what a room, a level or the two channels of a file say
#: is left out, and what needs a grid.
RECORD_FIGURES = ("movement", "crest", "silence", "low", "middle", "high", "air", "onsets")
_EDGES_HZ = {"low": (0, 250), "middle": (250, 2000), "high": (2000, 8000), "air": (8000, 1e9)}
_FLOOR = 1e-5
_SILENT = 1e-3
#: Rate, frame and hop of the search for onsets, and how far above what is about it the flux of one lies.
_ONSET_RATE, _FRAME, _HOP = 22050, 512, 128
_ABOUT, _RISE, _APART = 40, 2.5, 8
#: Onsets without which nothing is said of how they scatter.
_FEWEST = 8
#: Rate at which bars are laid over each other, and how far they may be shifted.
_REPEAT_RATE, _SHIFT_S = 8000, 0.03


def sound_figures(
    samples: Array, rate: int, sixteenths_s: Sequence[float] | NDArray[np.float64] = (), bar: int = 0
) -> dict[str, float]:
    """The figures of a sound [C, n]; none of a sound that is silent throughout but its silence.

    Args:
        sixteenths_s: moments of the grid; without them there is no scatter, and without `bar` no repeats.
        bar: sixteenths in a bar, the first of which is sixteenths_s[0].
    """
    mono = samples.mean(axis=0, dtype=np.float32)
    frame = max(1, rate // 50)
    power = _frames(mono, frame)
    out = {"silence": float(np.mean(power < _SILENT**2))}
    loud = power[power >= _SILENT**2]
    if not len(loud):
        return out
    rms = float(np.sqrt(loud.mean()))
    out["level"] = _db(rms)
    stretches = _frames(mono, 20 * frame)
    stretches = stretches[stretches > stretches.max() * 1e-4]
    out["movement"] = float(np.std(10 * np.log10(stretches)))
    out["crest"] = _db(float(np.abs(mono).max()) / rms)
    side = samples[0] - samples[-1]
    out["width"] = float(np.sqrt(np.mean(side**2) / max(float(np.mean((2 * mono) ** 2)), 1e-12)))
    out |= _bands(mono, rate)
    onsets_s = find_strokes(mono, rate)
    out["onsets"] = len(onsets_s) * rate / len(mono)
    if len(sixteenths_s) > 1 and len(onsets_s) >= _FEWEST:
        out["scatter"] = _scatter_ms(onsets_s, np.asarray(sixteenths_s))
    if bar and len(sixteenths_s) > 2 * bar:
        likeness = _repeats(mono, rate, np.asarray(sixteenths_s)[::bar])
        if likeness is not None:
            out["repeats"] = likeness
    return out


def distance(figures: Mapping[str, float], records: Mapping[str, Mapping[str, float]]) -> float:
    """How far a mix is from recorded ones: the mean of |z| over RECORD_FIGURES, each at most 5.

    Args:
        records: by figure, `mean` and `sd`.
    """
    apart = [
        min(5.0, abs(figures[name] - records[name]["mean"]) / max(records[name]["sd"], 1e-3))
        for name in RECORD_FIGURES
        if name in figures
    ]
    return float(np.mean(apart)) if apart else 5.0


def find_strokes(mono: Array, rate: int) -> NDArray[np.float64]:
    """Moments, in seconds, at which the spectrum rises: a simple spectral flux with a threshold that follows it."""
    sound = resample(Audio(mono[None], rate), _ONSET_RATE).samples[0]
    if len(sound) < _FRAME + _HOP:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP]
    spectrum = np.abs(scipy.fft.rfft(windows * np.hanning(_FRAME).astype(np.float32), axis=1, workers=1))
    log = np.log1p(1000.0 * spectrum / _FRAME)
    flux = np.maximum(np.diff(log, axis=0, prepend=log[:1]), 0.0).mean(axis=1)
    kernel = np.ones(2 * _ABOUT + 1) / (2 * _ABOUT + 1)
    about = np.convolve(np.pad(flux, _ABOUT, mode="edge"), kernel, mode="valid")
    threshold = _RISE * about + 0.01
    peaks = [
        i
        for i in np.flatnonzero(flux > threshold)
        if flux[i] == flux[max(0, i - _APART) : i + _APART + 1].max()
    ]
    # A frame hears what comes in at its end, and half of it when it is in the middle.
    return np.asarray([(i * _HOP + 0.5 * _FRAME) / _ONSET_RATE for i in peaks])


def _frames(mono: Array, size: int) -> NDArray[np.float64]:
    """Mean power of consecutive frames; the last is as long as the others or left out."""
    count = max(1, len(mono) // size)
    return np.mean(mono[: count * size].astype(np.float64).reshape(count, -1) ** 2, axis=1)


def _bands(mono: Array, rate: int) -> dict[str, float]:
    size = 4096
    count = max(1, len(mono) // size)
    padded = np.resize(np.pad(mono, (0, max(0, size - len(mono)))), count * size).reshape(count, size)
    spectrum = np.abs(scipy.fft.rfft(padded * np.hanning(size).astype(np.float32), axis=1, workers=1)) ** 2
    power = spectrum.mean(axis=0, dtype=np.float64)
    hz = np.arange(len(power)) * rate / size
    total = max(float(power.sum()), 1e-20)
    return {
        name: 0.5 * _db(float(power[(hz >= low) & (hz < high)].sum()) / total)
        for name, (low, high) in _EDGES_HZ.items()
    }


def _scatter_ms(onsets_s: NDArray[np.float64], grid_s: NDArray[np.float64]) -> float:
    step_s = float(np.median(np.diff(grid_s)))
    nearest = np.abs(onsets_s[:, None] - grid_s[None]).argmin(axis=1)
    off = onsets_s - grid_s[nearest]
    off = off[np.abs(off) <= step_s / 2]
    return float(1000.0 * np.std(off)) if len(off) > 1 else 0.0


def _repeats(mono: Array, rate: int, bars_s: NDArray[np.float64]) -> float | None:
    """How alike each bar is to the one of the four before it that it is likest: mean correlation; None for too few."""
    sound = resample(Audio(mono[None], rate), _REPEAT_RATE).samples[0].astype(np.float64)
    length = int(np.median(np.diff(bars_s)) * _REPEAT_RATE)
    shift = int(_SHIFT_S * _REPEAT_RATE)
    bars = []
    for start_s in bars_s:
        first = round(start_s * _REPEAT_RATE)
        if first >= 0 and first + length <= len(sound):
            bars.append(sound[first : first + length])
    bars = [b for b in bars if np.sqrt(np.mean(b**2)) >= _SILENT]
    if len(bars) < 2:
        return None
    size = scipy.fft.next_fast_len(2 * length)
    spectra = [scipy.fft.rfft(b / np.linalg.norm(b), size, workers=1) for b in bars]
    best = []
    for i in range(1, len(bars)):
        likeness = []
        for j in range(max(0, i - 4), i):
            across = scipy.fft.irfft(spectra[i] * spectra[j].conj(), size, workers=1)
            likeness.append(float(np.concatenate([across[: shift + 1], across[-shift:]]).max()))
        best.append(max(likeness))
    return float(np.mean(best))


def _db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, _FLOOR)))
