"""Strokes, and how they add up to sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.dsp.sampler.samples import RATE, Sample, SampleSet

Array = NDArray[np.float32]

#: Fade in of a sound that begins in its middle.
_SOFT_S = 0.006
#: A damped sound is cut at -72 dB.
_SILENT = 8.3


class Source(Protocol):
    """Where a note's sound comes from."""

    def sound(self, seconds: float) -> Array:
        """At least its first `seconds`, or all there is: float32 [C, T] at RATE, read-only."""


@dataclass(frozen=True)
class Recorded:
    """A recording moved by an interval."""

    set: SampleSet
    sample: Sample
    semitones: float = 0.0

    def sound(self, seconds: float) -> Array:
        return self.set.moved(self.sample, self.semitones, seconds)


@dataclass(frozen=True)
class Vibrato:
    """A pitch that swings: depth in cents, from `after_s` on, growing over half a second."""

    rate_hz: float
    cents: float
    after_s: float = 0.35


@dataclass(frozen=True)
class Stroke:
    """One sound of a performance.

    Attributes:
        start_s: when it begins.
        end_s: when it is let go of.
        gain: linear.
        release_s: time in which it then falls by 8.7 dB.
        offset_s: how much of the sound's beginning is left out.
        fade_in_s: in place of the attack that was left out.
        decay_s: time in which a damped string falls by 8.7 dB from the start on; 0 leaves it alone.
        pan: -1 left to 1 right; heard in stereo parts only.
        vibrato: None for a steady pitch.
    """

    source: Source
    start_s: float
    end_s: float
    gain: float
    release_s: float = 0.05
    offset_s: float = 0.0
    fade_in_s: float = 0.0
    decay_s: float = 0.0
    pan: float = 0.0
    vibrato: Vibrato | None = None

    @property
    def until_s(self) -> float:
        """When nothing is heard of it any more, at the latest."""
        return self.end_s + self.release_s * _SILENT


def mix_strokes(strokes: Iterable[Stroke], start: int, stop: int, channels: int) -> Array:
    """What the strokes sound like from sample `start` to `stop` of the song: float32 [channels, stop - start]."""
    out = np.zeros((channels, stop - start), dtype=np.float32)
    for stroke in strokes:
        first = round(stroke.start_s * RATE)
        last = min(round(stroke.until_s * RATE), stop)
        if last <= start or first >= stop:
            continue
        sound = _shaped(stroke, last - first)
        low, high = max(first, start), min(first + sound.shape[1], stop)
        if high > low:
            here = sound[:, low - first : high - first]
            out[:, low - start : high - start] += _placed(here, stroke.pan, channels)
    return out


def _shaped(stroke: Stroke, count: int) -> Array:
    """The first `count` samples of a stroke, at most."""
    offset = round(stroke.offset_s * RATE)
    whole = stroke.source.sound((offset + count) / RATE + 0.05)
    if stroke.vibrato is not None:
        sound = _swung(whole[:, offset:], stroke.vibrato, count)
    else:
        sound = whole[:, offset : offset + count]
    count = sound.shape[1]
    held = max(0, round((stroke.end_s - stroke.start_s) * RATE))
    envelope = np.full(count, stroke.gain, dtype=np.float32)
    if count > held:
        envelope[held:] *= np.exp(-np.arange(count - held, dtype=np.float32) / (stroke.release_s * RATE))
    if stroke.decay_s:
        envelope *= np.exp(-np.arange(count, dtype=np.float32) / (stroke.decay_s * RATE))
    fade = round((stroke.fade_in_s or (_SOFT_S if offset else 0.0)) * RATE)
    if fade:
        ramp = np.sin(np.linspace(0.0, np.pi / 2, fade, dtype=np.float32))[:count]
        envelope[: len(ramp)] *= ramp
    return sound * envelope


def _swung(sound: Array, vibrato: Vibrato, count: int) -> Array:
    """Read at a swinging speed; cubic interpolation after Catmull and Rom."""
    t = np.arange(count) / RATE
    depth = vibrato.cents * np.clip((t - vibrato.after_s) / 0.5, 0.0, 1.0)
    speed = 2.0 ** (depth * np.sin(2 * np.pi * vibrato.rate_hz * t) / 1200.0)
    at = np.cumsum(speed) - speed[0]
    at = at[at < sound.shape[1] - 3]
    index = at.astype(np.int64)
    x = (at - index).astype(np.float32)
    a, b, c, d = (sound[:, np.maximum(index + k, 0)] for k in (-1, 0, 1, 2))
    return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))


def _placed(sound: Array, pan: float, channels: int) -> Array:
    if channels == 1:
        return sound if len(sound) == 1 else sound.mean(axis=0, keepdims=True)
    if len(sound) == 2 and not pan:
        return sound
    angle = np.pi / 4 * (1.0 + pan)
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32) * np.float32(2**0.5)
    return sides * (sound if len(sound) == 1 else sound.mean(axis=0, keepdims=True))


def last_sound_s(strokes: Sequence[Stroke]) -> float:
    """When the last of the strokes has died away."""
    return max((stroke.until_s for stroke in strokes), default=0.0)
