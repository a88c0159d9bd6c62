"""What was found out about this machine's devices, and by which version: a JSON file of the user.

A device that crashed or hung when it was tried is on it until it is tried again; nothing else keeps one from use.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import StudioError
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json

#: In the user's data folder.
FILE_NAME = "machine.json"
#: The first GPU, the one that is computed on.
CUDA = "cuda"


def sound_key(direction: str, name: str, host_api: str) -> str:
    """Of a sound device, for `MachineNotes.unusable`; direction is 'input' or 'output'."""
    return f"{direction} {host_api} {name}"


@dataclass(frozen=True)
class Note:
    """One finding as it was shown; `device` is empty where it is about none."""

    name: str
    status: str
    seen: str
    todo: str = ""
    device: str = ""


@dataclass(frozen=True)
class MachineNotes:
    """Of one examination.

    Attributes:
        version: of the program; empty where none was made.
        examined_at: ISO 8601.
        unusable: by key (CUDA, `sound_key`) why a device that crashed or hung is not used.
    """

    version: str = ""
    examined_at: str = ""
    notes: tuple[Note, ...] = ()
    unusable: dict[str, str] | None = None

    def why_not(self, device: str) -> str:
        """Why a device is not to be used; empty where it may be."""
        return (self.unusable or {}).get(device, "")


def read_machine_notes(data_dir: Path) -> MachineNotes:
    """Of a user; empty where nothing was examined, or the file is damaged."""
    try:
        return from_json(MachineNotes, (data_dir / FILE_NAME).read_bytes(), "what was found of this machine")
    except (OSError, StudioError):
        return MachineNotes()


def write_machine_notes(data_dir: Path, notes: MachineNotes) -> None:
    """Replaces the file; where that cannot be, it is examined again at the next start."""
    with contextlib.suppress(OSError):
        data_dir.mkdir(parents=True, exist_ok=True)
        write_bytes(data_dir / FILE_NAME, to_json(notes))
