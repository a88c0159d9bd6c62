"""The audio files of a candidate: measured, written and read back block by block.

Memory does not grow with the song: a stem may lie on the disk, and is looked at where it is needed only. Every
PCM stem is put on the integer grid once, and band and mix are sums of those integers.
"""

from __future__ import annotations

import contextlib
import warnings
import wave
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io.wavfile
from numpy.typing import NDArray

from studio.audio.wav import Encoding, WavWriter
from studio.core.arrangement import BAND, STEMS
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.mapped_copy import copied
from studio.dsp.dither import is_on_grid, quantise
from studio.dsp.loudness import IntegratedLoudness, TruePeak

#: Of a candidate with the usual stems; an engine that makes the band as one sound gives vocal, band and mix.
AUDIO_FILES = ("vocal.wav", *(f"{stem}.wav" for stem in STEMS), "band.wav", "mix.wav")
_VOCAL = "vocal"
_BITS: Mapping[str, int] = {"PCM_16": 16, "PCM_24": 24}
_BLOCK = 1 << 18
# libsndfile adds a PEAK chunk to float files, of which scipy warns while it reads past it.
warnings.filterwarnings("ignore", category=scipy.io.wavfile.WavFileWarning)

#: Called with the share of the work that is done; may raise JobCancelled.
Step = Callable[[float], None]


@dataclass(frozen=True)
class Measured:
    """One file as the candidate has it: levels (`peak` linear), and the integer grids (bits) it lies on already."""

    channels: int
    peak: float
    true_peak_db: float
    loudness_lufs: float
    grids: frozenset[int]


@dataclass(frozen=True)
class Written:
    """What a file must read back as: rate, and a checksum of its samples."""

    sample_rate: int
    checksum: int


class Tracks:
    """A vocal and its band. A mono vocal is in both channels of the mix, at its own level."""

    def __init__(self, vocal: Audio, stems: Mapping[str, Audio]) -> None:
        self._vocal, self._stems = vocal, stems

    def measure(self, on_step: Step) -> dict[str, Measured]:
        """What every file is like, by name."""
        rate, meters = self._vocal.sample_rate, dict[str, _Meter]()
        for done, block in self._blocks():
            on_step(done)
            for name, samples in _with_sums(block).items():
                if name not in meters:
                    meters[name] = _Meter(rate, len(samples))
                meters[name].feed(samples)
        return {name: meter.read() for name, meter in meters.items()}

    def write(
        self,
        folder: Path,
        encoding: Encoding,
        gain_db: float,
        measured: Mapping[str, Measured],
        on_step: Step,
    ) -> dict[str, Written]:
        """Writes all files with a common gain; PCM is dithered where rounding loses something."""
        rate, frames, bits = self._vocal.sample_rate, self._vocal.frames, _BITS.get(encoding)
        gain = np.float32(10 ** (gain_db / 20))
        dithers = {
            name: np.random.default_rng(zlib.crc32(name.encode()))
            for name in (_VOCAL, *self._stems)
            if measured[f"{name}.wav"].peak and (gain_db or bits not in measured[f"{name}.wav"].grids)
        }
        sums = dict.fromkeys(measured, 0)
        with contextlib.ExitStack() as stack:
            sinks = {
                name: stack.enter_context(
                    WavWriter(folder / name, rate, measured[name].channels, frames, encoding)
                )
                for name in measured
            }
            for done, block in self._blocks():
                on_step(done)
                if gain_db:
                    block = {name: x * gain for name, x in block.items()}
                stored: dict[str, NDArray[Any]] = dict(block)
                if bits is not None:
                    stored = {name: quantise(x, bits, dithers.get(name)) for name, x in block.items()}
                for name, samples in _with_sums(stored).items():
                    # libsndfile takes the upper bits of an int32.
                    rows = np.ascontiguousarray(samples.T if bits is None else samples.T << (32 - bits))
                    sinks[name].write(rows)
                    sums[name] = zlib.crc32(rows.data, sums[name])
        return {name: Written(rate, checksum) for name, checksum in sums.items()}

    def _blocks(self) -> Iterator[tuple[float, dict[str, Samples]]]:
        """The share done, and the next frames [C, T] of vocal and stems by name."""
        frames = self._vocal.frames
        for start in range(0, frames, _BLOCK):
            stop = start + _BLOCK
            # Copies: a mapped stem is let go of at once, and may be cut meanwhile.
            block = {_VOCAL: copied(self._vocal.samples, start, stop)}
            block |= {stem: np.array(copied(self._stems[stem].samples, start, stop)) for stem in self._stems}
            yield start / frames, block


def verify_files(
    folder: Path, files: Mapping[str, Written], encoding: Encoding, on_step: Step
) -> dict[str, str]:
    """Reads every file back with readers that share no code with what wrote it.

    Returns:
        'PASS' by file name.

    Raises:
        StudioError: naming each file that differs from what was meant, or is not the sum of its tracks.
    """
    readers = {name: _Reader(folder / name, encoding) for name in files}
    sources = [stem for stem in STEMS if f"{stem}.wav" in files] or [BAND]
    sums, unequal = dict.fromkeys(files, 0), set[str]()
    with contextlib.ExitStack() as stack:
        for reader in readers.values():
            stack.callback(reader.close)
        frames = max(reader.frames for reader in readers.values())
        for start in range(0, frames, _BLOCK):
            on_step(start / frames)
            rows = {name: reader.read(start, _BLOCK) for name, reader in readers.items()}
            for name, block in rows.items():
                sums[name] = zlib.crc32(np.ascontiguousarray(block).data, sums[name])
            # Integers may wrap on the way: the sum is below full scale again.
            again = _with_sums({name: rows[f"{name}.wav"].T for name in (_VOCAL, *sources)})
            unequal |= {
                name for name in ("band.wav", "mix.wav") if not np.array_equal(again[name].T, rows[name])
            }
    failed = []
    for name in files:
        if (readers[name].sample_rate, sums[name]) != (files[name].sample_rate, files[name].checksum):
            failed.append(name)
        if name in unequal:
            failed.append(
                f"{name} (not the sum of the {'stems' if name == 'band.wav' else 'vocal and the stems'})"
            )
    if failed:
        raise StudioError(
            f"The export to {folder.parent} did not verify",
            seen=f"other samples than were written in {', '.join(failed)}",
            expected="every file to read back bit for bit",
            todo="Check the disk, or export to another one",
        )
    return dict.fromkeys(files, "PASS")


class _Meter:
    """All levels of one file."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._channels, self._peak = channels, 0.0
        self._true_peak, self._loudness = TruePeak(channels), IntegratedLoudness(sample_rate, channels)
        self._grids = set(_BITS.values())

    def feed(self, samples: Samples) -> None:
        self._peak = max(self._peak, float(samples.max()), float(-samples.min()))
        self._true_peak.feed(samples)
        self._loudness.feed(samples)
        self._grids -= {bits for bits in self._grids if not is_on_grid(samples, bits)}

    def read(self) -> Measured:
        loudness, grids = self._loudness.lufs(), frozenset(self._grids)
        return Measured(self._channels, self._peak, self._true_peak.db(), loudness, grids)


class _Reader:
    """A WAV read by the standard library, or by scipy where the samples are floats."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._path, self._wave = path, None
        if encoding == "FLOAT":
            self.sample_rate, data = scipy.io.wavfile.read(path, mmap=True)
            self.frames = len(data)
        else:
            self._wave = wave.open(str(path), "rb")  # noqa: SIM115  # `close` does
            self.sample_rate, self.frames = self._wave.getframerate(), self._wave.getnframes()

    def read(self, start: int, count: int) -> NDArray[Any]:
        """The next frames as they are stored, [T, C]; integers in the upper bits of an int32."""
        if self._wave is None:
            data: NDArray[Any] = scipy.io.wavfile.read(self._path, mmap=True)[1]
            return copied(data.reshape(len(data), -1).T, start, start + count).T
        width, channels = self._wave.getsampwidth(), self._wave.getnchannels()
        raw = np.frombuffer(self._wave.readframes(count), dtype=np.uint8).reshape(-1, width)
        wide = np.zeros((len(raw), 4), dtype=np.uint8)
        wide[:, 4 - width :] = raw
        return wide.view("<i4").reshape(-1, channels)

    def close(self) -> None:
        if self._wave is not None:
            self._wave.close()


def _with_sums(tracks: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Vocal and stems, float or integer [C, T] by name -> what the files hold, by name and in their order."""
    stems = [samples for name, samples in tracks.items() if name != _VOCAL]
    band = stems[0]
    for samples in stems[1:]:
        band = band + samples
    files = {f"{name}.wav": tracks[name] for name in (_VOCAL, *STEMS) if name in tracks}
    return {**files, "band.wav": band, "mix.wav": band + tracks[_VOCAL]}
