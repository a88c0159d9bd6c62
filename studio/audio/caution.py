"""Asked before the sound library is called within this process, which it may take along when it fails.

PortAudio asserts, drivers crash: no exception tells of it. Who tries things in processes of their own is above this
layer (studio.services.machine.sound_trial); without one everything is called as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from studio.audio.devices import AudioSetup


@dataclass(frozen=True)
class Refusal:
    """The library, or a device, is not to be called.

    Attributes:
        why: the whole of what a user reads: what happened, what works all the same, what to do.
        passing: whether it is worth another try by and by, as with a server that did not answer.
    """

    why: str
    passing: bool = False


class Caution(Protocol):
    """Called on the connection's thread; may take its time."""

    def library(self, state: object) -> Refusal | None:
        """Before the library looks for devices, in a system that is in this state (`devices.system_state`)."""

    def devices(self, setup: AudioSetup) -> Refusal | None:
        """Before these are opened."""
