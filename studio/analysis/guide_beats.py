"""Beats and bars of a guide that is heard: a click, a drum loop, a strummed guitar, a rough mix.

Guides are struck, not sung, so their onsets are exact to a millisecond or two and their tempo is nearly always steady:
onsets are timed on the waveform, every tempo is tried over the first minute, and the beats are then followed through
the song and fitted (beat_grid), one exact tempo where that predicts them as well as any. Only strokes near a beat are
fitted: swung hats lie on no sixteenth and would pull at the beats. Bar lines come from low strokes, from accents and
from changes of harmony.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, find_peaks, sosfilt

from studio.analysis.beat_grid import Anchors, choose_drift, fit_beats
from studio.analysis.heard_chords import chord_changes, chroma
from studio.analysis.pitch import resample_mono
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.guide import Guide
from studio.core.language import tr
from studio.core.music import Meter

#: Rate at which a guide is heard; that of the pitch tracker.
RATE = 16000
_HOP = 80  # 5 ms
_WINDOW = 512
_BANDS = 30
_LOW_HZ = 150.0
#: Onsets nearer than this are one stroke (a strum of six strings, a flam).
_APART_S = 0.055
#: Share of its rise at which a stroke has begun. The first strings of a strum drown in what still rings: .07 is 2 to
#: 3 ms later on fast strums, and no surer.
_BEGUN = 0.02
_FEWEST = 8
_SLOWEST_BPM, _FASTEST_BPM = 45.0, 215.0
_USUAL_BPM, _SPREAD_OCTAVES = 105.0, 0.6
#: The fastest pulse looked for (sixteenths, swung triplets), how many pulses a beat may have, and how well strokes must
#: lie on the slowest pulse against the one they lie on best.
_FASTEST_PULSE, _PULSES_A_BEAT, _TOGETHER = 440.0, (1, 2, 3, 4, 6), 0.88
_MOST_CONTRAST, _EMPTY = 0.6, 0.3
#: Seconds of the song in which every tempo is tried.
_SEARCHED_S = 60.0
#: Shares of a beat that a stroke may be off to count as on it.
_NEAR = 0.09

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Strokes:
    """What is struck in a guide.

    Attributes:
        times_s: float64 [N].
        strength: float64 [N], about 1 for a clear one.
        low: float64 [N], the share of it below 150 Hz, relative to the others.
        height: float64 [N], log2 of the centre of the attack's spectrum in Hz.
    """

    times_s: Array
    strength: Array
    low: Array
    height: Array


def hear_guide(
    audio: Audio, source: str, *, meter: Meter | None = None, tempo_bpm: float | None = None
) -> Guide:
    """The beats of a guide and, where bars can be told, its bar lines.

    Args:
        audio: any rate, on the vocal's timeline.
        meter: where it is known; else 4/4 or 3/4 by what is heard.
        tempo_bpm: where it is known, to 4 %; else every tempo is tried.

    Raises:
        StudioError: a guide in which fewer than eight strokes are heard.
    """
    signal = resample_mono(audio)
    strokes = find_strokes(signal)
    if len(strokes.times_s) < _FEWEST:
        raise StudioError(
            tr("Cannot take the beats from {source}", source=source),
            seen=tr("{count} strokes in it", count=len(strokes.times_s)),
            expected=tr("a click, drums, a strummed guitar or a rough mix that covers the song"),
            todo=tr("Choose another guide, or tap along"),
        )
    period, start = _find_tempo(strokes, tempo_bpm)
    beats, steady = _follow(strokes, period, start, audio.duration_s)
    size, phase = _find_bars(strokes, signal, beats, meter)
    chosen = meter or (Meter(3, 4) if size == 3 else Meter(4, 4))
    return Guide(tuple(float(t) for t in beats), phase, chosen, source, steady=steady)


def find_strokes(signal: NDArray[np.float32]) -> Strokes:
    """Every stroke of a mono signal of 16 kHz, timed where its sound begins."""
    peak = float(np.abs(signal).max(initial=0.0))
    empty = np.zeros(0)
    if peak < 1e-4 or len(signal) < 4 * _WINDOW:
        return Strokes(empty, empty, empty, empty)
    x = signal.astype(np.float64) / peak
    spectra = _log_bands(x)
    flux = np.zeros(len(spectra))
    flux[2:] = np.maximum(0.0, spectra[2:] - spectra[:-2]).mean(axis=1)
    curve = gaussian_filter1d(flux, 1.0)
    usual = float(np.percentile(curve, 95))
    # Strokes stand out of their half second, and are not all hiss.
    local = gaussian_filter1d(curve, 50)
    peaks, _ = find_peaks(curve - 0.7 * local, height=0.12 * usual, distance=round(_APART_S * RATE / _HOP))
    bright = np.diff(x, prepend=0.0)  # a pluck stands out of a chord that still rings by what is high in it
    times = np.array([_attack(bright, p * _HOP) for p in peaks])
    low = _level_after(sosfilt(butter(4, _LOW_HZ, fs=RATE, output="sos"), x), times)
    height = np.array([_centre(x, t) for t in times])
    strength = np.minimum(curve[peaks] / max(usual, 1e-9), 2.0)
    order = np.argsort(times)
    return Strokes(times[order], strength[order], low[order], height[order])


def _log_bands(x: Array) -> Array:
    """Log levels in bands from 40 Hz to 8 kHz, [F, bands]; frame f is centred on sample f * _HOP."""
    padded = np.concatenate([np.zeros(_WINDOW // 2), x, np.zeros(_WINDOW)])
    edges = np.unique(np.round(np.geomspace(40.0, 7900.0, _BANDS + 1) / RATE * _WINDOW).astype(int))
    frames = len(x) // _HOP + 1
    window = np.hanning(_WINDOW)
    rows = []
    for first in range(0, frames, 4096):
        views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[first * _HOP :: _HOP][
            : min(4096, frames - first)
        ]
        power = np.abs(np.fft.rfft(views * window, axis=1)) ** 2
        rows.append(np.log1p(10.0 * np.sqrt(np.add.reduceat(power, edges[:-1], axis=1))))
    return np.concatenate(rows)


def _attack(x: Array, at: int) -> float:
    """Seconds where the stroke heard about sample `at` begins: where its level first rises steeply."""
    first, last = max(0, at - 720), min(len(x), at + 640)
    level = np.sqrt(gaussian_filter1d(x[first:last] ** 2, 12, mode="nearest") + 1e-12)
    top = min(len(level), 320) + int(np.argmax(level[320:])) if len(level) > 700 else int(np.argmax(level))
    quiet = level[: max(1, min(320, top))]
    before = float(np.percentile(quiet, 75))
    threshold = before + _BEGUN * max(float(level[top]) - before, 0.0)
    under = np.flatnonzero(level[: top + 1] < threshold)
    return float(first + (int(under[-1]) + 1 if len(under) else 0)) / RATE


def _level_after(x: Array, times: Array) -> Array:
    """RMS in the 60 ms after each time."""
    total = np.concatenate([[0.0], np.cumsum(x**2)])
    first = np.clip((times * RATE).astype(int), 0, len(x))
    last = np.minimum(first + round(0.06 * RATE), len(x))
    return np.sqrt((total[last] - total[first]) / np.maximum(last - first, 1))


def _centre(x: Array, time_s: float) -> float:
    piece = x[round(time_s * RATE) : round((time_s + 0.03) * RATE)]
    if len(piece) < 64:
        return 9.0
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
    hz = np.fft.rfftfreq(len(piece), 1 / RATE)
    return float(np.log2(max(40.0, (power * hz).sum() / max(power.sum(), 1e-12))))


def _find_tempo(strokes: Strokes, tempo_bpm: float | None) -> tuple[float, float]:
    """Seconds a beat, and the time of one.

    First the slowest pulse on which nearly all strokes of the first minute lie, then how many of its pulses are a beat:
    a usual tempo is likelier, and so is one whose beats are struck harder than what lies between.
    """
    begin = strokes.times_s[0]
    early = strokes.times_s < begin + _SEARCHED_S
    times, strength = strokes.times_s[early], strokes.strength[early]
    weight = strength * (1.0 + strokes.low[early] / max(float(strokes.low[early].max()), 1e-9))
    # Fine enough that the last stroke is a fortieth of a pulse off at most.
    span = max(float(times[-1] - begin), 1.0)
    rates = np.arange(_SLOWEST_BPM, _FASTEST_PULSE, 60.0 / span / 20.0) / 60.0
    sums = np.array([(strength * np.exp(2j * np.pi * rate * (times - begin))).sum() for rate in rates])
    together = gaussian_filter1d(np.abs(sums), 0.7) / strength.sum()
    slowest = int(np.argmax(together >= _TOGETHER * together.max()))
    near = slice(
        slowest, min(len(rates), slowest + max(2, round(0.02 * rates[slowest] / (rates[1] - rates[0]))))
    )
    best = near.start + int(np.argmax(np.abs(sums[near])))
    pulse_s = 1.0 / rates[best]
    start = begin + float(np.angle(sums[best])) / (2 * np.pi) * pulse_s
    pulse = np.round((times - start) / pulse_s).astype(int)
    choices: list[tuple[float, float, float]] = []
    for count in _PULSES_A_BEAT:
        tempo = 60.0 / (count * pulse_s)
        if not _SLOWEST_BPM <= tempo <= _FASTEST_BPM:
            continue
        slots = np.array(
            [weight[pulse % count == phase].sum() / max(np.sum(np.arange(pulse[0], pulse[-1] + 1) % count == phase), 1)
             for phase in range(count)]
        )  # fmt: skip
        phase = int(np.argmax(slots))
        rival = float(np.delete(slots, phase).max(initial=0.0)) if count > 1 else float(slots[phase])
        mean = max(float(slots.mean()), 1e-9)
        contrast = min((float(slots[phase]) - rival) / mean, _MOST_CONTRAST)
        # A place where nothing is struck tells of swing, which has one in every beat.
        contrast += _EMPTY * (mean - float(slots.min())) / mean
        if tempo_bpm is None:
            prior = -0.5 * (np.log2(tempo / _USUAL_BPM) / _SPREAD_OCTAVES) ** 2
        else:
            prior = -50.0 * float(np.log2(tempo / tempo_bpm)) ** 2
        choices.append((float(prior) + contrast, count * pulse_s, start + phase * pulse_s))
    if not choices:
        return pulse_s, start
    _, period, first = max(choices)
    return period, first


def _follow(strokes: Strokes, period: float, start: float, duration_s: float) -> tuple[Array, bool]:
    """Beats over the whole song, and whether they are one exact tempo."""
    first = int(np.ceil((0.0 - start) / period - 0.5))
    beat_time = start + first * period
    near_s = _NEAR * period
    index: list[int] = []
    where: list[float] = []
    weights: list[float] = []
    beat, now, length = 0, beat_time, period
    limit_s = max(duration_s, float(strokes.times_s[-1]))
    while now < limit_s + 0.5 * length:
        left, right = np.searchsorted(strokes.times_s, [now - near_s, now + near_s])
        if right > left:
            here = left + int(np.argmax(strokes.strength[left:right] * (1.0 + strokes.low[left:right])))
            index.append(beat)
            where.append(float(strokes.times_s[here]))
            weights.append(float(min(strokes.strength[here], 1.0)))
            error = where[-1] - now
            now += 0.3 * error
            length += 0.04 * error
        now += length
        beat += 1
    count = beat
    if len(index) < 4:
        return np.asarray(beat_time + period * np.arange(max(count, 2)), dtype=np.float64), True
    anchors = Anchors(np.array(index, dtype=np.float64), np.array(where), np.array(weights))
    drift = choose_drift(anchors, count, None)
    return fit_beats(anchors, count, drift), drift == 0.0


def _find_bars(
    strokes: Strokes, signal: NDArray[np.float32], beats: Array, meter: Meter | None
) -> tuple[int, int]:
    """Quarters in a bar, and the first downbeat's index."""
    low, strength, height = (np.zeros(len(beats)) for _ in range(3))
    near_s = _NEAR * float(np.median(np.diff(beats)))
    for time_s, low_level, loud, centre in zip(
        strokes.times_s, strokes.low, strokes.strength, strokes.height, strict=True
    ):
        at = int(np.argmin(np.abs(beats - time_s)))
        if abs(beats[at] - time_s) < near_s and loud > strength[at]:
            low[at], strength[at], height[at] = low_level, loud, centre
    changes = chord_changes(chroma(signal), beats)
    cues = [
        (1.0, _relative(low)),
        (0.5, _relative(strength)),
        (1.5, _relative(changes) * float(changes.max() > 0.2)),
    ]
    if _two_sounds(height, strength):
        heard = np.where(strength > 0, height, np.median(height[strength > 0]))
        cues.append(
            (3.0, _relative(np.abs(heard - heard.mean())))
        )  # the rarer tone of a click is the downbeat
    curve = np.sum([weight * cue for weight, cue in cues], axis=0)
    sizes = (meter.quarters_per_bar,) if meter else (4, 3)
    best: list[tuple[float, int, int]] = []
    for size in sizes:
        means = [float(curve[phase::size].mean()) for phase in range(size)]
        phase = int(np.argmax(means))
        # Contrast of the downbeat; 4/4 is far more common.
        best.append((means[phase] - float(np.mean(curve)) - (0.35 if size == 3 else 0.0), size, phase))
    _, size, phase = max(best)
    return size, phase


def _two_sounds(height: Array, strength: Array) -> bool:
    """Whether the strokes on the beats are of two clearly different pitches, and hardly anything between."""
    heard = height[strength > 0]
    if len(heard) < 6:
        return False
    high, low = float(np.percentile(heard, 97)), float(np.percentile(heard, 3))
    apart = high - low
    return apart > 0.15 and float(np.mean((heard - low < 0.2 * apart) | (high - heard < 0.2 * apart))) > 0.95


def _relative(x: Array) -> Array:
    """Deviations from the mean in units of the standard deviation; 0 where the values hardly differ."""
    mean, deviation = float(x.mean()), float(x.std())
    return (x - mean) / deviation if deviation > 0.1 * abs(mean) + 1e-9 else np.zeros_like(x)
