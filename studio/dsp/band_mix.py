"""From dry mono stems to a stereo band: level, tone, width and room, as a producer's rough mix would have
them.

What is done to a stem follows from that stem alone, so stems sum to the band exactly; left plus right gives the mono
mix back. Nothing here looks at the whole song except the level of a stem, and nothing needs to hold it: blocks in,
blocks out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve, sosfilt

from studio.core.controls import NETWORK
from studio.dsp.equaliser import equaliser
from studio.dsp.filters import sections
from studio.dsp.rough_mix import ROUGH_MIX, StemMix, rough_mix
from studio.dsp.transient_shaper import TransientShaper

Array = NDArray[np.float32]


#: What equalisers and shapers add to the level of a band, on average.
_ADDED_DB = 1.7
_ROOM_S = 0.9
#: The rate at which the rooms of ROUGH_MIX were set.
_ROOM_RATE_HZ = 44100
_LEVEL_BLOCK = 2048
#: Below this a stem that is stereo in itself is in the middle.
_SIDE_CUT_HZ = 120.0
#: Samples that are mixed at a time: a whole number of measuring blocks, long against the room.
MIX_BLOCK = 1 << 18


@dataclass(frozen=True)
class Level:
    """How loud something is: RMS of where it sounds (0 for silence), and its largest sample; both linear."""

    rms: float
    peak: float


def measure_level(blocks: Iterable[Array]) -> Level:
    """Level of mono audio that comes in stretches of whole measuring blocks.

    The RMS is over the blocks of _LEVEL_BLOCK samples within 40 dB of the loudest.
    """
    powers, peak = [np.zeros(0)], 0.0
    for block in blocks:
        if len(block):
            peak = max(peak, float(block.max()), float(-block.min()))
        rows = block[: len(block) // _LEVEL_BLOCK * _LEVEL_BLOCK].reshape(-1, _LEVEL_BLOCK)
        powers.append(np.square(rows, dtype=np.float64).mean(axis=1))
    power = np.concatenate(powers)
    if not len(power) or power.max() < 1e-12:
        return Level(0.0, peak)
    return Level(float(np.sqrt(power[power > power.max() * 1e-4].mean())), peak)


def active_rms(audio: Array) -> float:
    """RMS of where mono audio sounds, see `measure_level`."""
    return measure_level(_in_blocks(audio)).rms


def _in_blocks(audio: Array) -> Iterator[Array]:
    for start in range(0, audio.shape[-1], MIX_BLOCK):
        yield audio[..., start : start + MIX_BLOCK]


@lru_cache(maxsize=8)
def _room(sample_rate: int) -> tuple[Array, Array]:
    """Mid and side responses of a small room in a larger one: fading noise after 8 ms, a fainter longer tail; unit
    energy at 44.1 kHz, and as loud at every other rate."""
    rng = np.random.default_rng(20)
    t = np.arange(int(_ROOM_S * sample_rate)) / sample_rate
    tail = (np.exp(-t / 0.11) + 0.3 * np.exp(-t / 0.25)) * (t > 0.008)
    tail *= np.minimum(1.0, (t[-1] - t) / 0.15)
    low_pass = sections(2, (250.0, 6500.0), "bandpass", sample_rate)
    pair = [sosfilt(low_pass, rng.standard_normal(len(t)) * tail) for _ in range(2)]
    # The band is a smaller share of a higher rate's spectrum: without the second factor the room would be louder there.
    mid, side = (r / np.sqrt((r**2).sum()) * np.sqrt(_ROOM_RATE_HZ / sample_rate) for r in pair)
    return mid.astype(np.float32), (0.6 * side).astype(np.float32)


@lru_cache(maxsize=8)
def _spread(sample_rate: int) -> Array:
    """A short sparse response (velvet noise, 25 ms) whose output is unlike its input: the source of width."""
    rng = np.random.default_rng(21)
    length, pulses = int(0.025 * sample_rate), 24
    out = np.zeros(length)
    for i in range(pulses):
        at = int((i + rng.random()) * length / pulses)
        out[at] = rng.choice([-1.0, 1.0]) * np.exp(-2.0 * i / pulses)
    high_pass = sections(2, 180.0, "highpass", sample_rate)
    out = sosfilt(high_pass, out)
    return np.asarray(out / np.sqrt((out**2).sum()), dtype=np.float32)


def stem_gains(
    dry: Mapping[str, Array], *, vocal_rms: float, beside: Collection[str] = ()
) -> dict[str, float]:
    """Like `band_gains`, of dry stems in memory: float32 [T] or [2, T] by stem name."""
    levels = {
        stem: measure_level(_in_blocks(x if x.ndim == 1 else x.mean(axis=0))) for stem, x in dry.items()
    }
    return band_gains(levels, vocal_rms=vocal_rms, beside=beside)


def band_gains(
    dry: Mapping[str, Level], *, vocal_rms: float, beside: Collection[str] = ()
) -> dict[str, float]:
    """Linear gain of every stem that sounds: so loud together that a vocal of `vocal_rms` sits a little above them.

    Args:
        dry: level by stem name.
        vocal_rms: active RMS of the vocal, linear.
        beside: stems that sound in the band already.
    """
    levels = {
        stem: 10.0 ** (ROUGH_MIX[stem].level_db / 20.0)
        for stem in ROUGH_MIX
        if stem in beside or (stem in dry and dry[stem].rms > 0.0)
    }
    together = float(np.sqrt(sum(v**2 for v in levels.values()))) or 1.0
    vocal_rms = max(vocal_rms, 0.01)
    # The band's stems together land 1 dB under the vocal; a stem of few loud hits stays below its level.
    scale = vocal_rms * 10.0 ** (-(1.0 + _ADDED_DB) / 20.0) / together
    return {
        stem: min(levels[stem] * scale / level.rms, 6.0 * vocal_rms / level.peak)
        for stem, level in dry.items()
        if level.rms > 0.0
    }


class StemPlacer:
    """Puts one stem in the room; filters and room ring on from block to block.

    Args:
        gain: linear, of the direct sound.
        stereo: whether what comes is left and right.
    """

    def __init__(self, sample_rate: int, mix: StemMix, gain: float, *, stereo: bool = False) -> None:
        self._mix = mix
        self._gain = np.float32(gain * 10.0 ** (mix.trim_db / 20.0))
        self._tone = np.concatenate(
            [sections(2, mix.low_cut_hz, "highpass", sample_rate), equaliser(mix.tone, sample_rate)]
        )
        self._memory = np.zeros((len(self._tone), 2))
        self._shaper = TransientShaper(sample_rate, mix.strokes, 2 if stereo else 1)
        self._side_cut = sections(2, max(mix.low_cut_hz, _SIDE_CUT_HZ), "highpass", sample_rate)
        self._side_memory = np.zeros((len(self._side_cut), 2))
        self._responses = _responses(sample_rate, replace(mix, width=0.0) if stereo else mix)
        length = 0 if self._responses is None else self._responses.shape[1] - 1
        self._ringing = np.zeros((2, length), dtype=np.float32)

    def place(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """One stem in the band.

        Args:
            blocks: float32 [1, T], or [2, T] of a stem that is stereo in itself, of any lengths.

        Yields:
            left and right, float32 [2, T], as long in all.

        What is stereo in itself is not widened once more; left plus right gives the mono mix all the same.
        """
        for shaped in self._shaper.shape(block * self._gain for block in blocks):
            if shaped.shape[1]:
                yield self._placed(shaped)

    def _placed(self, shaped: Array) -> Array:
        own_side = None
        if len(shaped) == 2:
            difference = 0.5 * (shaped[1] - shaped[0])
            own, self._side_memory = sosfilt(self._side_cut, difference, zi=self._side_memory)
            own_side = own.astype(np.float32)
        filtered, self._memory = sosfilt(self._tone, shaped.mean(axis=0), zi=self._memory)
        mid = filtered.astype(np.float32)
        side = np.float32(self._mix.pan) * mid if own_side is None else own_side
        if self._responses is not None:
            ringing, count = self._ringing, len(mid)
            sound = oaconvolve(mid[None], self._responses, axes=1)
            sound[:, : ringing.shape[1]] += ringing
            self._ringing = sound[:, count:]
            mid, side = mid + sound[0, :count], side + sound[1, :count]
        return np.stack([mid - side, mid + side])


@lru_cache(maxsize=16)
def _responses(sample_rate: int, mix: StemMix) -> Array | None:
    """Mid and side responses [2, N] of all that is added to the direct sound; None when nothing is."""
    out = np.zeros((2, int(_ROOM_S * sample_rate)), dtype=np.float32)
    if mix.width:
        spread = _spread(sample_rate)
        out[1, : len(spread)] += np.float32(mix.width) * spread
    if mix.room_db > -50.0:
        mid, side = _room(sample_rate)
        wet = np.float32(10.0 ** (mix.room_db / 20.0))
        out += wet * np.stack([mid, side])
    return out if out.any() else None


def place_stem(dry: Array, sample_rate: int, mix: StemMix, gain: float) -> Array:
    """One stem in the room.

    Args:
        dry: float32 [T], or [2, T] of a stem that is stereo in itself.
        gain: linear, of the direct sound.

    Returns:
        float32 [2, T]; the tail of the room past T is cut.
    """
    if not gain or not dry.any():
        return np.zeros((2, dry.shape[-1]), dtype=np.float32)
    placer = StemPlacer(sample_rate, mix, gain, stereo=dry.ndim == 2)
    return np.concatenate(list(placer.place(_in_blocks(np.atleast_2d(dry)))), axis=1)


def mix_band(
    dry: Mapping[str, Array],
    sample_rate: int,
    gains: Mapping[str, float],
    renderers: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Array]:
    """All stems in the room with the gains of `stem_gains`; a stem without one is silent.

    Args:
        renderers: who played each stem, of core.controls.RENDERERS; those not named are the networks'.

    Returns:
        float32 [2, T] by stem name; their plain sum is the band.
    """
    return {
        stem: place_stem(x, sample_rate, rough_mix(stem, renderers.get(stem, NETWORK)), gains.get(stem, 0.0))
        for stem, x in dry.items()
    }
