"""Reading the audio files people have.

Everything becomes float32 [C, T] with full scale 1.0, which holds 24-bit integers exactly. Reading never
guesses: what cannot be used is refused with a reason, what is merely odd (a file that ends early) is read and
noted. Writing is in studio.audio.wav.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError

SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".ogg")
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
VOCAL_MIN_S, VOCAL_MAX_S = 2.0, 600.0
#: A vocal whose loudest sample is below this is taken for an empty recording.
SILENT_PEAK = 10 ** (-70 / 20)
#: Beyond +36 dBFS a float file was scaled as integers by mistake.
_ABSURD_PEAK = 64.0
#: libsndfile gives the largest count it knows for a stream without a length.
_UNKNOWN_FRAMES = 1 << 60
_FORMATS = "WAV, AIFF, FLAC, MP3 or OGG"


@dataclass(frozen=True, eq=False)
class AudioFile:
    """A file as it was read.

    Attributes:
        encoding: libsndfile's name of the sample format, such as 'PCM_24' or 'VORBIS'.
        warnings: sentences for the user; empty when nothing was odd.
    """

    audio: Audio
    encoding: str
    warnings: tuple[str, ...] = ()


def read_audio(path: Path) -> Audio:
    """Any mono or stereo file of 8 to 192 kHz; raises StudioError when it cannot be used."""
    return read_file(path).audio


def read_vocal(path: Path) -> AudioFile:
    """Like `read_file`, but refuses what cannot be a vocal: below 2 s, above 10 min, or silent."""
    file = read_file(path, max_s=VOCAL_MAX_S)
    what = f"Cannot use {path.name} as a vocal"
    if file.audio.duration_s < VOCAL_MIN_S:
        seen = f"{file.audio.duration_s:.2f} s of sound"
        raise StudioError(
            what, seen=seen, expected=f"{VOCAL_MIN_S:g} s or more", todo="Choose or record a longer take"
        )
    if np.abs(file.audio.samples).max() < SILENT_PEAK:
        raise StudioError(
            what,
            seen="silence from start to end",
            expected="singing or humming that can be heard",
            todo="Check the recording's level, or choose another file",
        )
    return file


def read_file(path: Path, *, max_s: float = float("inf")) -> AudioFile:
    """Reads a whole file.

    Args:
        path: WAV, AIFF, FLAC, MP3 or OGG.
        max_s: refuse longer files before decoding them.

    Raises:
        StudioError: missing, empty, not audio, more than two channels, a rate out of range, too long, or
            samples that are no finite numbers.
    """
    what = f"Cannot read {path.name}"
    _check_on_disk(path, what)
    try:
        with sf.SoundFile(path) as source:
            _check_header(source, what)
            known = source.frames < _UNKNOWN_FRAMES
            promised = source.frames if known else int(source.samplerate * (VOCAL_MAX_S + 1))
            _check_length(source.frames if known else 0, source.samplerate, max_s, what)
            samples = _decode(source, promised)
            rate, encoding = source.samplerate, source.subtype
    except (sf.LibsndfileError, RuntimeError) as error:
        raise StudioError(
            what,
            seen=f"{path.suffix.lower() or 'data'} that does not decode ({error_text(error)})",
            expected=f"{_FORMATS} data",
            todo="Convert or export it again, for example as WAV",
        ) from error
    frames = samples.shape[1]
    _check_length(frames, rate, max_s, what)
    _check_samples(samples, rate, what)
    warnings = []
    if (known and frames < promised) or _is_cut_short(path):
        warnings.append(f"{path.name} ends early: the {frames / rate:.1f} s that are there were read.")
    return AudioFile(Audio(samples, rate), encoding, tuple(warnings))


def _decode(source: sf.SoundFile, room_frames: int) -> Samples:
    """Up to `room_frames` frames, or, when the decoder stumbles after some, those before; float32 [C, T].

    One call reads everything: soundfile seeks after every read, and libsndfile's MP3 decoder loses its place
    each time. When it raises, what was decoded so far is in the buffer, up to the first NaN.
    """
    buffer = np.full((room_frames, source.channels), np.nan, dtype=np.float32)
    try:
        decoded = source.read(out=buffer)
    except sf.LibsndfileError:
        written = np.flatnonzero(~np.isnan(buffer).all(axis=1))
        decoded = buffer[: int(written[-1]) + 1 if len(written) else 0]
        if not len(decoded):
            raise
    return np.ascontiguousarray(decoded.T)


def _check_on_disk(path: Path, what: str) -> None:
    todo = "Check the path, or choose another file"
    if path.is_dir():
        raise StudioError(what, seen="a folder", expected=f"a {_FORMATS} file", todo=todo)
    if not path.exists():
        raise StudioError(what, seen=f"nothing at {path}", expected=f"a {_FORMATS} file", todo=todo)
    try:
        with path.open("rb") as handle:
            empty = not handle.read(1)
    except OSError as error:
        raise StudioError(what, seen=error_text(error), expected="a file you may read", todo=todo) from error
    if empty:
        raise StudioError(what, seen="an empty file (0 bytes)", expected=f"a {_FORMATS} file", todo=todo)


def _check_header(source: sf.SoundFile, what: str) -> None:
    if source.channels > 2:
        raise StudioError(
            what,
            seen=f"{source.channels} channels",
            expected="mono or stereo",
            todo="Export the vocal alone, as mono or stereo",
        )
    if not MIN_RATE_HZ <= source.samplerate <= MAX_RATE_HZ:
        raise StudioError(
            what,
            seen=f"a sample rate of {source.samplerate} Hz",
            expected=f"{MIN_RATE_HZ} to {MAX_RATE_HZ} Hz",
            todo="Export it again at 44100 or 48000 Hz",
        )


def _check_length(frames: int, rate: int, max_s: float, what: str) -> None:
    if frames > max_s * rate:
        raise StudioError(
            what,
            seen=f"{frames / rate / 60:.1f} minutes or more",
            expected=f"{max_s / 60:g} minutes or less",
            todo="Export one song or section at a time",
        )


def _check_samples(samples: Samples, rate: int, what: str) -> None:
    if not samples.shape[1]:
        raise StudioError(
            what,
            seen="a header without any sound",
            expected="at least one sample",
            todo="Export it again, or choose another file",
        )
    # NaN passes through both extremes, so a sound file costs no mask of its own size.
    peak = float(max(samples.max(), -samples.min()))
    if not np.isfinite(peak):
        bad = ~np.isfinite(samples).all(axis=0)
        first = int(np.argmax(bad))
        raise StudioError(
            what,
            seen=f"{int(bad.sum())} samples that are NaN or infinite, the first at {first / rate:.2f} s",
            expected="finite samples",
            todo="Export it again; a plug-in on the track may be faulty",
        )
    if peak > _ABSURD_PEAK:
        raise StudioError(
            what,
            seen=f"sample values up to {peak:.3g}",
            expected="floats with full scale at 1.0",
            todo="Export it again as 24-bit PCM or as normalised float",
        )


def _is_cut_short(path: Path) -> bool:
    """True when a WAV or AIFF header promises more bytes than the file has (streams promise none)."""
    with path.open("rb") as handle:
        head = handle.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"FORM"):
        return False
    size = int.from_bytes(head[4:8], "little" if head[:4] == b"RIFF" else "big")
    return size < 0xFFFF0000 and size + 8 > path.stat().st_size + 1


def error_text(error: Exception) -> str:
    """The system's or decoder's own words, without the path they repeat."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(getattr(error, "error_string", None) or error).removeprefix("Error : ").rstrip(". ")
    # libsndfile's words for a file named .mp3 in which no MPEG frame is found.
    return "no audio found in it" if "not a regular file" in text else text
