"""Files whose headers say too little, too much or nothing: all that is there is read, and only what is missing is said
to be missing."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio.files import read_audio, read_file
from studio.audio.mpeg_frames import mpeg_parts
from studio.core.errors import StudioError

RATE = 44100
rng = np.random.default_rng(3)


def sung(seconds: float, hz: float = 220.0, channels: int = 1, rate: int = RATE) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * hz * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 1.7 * t))
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


def encoded(wave: np.ndarray, kind: str, rate: int = RATE, **options: object) -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, wave, rate, format=kind, **options)
    return buffer.getvalue()


def swelling() -> np.ndarray:
    """Silence that becomes noise: its bit rate at the start says nothing of that at the end."""
    noise = rng.normal(0, 0.1, (8 * RATE, 1)).astype(np.float32)
    return np.concatenate([np.zeros((3 * RATE, 1), np.float32), noise, sung(1.0)])


def without_info(mp3: bytes) -> bytes:
    (part,) = mpeg_parts(mp3)
    assert part.promised == part.frames
    return mp3[part.start + part.header.size : part.stop]


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
@pytest.mark.parametrize("rate", [44100, 22050, 8000])
def test_an_mp3_without_a_first_frame_is_read_to_its_end(tmp_path: Path, mode: str, rate: int) -> None:
    wave = swelling()
    mp3 = encoded(wave, "MP3", rate, bitrate_mode=mode, compression_level=0.3)
    (tmp_path / "told.mp3").write_bytes(mp3)
    (tmp_path / "untold.mp3").write_bytes(without_info(mp3))
    told, untold = read_file(tmp_path / "told.mp3"), read_file(tmp_path / "untold.mp3")
    assert told.audio.frames == len(wave)
    # An encoder's delay and padding are not known without the tag, and stay.
    assert len(wave) <= untold.audio.frames <= len(wave) + 4 * 1152
    assert told.warnings == untold.warnings == ()
    end = untold.audio.samples[0, -RATE // 2 :]
    assert np.sqrt(np.mean(end**2)) > 0.05


def test_an_mp3_that_was_cut_says_so_with_and_without_a_tag(tmp_path: Path) -> None:
    mp3 = encoded(swelling(), "MP3", bitrate_mode="VARIABLE", compression_level=0.3)
    bare = without_info(mp3)
    for name, data in (("told.mp3", mp3[: len(mp3) // 2]), ("untold.mp3", bare[: len(bare) // 2 + 1])):
        (tmp_path / name).write_bytes(data)
        file = read_file(tmp_path / name)
        assert 3.0 < file.audio.duration_s < 11.0
        assert "ends early" in file.warnings[0]


@pytest.mark.parametrize("count", [1, 100_000_000])
def test_an_mp3_tag_that_lies_is_not_believed(tmp_path: Path, count: int) -> None:
    mp3 = bytearray(encoded(sung(3.0), "MP3"))
    at = mp3.index(b"Xing") if b"Xing" in mp3 else mp3.index(b"Info")
    mp3[at + 8 : at + 12] = count.to_bytes(4, "big")
    (tmp_path / "lies.mp3").write_bytes(mp3)
    file = read_file(tmp_path / "lies.mp3", max_s=600.0)
    assert abs(file.audio.frames - 3 * RATE) < 3 * 1152
    assert ("ends early" in "".join(file.warnings)) == (count > 1)


@pytest.mark.parametrize("kind", ["MP3", "OGG", "FLAC"])
@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)])
def test_joined_files_are_read_to_the_last(tmp_path: Path, kind: str, tag: bytes) -> None:
    if kind == "OGG":  # has no such tags
        tag = b""
    first, second = sung(2.0, 220), sung(3.0, 330)
    joined = tag + encoded(first, kind) + tag + encoded(second, kind)
    path = tmp_path / f"joined.{kind.lower()}"
    path.write_bytes(joined)
    file = read_file(path)
    alone = tmp_path / f"alone.{kind.lower()}"
    alone.write_bytes(encoded(second, kind))
    one = read_audio(alone)
    assert file.audio.frames == pytest.approx(5 * RATE, abs=4 * 1152)
    assert np.array_equal(file.audio.samples[:, -one.frames :], one.samples)
    assert file.warnings == (f"{path.name} holds 2 recordings, one after the other; all were read.",)


def test_parts_of_other_rates_and_channels_become_those_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "joined.ogg"
    path.write_bytes(encoded(sung(2.0), "OGG") + encoded(sung(2.0, channels=2, rate=22050), "OGG", 22050))
    audio = read_audio(path)
    assert (audio.sample_rate, audio.channels) == (RATE, 2)
    assert audio.frames == pytest.approx(4 * RATE, abs=64)


def wav(sizes: tuple[int, int], data: bytes, after: bytes = b"") -> bytes:
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", sizes[0], b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16,
                       b"data", sizes[1])  # fmt: skip
    return head + data + after


PCM = (sung(3.0, rate=8000)[:, 0] * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize("sizes", [(0, 0), (36, 0), (36 + 16000, 16000), (len(PCM) + 36, 0)])
def test_a_wav_that_was_never_finished_is_recovered_with_a_warning(
    tmp_path: Path, sizes: tuple[int, int]
) -> None:
    path = tmp_path / "interrupted.wav"
    path.write_bytes(wav(sizes, PCM))
    file = read_file(path)
    assert file.audio.frames == 24000
    assert np.array_equal((file.audio.samples[0] * 32768).astype("<i2"), np.frombuffer(PCM, "<i2"))
    assert "never finished" in file.warnings[0]
    assert "3.0 s" in file.warnings[0]


def test_an_aiff_that_was_never_finished_is_recovered_with_a_warning(tmp_path: Path) -> None:
    aiff = bytearray(encoded(sung(3.0), "AIFF"))
    whole = aiff.index(b"SSND")
    aiff = aiff[: whole + 16 + 3 * RATE * 2]
    aiff[4:8] = bytes(4)
    aiff[whole + 4 : whole + 8] = bytes(4)
    common = aiff.index(b"COMM")
    aiff[common + 10 : common + 14] = bytes(4)
    (tmp_path / "interrupted.aiff").write_bytes(aiff)
    file = read_file(tmp_path / "interrupted.aiff")
    assert file.audio.frames == 3 * RATE
    assert "never finished" in file.warnings[0]


def test_a_stream_of_unknown_length_is_no_interrupted_one(tmp_path: Path) -> None:
    for name, size in (("ffmpeg.wav", 0xFFFFFFFF), ("sox.wav", 0x7FFFF000)):
        (tmp_path / name).write_bytes(wav((size, size), PCM))
        file = read_file(tmp_path / name)
        assert (file.audio.frames, file.warnings) == (24000, ())


def test_what_follows_the_sound_is_not_taken_for_sound(tmp_path: Path) -> None:
    size = len(PCM)
    after = {
        "list": b"LIST\x04\0\0\0INFO",
        "tag": b"ID3" + bytes(300),
        "padding": bytes(5000),
        "rubbish": rng.bytes(100_000),
    }
    for name, tail in after.items():
        (tmp_path / f"{name}.wav").write_bytes(wav((size + 36, size), PCM, tail))
        file = read_file(tmp_path / f"{name}.wav")
        assert (file.audio.frames, file.warnings) == (24000, ()), name


def test_a_wav_without_any_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(wav((36, 0), b"", b"LIST\x04\0\0\0INFO"))
    with pytest.raises(StudioError, match="without any sound"):
        read_file(tmp_path / "empty.wav")


@pytest.mark.parametrize("count", [1000, 1 << 35])
def test_a_flac_header_that_lies_is_not_believed(tmp_path: Path, count: int) -> None:
    flac = bytearray(encoded(sung(3.0), "FLAC"))
    flac[21] = flac[21] & 0xF0 | count >> 32
    flac[22:26] = (count & 0xFFFFFFFF).to_bytes(4, "big")
    (tmp_path / "lies.flac").write_bytes(flac)
    file = read_file(tmp_path / "lies.flac", max_s=600.0)
    assert file.audio.frames == 3 * RATE
    assert ("ends early" in "".join(file.warnings)) == (count > 3 * RATE)


def test_an_ogg_that_was_cut_says_so(tmp_path: Path) -> None:
    ogg = encoded(sung(6.0), "OGG")
    (tmp_path / "whole.ogg").write_bytes(ogg)
    (tmp_path / "cut.ogg").write_bytes(ogg[: len(ogg) * 2 // 3])
    assert read_file(tmp_path / "whole.ogg").warnings == ()
    assert "ends early" in read_file(tmp_path / "cut.ogg").warnings[0]
