"""From remembered names to devices that are there now, and back."""

from __future__ import annotations

import dataclasses

from studio.audio.devices import (
    AudioSetup,
    Device,
    default_input,
    default_output,
    input_devices,
    output_devices,
)
from studio.storage.audio_settings import AudioSettings
from studio.storage.machine import MachineNotes, sound_key


def resolve_setup(
    settings: AudioSettings, *, with_input: bool, notes: MachineNotes | None = None
) -> AudioSetup:
    """The devices a user chose where they are connected, else the system's own.

    Args:
        notes: what the doctor found; devices that crashed or hung when they were tried are left out.

    A remembered rate belongs to remembered devices: with a substitute the device's own is taken.
    """
    outputs = _usable("output", output_devices(), notes)
    output = _named(outputs, settings.output, settings.host_api)
    chosen_output = output or _else(default_output(), outputs)
    rate = settings.sample_rate if output is not None or not settings.output else 0
    if not with_input:
        return AudioSetup(chosen_output, sample_rate=rate, block_frames=settings.block_frames)
    host_api = chosen_output.host_api if chosen_output else ""
    inputs = _usable("input", input_devices(), notes)
    source = _named(inputs, settings.input, host_api)
    same_host = tuple(d for d in inputs if host_api in ("", d.host_api))
    chosen_input = source or _else(default_input(host_api), same_host)
    first, count = settings.input_first, settings.input_count
    if chosen_input is not None and first + count > chosen_input.inputs:
        first, count = 0, min(count, chosen_input.inputs)
    return AudioSetup(chosen_output, chosen_input, first, count, rate, settings.block_frames)


def _usable(direction: str, choices: tuple[Device, ...], notes: MachineNotes | None) -> tuple[Device, ...]:
    if notes is None:
        return choices
    return tuple(d for d in choices if not notes.why_not(sound_key(direction, d.name, d.host_api)))


def _else(default: Device | None, usable: tuple[Device, ...]) -> Device | None:
    """The default where it may be used, else the first that may."""
    return default if default is None or default in usable else next(iter(usable), None)


def _named(choices: tuple[Device, ...], name: str, host_api: str) -> Device | None:
    if not name:
        return None
    return next((d for d in choices if d.name == name and host_api in ("", d.host_api)), None)


def remember_setup(settings: AudioSettings, setup: AudioSetup) -> AudioSettings:
    """The settings with a user's choice of devices in them."""
    return dataclasses.replace(
        settings,
        output=setup.output.name if setup.output else "",
        input=setup.input.name if setup.input else "",
        host_api=setup.output.host_api if setup.output else "",
        input_first=setup.input_first,
        input_count=setup.input_count,
        sample_rate=setup.sample_rate,
        block_frames=setup.block_frames,
    )
