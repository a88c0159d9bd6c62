"""Reading: every format people have, and every way a file can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio.files import read_audio, read_file, read_vocal
from studio.core.errors import StudioError


def tone(seconds: float, rate: int, channels: int = 1, level: float = 0.5) -> np.ndarray:
    """A 220 Hz sine, float32 [T, C]."""
    wave = level * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None].astype(np.float32), channels, axis=1)


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        ("a.wav", "PCM_16", 2**-15),
        ("a.wav", "PCM_24", 2**-23),
        ("a.wav", "FLOAT", 0.0),
        ("a.aiff", "PCM_24", 2**-23),
        ("a.flac", "PCM_16", 2**-15),
        ("a.ogg", "VORBIS", 0.05),
        ("a.mp3", "MPEG_LAYER_III", 0.05),
    ],
)
def test_formats(tmp_path: Path, name: str, subtype: str, error: float) -> None:
    wave = tone(3.0, 44100, 2)
    sf.write(tmp_path / name, wave, 44100, subtype=subtype)
    file = read_vocal(tmp_path / name)
    assert (file.audio.sample_rate, file.audio.channels, file.audio.frames) == (44100, 2, len(wave))
    assert file.encoding == subtype
    assert file.warnings == ()
    inside = slice(2000, -2000)  # lossy codecs smear the ends
    assert np.abs(file.audio.samples.T[inside] - wave[inside]).max() <= error


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000, 192000])
def test_rates(tmp_path: Path, rate: int) -> None:
    sf.write(tmp_path / "a.wav", tone(2.0, rate), rate)
    audio = read_audio(tmp_path / "a.wav")
    assert audio.sample_rate == rate
    assert audio.duration_s == 2.0


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "mp3", "ogg"])
def test_truncated_files_give_what_is_there(tmp_path: Path, suffix: str) -> None:
    noisy = tone(8.0, 44100) + np.random.default_rng(0).normal(0, 0.01, (8 * 44100, 1)).astype(np.float32)
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    sf.write(whole, noisy, 44100)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    file = read_vocal(cut)
    assert 4.0 < file.audio.duration_s < 5.0
    frames = file.audio.frames
    assert np.array_equal(file.audio.samples[:, : frames // 2], read_audio(whole).samples[:, : frames // 2])
    if suffix != "ogg":  # an Ogg stream does not say how long it meant to be
        assert "ends early" in file.warnings[0]


def test_a_flac_stream_that_does_not_know_its_length(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.flac", tone(3.0, 8000), 8000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # STREAMINFO: 36 bits of total samples, zero for unknown
    data[22:26] = bytes(4)
    (tmp_path / "b.flac").write_bytes(data)
    file = read_vocal(tmp_path / "b.flac")
    assert np.array_equal(file.audio.samples, read_audio(tmp_path / "a.flac").samples)
    assert file.warnings == ()


def write_broken(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.wav"
    wave = tone(3.0, 8000)
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "text":
        path = folder / "text.mp3"
        path.write_text("these are words\n" * 500)
    elif kind == "random":
        path.write_bytes(np.random.default_rng(1).bytes(50_000))
    elif kind == "header":
        sf.write(path, wave[:0], 8000)
    elif kind == "surround":
        sf.write(path, tone(3.0, 8000, 6), 8000)
    elif kind == "slow":
        sf.write(path, wave, 4000)
    elif kind == "nan":
        wave[12_000:12_010] = np.nan
        sf.write(path, wave, 8000, subtype="FLOAT")
    elif kind == "infinite":
        wave[5] = -np.inf
        sf.write(path, wave, 8000, subtype="FLOAT")
    elif kind == "integers":
        sf.write(path, wave * 32768, 8000, subtype="FLOAT")
    elif kind == "silent":
        sf.write(path, wave * 0, 8000)
    elif kind == "short":
        sf.write(path, wave[:8000], 8000)
    elif kind == "long":
        sf.write(path, np.zeros((8000 * 601, 1), dtype=np.int16), 8000)
    return path


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("missing", "nothing at"),
        ("empty", "0 bytes"),
        ("folder", "a folder"),
        ("text", "does not decode"),
        ("random", "does not decode"),
        ("header", "without any sound"),
        ("surround", "6 channels"),
        ("slow", "4000 Hz"),
        ("nan", "10 samples that are NaN or infinite, the first at 1.50 s"),
        ("infinite", "1 sample that is NaN or infinite, at "),
        ("integers", "1.64e+04"),
        ("silent", "silence"),
        ("short", "1.00 s"),
        ("long", "10 min 01 s of sound"),
    ],
)
def test_unusable_files_are_refused_with_a_reason(tmp_path: Path, kind: str, seen: str) -> None:
    path = write_broken(tmp_path, kind)
    with pytest.raises(StudioError) as caught:
        read_vocal(path)
    error = caught.value
    assert seen in error.seen
    assert path.name in error.what
    assert error.expected
    assert error.todo


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3", ".aiff"])
def test_the_refusal_of_a_long_file_says_how_long_it_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"long{suffix}"
    sf.write(path, np.zeros(8000 * 75, dtype=np.float32), 8000)
    with pytest.raises(StudioError) as caught:
        read_file(path, max_s=60.0)
    assert caught.value.seen == "1 min 15 s of sound" or (
        suffix == ".mp3" and caught.value.seen == "1 min 16 s of sound"  # whole frames
    )
    assert caught.value.expected == "1 minutes or less"
    assert read_file(path, max_s=76.0).audio.duration_s == pytest.approx(75.0, abs=0.2)


def test_a_silent_or_short_stem_is_no_error(tmp_path: Path) -> None:
    sf.write(tmp_path / "drums.wav", np.zeros((100, 2)), 48000)
    assert read_file(tmp_path / "drums.wav").audio.frames == 100
