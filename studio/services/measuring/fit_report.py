"""How well a finished candidate fits its vocal, measured on its sound and its chords, and when that is too poor.

These are checks of what can be measured, not of taste. Choices: the beat and the sound are measured on the stems that
are heard, not on the score they were made from, so that a fault of the sound models shows; what cannot be measured
(a band without attacks, a vocal without notes) is None rather than a guess, and never poor. The limits of `problems`
are wide: they are for failures, and a dull candidate passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import Arrangement
from studio.core.audio import Audio, Samples
from studio.core.candidate import Candidate
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.mapped_copy import copied
from studio.dsp.loudness import IntegratedLoudness

#: Where in a beat an attack counts as on it: sixteenths and triplets.
_PLACES = np.array([0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0])
#: How close, in beats, but never closer than in seconds, which is what the frames below can tell.
_CLOSE_BEATS, _CLOSE_S = 0.04, 0.015
_WINDOW_S = 0.023
_SILENT_DB = -55.0
_CLIPPED_RUN = 3
_BLOCK_S = 10.0
_MIDDLE_HZ = (200.0, 8000.0)
_FEWEST_ATTACKS = 12
_LEAST_RISE = 0.01  # of the log spectrum, a bin


@dataclass(frozen=True)
class FitReport:
    """One candidate's measures; shares are 0 to 1.

    Attributes:
        loudness_lufs: of the whole band, BS.1770, as generated.
        beat_match: how much of the band's attacks, weighed by their strength, falls on sixteenths or triplets of the
            grid the band was made for, less what would by chance: 0 is chance, 1 is all.
        chord_fit: of the time sung, how much is on a tone of the chord then played; another tone of the key counts
            half (a passing note), a tone outside both nothing.
        silence: of the time between the first and last sung note, how much the band lies below -55 dBFS.
        clipping: of all samples, how many lie in runs of three or more at or beyond full scale. They are
            cut off where they are played at unity; an export lowers all files instead.
        noise: median spectral flatness of bass, harmony and lead while they sound, 200 Hz to 8 kHz: 0 is a pure tone,
            0.56 white noise. Drums, noise by nature, are left out where they are a stem of their own.
    """

    loudness_lufs: float
    beat_match: float | None
    chord_fit: float | None
    silence: float
    clipping: float
    noise: float | None

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong beyond doubt, in words; empty for a candidate that may be good or bad, but works."""
        found = {
            "off the beat": self.beat_match is not None and self.beat_match < 0.3,
            "chords do not fit": self.chord_fit is not None and self.chord_fit < 0.45,
            "mostly silent": self.silence > 0.5,
            "clipped": self.clipping > 0.02,
            "noise": self.noise is not None and self.noise > 0.25,
        }
        return tuple(text for text, is_so in found.items() if is_so)


def report_fit(
    candidate: Candidate, analysis: VocalAnalysis, *, cancel: CancelToken | None = None
) -> FitReport:
    """Measures a candidate, ten seconds at a time.

    Args:
        analysis: of the vocal, as the candidate was made for it.

    Raises:
        JobCancelled: soon after `cancel`.
    """
    stems = candidate.stems
    rate = next(iter(stems.values())).sample_rate
    loudness = IntegratedLoudness(rate)
    attacks, clipped, samples = _Attacks(rate), 0, 0
    levels: list[NDArray[np.float32]] = []
    flatness: list[NDArray[np.float32]] = []
    for band, tonal in _blocks(stems):
        if cancel:
            cancel.check()
        loudness.feed(band)
        attacks.feed(band.mean(axis=0))
        clipped += sum(_clipped_frames(side) for side in band)
        samples += band.size
        levels.append(_levels_db(band, rate))
        flatness.append(_flatness(tonal.mean(axis=0), rate))
    times_s, strengths = attacks.found()
    sounding = np.concatenate(flatness) if flatness else np.zeros(0, np.float32)
    return FitReport(
        loudness.lufs(),
        beat_match(times_s, strengths, analysis.grid),
        chord_fit(candidate.arrangement, analysis),
        _silence(np.concatenate(levels), analysis) if levels else 1.0,
        clipped / max(1, samples),
        float(np.median(sounding)) if len(sounding) else None,
    )


def beat_match(times_s: NDArray[np.float64], strengths: NDArray[np.float64], grid: BeatGrid) -> float | None:
    """See FitReport; None for fewer than a dozen attacks."""
    if len(times_s) < _FEWEST_ATTACKS or not strengths.sum():
        return None
    beat_s = 60.0 / grid.tempo_bpm
    close = max(_CLOSE_BEATS, _CLOSE_S / beat_s)
    phase = grid.beat_of(times_s) % 1.0
    distance = np.abs(phase[:, None] - _PLACES).min(axis=1)
    hit = float(np.sum(strengths * (distance <= close)) / strengths.sum())
    even = np.linspace(0, 1, 1000)
    chance = float((np.abs(even[:, None] - _PLACES).min(axis=1) <= close).mean())
    return max(0.0, (hit - chance) / (1.0 - chance)) if chance < 1.0 else None


def chord_fit(arrangement: Arrangement, analysis: VocalAnalysis) -> float | None:
    """See FitReport; None for a vocal without notes, or a band without chords."""
    sung = fit = 0.0
    if not arrangement.chords:
        return None
    scale = set(arrangement.key.scale)
    for note in analysis.notes:
        pitch_class = round(note.pitch) % 12
        # In pieces of a quarter of a beat at most: a long note may be held over a change of chord.
        pieces = max(1, round((note.end_s - note.start_s) * 4 * arrangement.grid.tempo_bpm / 60))
        times = note.start_s + (np.arange(pieces) + 0.5) * (note.end_s - note.start_s) / pieces
        beats = np.clip(arrangement.grid.beat_of(times).astype(int), 0, len(arrangement.chords) - 1)
        for beat in beats:
            tones = arrangement.chords[beat].pitch_classes
            if tones:
                length = (note.end_s - note.start_s) / pieces
                sung += length
                fit += length * (1.0 if pitch_class in tones else 0.5 if pitch_class in scale else 0.0)
    return fit / sung if sung else None


def _blocks(stems: Mapping[str, Audio]) -> Iterator[tuple[Samples, Samples]]:
    """The band and its tonal part, [2, T], in order."""
    first = next(iter(stems.values()))
    size = round(_BLOCK_S * first.sample_rate)
    for start in range(0, first.frames, size):
        parts = {stem: copied(audio.samples, start, start + size) for stem, audio in stems.items()}
        tonal = np.zeros_like(next(iter(parts.values())))
        for stem, part in parts.items():
            if stem != "drums":
                tonal += part
        yield (tonal + parts["drums"] if "drums" in parts else tonal), tonal


def _spectra(mono: Samples, n_fft: int, hop: int) -> NDArray[np.float32]:
    """Power [frames, bins] of whole windows."""
    if len(mono) < n_fft:
        return np.zeros((0, n_fft // 2 + 1), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(mono, n_fft)[::hop]
    spectrum = scipy.fft.rfft(windows * np.hanning(n_fft).astype(np.float32), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


class _Attacks:
    """Finds where sounds begin: peaks of the rise of the log spectrum, block by block."""

    def __init__(self, sample_rate: int) -> None:
        self._n_fft = 1 << round(np.log2(_WINDOW_S * sample_rate))
        self._hop = self._n_fft // 4
        self._rate = sample_rate
        self._rest: Samples = np.zeros(self._n_fft // 2, np.float32)  # so that frame k is centred on k * hop
        self._before: NDArray[np.float32] | None = None
        self._rises: list[NDArray[np.float32]] = []

    def feed(self, mono: Samples) -> None:
        mono = np.concatenate([self._rest, mono])
        power = _spectra(mono, self._n_fft, self._hop)
        self._rest = mono[len(power) * self._hop :]
        if not len(power):
            return
        level = np.log1p(np.float32(100.0) * np.sqrt(power))
        before = level[:1] if self._before is None else self._before
        rise = np.diff(np.concatenate([before, level]), axis=0)
        self._before = level[-1:]
        self._rises.append(np.maximum(rise, 0.0).sum(axis=1, dtype=np.float32))

    def found(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times in seconds, and how strong each is."""
        if not self._rises:
            return np.zeros(0), np.zeros(0)
        rise = np.concatenate(self._rises).astype(np.float64)
        around = max(1, round(0.03 * self._rate / self._hop))
        padded = np.pad(rise, around)
        highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1).max(axis=1)
        # Well above what goes on between attacks, and above a tenth of the strong ones.
        least = max(3.0 * np.median(rise), 0.1 * np.quantile(rise, 0.99), _LEAST_RISE * self._n_fft)
        at = np.flatnonzero((rise >= highest) & (rise > least))
        # The rise is steepest while the sound enters the later half of the window.
        return (at * self._hop + self._n_fft / 4) / self._rate, rise[at]


def _clipped_frames(side: Samples) -> int:
    full = np.abs(side) >= 1.0
    if not full.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return int(runs[runs >= _CLIPPED_RUN].sum())


def _levels_db(band: Samples, rate: int) -> NDArray[np.float32]:
    """RMS in dBFS of each tenth of a second; a last shorter one is left out."""
    hop = rate // 10
    whole = band.shape[1] // hop * hop
    power = np.square(band[:, :whole]).reshape(len(band), -1, hop).mean(axis=(0, 2))
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), dtype=np.float32)


def _silence(levels_db: NDArray[np.float32], analysis: VocalAnalysis) -> float:
    start_s, end_s = 0.0, len(levels_db) / 10
    if analysis.notes:
        start_s, end_s = analysis.notes[0].start_s, analysis.notes[-1].end_s
    sung = levels_db[int(start_s * 10) : max(int(start_s * 10) + 1, int(end_s * 10))]
    return float((sung < _SILENT_DB).mean()) if len(sung) else 1.0


def _flatness(mono: Samples, rate: int) -> NDArray[np.float32]:
    """Geometric over arithmetic mean of the power of each sounding window (Wiener entropy)."""
    n_fft = 1 << round(np.log2(0.09 * rate))
    power = _spectra(mono, n_fft, n_fft)
    # What lies close to half the rate was taken away by a converter: emptiness there is no tone.
    low, high = (round(min(f, 0.45 * rate) * n_fft / rate) for f in _MIDDLE_HZ)
    power = power[:, low:high]
    mean = power.mean(axis=1)
    # White noise of the same level as the limit of silence has this power in each bin of a Hann window.
    sounds = mean > 10 ** (_SILENT_DB / 10) * n_fft * 0.375
    geometric = np.exp(np.log(power[sounds] + 1e-12).mean(axis=1))
    return np.asarray(geometric / mean[sounds], dtype=np.float32)
