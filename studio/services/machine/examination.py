"""Examining the machine and remembering what was found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from studio import __version__
from studio.services.machine.doctor import Attempt, Finding, examine
from studio.services.machine.trial import try_in_child
from studio.storage.machine import MachineNotes, Note, write_machine_notes


def examine_and_remember(
    models_dir: Path, resources_dir: Path, data_dir: Path, attempt: Attempt = try_in_child
) -> Iterator[Finding]:
    """Each finding as soon as it is known; when all are, they take the place of those of the last time.

    Whoever stops in the middle leaves what was remembered as it was.
    """
    found = []
    for finding in examine(models_dir, resources_dir, attempt):
        found.append(finding)
        yield finding
    write_machine_notes(
        data_dir,
        MachineNotes(
            __version__,
            datetime.now(UTC).isoformat(timespec="seconds"),
            tuple(Note(f.name, f.status, f.seen, f.todo, f.device) for f in found),
            {f.device: f.unusable for f in found if f.device and f.unusable},
        ),
    )
