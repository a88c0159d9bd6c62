"""The audio of an export, read again: format, length, samples, levels, and what sums to what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wavinfo import WavInfoReader

from studio.core.arrangement import BAND, STEMS
from studio.core.mix import VOCAL
from studio.dsp.loudness import TruePeak, to_db
from studio.services.exporting.contents import CLICK, MIX, SOUNDS
from studio.services.exporting.export_audio import Step
from studio.services.exporting.levels import CEILING_DBTP
from studio.services.exporting.proof_rules import Check, FileEntry, ProofManifest, text_of

_BLOCK = 1 << 18
#: WAVE format tag, and bits a sample.
_FORMATS = {"PCM_16": (1, 16), "PCM_24": (1, 24), "FLOAT": (3, 32)}
_EXTENSIBLE = 0xFFFE
#: Of float files that are summed again.
_FLOAT_BOUND_DB = -120.0


@dataclass
class _File:
    """A WAV as wavinfo sees it; samples are read from where it says they lie."""

    path: Path
    entry: FileEntry
    reader: WavInfoReader
    start: int
    frames: int
    digest: Any = field(default_factory=hashlib.sha256)
    peak: TruePeak | None = None

    @property
    def width(self) -> int:
        return int(self.reader.fmt.bits_per_sample) // 8

    @property
    def channels(self) -> int:
        return int(self.reader.fmt.channel_count)

    @property
    def is_float(self) -> bool:
        return self.entry.encoding == "FLOAT"

    @property
    def has_ceiling(self) -> bool:
        """Whether it must stay below the ceiling: integers that were generated."""
        return not self.is_float and self.entry.role != VOCAL

    def read(self, at: int, count: int) -> NDArray[Any]:
        """The next frames as they are stored, [T, C]: floats, or integers in the upper bits of an int32."""
        frame = self.width * self.channels
        count = max(0, min(count, self.frames - at))
        with self.path.open("rb") as file:
            file.seek(self.start + at * frame)
            raw = np.frombuffer(file.read(count * frame), dtype=np.uint8).reshape(-1, self.width)
        if self.is_float:
            return raw.view("<f4").reshape(-1, self.channels)
        wide = np.zeros((len(raw), 4), dtype=np.uint8)
        wide[:, 4 - self.width :] = raw
        return wide.view("<i4").reshape(-1, self.channels)


def prove_audio(folder: Path, manifest: ProofManifest, on_step: Step) -> list[Check]:
    """All rules of all files of sound."""
    checks: list[Check] = []
    files: dict[str, _File] = {}
    for name, entry in manifest.files.items():
        if entry.role in SOUNDS:
            try:
                files[entry.role] = _opened(folder / name, entry)
            except Exception as error:  # whatever a reader stumbles over: the file is not what it must be
                checks.append(Check(name, "opens in another reader", False, text_of(error)))
    for file in files.values():
        checks += _format(file, manifest)
    whole = {role: file for role, file in files.items() if file.frames == manifest.vocal.frames}
    sums = _Sums(whole, manifest)
    frames = manifest.vocal.frames
    for start in range(0, frames, _BLOCK):
        on_step(start / max(1, frames))
        rows = {role: file.read(start, _BLOCK) for role, file in whole.items()}
        for role, block in rows.items():
            file = whole[role]
            file.digest.update(np.ascontiguousarray(block).data)
            if file.has_ceiling:
                file.peak = file.peak or TruePeak(file.channels)
                file.peak.feed(_as_float(block).T)
        sums.feed(rows)
    for file in whole.values():
        checks += _samples(file)
    return checks + sums.checks()


def _opened(path: Path, entry: FileEntry) -> _File:
    reader = WavInfoReader(path)
    data = next(chunk for chunk in reader.main_list if getattr(chunk, "ident", b"") == b"data")
    frames = data.length // max(1, int(reader.fmt.block_align))
    if data.start + frames * reader.fmt.block_align > path.stat().st_size:
        raise ValueError("a file that is cut short")
    return _File(path, entry, reader, data.start, frames)


def _format(file: _File, manifest: ProofManifest) -> list[Check]:
    fmt, name = file.reader.fmt, file.path.name
    tag, bits = _FORMATS.get(file.entry.encoding, (0, 0))
    rate = manifest.vocal.sample_rate
    right = (
        (fmt.audio_format in (tag, _EXTENSIBLE))
        and (fmt.bits_per_sample, fmt.sample_rate, fmt.channel_count) == (bits, rate, file.entry.channels)
        and fmt.block_align == fmt.channel_count * bits // 8
    )
    kind = "float" if file.is_float else "integer"
    channels = {1: "mono", 2: "stereo"}.get(fmt.channel_count, f"{fmt.channel_count} channels")
    found = f"{fmt.bits_per_sample}-bit {kind}, {fmt.sample_rate} Hz, {channels}"
    seconds = file.frames / rate
    checks = [
        Check(name, "has the format it should", right, found),
        Check(
            name, "begins and ends with the vocal", file.frames == manifest.vocal.frames,
            f"{file.frames} frames of {manifest.vocal.frames}, {seconds:.3f} s",
        ),
    ]  # fmt: skip
    return checks + _broadcast(file)


def _broadcast(file: _File) -> list[Check]:
    """Of files that carry a bext chunk."""
    bext = file.reader.bext
    if bext is None:
        return []
    idents = [getattr(chunk, "ident", b"") for chunk in file.reader.main_list]
    first = idents.index(b"bext") < idents.index(b"data")
    right = first and bext.version >= 1 and bext.time_reference >= 0
    found = (
        f"version {bext.version}, {'before' if first else 'behind'} the samples, time reference "
        f"{bext.time_reference}, by {bext.originator}"
    )
    return [Check(file.path.name, "is a Broadcast Wave", right, found)]


def _samples(file: _File) -> list[Check]:
    name = file.path.name
    meant = file.digest.hexdigest() == file.entry.samples_sha256
    checks = [Check(name, "holds the samples that were meant", meant, "bit for bit" if meant else "others")]
    if file.peak is None:
        return checks
    peak_db = file.peak.db()
    checks.append(
        Check(name, f"stays below {CEILING_DBTP:.0f} dBTP", peak_db <= CEILING_DBTP, f"{peak_db:+.2f} dBTP")
    )
    return checks


class _Sums:
    """The largest difference between a file and the sum of others, over the whole song."""

    def __init__(self, files: Mapping[str, _File], manifest: ProofManifest) -> None:
        self._files = files
        self._gain = 10 ** (manifest.vocal_in_mix_db / 20)
        stems = [stem for stem in STEMS if stem in files]
        wanted = [entry.role for entry in manifest.files.values() if entry.role in STEMS]
        #: A band of which some stems were left out cannot be summed again.
        self._stems = stems if BAND in files and len(stems) == len(wanted) == len(STEMS) else []
        band = self._stems or ([BAND] if BAND in files else [])
        self._band = band if MIX in files and VOCAL in files else []
        self._band_off = self._mix_off = 0.0

    def feed(self, rows: Mapping[str, NDArray[Any]]) -> None:
        floats = {role: _as_double(block) for role, block in rows.items() if role != CLICK}
        if self._stems:
            band = sum(floats[stem] for stem in self._stems)
            self._band_off = max(self._band_off, _largest(band - floats[BAND]))
        if self._band:
            mix = sum(floats[role] for role in self._band) + self._gain * floats[VOCAL]
            self._mix_off = max(self._mix_off, _largest(mix - floats[MIX]))

    def checks(self) -> list[Check]:
        checks = []
        if self._stems:
            bound = self._bound_db(self._files[BAND], False)
            checks.append(_sum_check(self._files[BAND], "is the sum of the stems", self._band_off, bound))
        if self._band:
            encodings = {self._files[role].entry.encoding for role in (VOCAL, MIX)}
            rounded = self._gain != 1.0 or len(encodings) > 1
            bound = self._bound_db(self._files[MIX], rounded)
            vocal = "" if self._gain == 1.0 else f" at {20 * np.log10(self._gain):+.1f} dB"
            rule = f"is the sum of the band and the vocal{vocal}"
            checks.append(_sum_check(self._files[MIX], rule, self._mix_off, bound))
        return checks

    @staticmethod
    def _bound_db(file: _File, rounded: bool) -> float:
        """Of PCM nothing, or where the vocal was rounded: a step and a half of dither and rounding in the mix, as
        much in the vocal file, and one for the gain."""
        if file.is_float:
            return _FLOAT_BOUND_DB
        return to_db(4.0 * 2.0 ** (1 - 8 * file.width)) if rounded else -np.inf


def _sum_check(file: _File, rule: str, off: float, bound_db: float) -> Check:
    off_db = -np.inf if off == 0.0 else 20 * float(np.log10(off))
    found = "nothing is left, bit for bit" if off == 0.0 else f"{off_db:.1f} dBFS is left"
    allowed = "" if bound_db == -np.inf else f", {bound_db:.1f} dBFS is allowed"
    return Check(file.path.name, rule, off_db <= bound_db, found + allowed)


def _largest(samples: NDArray[np.float64]) -> float:
    return float(np.abs(samples).max()) if samples.size else 0.0


def _as_double(block: NDArray[Any]) -> NDArray[np.float64]:
    """Full scale 1.0; exact for every file there is."""
    return block.astype(np.float64) if block.dtype.kind == "f" else block.astype(np.float64) / 2**31


def _as_float(block: NDArray[Any]) -> NDArray[np.float32]:
    return _as_double(block).astype(np.float32)
