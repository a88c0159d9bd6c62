"""Why there is nothing to record with: no input, none that opens, or a sound system that is not to be called."""

from __future__ import annotations

from collections.abc import Sequence

from studio.audio.connection import NO_OUTPUT
from studio.audio.devices import Device
from studio.core.errors import StudioError
from studio.core.language import tr


def why_no_input(problem: str, devices: Sequence[Device]) -> StudioError:
    """The refusal to record while no input is open.

    Args:
        problem: why there is no sound output, in words; empty where there is one.
        devices: every device there is.
    """
    what = tr("Cannot record")
    no_output = problem == tr(NO_OUTPUT)
    if problem and not no_output:  # a driver that fails or hangs, a server that ended: it says what to do
        return StudioError(
            what,
            seen=problem,
            expected=tr("a sound input that opens"),
            todo=tr("Record > Sound devices shows what there is, and chooses another one"),
        )
    if any(device.inputs for device in devices):
        return StudioError(
            what,
            seen=tr("a sound input that is not open"),
            expected=tr("one that opens, of the same sound system as the output"),
            todo=tr("Choose one under Record > Sound devices"),
        )
    return StudioError(
        what,
        seen=tr("no sound input, and no sound output either") if no_output else tr("no sound input"),
        expected=tr(
            "a microphone or an interface to record; headphones or speakers to hear the song meanwhile"
        )
        if no_output
        else tr("a microphone or an interface"),
        todo=tr("Connect them and choose them under Record > Sound devices")
        if no_output
        else tr("Connect one and choose it under Record > Sound devices"),
    )
