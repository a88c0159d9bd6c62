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


def resolve_setup(settings: AudioSettings, *, with_input: bool) -> AudioSetup:
    """The devices a user chose where they are connected, else the system's own.

    A remembered rate belongs to remembered devices: with a substitute the device's own is taken.
    """
    output = _named(output_devices(), settings.output, settings.host_api)
    chosen_output = output or default_output()
    rate = settings.sample_rate if output is not None or not settings.output else 0
    if not with_input:
        return AudioSetup(chosen_output, sample_rate=rate, block_frames=settings.block_frames)
    host_api = chosen_output.host_api if chosen_output else ""
    source = _named(input_devices(), settings.input, host_api)
    chosen_input = source or default_input(host_api)
    first, count = settings.input_first, settings.input_count
    if chosen_input is not None and first + count > chosen_input.inputs:
        first, count = 0, min(count, chosen_input.inputs)
    return AudioSetup(chosen_output, chosen_input, first, count, rate, settings.block_frames)


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
