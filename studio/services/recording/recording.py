"""Recording: from "record here" to takes on the disk, and back from a recording that was cut off.

Choices: a note of where the take belongs is on the disk before the first sample; the transport's start, the count-in
and the take are one order to the player, so they meet on one frame; loop and punch only say how the finished file is
read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from studio.audio.click import count_in
from studio.audio.files import VOCAL_MAX_S
from studio.audio.player import Player
from studio.audio.recorder import PROBLEMS, Recorder
from studio.audio.take_file import repair_take
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import later, retold, tr
from studio.services.recording.no_input import why_no_input
from studio.services.recording.takes import Stretch, takes_of
from studio.storage.recordings import (
    RecordingNote,
    delete_recording,
    new_recording,
    read_note,
    unfinished_recordings,
    write_note,
)

#: Recording does not begin with less room than this: a minute in stereo, and then some.
_ROOM_BYTES = 64 << 20


@dataclass(frozen=True)
class RecordingPlan:
    """One recording, as asked for.

    Attributes:
        grid: of the metronome and the count-in.
        latency_frames: from output to input and back, see studio.services.recording.latency.
        punch_s: seconds [in, out) of the timeline to keep; None keeps all.
        given_tempo: whether the singer is led by the grid, as by a metronome: then it is written down.
    """

    grid: BeatGrid
    latency_frames: int
    count_in_bars: int = 0
    punch_s: tuple[float, float] | None = None
    given_tempo: bool = False
    song: str = ""


@dataclass(frozen=True)
class Recorded:
    """A finished recording; `problem` says why it ended early, `lost_blocks` how often the device lost samples."""

    path: Path
    note: RecordingNote
    takes: tuple[Stretch, ...]
    frames: int
    lost_blocks: int = 0

    @property
    def problem(self) -> str:
        return retold(self.note.problem, PROBLEMS)


@dataclass(frozen=True)
class Recovered:
    """A recording that was cut off, made whole again; its note says that it is finished once it is settled."""

    path: Path
    note: RecordingNote
    frames: int

    @property
    def duration_s(self) -> float:
        return self.frames / self.note.sample_rate


@dataclass(frozen=True, eq=False)
class Ending:
    """A recording that is being written to the end."""

    recorder: Recorder
    note: RecordingNote
    lost_blocks: int

    @property
    def written(self) -> bool:
        """Whether `result` has nothing to wait for."""
        return self.recorder.written

    def result(self) -> Recorded | None:
        """The recording; None where nothing was heard, as during the count-in."""
        self.recorder.finish()
        frames = self.recorder.frames
        note = dataclasses.replace(self.note, finished=True, problem=self.recorder.problem)
        takes = takes_of(self.recorder.path, note, frames)
        if not takes:
            delete_recording(self.recorder.path)
            return None
        # On a full disk the old note stays, and the take is offered again at the next start.
        with contextlib.suppress(OSError):
            write_note(self.recorder.path, note)
        return Recorded(self.recorder.path, note, takes, frames, self.lost_blocks)


class RecordingService:
    """One recording at a time, through the player's open input.

    Args:
        folder: where recordings are kept.
    """

    def __init__(self, player: Player, folder: Path) -> None:
        self._player, self.folder = player, folder
        self._note: RecordingNote | None = None
        self._overflows = 0

    @property
    def active(self) -> bool:
        """From `start` to `finish`."""
        return self._note is not None

    @property
    def complete(self) -> bool:
        """True once everything that belongs to the recording was heard and is on the disk: time to `finish` it, which
        does not wait then."""
        recorder = self._player.recorder
        if recorder is None or not self.active:
            return self.active
        if not recorder.begun and not self._player.playing:
            recorder.end()  # stopped during the count-in, there will be nothing to hear
        return recorder.written

    def start(self, plan: RecordingPlan) -> Path:
        """Counts in, starts the transport where it stands, and records from there.

        Raises:
            StudioError: no input, no room on the disk, or the folder cannot be written.
        """
        player = self._player
        if player.levels is None:
            raise why_no_input(player.problem, player.devices)
        rate, start = player.sample_rate, player.position_frames
        if start >= player.frames:
            start = 0  # from the end, playing starts over
        punch = (
            None if plan.punch_s is None else (round(plan.punch_s[0] * rate), round(plan.punch_s[1] * rate))
        )
        if punch and start >= punch[1]:
            raise StudioError(
                tr("Cannot record"),
                seen=tr("a playhead behind the punch-out"),
                expected=tr("one before it"),
                todo=tr("Move the playhead back, or take the punch points away"),
            )
        loop = player.loop_frames
        if loop is not None and start >= loop[1]:
            loop = None
        note = RecordingNote(
            sample_rate=rate, start=start, loop=loop, punch=punch, latency_frames=plan.latency_frames,
            tempo_bpm=plan.grid.tempo_bpm if plan.given_tempo else 0.0,
            beats_per_bar=plan.grid.meter.quarters_per_bar if plan.given_tempo else 0, song=plan.song,
        )  # fmt: skip
        limit = round(VOCAL_MAX_S * rate)
        if punch and loop is None:
            limit = min(limit, punch[1] - start)
        beats = count_in(plan.grid, start / rate, plan.count_in_bars, rate)
        try:
            path = new_recording(self.folder, datetime.now())
            self._check_room()
            write_note(path, note)
            player.start_take(
                path, start=start, latency_frames=plan.latency_frames, max_frames=limit,
                count_in=beats if beats.shape[1] else None,
            )  # fmt: skip
        except OSError as error:
            raise StudioError(
                tr("Cannot record"),
                seen=error.strerror or str(error),
                expected=tr("a folder that can be written: {folder}", folder=self.folder),
                todo=tr("Free some space, or check the folder"),
            ) from error
        self._note, self._overflows = note, player.xruns[1]
        return path

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < _ROOM_BYTES:
            raise StudioError(
                tr("Cannot record"),
                seen=tr("{free:.0f} MB free in {folder}", free=free / 1e6, folder=self.folder),
                expected=tr("{room_bytes:.0f} MB or more", room_bytes=_ROOM_BYTES / 1e6),
                todo=tr("Free some space"),
            )

    def stop(self) -> None:
        """Stops the transport; the take is `complete` once its last sung sample was heard."""
        self._player.pause()

    def end(self) -> Ending | None:
        """Ends the recording with what was heard so far, and does not wait until it is on the disk."""
        note, self._note = self._note, None
        recorder = self._player.end_take()
        if note is None or recorder is None:
            return None
        return Ending(recorder, note, self._player.xruns[1] - self._overflows)

    def finish(self) -> Recorded | None:
        """The same, and waits. None where nothing was heard, as during the count-in."""
        ending = self.end()
        return None if ending is None else ending.result()


def recover_recordings(folder: Path) -> tuple[Recovered, ...]:
    """Makes every recording that was cut off readable; those without a single frame are removed. They are found again
    at the next start until they are settled."""
    found = []
    for path in unfinished_recordings(folder):
        note, frames = read_note(path), repair_take(path)
        if note is None or not frames:
            delete_recording(path)
            continue
        note = dataclasses.replace(note, finished=True, problem=later("The recording was cut off"))
        found.append(Recovered(path, note, frames))
    return tuple(found)


def settle(recovered: Recovered) -> None:
    """Writes down that the user decided about it. Raises OSError."""
    if recovered.path.exists():
        write_note(recovered.path, recovered.note)
