"""Opening, closing and losing real devices, at both usual rates."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.audio import jack
from studio.audio.devices import AudioSetup, Device, default_input, default_output, devices, supported_rates
from studio.audio.files import read_audio
from studio.audio.player import Player
from tests.audio.loop import RATE, jack_server, noise, wait_until


def test_the_loop_is_listed_with_its_channels_and_is_the_default(loopback: Device) -> None:
    assert loopback in devices()
    assert (loopback.inputs, loopback.outputs, loopback.sample_rate) == (2, 2, RATE)
    assert supported_rates(AudioSetup(loopback, loopback)) == (RATE,)
    output = default_output()
    assert output is not None
    assert default_input(output.host_api) is not None


def test_a_refused_rate_is_told_with_what_to_do_and_another_choice_works(loopback: Device) -> None:
    player = Player(find_setup=lambda: AudioSetup(loopback, loopback, sample_rate=44100))
    player.open()
    assert "at 44100 Hz" in player.problem
    assert "Choose another device or rate" in player.problem
    assert player.silent
    player.configure(AudioSetup(loopback, loopback))
    assert player.problem == ""
    assert player.levels is not None
    player.close()


def test_fifty_times_open_and_closed_leaves_a_device_that_plays_and_hears(loopback: Device) -> None:
    for turn in range(50):
        player = Player(find_setup=lambda: AudioSetup(loopback, loopback, 0, 2))
        player.open()
        assert player.problem == "", turn
        player.close()
    player = Player(find_setup=lambda: AudioSetup(loopback, loopback, 0, 2))
    player.open()
    player.load({"noise": noise(1, RATE)})
    player.set_gains({"noise": 1.0})
    player.play()
    levels = player.levels
    assert levels is not None
    wait_until(lambda: levels.peaks.min() > 0.3)
    player.close()


def test_another_device_takes_over_where_the_playhead_stood(loopback: Device) -> None:
    player = Player(find_setup=lambda: AudioSetup(loopback))
    player.open()
    player.load({"noise": noise(2, 20 * RATE)})
    player.set_gains({"noise": 1.0})
    player.play()
    wait_until(lambda: player.position_s > 0.3)
    player.configure(AudioSetup(loopback, loopback, 0, 2))
    assert not player.playing
    assert 0.3 < player.position_s < 20.0
    assert player.duration_s == pytest.approx(20.0)
    player.play()
    levels = player.levels
    assert levels is not None
    wait_until(lambda: levels.peaks.min() > 0.3)
    player.close()


def test_what_is_heard_is_played_at_once_while_monitoring() -> None:
    """The callback alone: on the loop, monitoring would feed back."""
    player = Player(find_setup=AudioSetup)
    heard, out = np.full((64, 1), 0.25, np.float32), np.zeros((64, 2), np.float32)
    player._on_block(out, heard)
    assert not out.any()
    player.monitoring = True
    player._on_block(out, heard)
    assert (out == 0.25).all()


def test_a_device_that_stops_is_replaced_by_what_there_is(
    loopback: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver aborts the stream, as at an unplugged cable; the device found next is the same one again."""
    monkeypatch.setattr("studio.audio.stream._PATIENCE_S", 30.0)
    player = Player(find_setup=lambda: AudioSetup(loopback, loopback, 0, 2))
    player.open()
    player.load({"noise": noise(3, 20 * RATE)})
    player.set_gains({"noise": 1.0})
    player.play()
    wait_until(lambda: player.position_s > 0.2)
    assert player._stream is not None
    player._stream._stream.abort()
    wait_until(lambda: player.tick() or (player.losses, player.problem, player.silent) == (1, "", False))
    assert not player.playing
    assert 0.2 < player.position_s < 20.0
    player.play()
    levels = player.levels
    assert levels is not None
    wait_until(lambda: levels.peaks.min() > 0.3)
    player.close()


#: Records in a process of its own, since a dead JACK server leaves its clients unable to open another.
LOSS = """
import os, signal, sys, time
from pathlib import Path
from studio.audio.devices import AudioSetup, devices
from studio.audio.player import Player
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.services.recording.recording import RecordingPlan, RecordingService
from tests.audio.loop import noise, wait_until
device = next(d for d in devices() if d.name == "loopback")
player = Player(find_setup=lambda: AudioSetup(device, device, 0, 2))
player.open()
player.load({"song": noise(1, 480000)})
player.set_gains({"song": 1.0})
service = RecordingService(player, Path(sys.argv[1]))
service.start(RecordingPlan(BeatGrid.regular(120, Meter(4, 4), 10.0), 1024))
wait_until(lambda: player.recorder.frames > 48000)
os.kill(int(sys.argv[2]), signal.SIGKILL)
def lost():
    player.tick()
    return service.complete
wait_until(lost)
recorded = service.finish()
wait_until(lambda: player.tick() or "sound server ended" in player.problem)
print(recorded.path, recorded.frames, recorded.problem, player.problem, player.silent, sep="|")
player.play()
at = player.position_s
wait_until(lambda: player.tick() or player.position_s > at)
print(True)
player.close()
"""


def test_a_server_that_dies_in_the_middle_of_a_take_costs_no_sample_and_no_minute(tmp_path: Path) -> None:
    with jack_server(RATE) as server:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(
            [sys.executable, "-c", LOSS, str(tmp_path), str(server.pid)],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    take, silent_transport_runs = done.stdout.splitlines()
    path, frames, why, problem, silent = take.split("|")
    assert why == "The sound device loopback stopped"
    assert problem.startswith("No sound: the sound server ended. Nothing is lost")
    assert (silent, silent_transport_runs) == ("True", "True")
    heard = read_audio(Path(path)).samples
    assert heard.shape[1] == int(frames) > RATE
    assert np.array_equal(heard, noise(1, 480000)[:, : heard.shape[1]])


#: Has the library, which is a client of the server from its start, but no stream.
IDLE = """
import os, signal, sys
from studio.audio.devices import AudioSetup, devices, refresh_devices
from studio.audio.player import Player
from tests.audio.loop import wait_until
device = next(d for d in devices() if d.name == "loopback")
player = Player(find_setup=lambda: AudioSetup(device))
os.kill(int(sys.argv[1]), signal.SIGKILL)
wait_until(lambda: not os.path.exists("/proc/" + sys.argv[1]))  # the parent reaps it
refresh_devices()
player.open(patience_s=30)
player.look_for_devices(patience_s=30)
print(player.problem)
player.close()
"""


def test_a_server_that_dies_while_nothing_plays_does_not_end_the_program() -> None:
    """PortAudio asserts the server when it is terminated: neither looking for devices nor the program's end may."""
    with jack_server(RATE) as server:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        child = subprocess.Popen(
            [sys.executable, "-c", IDLE, str(server.pid)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        server.wait(30)
        said, complained = child.communicate(timeout=60)
    assert child.returncode == 0, complained
    assert said.startswith("No sound: the sound server ended. Nothing is lost")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there servers have sockets")
def test_a_server_lives_for_as_long_as_it_listens_and_no_other_took_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jack, "_SOCKETS", tmp_path)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "mine")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nothing"))
    assert jack.running_servers() == ()
    path = tmp_path / "jack_mine_0_0"
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(path))
        first.listen()
        (server,) = jack.running_servers()
        assert server.lives
    assert path.exists(), "a killed server leaves its socket"
    assert not server.lives
    assert jack.running_servers() == ()
    with socket.socket(socket.AF_UNIX) as second:
        second.bind(str(tmp_path / "new"))
        second.listen()
        (tmp_path / "new").rename(path)
        assert not server.lives
        assert len(jack.running_servers()) == 1
