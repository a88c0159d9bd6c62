"""A sound library that crashes or hangs in a child is not called here; one that works is."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import __version__
from studio.audio.devices import AudioSetup, Device, default_output
from studio.audio.player import Player
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.services.machine import sound_trial
from studio.services.machine.sound_trial import SoundTrial
from studio.services.machine.trial import Trial, try_in_child
from studio.storage.machine import MachineNotes, Note, sound_key, write_machine_notes
from tests.audio.fake_portaudio import FakePortAudio
from tests.audio.loop import wait_until
from tests.services.machine import deaths

WELL, CRASHED, HUNG = Trial("worked"), Trial("died", told="SIGABRT"), Trial("hung", told="no answer")
SPEAKERS = Device(0, "Speakers", "fake", 0, 2, 48000)
MICROPHONE = Device(1, "Microphone", "fake", 1, 0, 48000)


class Children:
    """Answers in their place, by function name and first argument, and notes who was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Trial] = {}
        self.asked: list[str] = []

    def __call__(
        self, function: Callable[..., Any], *args: str, timeout_s: float, cancel: CancelToken
    ) -> Trial:
        cancel.check()
        self.asked.append(args[0] if args else function.__name__)
        return self.answers.get(self.asked[-1], WELL)


@pytest.fixture
def children() -> Children:
    return Children()


@pytest.fixture
def trial(children: Children, tmp_path: Path) -> SoundTrial:
    return SoundTrial(tmp_path, children)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    made = FakePortAudio("Speakers")
    monkeypatch.setattr("studio.audio.devices.portaudio", lambda: made)
    monkeypatch.setattr("studio.audio.devices.system_state", lambda: made.state)
    monkeypatch.setattr("studio.audio.connection._WATCH_EVERY_S", 0.02)
    monkeypatch.setattr(sound_trial, "tells_of_devices", lambda: True)
    made.scans = 0
    return made


@pytest.fixture
def player(library: FakePortAudio, trial: SoundTrial) -> Iterator[Player]:
    made = Player(find_setup=lambda: AudioSetup(default_output()), caution=trial)
    yield made
    made.close()


def test_a_library_that_works_is_tried_once_for_each_state_of_the_system(
    trial: SoundTrial, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_trial, "tells_of_devices", lambda: True)
    assert [trial.library(state) for state in ("one card", "one card", "two cards")] == [None] * 3
    assert children.asked == ["sound_devices"] * 2


def test_where_the_system_does_not_tell_the_library_is_tried_once(
    trial: SoundTrial, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_trial, "tells_of_devices", lambda: False)
    assert [trial.library(second) for second in range(3)] == [None] * 3
    assert children.asked == ["sound_devices"]


def test_a_library_that_only_refuses_is_asked_by_the_window_itself(
    trial: SoundTrial, children: Children
) -> None:
    children.answers["sound_devices"] = Trial("refused", told="no library")
    assert trial.library("") is None


def test_a_hang_may_pass_but_is_not_asked_again_at_once(
    trial: SoundTrial, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    children.answers["sound_devices"] = HUNG
    refusal = trial.library("")
    assert refusal is not None
    assert refusal.passing
    assert trial.library("") is refusal
    monkeypatch.setattr(sound_trial, "_HOLDS_S", -1.0)
    trial.library("another")
    children.answers.clear()
    assert trial.library("another") is None


def test_a_library_that_crashes_is_never_called_until_the_system_changes(
    library: FakePortAudio, player: Player, children: Children
) -> None:
    children.answers["sound_devices"] = CRASHED
    player.open(patience_s=10)
    assert player.silent
    assert "crashed: SIGABRT" in player.problem
    assert (library.scans, player.devices) == (0, ())
    player.configure(AudioSetup(SPEAKERS), patience_s=10)  # a user who tries all the same
    assert "crashed: SIGABRT" in player.problem
    assert library.scans == 0
    children.answers.clear()
    library.plugged.append("Interface")  # as when a sound server starts
    wait_until(lambda: player.tick() or not player.silent)
    assert player.problem == ""
    assert [d.name for d in player.devices] == ["Speakers", "Interface"]


def test_a_device_that_crashes_is_not_opened_and_is_named(
    library: FakePortAudio, player: Player, children: Children
) -> None:
    children.answers["Speakers"] = CRASHED
    player.open(patience_s=10)
    assert "Speakers was tried and crashed: SIGABRT" in player.problem
    assert (player.silent, library.streams) == (True, [])
    assert [d.name for d in player.devices] == ["Speakers"]  # others can still be chosen
    assert children.asked == ["sound_devices", "Speakers"]


def test_a_device_is_tried_before_it_is_first_opened_unless_the_doctor_did(
    trial: SoundTrial, children: Children, tmp_path: Path
) -> None:
    key = sound_key("output", SPEAKERS.name, SPEAKERS.host_api)
    notes = (Note("Sound", "OK", "runs", device=key),)
    write_machine_notes(tmp_path, MachineNotes(__version__, notes=notes))
    setup = AudioSetup(SPEAKERS, MICROPHONE)
    assert [trial.devices(setup), trial.devices(setup)] == [None, None]
    assert children.asked == ["Microphone"]
    write_machine_notes(tmp_path, MachineNotes("another version", notes=notes))
    assert SoundTrial(tmp_path, children).devices(setup) is None
    assert children.asked == ["Microphone", "Speakers", "Microphone"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("death", "told"), [(os.abort, "crashed: SIGABRT"), (deaths.hang, "hung: no answer within 1 seconds")]
)
def test_real_children_that_abort_or_hang(
    death: Callable[[], None],
    told: str,
    library: FakePortAudio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sound_trial, "TIMEOUT_S", 1.0 if death is deaths.hang else 60.0)
    monkeypatch.setattr(sound_trial, "sound_devices", death)
    trial = SoundTrial(tmp_path)
    player = Player(find_setup=lambda: AudioSetup(default_output()), caution=trial)
    trial.begin()
    player.open(patience_s=60)
    assert told in player.problem
    assert library.scans == 0
    player.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_end_of_the_program_waits_for_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def attempt(*args: Any, **options: Any) -> Trial:
        try:
            return try_in_child(*args, **options)
        except JobCancelled:
            ended.set()
            raise

    monkeypatch.setattr(sound_trial, "TIMEOUT_S", 600.0)
    monkeypatch.setattr(sound_trial, "sound_devices", deaths.hang)
    trial = SoundTrial(tmp_path, attempt)
    trial.begin()
    wait_until(trial._lock.locked)
    trial.close()
    assert ended.wait(30)
