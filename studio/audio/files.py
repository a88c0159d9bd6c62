"""Reading the audio files people have.

Everything becomes float32 [C, T] with full scale 1.0, which holds 24-bit integers exactly. Reading never guesses: what
cannot be used is refused with a reason, what is merely odd (a file that ends early, one that was never finished) is
read and noted. No length of a header is believed: every file is decoded to its end, and files that were joined part by
part. Writing is in studio.audio.wav.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf

from studio.audio.containers import Part, aiff_part, flac_parts, ogg_parts, riff_part
from studio.audio.file_bytes import FORMATS, View, error_text, opened, shown
from studio.audio.mpeg_frames import mpeg_parts
from studio.audio.quiet import opened_quietly
from studio.core.amounts import apart_in_gb, in_minutes
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.language import tr, trn
from studio.dsp.resample import resample

SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".ogg")
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
VOCAL_MIN_S, VOCAL_MAX_S = 2.0, 600.0
#: A vocal whose loudest sample is below this is taken for an empty recording.
SILENT_PEAK = 10 ** (-70 / 20)
#: Beyond +36 dBFS a float file was scaled as integers by mistake.
_ABSURD_PEAK = 64.0
_BLOCK_FRAMES = 1 << 18
#: libsndfile gives the largest count it knows for a stream without a length.
_UNKNOWN_FRAMES = 1 << 60
#: Compressed files are walked in memory; an hour of the largest is below this.
_MOST_COMPRESSED_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class AudioFile:
    """A file as it was read.

    Attributes:
        encoding: libsndfile's name of the sample format, such as 'PCM_24' or 'VORBIS'.
        warnings: sentences for the user; empty when nothing was odd.
        sha256: of the bytes, where it was asked for.
    """

    audio: Audio
    encoding: str
    warnings: tuple[str, ...] = ()
    sha256: str = ""


def read_audio(path: Path) -> Audio:
    """Any mono or stereo file of 8 to 192 kHz; raises StudioError when it cannot be used."""
    return read_file(path).audio


def read_vocal(path: Path) -> AudioFile:
    """Like `read_file` with the hash, but refuses what cannot be a vocal: below 2 s, above 10 min, or silent."""
    file = read_file(path, max_s=VOCAL_MAX_S, hashed=True)
    what = tr("Cannot use {name} as a vocal", name=shown(path.name))
    if file.audio.duration_s < VOCAL_MIN_S:
        seen = tr("{duration_s:.2f} s of sound", duration_s=file.audio.duration_s)
        raise StudioError(
            what,
            seen=seen,
            expected=tr("{vocal_min_s:g} s or more", vocal_min_s=VOCAL_MIN_S),
            todo=tr("Choose or record a longer take"),
        )
    if np.abs(file.audio.samples).max() < SILENT_PEAK:
        raise StudioError(
            what,
            seen=tr("silence from start to end"),
            expected=tr("singing or humming that can be heard"),
            todo=tr("Check the recording's level, or choose another file"),
        )
    return file


def read_file(path: Path, *, max_s: float = float("inf"), hashed: bool = False) -> AudioFile:
    """Reads a whole file, or what comes through a pipe.

    Args:
        path: WAV, AIFF, FLAC, MP3 or OGG.
        max_s: refuse longer files, before they are decoded where their length is certain.
        hashed: whether the SHA-256 is wanted.

    Raises:
        StudioError: missing, empty, not audio, more than two channels, a rate out of range, too long, or
            samples that are no finite numbers.
    """
    name = shown(path.name)
    what = tr("Cannot read {name}", name=name)
    with opened(path, what) as handle:
        try:
            decoded = [_decode(part, what, max_s) for part in _parts(path, handle, what, max_s)]
        except (sf.LibsndfileError, RuntimeError, EOFError) as error:
            raise StudioError(
                what,
                seen=tr(
                    "{suffix} that does not decode ({error_text})",
                    suffix=path.suffix.lower() or tr("data"),
                    error_text=error_text(error),
                ),
                expected=tr("{formats} data", formats=FORMATS),
                todo=tr("Convert or export it again, for example as WAV"),
            ) from error
        except OSError as error:
            raise StudioError(
                what,
                seen=error_text(error),
                expected=tr("a file you may read"),
                todo=tr("Try again, or copy it"),
            ) from error
        except MemoryError as error:
            raise StudioError(
                what,
                seen=tr("more sound than there is memory"),
                expected=tr("a shorter file"),
                todo=tr("Export one song or section at a time"),
            ) from error
        digest = ""
        if hashed:
            handle.seek(0)
            digest = hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]
    heard = [part for part in decoded if part.audio.frames] or decoded
    audio = _joined([part.audio for part in heard])
    _check_length(audio.frames, audio.sample_rate, max_s, what)
    _check_samples(audio.samples, audio.sample_rate, what)
    return AudioFile(audio, heard[0].encoding, _warnings(name, heard, audio), digest)


@dataclass(frozen=True, eq=False)
class _Source:
    """What one decoder reads: a native path or a handle, and what is known of it."""

    content: bytes | str | BinaryIO
    part: Part


@dataclass(frozen=True, eq=False)
class _Decoded:
    audio: Audio
    encoding: str
    ends_early: bool
    recovered: bool


def _parts(path: Path, handle: BinaryIO, what: str, max_s: float) -> Sequence[_Source]:
    """The parts of a file in order; one, and the file itself, where nothing is odd."""
    head = handle.read(16)
    handle.seek(0)
    whole: bytes | str | BinaryIO = handle
    if isinstance(getattr(handle, "name", None), str | Path):
        # By its bytes, since a name need not be UTF-8.
        whole = str(path) if sys.platform == "win32" else os.fsencode(path)
    walk: Callable[[bytes], list[Part]] | None = None
    if head[:4] in (b"RIFF", b"RF64") or head[:4] == b"FORM":
        part = riff_part(handle) or aiff_part(handle)
        handle.seek(0)
        if part is None:
            return [_Source(whole, Part(0, 0))]
        return [_Source(_view(handle, part) if part.patches else whole, part)]
    if head[:4] == b"OggS":
        walk = ogg_parts
    elif head[:4] == b"fLaC":
        walk = flac_parts
    elif head[:3] == b"ID3" or (head[0] == 0xFF and len(head) > 1 and head[1] & 0xE0 == 0xE0):
        return _mpeg_sources(handle, whole, what, max_s)
    if walk is None:
        return [_Source(whole, Part(0, 0))]
    data = _all_of(handle, what)
    parts = walk(data)
    if len(parts) == 1 and not parts[0].patches:
        return [_Source(whole, parts[0])]
    return [_Source(_view(handle, part), part) for part in parts] or [_Source(whole, Part(0, 0))]


def _mpeg_sources(
    handle: BinaryIO, whole: bytes | str | BinaryIO, what: str, max_s: float
) -> Sequence[_Source]:
    data = _all_of(handle, what)
    if b"fLaC" in data[: 1 << 16] and not mpeg_parts(data[: 1 << 16]):  # FLAC behind a tag
        return [_Source(_view(handle, part), part) for part in flac_parts(data)]
    parts = mpeg_parts(data)
    # Frames were counted, so the length is certain before anything is decoded.
    if sum(part.samples / part.header.rate for part in parts) > max_s + 1:
        _check_length(sum(p.samples for p in parts), parts[0].header.rate, max_s, what)
    sources = []
    for part in parts:
        as_it_is = len(parts) == 1 and not part.head and not part.patches
        content = whole if as_it_is else View(handle, part.start, part.stop, part.head, part.patches)
        sources.append(_Source(content, Part(part.start, part.stop, ends_early=part.ends_early)))  # type: ignore[arg-type]
    return sources or [_Source(whole, Part(0, 0))]


def _view(handle: BinaryIO, part: Part) -> BinaryIO:
    return View(handle, part.start, part.stop, patches=part.patches)  # type: ignore[return-value]


def _all_of(handle: BinaryIO, what: str) -> bytes:
    size = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    if size > _MOST_COMPRESSED_BYTES:
        there, most = apart_in_gb(size, _MOST_COMPRESSED_BYTES)
        raise StudioError(
            what,
            seen=there,
            expected=tr("{most} or less", most=most),
            todo=tr("Export one song or section at a time"),
        )
    data = handle.read()
    handle.seek(0)
    return data


class _Stream(sf.SoundFile):  # type: ignore[misc]
    """A decoder that is only read onwards: soundfile would seek after every block, where MP3 loses its place."""

    def seekable(self) -> bool:
        return False


def _decode(source: _Source, what: str, max_s: float) -> _Decoded:
    """One part to its end, or, when the decoder stumbles after some of it, what came before."""
    with opened_quietly(lambda: _Stream(source.content)) as stream:
        _check_header(stream, what)
        rate, channels, encoding = stream.samplerate, stream.channels, stream.subtype
        stumbled = False
        out = np.empty((channels, min(max(stream.frames, 0), _BLOCK_FRAMES)), dtype=np.float32)
        if encoding.startswith(("PCM", "FLOAT", "DOUBLE")) and stream.frames < _UNKNOWN_FRAMES:
            # libsndfile limits what such a header promises to the size of the file.
            _check_length(stream.frames, rate, max_s, what)
            out = np.empty((channels, min(stream.frames, int((VOCAL_MAX_S + 1) * rate))), dtype=np.float32)
        done, block = 0, np.empty((_BLOCK_FRAMES, channels), dtype=np.float32)
        while True:
            block.fill(np.nan)
            try:
                got = len(stream.read(out=block))
            except sf.LibsndfileError:
                written = np.flatnonzero(~np.isnan(block).all(axis=1))
                got, stumbled = int(written[-1]) + 1 if len(written) else 0, True
                if not done + got:
                    raise
            if done + got > out.shape[1]:
                grown = np.empty((channels, max(2 * out.shape[1], done + got)), dtype=np.float32)
                grown[:, :done] = out[:, :done]
                out = grown
            out[:, done : done + got] = block[:got].T
            done += got
            if done > max_s * rate:  # the rest is not decoded: how much there is, only the header may say
                told = max(source.part.promised or 0, stream.frames if stream.frames < _UNKNOWN_FRAMES else 0)
                whole = done if got < _BLOCK_FRAMES else told if told > done else 0
                raise _too_long(whole / rate, max_s, what)
            if stumbled or got < _BLOCK_FRAMES:
                break
    promised = source.part.promised
    early = source.part.ends_early or (stumbled if promised is None else done < promised)
    samples = out if done == out.shape[1] else out[:, :done].copy()
    return _Decoded(Audio(samples, rate), encoding, early, source.part.recovered)


def _joined(parts: Sequence[Audio]) -> Audio:
    """One after the other, at the rate of the first; in stereo where one of them is."""
    if len(parts) == 1:
        return parts[0]
    channels = max(part.channels for part in parts)
    rows = [resample(part, parts[0].sample_rate).samples for part in parts]
    rows = [np.repeat(row, channels, axis=0) if len(row) < channels else row for row in rows]
    return Audio(np.concatenate(rows, axis=1), parts[0].sample_rate)


def _warnings(name: str, parts: Sequence[_Decoded], audio: Audio) -> tuple[str, ...]:
    warnings = []
    if any(part.recovered for part in parts):
        warnings.append(
            tr(
                "{name} was never finished: its header does not know its length. All "
                "{duration_s:.1f} s that are there were recovered.",
                name=name,
                duration_s=audio.duration_s,
            )
        )
    if len(parts) > 1:
        warnings.append(
            tr(
                "{name} holds {count} recordings, one after the other; all were read.",
                name=name,
                count=len(parts),
            )
        )
    if any(part.ends_early for part in parts):
        warnings.append(
            tr(
                "{name} ends early: the {duration_s:.1f} s that are there were read.",
                name=name,
                duration_s=audio.duration_s,
            )
        )
    return tuple(warnings)


def _check_header(source: sf.SoundFile, what: str) -> None:
    if source.channels > 2:
        raise StudioError(
            what,
            seen=tr("{channels} channels", channels=source.channels),
            expected=tr("mono or stereo"),
            todo=tr("Export the vocal alone, as mono or stereo"),
        )
    if not MIN_RATE_HZ <= source.samplerate <= MAX_RATE_HZ:
        raise StudioError(
            what,
            seen=tr("a sample rate of {samplerate} Hz", samplerate=source.samplerate),
            expected=tr(
                "{min_rate_hz} to {max_rate_hz} Hz", min_rate_hz=MIN_RATE_HZ, max_rate_hz=MAX_RATE_HZ
            ),
            todo=tr("Export it again at 44100 or 48000 Hz"),
        )


def _check_length(frames: int, rate: int, max_s: float, what: str) -> None:
    if frames > max_s * rate:
        raise _too_long(frames / rate, max_s, what)


def _too_long(seconds: float, max_s: float, what: str) -> StudioError:
    """The refusal of a file that lasts so long; 0 where nobody knows how long."""
    return StudioError(
        what,
        seen=tr("{length} of sound", length=in_minutes(seconds))
        if seconds
        else tr("more than {length} of sound", length=in_minutes(max_s)),
        expected=tr("{max_s:g} minutes or less", max_s=max_s / 60),
        todo=tr("Export one song or section at a time"),
    )


def _check_samples(samples: Samples, rate: int, what: str) -> None:
    if not samples.shape[1]:
        raise StudioError(
            what,
            seen=tr("a header without any sound"),
            expected=tr("at least one sample"),
            todo=tr("Export it again, or choose another file"),
        )
    # NaN passes through both extremes, so a sound file costs no mask of its own size.
    peak = float(max(samples.max(), -samples.min()))
    if not np.isfinite(peak):
        bad = ~np.isfinite(samples).all(axis=0)
        first = int(np.argmax(bad))
        raise StudioError(
            what,
            seen=trn(
                "{count} sample that is NaN or infinite, at {first:.2f} s",
                "{count} samples that are NaN or infinite, the first at {first:.2f} s",
                int(bad.sum()),
                first=first / rate,
            ),
            expected=tr("finite samples"),
            todo=tr("Export it again; a plug-in on the track may be faulty"),
        )
    if peak > _ABSURD_PEAK:
        raise StudioError(
            what,
            seen=tr("sample values up to {peak:.3g}", peak=peak),
            expected=tr("floats with full scale at 1.0"),
            todo=tr("Export it again as 24-bit PCM or as normalised float"),
        )
