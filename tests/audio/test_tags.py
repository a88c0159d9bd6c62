"""Tempo and key in a file's own tags; broken tags are no tags."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from studio.audio.tags import read_tags
from studio.audio.wav import write_wav
from studio.core.audio import Audio
from studio.core.hints import Hint
from studio.core.music import Key


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "vocal.wav"
    write_wav(path, Audio(np.zeros((1, 1000), np.float32), 44100))
    return path


def _with_chunk(path: Path, name: bytes, body: bytes) -> None:
    data = path.read_bytes() + name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])


def _acid(tempo: float, flags: int = 0) -> bytes:
    return struct.pack("<IHHfIHHf", flags, 60, 0x8000, 0.0, 16, 4, 4, tempo)


def _id3(**frames: str) -> bytes:
    body = b""
    for name, text in frames.items():
        content = b"\3" + text.encode()
        body += name.encode() + len(content).to_bytes(4, "big") + b"\0\0" + content
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + body


def test_the_acid_chunk_of_a_loop(wav: Path) -> None:
    assert read_tags(wav) == ()
    _with_chunk(wav, b"acid", _acid(96.5))
    assert read_tags(wav) == (Hint(96.5, None, "acid chunk"),)


@pytest.mark.parametrize("body", [_acid(96.0, flags=1), _acid(float("nan")), _acid(0.0), _acid(1e9), b"acid"])
def test_a_one_shot_or_a_senseless_chunk_says_nothing(wav: Path, body: bytes) -> None:
    _with_chunk(wav, b"acid", body)
    assert read_tags(wav) == ()


def test_the_tags_of_an_mp3_and_of_a_wav(wav: Path, tmp_path: Path) -> None:
    tag = _id3(TBPM="96", TKEY="F#m")
    mp3 = tmp_path / "vocal.mp3"
    mp3.write_bytes(tag + b"\xff\xfb\x90\x00" + b"\0" * 413)
    hint = Hint(96.0, Key(6, "minor"), "tag")
    assert read_tags(mp3) == (hint,)
    _with_chunk(wav, b"id3 ", tag)
    assert read_tags(wav) == (hint,)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEacid\xff\xff\xff\xff", b"ID3\3\0\0\x7f\x7f\x7f\x7fTBPM"]
)
def test_broken_files_have_no_tags(tmp_path: Path, data: bytes) -> None:
    for suffix in (".wav", ".mp3", ".flac", ".ogg"):
        path = tmp_path / f"broken{suffix}"
        path.write_bytes(data)
        assert read_tags(path) == ()
    assert read_tags(tmp_path / "missing.wav") == ()
