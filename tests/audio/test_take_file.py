"""The file that survives: exact samples, a header that never lies, full disks, and processes killed while writing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.audio.take_file import TakeFile, repair_take

RATE = 48000
#: Records a ramp, never faster than a device would, and says after each block how many frames were fed.
RECORD = """
import sys, time
from pathlib import Path
import numpy as np
from studio.audio.mixer import Mixer
from studio.audio.recorder import Recorder
mixer = Mixer(48000, 600 * 48000)
recorder = Recorder(
    Path(sys.argv[1]), mixer, sample_rate=48000, channels=1, latency_frames=0, max_frames=600 * 48000
)
mixer.play()
out = np.zeros((480, 2), np.float32)
for at in range(0, 600 * 48000, 480):
    mixer.render(out)
    recorder.feed(np.arange(at, at + 480, dtype=np.float32)[:, None] / 2**24)
    print(at + 480, flush=True)
    time.sleep(480 / 48000)
"""


def ramp(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32) / 2**24


def test_holds_the_very_samples_that_were_given(tmp_path: Path) -> None:
    given = np.random.default_rng(1).normal(size=(5000, 2)).astype(np.float32)  # beyond full scale as well
    file = TakeFile(tmp_path / "take.wav", RATE, 2)
    file.append(given[:1234])
    file.append(given[1234:])
    file.close()
    read, rate = sf.read(tmp_path / "take.wav", dtype="float32")
    assert rate == RATE
    assert np.array_equal(read, given)


def test_never_writes_over_another_recording(tmp_path: Path) -> None:
    (tmp_path / "take.wav").write_bytes(b"an earlier take")
    with pytest.raises(FileExistsError):
        TakeFile(tmp_path / "take.wav", RATE, 1)
    assert (tmp_path / "take.wav").read_bytes() == b"an earlier take"


def test_a_cut_off_file_opens_and_is_repaired_to_its_last_whole_frame(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    file = TakeFile(path, RATE, 2)
    file.append(np.ones((3000, 2), np.float32))  # the header still says 0 frames
    with path.open("ab") as more:
        more.write(b"abc")  # half a frame
    assert repair_take(path) == 3000
    read, _ = sf.read(path, dtype="float32")
    assert np.array_equal(read, np.ones((3000, 2)))
    file.close()


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"no sound at all, but long enough to hold a header of a take" * 3]
)
def test_what_is_no_take_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(content)
    assert repair_take(path) == 0
    assert path.read_bytes() == content


def kill_while_recording(path: Path, after_s: float) -> tuple[int, int, int]:
    """Frames that were fed before SIGKILL, that a plain reader finds after it, and that are there after repair."""
    process = subprocess.Popen([sys.executable, "-c", RECORD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after_s)
    process.kill()
    said = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    fed = int(said[-2]) if len(said) > 1 else 480  # the last word may be cut off
    found, _ = sf.read(path, dtype="float32")
    assert np.array_equal(found, ramp(0, len(found)))
    repaired = repair_take(path)
    read, _ = sf.read(path, dtype="float32")
    assert np.array_equal(read, ramp(0, repaired))
    return fed, len(found), repaired


def test_killed_at_any_moment_the_file_opens_without_help_and_loses_less_than_a_second(
    tmp_path: Path,
) -> None:
    """A few kills; docs/measurements.md has the count of 200."""
    moments = random.Random(1)
    for turn in range(4):
        fed, found, repaired = kill_while_recording(tmp_path / f"take {turn}.wav", moments.uniform(0.0, 1.2))
        assert fed - RATE <= found <= repaired


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_ends_the_take_with_everything_kept(tmp_path: Path) -> None:
    """In a process whose files may not grow beyond 300 kB: its writes fail as on a full disk."""
    code = """
import resource, sys
from pathlib import Path
import numpy as np
from studio.audio.take_file import TakeFile
resource.setrlimit(resource.RLIMIT_FSIZE, (300_001, 300_001))
file = TakeFile(Path(sys.argv[1]), 48000, 1)
try:
    for at in range(0, 1_000_000, 4800):
        file.append(np.arange(at, at + 4800, dtype=np.float32)[:, None] / 2**24)
except OSError as error:
    file.close()
    print(file.frames)
"""
    path = tmp_path / "take.wav"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    frames = int(done.stdout)
    assert 300_001 - 100 < frames * 4 < 300_001
    read, _ = sf.read(path, dtype="float32")
    assert np.array_equal(read, ramp(0, frames))


@pytest.mark.parametrize(("channels", "rate"), [(60_000, 48_000), (1, 4_000_000_000), (0, 48_000), (1, 0)])
def test_a_take_with_an_absurd_header_is_left_as_it_is(tmp_path: Path, channels: int, rate: int) -> None:
    path = tmp_path / "take.wav"
    take = TakeFile(path, 48_000, 1)
    take.append(np.zeros((100, 1), np.float32))
    take.close()
    content = bytearray(path.read_bytes())
    content[22:24] = channels.to_bytes(2, "little")
    content[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(content)
    assert repair_take(path) == 0
    assert path.read_bytes() == content
