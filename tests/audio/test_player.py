"""The player through a real sound server: jackd's dummy driver with its loopback, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from studio.audio.devices import AudioSetup, Device
from studio.audio.player import Player
from studio.core.audio import Audio
from studio.core.scratch import ScratchFile
from tests.audio.loop import RATE, find, noise, wait_until


class Recorder:
    """Keeps everything the loopback returns."""

    def __init__(self, device: Device) -> None:
        import sounddevice

        self._blocks: list[np.ndarray] = []
        self._stream = sounddevice.InputStream(
            device=device.index, samplerate=RATE, channels=2, dtype="float32",
            callback=lambda block, *_: self._blocks.append(block.copy()),
        )  # fmt: skip
        self._stream.start()

    @property
    def frames(self) -> int:
        return sum(map(len, self._blocks))

    def finish(self) -> np.ndarray:
        """[2, T], with what was on its way when this was called."""
        waiting = len(self._blocks) + 1
        wait_until(lambda: sum(map(len, self._blocks[waiting:])) > 0.2 * RATE)
        self._stream.close()
        return np.concatenate(self._blocks).T


@pytest.fixture
def player(loopback: Device) -> Iterator[Player]:
    player = Player(find_setup=lambda: AudioSetup(loopback))
    player.open()
    assert player.problem == ""
    yield player
    player.close()


def test_plays_every_sample_as_it_is(player: Player, loopback: Device) -> None:
    vocal = noise(1, RATE)
    player.load({"vocal": vocal})
    player.set_gains({"vocal": 1.0})
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: not player.playing)
    recording = recorder.finish()
    at = find(recording, vocal)
    assert np.array_equal(recording[:, at : at + RATE], vocal)
    assert player.position_s == pytest.approx(1.0)


def test_switching_candidates_leaves_no_gap_and_keeps_the_place(player: Player, loopback: Device) -> None:
    a, b = noise(2, 2 * RATE), noise(3, 2 * RATE)
    player.load({"a": a, "b": b})
    player.set_gains({"a": 1.0})
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: player.position_s > 0.5)
    player.set_gains({"b": 1.0})
    wait_until(lambda: not player.playing)
    recording = recorder.finish()
    at = find(recording, a)
    heard = recording[:, at : at + 2 * RATE]
    is_a, is_b = (heard == a).all(axis=0), (heard == b).all(axis=0)
    neither = np.flatnonzero(~is_a & ~is_b)
    assert 0 < len(neither) <= 0.010 * RATE
    assert neither[-1] - neither[0] < 0.010 * RATE
    assert is_a[: neither[0]].all()
    assert is_b[neither[-1] + 1 :].all()


def test_a_loop_has_exactly_its_length(player: Player, loopback: Device) -> None:
    vocal = noise(4, RATE)
    player.load({"vocal": vocal})
    player.set_gains({"vocal": 1.0})
    start, end = 12000, 31001
    player.set_loop((start / RATE, end / RATE))
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: recorder.frames > 2.5 * RATE)
    player.pause()
    recording = recorder.finish()
    landmark = vocal[:, start + 1000 :]
    first = find(recording, landmark)
    period = end - start
    second = first + 1 + find(recording[:, first + 1 :], landmark)
    third = second + 1 + find(recording[:, second + 1 :], landmark)
    assert (second - first, third - second) == (period, period)
    assert np.array_equal(recording[:, first : first + end - start - 1000], landmark[:, : end - start - 1000])


def test_another_rate_is_converted_once_to_the_devices(player: Player) -> None:
    t = np.arange(44100) / 44100
    tone = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None]
    prepared = player.prepare(Audio(tone, 44100))
    assert prepared.samples.shape == (2, RATE)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(prepared.samples[0, 2000:-2000], expected[2000:-2000], atol=1e-4)
    assert np.array_equal(prepared.samples[0], prepared.samples[1])


def test_without_a_device_the_playhead_still_runs() -> None:
    now = [0.0]
    player = Player(find_setup=AudioSetup, clock=lambda: now[0])
    player.load({"vocal": player.prepare(Audio(noise(5, 2 * RATE), RATE))})
    player.set_gains({"vocal": 1.0})
    assert player.silent
    assert "No sound output" in player.problem
    player.play()
    for _ in range(30):
        now[0] += 0.025
        player.tick()
    assert player.position_s == pytest.approx(0.75, abs=0.001)
    player.set_loop((0.5, 1.0))
    for _ in range(14):
        now[0] += 0.025
        player.tick()
    assert player.position_s == pytest.approx(0.6, abs=0.001)
    player.pause()
    assert not player.playing
    player.close()


def test_a_device_that_cannot_open_is_told_and_survived() -> None:
    player = Player(find_setup=lambda: AudioSetup(Device(9999, "gone", "none", 0, 2, RATE)))
    player.open()
    assert player.silent
    assert player.problem.startswith("No sound output: ")
    player.close()


def test_matching_stereo_is_not_copied() -> None:
    player = Player(find_setup=AudioSetup)
    audio = Audio(noise(6, 1000), RATE)
    assert player.prepare(audio).samples is audio.samples


# Songs on the disk


def mapped(samples: np.ndarray) -> Audio:
    file = ScratchFile(2, samples.shape[1])
    file.write(0, samples)
    return Audio(file.mapped(), RATE)


def test_a_song_on_the_disk_plays_to_the_sample_from_cold(player: Player, loopback: Device) -> None:
    song = noise(20, 12 * RATE)
    player.load({"song": player.prepare(mapped(song))})
    player.set_gains({"song": 1.0})
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: player.position_s > 6.0)
    player.pause()
    recording = recorder.finish()
    at = find(recording, song)
    assert np.array_equal(recording[:, at : at + 5 * RATE], song[:, : 5 * RATE])
    assert player.starved == 0


def test_cold_seeks_and_switches_of_songs_on_the_disk_leave_no_gap(player: Player, loopback: Device) -> None:
    a, b = noise(21, 60 * RATE), noise(22, 60 * RATE)
    player.load({"a": player.prepare(mapped(a)), "b": player.prepare(mapped(b))})
    player.set_gains({"a": 1.0})
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: player.position_s > 0.5)
    for place in (40.0, 20.0, 55.0):
        player.seek(place)
        wait_until(lambda place=place: player.position_s > place + 0.4)
    player.set_gains({"b": 1.0})
    wait_until(lambda: player.position_s > 56.0)
    player.pause()
    recording = recorder.finish()
    assert player.starved == 0
    at = find(recording, a)
    end = find(recording, b[:, round(55.8 * RATE) :])
    silent = ~recording[:, at:end].any(axis=0)
    assert not (silent[1:] & silent[:-1]).any()
    for place in (40.2, 20.2, 55.2):
        part = a[:, round(place * RATE) : round((place + 0.1) * RATE)]
        there = find(recording, part)
        assert np.array_equal(recording[:, there : there + part.shape[1]], part)


@pytest.mark.parametrize(("start", "end"), [(5 * RATE + 7, 5 * RATE + 4001), (10 * RATE + 7, 17 * RATE + 1)])
def test_a_loop_of_a_song_on_the_disk_has_exactly_its_length(
    player: Player, loopback: Device, start: int, end: int
) -> None:
    """One shorter than what is read at once, and one longer than what is read ahead."""
    song = noise(23, 60 * RATE)
    player.load({"song": player.prepare(mapped(song))})
    player.set_gains({"song": 1.0})
    player.set_loop((start / RATE, end / RATE))
    player.seek((end - 2000) / RATE)
    recorder = Recorder(loopback)
    player.play()
    wait_until(lambda: player.position_frames < end - 2000)
    turns = 2 if end - start < RATE else 1
    frames = recorder.frames
    wait_until(lambda: recorder.frames > frames + turns * (end - start) + RATE)
    player.pause()
    recording = recorder.finish()
    landmark = song[:, start + 1000 : end]
    first = find(recording, landmark)
    second = first + 1 + find(recording[:, first + 1 :], landmark)
    assert second - first == end - start
    assert np.array_equal(recording[:, first : first + landmark.shape[1]], landmark)
    assert player.starved == 0
