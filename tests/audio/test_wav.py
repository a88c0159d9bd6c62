"""Writing: what a DAW gets, bit for bit."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import studio.audio.wav
from studio.audio.files import read_audio
from studio.audio.wav import Encoding, write_wav
from studio.core.audio import Audio
from studio.core.errors import StudioError


def noise(frames: int, channels: int = 2, level: float = 0.3) -> Audio:
    rng = np.random.default_rng(3)
    return Audio(rng.uniform(-level, level, (channels, frames)).astype(np.float32), 48000)


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24", "FLOAT"])
def test_the_time_of_writing_is_not_in_the_file(tmp_path: Path, encoding: Encoding) -> None:
    """Files are known by their content: the same audio has to be the same bytes tomorrow."""
    write_wav(tmp_path / "a.wav", noise(100), encoding=encoding)
    content = (tmp_path / "a.wav").read_bytes()
    now = int(time.time())
    assert not [n for n in range(now - 60, now + 2) if n.to_bytes(4, "little") in content[:120]]
    at = content.find(b"PEAK")
    assert (at > 0) == (encoding == "FLOAT")
    if at > 0:
        assert content[at + 12 : at + 16] == bytes(4)


@pytest.mark.parametrize(("subtype", "dtype"), [("PCM_16", "int16"), ("PCM_24", "int32")])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_an_untouched_integer_recording_passes_bit_for_bit(
    tmp_path: Path, subtype: str, dtype: str, suffix: str
) -> None:
    rng = np.random.default_rng(1)
    bits = int(subtype[-2:])
    steps = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (5000, 2), dtype=np.int64)
    shifted = (steps << (np.iinfo(dtype).bits - bits)).astype(dtype)
    source = tmp_path / f"vocal.{suffix}"
    sf.write(source, shifted, 44100, subtype=subtype)
    write_wav(tmp_path / "out.wav", read_audio(source), encoding="PCM_24")
    written, _ = sf.read(tmp_path / "out.wav", dtype="int32", always_2d=True)
    assert np.array_equal(written.astype(np.int64), steps << (32 - bits))


@pytest.mark.parametrize(
    ("encoding", "bound"), [("PCM_16", 1.5 * 2**-15), ("PCM_24", 1.5 * 2**-23), ("FLOAT", 0.0)]
)
def test_error_stays_within_the_quantisation_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: Encoding, bound: float
) -> None:
    monkeypatch.setattr(studio.audio.wav, "_BLOCK_FRAMES", 7000)
    audio = noise(20_000)
    write_wav(tmp_path / "a.wav", audio, encoding=encoding)
    info = sf.info(tmp_path / "a.wav")
    assert (info.format, info.subtype, info.frames, info.samplerate) == ("WAV", encoding, 20_000, 48000)
    read, _ = sf.read(tmp_path / "a.wav", dtype="float64", always_2d=True)
    assert np.abs(read.T - audio.samples).max() <= bound


def test_the_same_audio_gives_the_same_file_and_stems_get_independent_dither(tmp_path: Path) -> None:
    audio = noise(4000, level=1e-4)
    for name in ("drums.wav", "bass.wav"):
        write_wav(tmp_path / name, audio, encoding="PCM_16")
    first = (tmp_path / "drums.wav").read_bytes()
    assert first != (tmp_path / "bass.wav").read_bytes()
    write_wav(tmp_path / "drums.wav", audio, encoding="PCM_16")
    assert (tmp_path / "drums.wav").read_bytes() == first


def test_pcm_clips_and_float_keeps_what_is_over_full_scale(tmp_path: Path) -> None:
    audio = Audio(np.array([[2.0, -2.0, 0.1]], dtype=np.float32), 48000)
    write_wav(tmp_path / "pcm.wav", audio)
    write_wav(tmp_path / "float.wav", audio, encoding="FLOAT")
    assert np.allclose(read_audio(tmp_path / "pcm.wav").samples, [[1.0, -1.0, 0.1]], atol=1e-6)
    assert np.array_equal(read_audio(tmp_path / "float.wav").samples, audio.samples)


def test_rf64_beyond_the_limit_of_wav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.audio.wav, "_WAV_LIMIT_BYTES", 1000)
    audio = noise(1000)
    write_wav(tmp_path / "big.wav", audio, encoding="FLOAT")
    assert (tmp_path / "big.wav").read_bytes()[:4] == b"RF64"
    assert np.array_equal(read_audio(tmp_path / "big.wav").samples, audio.samples)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", noise(100))
    before = (tmp_path / "a.wav").read_bytes()

    class Interrupted(Exception):
        pass

    class Breaking(np.ndarray):
        def __getitem__(self, key: object) -> object:
            raise Interrupted

    broken = Audio(noise(100).samples.view(Breaking), 48000)
    with pytest.raises(Interrupted):
        write_wav(tmp_path / "a.wav", broken)
    assert (tmp_path / "a.wav").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"Cannot write a\.wav"):
        write_wav(tmp_path / "nowhere" / "a.wav", noise(100))
