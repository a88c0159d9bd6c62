"""Recording over a timeline through a real loop: what is played comes back where it was played, to the sample."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.audio.devices import AudioSetup, Device, devices
from studio.audio.files import read_audio
from studio.audio.player import Player
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.takes import Take
from studio.services.recording.comp import keep_takes, place_take
from studio.services.recording.latency import LatencyTest, known_latency, remember_latency
from studio.services.recording.recording import Recorded, RecordingPlan, RecordingService
from studio.storage.audio_settings import AudioSettings
from studio.storage.project_folder import ProjectFolder
from studio.storage.recordings import note_path, read_note
from tests.audio.loop import jack_loop, noise, wait_until

GRID = BeatGrid.regular(240, Meter(4, 4), 10.0)


@pytest.fixture(scope="module", params=[48000, 44100])
def loopback(request: pytest.FixtureRequest) -> Iterator[Device]:
    with jack_loop(request.param) as device:
        yield device


@pytest.fixture
def player(loopback: Device) -> Iterator[Player]:
    player = Player(find_setup=lambda: AudioSetup(loopback, loopback, 0, 2))
    player.open()
    assert player.problem == ""
    yield player
    player.finish_take()
    player.close()


@pytest.fixture
def service(player: Player, tmp_path: Path) -> RecordingService:
    return RecordingService(player, tmp_path / "recordings")


def measured(player: Player) -> int:
    test = LatencyTest(player)
    wait_until(lambda: test.done)
    return test.finish().frames


def load(player: Player, song: np.ndarray) -> None:
    player.load({"song": song})
    player.set_gains({"song": 1.0})


def finished(service: RecordingService) -> Recorded:
    wait_until(lambda: service.complete)
    recorded = service.finish()
    assert recorded is not None
    return recorded


def kept(recorded: Recorded, tmp_path: Path) -> tuple[Take, ...]:
    """The takes as a project has them."""
    folder = ProjectFolder(tmp_path / "song.backline")
    folder.make()
    return keep_takes(recorded, folder)


def test_a_take_lands_on_the_very_sample_where_it_was_heard(
    player: Player, service: RecordingService
) -> None:
    song = noise(1, 2 * player.sample_rate)
    load(player, song)
    latency = measured(player)
    service.start(RecordingPlan(GRID, latency))
    recorded = finished(service)
    assert recorded.problem == ""
    assert (recorded.takes[0].start, recorded.takes[0].frames) == (0, song.shape[1])
    assert np.array_equal(read_audio(recorded.path).samples, song)
    note = read_note(recorded.path)
    assert note is not None
    assert note.finished


def test_without_the_measurement_it_would_not(player: Player, service: RecordingService) -> None:
    """The loop has a latency, so the test above cannot pass by chance."""
    song = noise(2, player.sample_rate)
    load(player, song)
    service.start(RecordingPlan(GRID, latency_frames=0))
    recorded = finished(service)
    assert not np.array_equal(read_audio(recorded.path).samples, song)
    assert measured(player) > 0


def test_counts_in_then_starts_where_the_playhead_stands(player: Player, service: RecordingService) -> None:
    rate = player.sample_rate
    song = noise(3, 2 * rate)
    load(player, song)
    latency = measured(player)
    player.seek(0.75)
    began = time.monotonic()
    service.start(RecordingPlan(GRID, latency, count_in_bars=1))
    assert player.counting_in
    assert player.position_s == pytest.approx(0.75)
    recorded = finished(service)
    assert time.monotonic() - began > 1.0  # a bar of four at 240, before 1.25 s of song
    start = round(0.75 * rate)
    assert recorded.takes[0].start == start
    heard = read_audio(recorded.path).samples
    assert heard.shape[1] == 2 * rate - start
    # The first milliseconds fade in, as the start from the middle of a song does.
    fade = round(0.008 * rate)
    assert np.array_equal(heard[:, fade:], song[:, start + fade :])


def test_a_take_begins_where_a_playing_transport_was_stopped_for_it(
    player: Player, service: RecordingService
) -> None:
    rate = player.sample_rate
    song = noise(8, 20 * rate)
    load(player, song)
    latency = measured(player)
    for _ in range(5):
        player.play()
        at = player.position_s
        wait_until(lambda at=at: player.position_s > at + 0.1)
        player.pause()
        service.start(RecordingPlan(GRID, latency))  # before the device took notice of the pause
        recorder = player.recorder
        assert recorder is not None
        wait_until(lambda recorder=recorder: recorder.frames > 0.6 * rate)
        service.stop()
        (take,) = finished(service).takes
        fade = round(0.008 * rate)
        heard = read_audio(take.path).samples
        assert take.start > 0
        stop = take.start + heard.shape[1]
        assert np.array_equal(heard[:, fade:], song[:, take.start + fade : stop])


def test_a_take_from_the_end_of_the_song_begins_at_its_start(
    player: Player, service: RecordingService
) -> None:
    song = noise(9, player.sample_rate)
    load(player, song)
    latency = measured(player)
    player.seek(1.0)
    service.start(RecordingPlan(GRID, latency))
    recorded = finished(service)
    assert recorded.takes[0].start == 0
    assert np.array_equal(read_audio(recorded.path).samples, song)


def test_stopping_keeps_what_was_sung_until_then(player: Player, service: RecordingService) -> None:
    song = noise(4, 20 * player.sample_rate)
    load(player, song)
    latency = measured(player)
    service.start(RecordingPlan(GRID, latency))
    wait_until(lambda: player.position_s > 0.7)
    service.stop()
    recorded = finished(service)
    heard = read_audio(recorded.path).samples
    assert 0.7 * player.sample_rate < heard.shape[1] == player.position_frames
    assert np.array_equal(heard, song[:, : heard.shape[1]])


def test_stopping_during_the_count_in_leaves_nothing_behind(
    player: Player, service: RecordingService
) -> None:
    load(player, noise(5, player.sample_rate))
    path = service.start(RecordingPlan(GRID, 0, count_in_bars=2))
    assert player.counting_in
    service.stop()
    time.sleep(0.2)
    assert service.finish() is None
    assert not path.exists()
    assert not note_path(path).exists()
    assert not player.playing


def test_every_pass_of_a_loop_is_a_take_in_its_place(
    player: Player, service: RecordingService, tmp_path: Path
) -> None:
    rate = player.sample_rate
    song = noise(6, 3 * rate)
    load(player, song)
    latency = measured(player)
    player.set_loop((0.5, 1.1))
    start, end = round(0.5 * rate), round(1.1 * rate)
    player.seek(0.5)
    service.start(RecordingPlan(GRID, latency))
    recorder = player.recorder
    assert recorder is not None
    wait_until(lambda: recorder.frames > 2.5 * (end - start))
    service.stop()
    recorded = finished(service)
    takes = recorded.takes
    assert [t.start for t in takes] == [start] * len(takes)
    assert [t.frames for t in takes[:2]] == [end - start] * 2
    fade = round(0.008 * rate)
    for take in kept(recorded, tmp_path)[:2]:
        placed = place_take(take, recorded.path, song.shape[1], rate).samples
        assert np.array_equal(placed[:, start + fade : end], song[:, start + fade : end])


def test_a_punch_keeps_only_what_lies_in_it_and_ends_the_take(
    player: Player, service: RecordingService, tmp_path: Path
) -> None:
    rate = player.sample_rate
    song = noise(7, 20 * rate)
    load(player, song)
    latency = measured(player)
    service.start(RecordingPlan(GRID, latency, punch_s=(0.4, 0.9)))
    wait_until(lambda: service.complete)
    assert player.playing  # the band plays on
    service.stop()
    recorded = finished(service)
    (take,) = recorded.takes
    low, high = round(0.4 * rate), round(0.9 * rate)
    assert (take.start, take.start + take.frames) == (low, high)
    (take,) = kept(recorded, tmp_path)
    placed = place_take(take, recorded.path, song.shape[1], rate).samples
    assert np.array_equal(placed[:, low:high], song[:, low:high])


def test_a_chosen_channel_is_the_one_recorded(loopback: Device, tmp_path: Path) -> None:
    player = Player(find_setup=lambda: AudioSetup(loopback, loopback, 1, 1))
    player.open()
    song = noise(8, player.sample_rate)
    load(player, song)
    service = RecordingService(player, tmp_path)
    latency = measured(player)
    service.start(RecordingPlan(GRID, latency))
    recorded = finished(service)
    assert np.array_equal(read_audio(recorded.path).samples, song[1:])
    player.close()


def test_the_measured_latency_is_remembered_for_these_devices_and_this_rate(player: Player) -> None:
    settings = remember_latency(AudioSettings(), player.setup, 1024)
    assert known_latency(settings, player.setup) == 1024
    assert known_latency(settings, AudioSetup(player.setup.output, player.setup.input, 0, 2, 96000)) is None


def test_a_loop_without_a_cable_says_so_and_gives_the_timeline_back(loopback: Device) -> None:
    """The server's other device has inputs that nothing is connected to."""
    silent = next(d for d in devices() if d.name == "system" and d.host_api == loopback.host_api)
    player = Player(find_setup=lambda: AudioSetup(loopback, silent))
    player.open()
    load(player, noise(9, player.sample_rate))
    test = LatencyTest(player)
    wait_until(lambda: test.done)
    with pytest.raises(StudioError, match="silence at the input"):
        test.finish()
    assert player.duration_s == pytest.approx(1.0)
    player.close()


def test_no_input_is_told_before_anything_starts(tmp_path: Path) -> None:
    player = Player(find_setup=AudioSetup)
    player.open()
    with pytest.raises(StudioError, match="Cannot record"):
        RecordingService(player, tmp_path).start(RecordingPlan(GRID, 0))
    assert not list(tmp_path.iterdir())
    player.close()


def test_a_playhead_behind_the_punch_is_told(player: Player, service: RecordingService) -> None:
    load(player, noise(10, 2 * player.sample_rate))
    player.seek(1.5)
    with pytest.raises(StudioError, match="behind the punch-out"):
        service.start(RecordingPlan(GRID, 0, punch_s=(0.5, 1.0)))
