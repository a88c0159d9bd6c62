"""The folder of recordings: a WAV a recording, and beside it a note of where on the timeline it belongs.

The note is on the disk before the first sample, so that a recording that was cut off can be told from a finished
one and put back where it was sung.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from studio.storage.atomic import write_json
from studio.storage.json_file import BadFile, read_json

#: A take that was not written to for this long is no longer being recorded, by this or another window.
_STILL_WRITTEN_S = 2.0


Frame = Annotated[int, Meta(ge=0, le=2**40)]


@dataclass(frozen=True)
class RecordingNote:
    """What the WAV does not say. Frames count at `sample_rate`.

    Attributes:
        start: the frame of the timeline on which the file begins.
        loop, punch: frames [start, end) of the timeline, or None.
        tempo_bpm, beats_per_bar: of the metronome it was sung to; 0 without.
        finished: False from the first sample until the recording was ended properly.
        problem: why it ended early; empty when it did not.
    """

    sample_rate: Annotated[int, Meta(ge=1, le=768_000)]
    start: Annotated[int, Meta(ge=-(2**40), le=2**40)] = 0
    loop: tuple[Frame, Frame] | None = None
    punch: tuple[Frame, Frame] | None = None
    latency_frames: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = 0
    tempo_bpm: Annotated[float, Meta(ge=0.0, le=1000.0)] = 0.0
    beats_per_bar: Annotated[int, Meta(ge=0, le=64)] = 0
    song: str = ""
    finished: bool = False
    problem: str = ""


def new_recording(folder: Path, now: datetime) -> Path:
    """A path for a WAV that does not exist yet; makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"take {now:%Y-%m-%d %H.%M.%S}"
    path, count = folder / f"{stem}.wav", 1
    while path.exists():
        count += 1
        path = folder / f"{stem} {count}.wav"
    return path


def note_path(recording: Path) -> Path:
    return recording.with_suffix(".json")


def write_note(recording: Path, note: RecordingNote) -> None:
    """Replaces the note as a whole and waits until it is on the disk. Raises OSError."""
    write_json(note_path(recording), dataclasses.asdict(note))


def read_note(recording: Path) -> RecordingNote | None:
    """None where there is no note, or none that can be read."""
    try:
        note = read_json(note_path(recording), RecordingNote)
    except BadFile:
        return None
    if any(stretch is not None and stretch[0] > stretch[1] for stretch in (note.loop, note.punch)):
        return None
    return note


def unfinished_recordings(folder: Path) -> tuple[Path, ...]:
    """Recordings that were cut off, oldest first; those still being written are not among them."""
    found = []
    for path in sorted(folder.glob("*.wav")):
        note = read_note(path)
        with contextlib.suppress(OSError):  # deleted meanwhile
            if note and not note.finished and time.time() - path.stat().st_mtime > _STILL_WRITTEN_S:
                found.append(path)
    return tuple(found)


def delete_recording(recording: Path) -> None:
    recording.unlink(missing_ok=True)
    note_path(recording).unlink(missing_ok=True)
