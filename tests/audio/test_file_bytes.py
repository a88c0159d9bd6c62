"""Where bytes come from, and the plain reason where they cannot."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio import file_bytes
from studio.audio.file_bytes import View
from studio.audio.files import read_vocal
from studio.core.errors import StudioError
from studio.services.vocal import open_vocal
from studio.storage.atomic import write_json

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and names of POSIX")


@pytest.fixture
def take(tmp_path: Path) -> Path:
    wave = (0.4 * np.sin(np.arange(3 * 22050) * 0.06)).astype(np.float32)
    sf.write(tmp_path / "take.wav", wave, 22050)
    return tmp_path / "take.wav"


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.wav")
    return tmp_path / "pipe.wav"


def test_what_comes_through_a_pipe_is_a_vocal(take: Path, pipe: Path) -> None:
    content = take.read_bytes()
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()
    vocal = open_vocal(pipe)
    writer.join()
    assert np.array_equal(vocal.audio.samples, open_vocal(take).audio.samples)
    assert vocal.sha256 == open_vocal(take).sha256


def test_an_inherited_pipe_is_read_too(take: Path) -> None:
    read_end, write_end = os.pipe()
    writer = threading.Thread(target=_write_all, args=(write_end, take.read_bytes()))
    writer.start()
    vocal = open_vocal(Path(f"/dev/fd/{read_end}"))
    writer.join()
    os.close(read_end)
    assert vocal.audio.duration_s == 3.0


def _write_all(end: int, content: bytes) -> None:
    with os.fdopen(end, "wb") as file:
        file.write(content)


def test_a_pipe_without_a_writer_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "_PIPE_PATIENCE_S", 0.2)
    with pytest.raises(StudioError, match=r"nothing came for 0\.2 seconds"):
        read_vocal(pipe)
    assert 0 < file_bytes._PIPE_PATIENCE_S < 5


def test_a_pipe_that_stops_in_the_middle_is_given_up(
    take: Path, pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_bytes, "_PIPE_PATIENCE_S", 0.2)
    both = os.open(pipe, os.O_RDWR)
    os.write(both, take.read_bytes()[:1000])
    with pytest.raises(StudioError, match="nothing came"):
        read_vocal(pipe)
    os.close(both)


def test_a_pipe_that_never_ends_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "_PIPE_LIMIT_BYTES", 1000)
    both = os.open(pipe, os.O_RDWR)
    os.write(both, bytes(2000))
    with pytest.raises(StudioError, match="does not end"):
        read_vocal(pipe)
    os.close(both)


def _socket(folder: Path) -> Path:
    os.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as line:
        line.bind("sock")
    return folder / "sock"


def _loop(folder: Path) -> Path:
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    return folder / "loop.wav"


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (lambda folder: folder, "a folder"),
        (lambda folder: folder / "not there.wav", "nothing at"),
        (lambda folder: folder / ("x" * 300 + ".wav"), "File name too long"),
        (lambda folder: folder / "a\0b.wav", "null"),
        (lambda folder: Path("/dev/zero"), "device"),
        (lambda folder: Path("/dev/null"), "device"),
        (_socket, "a socket"),
        (_loop, "symbolic links"),
    ],
    ids=["folder", "missing", "long", "null", "zero", "nothing", "socket", "loop"],
)
def test_what_cannot_be_opened_has_its_plain_reason(
    tmp_path: Path, make: Callable[[Path], Path], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudioError) as caught:
        read_vocal(make(tmp_path))
    assert seen in caught.value.seen
    assert caught.value.todo


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_what_may_not_be_read_has_its_plain_reason(
    take: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StudioError) as caught:
        read_vocal(take)
    assert caught.value.seen == os.strerror(code)


def test_a_name_need_not_be_utf8(take: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(take.parent) + b"/caf\xe9.wav"))
    take.rename(odd)
    vocal = open_vocal(odd)
    assert vocal.name == "caf\ufffd"
    assert vocal.audio.duration_s == 3.0
    vocal.name.encode("utf-8")
    # The path itself survives being kept.
    import json

    write_json(take.parent / "report.json", {"path": str(odd)})
    assert Path(json.loads((take.parent / "report.json").read_text(encoding="utf-8"))["path"]) == odd


def test_an_odd_name_that_is_not_there_can_be_said(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    with pytest.raises(StudioError) as caught:
        read_vocal(odd)
    str(caught.value).encode("utf-8")


def test_a_view_reads_as_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(100)))
    with (tmp_path / "a").open("rb") as handle:
        view = View(handle, 10, 20, b"head", {12: b"xy", 19: b"z"})
        whole = b"head\x0a\x0bxy" + bytes(range(14, 19)) + b"z"
        assert view.read() == whole
        for start in range(len(whole) + 2):
            for size in range(5):
                view.seek(start)
                assert view.read(size) == whole[start : start + size]
        assert view.seek(0, os.SEEK_END) == len(whole)
