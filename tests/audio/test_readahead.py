"""Sources on the disk play as those in memory do: exact where they were read, silent where they were not in time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.audio.devices import AudioSetup
from studio.audio.mixer import Mixer
from studio.audio.player import Player
from studio.audio.readahead import ReadAhead
from studio.audio.source import AudioSource, prepare
from studio.audio.window import PAGE_FRAMES, Window
from studio.core.audio import Audio, Samples
from studio.core.scratch import ScratchFile, is_mapped
from tests.audio.loop import noise, wait_until

RATE = 48000
RAMP = round(0.008 * RATE)
SONG = 20 * RATE


class Disk:
    """A source whose reads can be held up from a frame on, and that remembers them."""

    sample_rate = RATE

    def __init__(self, samples: Samples) -> None:
        self.samples, self.frames = samples, int(samples.shape[1])
        self.slow_from, self.go_on = 1 << 40, threading.Event()
        self.fails_from = 1 << 40
        self.reads: list[int] = []

    def fetch(self, start: int, frames: int) -> None: ...

    def read(self, start: int, out: Samples) -> None:
        self.reads.append(start)
        stop = start + out.shape[1]
        if stop > self.slow_from:
            self.go_on.wait(20)
        if stop > self.fails_from:
            raise OSError(5, "Input/output error")
        out[:] = self.samples[:, start:stop]

    def at_rate(self, sample_rate: int) -> Disk:
        raise NotImplementedError


class Stage:
    """A mixer over disks, and its reader."""

    def __init__(self, **disks: Disk) -> None:
        self.disks = disks
        self.mixer = Mixer(RATE, max(d.frames for d in disks.values()))
        self.windows = {key: Window(disk) for key, disk in disks.items()}
        for key, window in self.windows.items():
            self.mixer.add(key, window)
        self.reader = ReadAhead(self.mixer)

    def hear(self, **gains: float) -> None:
        self.mixer.set_gains(gains)
        self.reader.wake()

    def wait_for(self, key: str, start: int, frames: int = PAGE_FRAMES) -> None:
        self.reader.wake()
        wait_until(lambda: self.windows[key].ready(start, start + frames))

    def render(self, frames: int, block: int = 512, keep_up: str = "") -> np.ndarray:
        """[2, frames]; before each block waits for the reader, as a device would by its pace."""
        out = np.empty((frames, 2), np.float32)
        for at in range(0, frames, block):
            part = out[at : at + block]
            if keep_up:
                position = self.mixer.position
                self.wait_for(keep_up, position, 2 * PAGE_FRAMES)
                if self.mixer.loop:
                    self.wait_for(keep_up, self.mixer.loop[0])
            self.mixer.render(part)
        return out.T.copy()


@pytest.fixture
def stages() -> Iterator[list[Stage]]:
    made: list[Stage] = []
    yield made
    for stage in made:
        for disk in stage.disks.values():
            disk.go_on.set()
        stage.reader.close(5)


def on_stage(stages: list[Stage], **samples: Samples) -> Stage:
    stages.append(Stage(**{key: Disk(s) for key, s in samples.items()}))
    return stages[-1]


def test_what_is_read_ahead_plays_to_the_sample(stages: list[Stage]) -> None:
    song = noise(1, SONG)
    stage = on_stage(stages, song=song)
    stage.hear(song=1.0)
    stage.wait_for("song", 0)
    stage.mixer.play()
    assert np.array_equal(stage.render(8 * RATE, keep_up="song"), song[:, : 8 * RATE])
    assert stage.mixer.starved == 0


def test_it_waits_for_the_first_samples_instead_of_losing_them(stages: list[Stage]) -> None:
    song = noise(2, SONG)
    stage = on_stage(stages, song=song)
    stage.disks["song"].slow_from = 0
    stage.hear(song=1.0)
    stage.mixer.play()
    assert not stage.render(5000).any()
    assert stage.mixer.playing
    assert stage.mixer.position == 0
    stage.disks["song"].go_on.set()
    stage.wait_for("song", 0)
    assert np.array_equal(stage.render(5000), song[:, :5000])


def test_a_seek_to_what_is_not_read_yet_leaves_what_is_heard_going_on(stages: list[Stage]) -> None:
    song = noise(3, SONG)
    stage = on_stage(stages, song=song)
    stage.hear(song=1.0)
    stage.wait_for("song", 0, 3 * RATE)
    stage.mixer.play()
    stage.render(1000)
    there = 15 * RATE + 77
    stage.disks["song"].slow_from = there
    stage.mixer.seek(there)
    stage.reader.wake()
    assert np.array_equal(stage.render(4000), song[:, 1000:5000])
    assert stage.mixer.position == there  # as ordered
    stage.disks["song"].go_on.set()
    stage.wait_for("song", there)
    heard = stage.render(4000)
    rise = (np.arange(1, RAMP + 1) / RAMP).astype(np.float32)
    seam = song[:, 5000 : 5000 + RAMP] * (1 - rise) + song[:, there : there + RAMP] * rise
    np.testing.assert_allclose(heard[:, :RAMP], seam, atol=1e-6)
    assert np.array_equal(heard[:, RAMP:], song[:, there + RAMP : there + 4000])
    assert stage.mixer.starved == 0


def test_a_disk_that_never_answers_does_not_hold_the_transport_for_ever(stages: list[Stage]) -> None:
    stage = on_stage(stages, song=noise(4, SONG))
    stage.hear(song=1.0)
    stage.wait_for("song", 0, 3 * RATE)
    stage.mixer.play()
    stage.render(1000)
    stage.disks["song"].slow_from = 10 * RATE
    stage.mixer.seek(15 * RATE)
    stage.reader.wake()
    stage.render(2 * RATE)
    assert 15 * RATE < stage.mixer.position < 17 * RATE
    assert stage.mixer.starved == 1


def test_a_starved_source_fades_out_is_counted_and_comes_back_in_time(stages: list[Stage]) -> None:
    """The other one plays on untouched."""
    starved, other = np.ones((2, SONG), np.float32), noise(5, SONG)
    stage = on_stage(stages, starved=starved, other=other)
    edge = 12 * PAGE_FRAMES
    stage.disks["starved"].slow_from = edge + 1
    stage.disks["starved"].go_on.clear()
    stage.hear(starved=0.5, other=0.0)
    stage.wait_for("starved", 0, edge)
    stage.mixer.play()
    heard = stage.render(edge + 20000)[0]
    assert (heard[: edge - RAMP - 512] == 0.5).all()
    assert np.abs(np.diff(heard)).max() < 0.51 / RAMP
    assert not heard[edge:].any()
    assert stage.mixer.starved == 1
    assert stage.mixer.position == edge + 20000
    stage.disks["starved"].go_on.set()
    stage.wait_for("starved", stage.mixer.position, 2 * PAGE_FRAMES)
    back = stage.render(4000)[0]
    assert np.abs(np.diff(back, prepend=np.float32(0))).max() < 0.51 / RAMP
    assert (back[RAMP:] == 0.5).all()
    assert stage.mixer.position == edge + 24000


def test_while_one_source_starves_the_others_play_on(stages: list[Stage]) -> None:
    slow, other = noise(6, SONG), noise(7, SONG)
    stage = on_stage(stages, other=other, slow=slow)
    edge = 12 * PAGE_FRAMES
    stage.hear(other=1.0, slow=1.0)
    stage.wait_for("slow", 0, edge)
    stage.wait_for("other", 0, edge + PAGE_FRAMES)
    window = stage.windows["slow"]
    stage.reader.close(5)
    for number in [n for n in window.pages if n >= 12]:
        del window.pages[number]
    stage.mixer.play()
    heard = stage.render(edge + 2000)
    np.testing.assert_allclose(heard[:, :1000], other[:, :1000] + slow[:, :1000], atol=1e-7)
    assert np.array_equal(heard[:, edge:], other[:, edge : edge + 2000])


@pytest.mark.parametrize(
    ("start", "end"), [(5000, 5000 + RAMP), (5000, 9001), (15 * RATE + 3, 17 * RATE), (0, SONG)]
)
def test_a_loop_is_exact_however_long_and_wherever(stages: list[Stage], start: int, end: int) -> None:
    song = noise(8, SONG)
    stage = on_stage(stages, song=song)
    stage.hear(song=1.0)
    stage.mixer.set_loop((start, end))
    stage.mixer.seek(max(start, end - 3000))
    stage.wait_for("song", max(start, end - 3000), 3000)
    stage.wait_for("song", start)
    stage.mixer.play()
    first = end - max(start, end - 3000)
    heard = stage.render(first + 2 * min(end - start, RATE), keep_up="song")
    position = start
    for at in range(first, heard.shape[1] - (end - start) + 1, end - start):
        length = min(end - start, heard.shape[1] - at)
        assert np.array_equal(heard[:, at + RAMP : at + length], song[:, position + RAMP : position + length])
    assert stage.mixer.starved == 0


def test_a_loop_whose_start_is_not_read_yet_is_jumped_to_once_it_is(stages: list[Stage]) -> None:
    song = noise(9, SONG)
    stage = on_stage(stages, song=song)
    stage.hear(song=1.0)
    stage.mixer.seek(10 * RATE)
    stage.render(64)
    stage.wait_for("song", 10 * RATE, 3 * RATE - PAGE_FRAMES)
    stage.reader.close(5)  # nothing more is read by itself
    window = stage.windows["song"]
    stage.mixer.play()
    stage.render(100)
    stage.mixer.set_loop((5 * RATE, 10 * RATE + 1000))
    heard = stage.render(5000, block=100)
    assert np.array_equal(heard[:, RAMP:], song[:, 10 * RATE + 100 + RAMP : 10 * RATE + 5100])
    for number in range(5 * RATE // PAGE_FRAMES, 5 * RATE // PAGE_FRAMES + 3):
        window.pages[number] = song[:, number * PAGE_FRAMES : (number + 1) * PAGE_FRAMES]
    heard = stage.render(3000, block=100)
    assert np.array_equal(heard[:, RAMP:], song[:, 5 * RATE + RAMP : 5 * RATE + 3000])
    assert stage.mixer.starved == 0


def test_for_a_take_a_loop_keeps_its_length_even_in_silence(stages: list[Stage]) -> None:
    song = noise(10, SONG)
    stage = on_stage(stages, song=song)
    stage.hear(song=1.0)
    stage.mixer.set_loop((5 * RATE, 10 * RATE))
    stage.mixer.seek(10 * RATE - 1000)
    stage.wait_for("song", 10 * RATE - 1000)
    stage.wait_for("song", 5 * RATE)
    stage.mixer.play(start=10 * RATE - 1000, exact=True)
    stage.render(100)
    stage.reader.close(5)
    for number in [n for n in stage.windows["song"].pages if n < 9 * RATE // PAGE_FRAMES]:
        del stage.windows["song"].pages[number]
    stage.render(2900)
    assert stage.mixer.position == 5 * RATE + 2000
    assert stage.mixer.starved == 1


def test_a_switch_to_what_is_not_read_yet_is_made_once_it_is(stages: list[Stage]) -> None:
    a, b = noise(11, SONG), noise(12, SONG)
    stage = on_stage(stages, a=a, b=b)
    stage.disks["b"].slow_from = 0
    stage.hear(a=1.0)
    stage.reader.wake()
    wait_until(lambda: stage.windows["a"].ready(0, PAGE_FRAMES))
    stage.mixer.play()
    stage.render(1000)
    stage.hear(b=1.0)
    assert np.array_equal(stage.render(2000), a[:, 1000:3000])
    stage.disks["b"].go_on.set()
    stage.wait_for("b", 3000)
    assert np.array_equal(stage.render(2000)[:, RAMP:], b[:, 3000 + RAMP : 5000])


def test_a_switch_to_what_was_silent_until_now_takes_the_next_block(stages: list[Stage]) -> None:
    """All sources are read around the playhead, heard or not."""
    a, b = noise(13, SONG), noise(14, SONG)
    stage = on_stage(stages, a=a, b=b)
    stage.hear(a=1.0)
    stage.wait_for("a", 0)
    stage.mixer.play()
    stage.render(5 * RATE, keep_up="a")
    stage.wait_for("b", 5 * RATE)
    stage.mixer.set_gains({"b": 1.0})
    assert np.array_equal(stage.render(1024)[:, RAMP:], b[:, 5 * RATE + RAMP : 5 * RATE + 1024])


def test_what_cannot_be_read_is_silent_and_told(stages: list[Stage]) -> None:
    song = noise(15, SONG)
    stage = on_stage(stages, song=song)
    stage.disks["song"].fails_from = 2 * PAGE_FRAMES
    stage.hear(song=1.0)
    stage.wait_for("song", 0, 3 * PAGE_FRAMES)
    stage.mixer.play()
    heard = stage.render(3 * PAGE_FRAMES)
    assert np.array_equal(heard[:, : 2 * PAGE_FRAMES], song[:, : 2 * PAGE_FRAMES])
    assert not heard[:, 2 * PAGE_FRAMES :].any()
    assert "Input/output error" in stage.reader.problem


def test_pages_are_used_again_and_given_back(stages: list[Stage]) -> None:
    stage = on_stage(stages, a=noise(16, SONG), b=noise(17, SONG))
    stage.hear(a=1.0)
    for at in range(0, SONG - RATE, RATE):
        stage.mixer.seek(at)
        stage.render(64)
        stage.wait_for("a", at)
    held = sum(len(w.pages) for w in stage.windows.values())
    assert held * PAGE_FRAMES < 12 * RATE  # of 40 s that were read
    assert stage.reader.memory_bytes < 2 * 64 * 2 * 4 * PAGE_FRAMES + 1
    stage.mixer.remove("b")
    stage.render(64)
    stage.reader.wake()
    wait_until(lambda: not stage.windows["b"].pages)


def test_a_page_is_not_written_on_while_a_block_is_mixed(
    stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.audio.readahead._POOL_PAGES", 24)
    stage = on_stage(stages, song=noise(18, SONG))
    stage.hear(song=1.0)
    stage.wait_for("song", 0, 3 * RATE)
    pages = stage.windows["song"].pages
    seen = dict(pages)
    before = {number: page.copy() for number, page in seen.items()}
    stage.mixer.turn += 1  # a block is being mixed
    stage.mixer._position = 15 * RATE
    stage.reader.wake()
    wait_until(lambda: seen.keys() - pages.keys())
    assert all(np.array_equal(page, before[number]) for number, page in seen.items())
    stage.mixer.turn += 1
    stage.wait_for("song", 15 * RATE, 3 * RATE)
    assert not all(np.array_equal(page, before[number]) for number, page in seen.items())


def test_a_file_that_is_cut_short_under_the_song_is_silent_and_told(tmp_path: Path) -> None:
    """Looking at pages that are gone would end the process (SIGBUS)."""
    path = tmp_path / "song"
    noise(24, SONG).tofile(path)
    mapped = np.memmap(path, np.float32, "r", offset=4096, shape=(2, SONG - 512))
    source = prepare(Audio(np.asarray(mapped), RATE), RATE)
    mixer, window = Mixer(RATE, source.frames), Window(source)
    mixer.add("song", window)
    mixer.set_gains({"song": 1.0})
    reader = ReadAhead(mixer)
    reader.wake()
    wait_until(lambda: reader._served is not None)  # a page that is being read when its file shrinks is lost
    with path.open("r+b") as file:
        file.truncate(SONG * 4)
    mixer.seek(10 * RATE)
    mixer.render(np.zeros((64, 2), np.float32))
    reader.wake()
    wait_until(lambda: window.ready(10 * RATE, 11 * RATE))
    assert "cut short" in reader.problem
    reader.close(5)


@pytest.mark.parametrize("layout", ["planar", "interleaved", "mono"])
def test_a_mapped_file_plays_in_any_layout_and_stays_on_the_disk(tmp_path: Path, layout: str) -> None:
    song = noise(19, SONG)
    if layout == "interleaved":
        song.T.tofile(tmp_path / "song")
        mapped = np.memmap(tmp_path / "song", np.float32, "r", shape=(SONG, 2)).T
    elif layout == "planar":
        song.tofile(tmp_path / "song")
        mapped = np.memmap(tmp_path / "song", np.float32, "r", shape=(2, SONG))
    else:
        song[1] = song[0]
        song[0].tofile(tmp_path / "song")
        mapped = np.memmap(tmp_path / "song", np.float32, "r", shape=(1, SONG))
    source = prepare(Audio(np.asarray(mapped), RATE), RATE)
    assert is_mapped(source.samples)
    out = np.empty((2, 5000), np.float32)
    for start in (0, 12345, SONG - 5000):
        source.read(start, out)
        assert np.array_equal(out, song[:, start : start + 5000])


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_another_rate_is_converted_on_the_disk_to_the_same_samples(channels: int) -> None:
    audio = Audio(
        np.random.default_rng(20).uniform(-0.3, 0.3, (channels, 10 * 44100)).astype(np.float32), 44100
    )
    source = prepare(audio, RATE)
    assert is_mapped(source.samples)
    stereo = audio.samples if channels == 2 else np.repeat(audio.samples.mean(0, keepdims=True), 2, 0)
    import soxr

    np.testing.assert_allclose(
        source.samples, soxr.resample(stereo.T, 44100, RATE, quality="VHQ").T[:, : source.frames], atol=1e-6
    )
    assert (source.sample_rate, source.frames) == (RATE, 10 * RATE)


def test_the_silent_transport_behaves_the_same() -> None:
    now = [0.0]
    file = ScratchFile(2, SONG)
    file.write(0, noise(21, SONG))
    player = Player(find_setup=AudioSetup, clock=lambda: now[0])
    player.load({"song": player.prepare(Audio(file.mapped(), RATE))})
    player.set_gains({"song": 1.0})
    player.play()

    def tick_until_moved(past_s: float) -> bool:
        now[0] += 0.01
        player.tick()
        return player.position_s > past_s

    wait_until(lambda: tick_until_moved(0.2))
    player.seek(12.0)
    wait_until(lambda: tick_until_moved(12.1))
    assert player.position_s < 13.0
    assert player.starved == 0
    player.close()


def test_short_sources_stay_in_memory(tmp_path: Path) -> None:
    song = noise(22, RATE)
    song.tofile(tmp_path / "song")
    mapped = np.memmap(tmp_path / "song", np.float32, "r", shape=(2, RATE))
    source = prepare(Audio(np.asarray(mapped), RATE), RATE)
    assert isinstance(source, AudioSource)
    assert source.is_short
    assert not is_mapped(source.samples)


#: Opens four ten-minute candidates of four stems and a vocal, and plays here and there; prints MB beyond the imports.
MEMORY = """
import sys
import numpy as np
from pathlib import Path
from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.core.audio import Audio
from tests.audio.loop import wait_until

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

before, frames, now, most = resident(), 600 * 48000, [0.0], 0.0
player = Player(find_setup=AudioSetup, clock=lambda: now[0])
mapped = np.memmap(sys.argv[1], np.float32, "r", shape=(2, frames))
player.load({"vocal": player.prepare(Audio(np.asarray(mapped), 48000))})
for number in range(4):
    for stem in range(4):
        mapped = np.memmap(sys.argv[1], np.float32, "r", shape=(2, frames))
        player.add((number, stem), player.prepare(Audio(np.asarray(mapped), 48000)))
player.set_gains({"vocal": 1.0, **{(0, stem): 1.0 for stem in range(4)}})
player.play()
def run(until_s):
    global most
    def on():
        global most
        now[0] += 0.05
        player.tick()
        most = max(most, resident())
        return player.position_s > until_s
    wait_until(on, 60)
for place in (0.0, 300.0, 590.0, 120.0):
    player.seek(place)
    run(place + 5)
player.set_gains({(2, stem): 1.0 for stem in range(4)})
run(130)
print(most - before, most, player.starved)
player.close()
"""


def test_four_ten_minute_candidates_take_little_memory(tmp_path: Path) -> None:
    """A sparse file stands for each stem: what is mapped counts in the resident set all the same once it is seen."""
    with (tmp_path / "stem").open("wb") as file:
        file.truncate(600 * RATE * 2 * 4)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "stem")], cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    more, most, _ = map(float, done.stdout.split())
    assert more < 60
    assert most < 400
