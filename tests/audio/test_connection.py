"""Sound systems that hang, devices that come and go, and rates that change: the song stays, and nobody waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.audio.devices import AudioSetup, default_output, devices, input_devices, system_state
from studio.audio.mixer import Mixer
from studio.audio.player import Player
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.dsp.resample import resample
from studio.services.recording.latency import LatencyTest
from studio.services.recording.recording import RecordingPlan, RecordingService
from tests.audio.fake_portaudio import FakePortAudio
from tests.audio.loop import RATE, find, jack_server, leave_the_server, noise, wait_until

Make = Callable[..., Player]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[FakePortAudio], FakePortAudio]]:
    """Puts a fake library in the place of PortAudio."""
    used: list[FakePortAudio] = []

    def use_it(library: FakePortAudio) -> FakePortAudio:
        monkeypatch.setattr("studio.audio.devices.portaudio", lambda: library)
        monkeypatch.setattr("studio.audio.devices.system_state", lambda: library.state)
        used.append(library)
        return library

    monkeypatch.setattr("studio.audio.connection._WATCH_EVERY_S", 0.02)
    monkeypatch.setattr("studio.audio.connection._RETRY_AFTER_S", 0.05)
    monkeypatch.setattr("studio.audio.connection._MOST_RETRY_S", 0.1)
    yield use_it
    for library in used:
        library.answers.set()
        library.closes.set()


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Player] = []

    def make_it(*, with_input: bool = False, patience_s: float = 0.2) -> Player:
        def find_setup() -> AudioSetup:
            output = default_output()
            return AudioSetup(output, output if with_input else None, 0, 2)

        made.append(Player(find_setup=find_setup, patience_s=patience_s))
        return made[-1]

    yield make_it
    for player in made:
        player.close()


def tick_until(player: Player, condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    def look() -> object:
        player.tick()
        return condition()

    wait_until(look, timeout_s)


def test_a_hung_sound_system_holds_no_song_back_and_sound_joins_later(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("speakers"))
    library.answers.clear()
    player = make()
    song = noise(1, 20 * RATE)
    player.load({"song": player.prepare(Audio(song, RATE))})
    assert library.waiting, "it does hang"
    assert player.silent
    assert "does not answer" in player.problem
    player.set_gains({"song": 1.0})
    player.play()
    tick_until(player, lambda: player.position_s > 0.1)
    library.answers.set()
    tick_until(player, lambda: not player.silent)
    assert player.problem == ""
    joined_s = player.position_s
    assert joined_s > 0.1
    tick_until(player, lambda: player.position_s > joined_s + 0.5)
    heard = library.streams[0].heard
    first = np.flatnonzero(heard[0])[0] + 1000
    at = find(song, heard[:, first : first + 1000])
    assert at / RATE > 0.1, "it joined in where the song was"


def test_what_was_opened_without_sound_is_never_played_at_another_speed(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("speakers", rate=44100))
    library.answers.clear()
    player = make()
    song = noise(2, 10 * RATE)
    source = player.prepare(Audio(song, RATE))
    assert source.sample_rate == RATE
    player.load({"song": source})
    player.set_gains({"song": 1.0})
    player.seek(2.0)
    library.answers.set()
    tick_until(player, lambda: not player.silent)
    assert player.sample_rate == 44100
    assert player.duration_s == pytest.approx(10.0)
    assert player.position_s == pytest.approx(2.0, abs=1e-4)
    wait_until(lambda: not player.preparing)
    player.play()
    tick_until(player, lambda: player.position_s > 4.0)
    expected, heard = resample(Audio(song, RATE), 44100).samples, library.streams[0].heard
    first = int(np.flatnonzero(heard[0])[0])
    got, want = heard[:, first + 2000 : first + 40000], expected[:, 2 * 44100 :]
    shifts = [s for s in range(1900, 2100) if np.allclose(got[:, :50], want[:, s : s + 50], atol=1e-4)]
    assert len(shifts) == 1
    np.testing.assert_allclose(got, want[:, shifts[0] : shifts[0] + got.shape[1]], atol=1e-4)


def test_a_source_prepared_before_the_rate_changed_is_prepared_again(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    """Stems load while another device is chosen: what arrives late was made for the old rate."""
    library = use(FakePortAudio("speakers", "interface"))
    player = make()
    tone = Audio(0.5 * np.sin(2 * np.pi * 1000 * np.arange(8 * RATE) / RATE).astype(np.float32)[None], RATE)
    player.load({"vocal": player.prepare(tone)})
    late = player.prepare(tone)
    interface = next(d for d in devices() if d.name == "interface")
    player.configure(AudioSetup(interface, sample_rate=44100))
    player.add("late", late)
    player.set_gains({"late": 1.0})
    wait_until(lambda: not player.preparing)
    player.play()
    tick_until(player, lambda: player.position_s > 3.0)
    heard = library.streams[-1].heard[0]
    heard = heard[np.flatnonzero(heard)[0] + 4410 :][:44100]
    assert library.streams[-1].rate == 44100
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) == 1000, "Hz; 1088 at the wrong speed"


def test_a_device_that_appears_after_the_start_is_found(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio())
    player = make()
    player.open()
    assert player.problem == "No sound output found"
    player.load({"song": noise(3, RATE)})
    player.set_gains({"song": 1.0})
    library.plugged.append("headphones")
    tick_until(player, lambda: not player.silent)
    assert (player.problem, [d.name for d in player.devices]) == ("", ["headphones"])
    player.play()
    tick_until(player, lambda: library.streams[0].heard.any())


def test_a_server_that_is_there_before_it_answers_is_asked_again(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio())
    player = make()
    player.open()
    library.refuses.add("speakers")
    library.plugged.append("speakers")
    tick_until(player, lambda: "Invalid sample rate" in player.problem)
    scans = library.scans
    tick_until(player, lambda: library.scans > scans + 5)
    library.refuses.clear()
    tick_until(player, lambda: not player.silent)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sockets in /dev/shm are Linux's")
def test_a_server_in_the_place_of_a_killed_one_is_another() -> None:
    """A killed server leaves its socket; the next of that name puts its own there."""
    path = Path("/dev/shm/jack_backline-test-socket")
    path.touch()
    try:
        before = system_state()
        assert system_state() == before
        new = path.with_name("backline-test-socket")
        new.touch()
        new.rename(path)
        assert system_state() != before
    finally:
        path.unlink()


def test_a_sound_server_that_starts_after_the_program_is_found() -> None:
    """A real one, watched by the real look at the system."""
    loop = [lambda: next((d for d in devices() if d.name == "loopback"), None)]
    player = Player(find_setup=lambda: AudioSetup(loop[0]()))
    player.open()
    assert player.silent
    with jack_server():
        try:
            tick_until(player, lambda: not player.silent, 30)
        finally:
            player.close()
            leave_the_server()


def test_a_start_that_fails_is_tried_again_after_looking_anew(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    """The first device in the list was unplugged since the library looked; the system did not tell."""
    library = use(FakePortAudio("gone", "speakers"))
    library.plugged.remove("gone")
    player = make()
    player.open()
    assert player.problem == ""
    assert player.device is not None
    assert player.device.name == "speakers"


def test_looking_for_devices_lists_new_ones_and_what_plays_plays_on(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("speakers"))
    player = make()
    player.open()
    player.load({"song": noise(4, 60 * RATE)})
    player.set_gains({"song": 1.0})
    player.play()
    tick_until(player, lambda: player.position_s > 0.3)
    player.look_for_devices(patience_s=5)
    assert len(library.streams) == 1, "nothing changed, nothing is interrupted"
    library.plugged.append("headphones")
    at = player.position_s
    player.look_for_devices(patience_s=5)
    assert [d.name for d in player.devices] == ["speakers", "headphones"]
    assert (player.playing, player.problem) == (True, "")
    assert at <= player.position_s
    tick_until(player, lambda: player.position_s > at + 0.3)


def test_where_the_system_does_not_tell_an_open_device_is_left_alone(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the state changes by itself: without sound that finds a device, with sound nothing is interrupted."""
    library = use(FakePortAudio())
    states = iter(range(1_000_000))
    monkeypatch.setattr("studio.audio.devices.system_state", lambda: next(states))
    monkeypatch.setattr("studio.audio.player.tells_of_devices", lambda: False)
    player = make()
    player.open()
    library.plugged.append("speakers")
    tick_until(player, lambda: not player.silent)
    scans, asked = library.scans, next(states)
    tick_until(player, lambda: next(states) > asked + 100)  # looked at by the watch all the while
    assert (library.scans, len(library.streams)) == (scans, 1)


def test_looking_for_devices_never_interrupts_a_take(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, tmp_path: Path
) -> None:
    library = use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({}, frames=60 * RATE)
    player.start_take(tmp_path / "take.wav", start=0, latency_frames=0, max_frames=60 * RATE)
    library.plugged.append("headphones")
    player.look_for_devices(patience_s=1)
    wait_until(lambda: player.recorder is not None and player.recorder.begun)
    for _ in range(20):
        player.tick()
    assert player.recorder is not None
    assert player.recorder.recording
    assert len(library.streams) == 1
    player.finish_take()


def test_an_open_input_stays_open_when_devices_come(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("interface"))
    player = make()
    player.open()
    player.configure(AudioSetup(default_output(), input_devices()[0], 0, 2))
    assert player.levels is not None
    library.plugged.insert(0, "headphones")  # every index is another one now
    tick_until(player, lambda: len(player.devices) == 2 and not player.opening)
    assert player.levels is not None
    assert library.streams[-1].name == "interface"


def test_choosing_devices_does_not_wait_for_a_system_that_hangs(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("speakers"))
    player = make()
    player.open()
    setup = player.setup
    library.answers.clear()
    player.configure(setup, patience_s=0)
    wait_until(lambda: library.waiting)
    assert player.opening
    player.tick()
    player.play()
    player.seek(0.0)
    library.answers.set()
    tick_until(player, lambda: not player.silent)


def test_a_lost_device_whose_driver_hangs_stops_no_tick(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("speakers"))
    player = make()
    player.open()
    player.load({"song": noise(5, 60 * RATE)})
    player.play()
    tick_until(player, lambda: player.position_s > 0.1)
    library.closes.clear()
    library.streams[0].active = False
    player.tick()  # returns
    assert (player.losses, player.silent, player.playing) == (1, True, False)
    assert player.problem == "The sound device speakers stopped"
    wait_until(lambda: library.waiting)
    library.closes.set()
    library.plugged[0] = "headphones"
    tick_until(player, lambda: not player.silent)
    assert player.problem == ""


def test_closing_does_not_wait_for_a_system_that_hangs(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = use(FakePortAudio("speakers"))
    library.answers.clear()
    player = make()
    player.open()
    monkeypatch.setattr(player._connection, "_closing_s", 0.1)
    player.close()
    assert library.waiting
    library.answers.set()
    wait_until(lambda: not any(t.name == "sound system" for t in threading.enumerate()))
    assert library.open_streams == 0


# Recording, then the devices, then a measurement


def recording(player: Player, folder: Path) -> RecordingService:
    service = RecordingService(player, folder)
    service.start(RecordingPlan(BeatGrid.regular(120, Meter(4, 4), 60.0), 0))
    wait_until(lambda: player.recorder is not None and player.recorder.frames > RATE)
    return service


def test_a_measurement_while_recording_is_refused_and_changes_nothing(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, tmp_path: Path
) -> None:
    use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({"song": noise(6, 60 * RATE)})
    service = recording(player, tmp_path)
    with pytest.raises(StudioError, match="not finished"):
        LatencyTest(player)
    assert player.duration_s == pytest.approx(60.0)
    assert player.playing
    assert player.recorder is not None
    assert player.recorder.recording
    assert service.finish() is not None


def test_what_arrives_during_a_measurement_is_on_the_songs_timeline(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    library = use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    song, late = noise(7, 60 * RATE), noise(8, 60 * RATE)
    player.load({"song": song})
    player.seek(20.0)
    test = LatencyTest(player)
    player.add("late", player.prepare(Audio(late, RATE)))
    player.set_gains({"late": 1.0})
    player.set_loop((20.0, 40.0))
    assert player.duration_s == pytest.approx(60.0)
    wait_until(lambda: test.done)
    with pytest.raises(StudioError, match="silence at the input"):
        test.finish()
    assert (player.duration_s, player.position_s, player.loop_s) == (60.0, 20.0, (20.0, 40.0))
    before = library.streams[0].heard.shape[1]
    player.play()
    tick_until(player, lambda: player.position_s > 21.0)
    heard = library.streams[0].heard[:, before:]
    at = find(heard, late[:, 20 * RATE + 1000 : 21 * RATE])
    assert np.array_equal(heard[:, at : at + 20000], late[:, 20 * RATE + 1000 : 20 * RATE + 21000])


def test_a_measurement_that_cannot_begin_gives_the_timeline_back(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({"song": noise(9, 60 * RATE)})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.audio.player.Recorder", full)
    with pytest.raises(OSError, match="No space"):
        LatencyTest(player)
    player.play()
    tick_until(player, lambda: player.position_s > 0.2)


def test_another_rate_during_a_measurement_ends_it(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make
) -> None:
    use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({"song": noise(10, 60 * RATE)})
    test = LatencyTest(player)
    player.configure(AudioSetup(player.setup.output, player.setup.input, 0, 2, 44100))
    wait_until(lambda: test.done)
    with pytest.raises(StudioError):
        test.finish()
    assert player.sample_rate == 44100
    assert player.duration_s == pytest.approx(60.0)
    player.play()
    tick_until(player, lambda: player.position_s > 0.2)


def test_a_borrowed_place_is_the_songs_again() -> None:
    player = Player(find_setup=AudioSetup)
    player.load({"song": noise(11, RATE)})
    player.borrow(Mixer(player.sample_rate, 100))
    player.load({"other": noise(12, 2 * RATE)})
    player.give_back()
    assert player.duration_s == pytest.approx(2.0)
    player.close()


# The disk


def test_ending_a_recording_does_not_wait_for_the_disk(
    use: Callable[[FakePortAudio], FakePortAudio],
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from studio.audio.take_file import TakeFile

    use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({"song": noise(13, 60 * RATE)})
    disk, close = threading.Event(), TakeFile.close

    def slow_close(file: TakeFile) -> None:
        disk.wait(30)
        close(file)

    monkeypatch.setattr(TakeFile, "close", slow_close)
    service = recording(player, tmp_path)
    service.stop()
    wait_until(lambda: player.recorder is not None and not player.recorder.recording)
    assert not service.complete, "the disk is not done"
    ending = service.end()
    assert ending is not None
    assert not ending.written
    assert not service.active
    disk.set()
    wait_until(lambda: ending.written)
    recorded = ending.result()
    assert recorded is not None
    assert recorded.frames > 0


def test_a_recording_is_complete_once_it_is_written(
    use: Callable[[FakePortAudio], FakePortAudio], make: Make, tmp_path: Path
) -> None:
    use(FakePortAudio("interface"))
    player = make(with_input=True)
    player.open()
    player.load({"song": noise(14, 60 * RATE)})
    service = recording(player, tmp_path)
    assert not service.complete
    service.stop()
    wait_until(lambda: service.complete)
    assert player.recorder is not None
    assert player.recorder.written
    assert service.finish() is not None
