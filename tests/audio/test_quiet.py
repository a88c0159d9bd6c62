"""The MP3 decoder's own lines, and what else is written meanwhile."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio.files import read_file
from studio.audio.mono import read_mono
from studio.audio.quiet import opened_quietly, without_decoders_lines
from studio.core.errors import StudioError


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """An MP3 over whose frames some bytes were written."""
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(2 * 44100) / 44100)
    path = tmp_path / "broken.mp3"
    sf.write(path, tone, 44100, format="MP3")
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for place in rng.integers(500, len(content), 800):
        content[place] = rng.integers(256)
    path.write_bytes(content)
    return path


def test_of_a_broken_file_only_our_own_words_are_seen(
    broken: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with sf.SoundFile(broken) as decoder:  # as it is without us
        decoder.read(1000)
    assert "Note: " in capfd.readouterr().err
    assert read_file(broken).warnings
    read_mono(broken, 8000)
    junk = broken.with_name("junk.mp3")
    junk.write_bytes(b"ID3" + np.random.default_rng(2).bytes(20_000))
    with pytest.raises(StudioError, match=r"junk\.mp3"):
        read_file(junk)
    assert capfd.readouterr().err == ""


def test_what_others_write_meanwhile_is_seen_afterwards(
    broken: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def write() -> None:
        os.write(2, b"one of another thread\n")
        print("half a line", end="", file=sys.__stderr__)

    with opened_quietly(lambda: sf.SoundFile(broken)) as outer:
        with opened_quietly(lambda: sf.SoundFile(broken)) as inner:
            inner.read(len(inner))
        outer.read(1000)
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert capfd.readouterr().err == ""
    sys.__stderr__.flush()  # type: ignore[union-attr]
    assert capfd.readouterr().err == "one of another thread\nhalf a line"
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_files_of_another_kind_leave_it_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tone.flac"
    sf.write(path, np.zeros(1000), 44100)
    with opened_quietly(lambda: sf.SoundFile(path)):
        os.write(2, b"at once\n")
        assert capfd.readouterr().err == "at once\n"
    with pytest.raises(sf.LibsndfileError), opened_quietly(lambda: sf.SoundFile(tmp_path / "gone.mp3")):
        pass
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


def test_lines_of_the_decoder_are_known_by_how_they_begin() -> None:
    said = (
        b"[src/libmpg123/layer3.c:INT123_do_layer3():1804] error: dequantization failed!\n"
        b"Note: Illegal Audio-MPEG-Header 0xc4f001c3 at offset 9210.\n"
        b"Traceback (most recent call last):\n"
        b"Warning: Xing stream size off by more than 1%\n"
        b"  ValueError: Note: this stays\n"
    )
    assert without_decoders_lines(said) == (
        b"Traceback (most recent call last):\n  ValueError: Note: this stays\n"
    )
