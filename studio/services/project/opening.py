"""A project folder opened: read, what a crash left made good, and nothing in it lost or silently changed."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.core.commands import AddCandidate, Judge
from studio.core.errors import StudioError
from studio.core.language import capital, tr
from studio.core.project import Begun
from studio.core.takes import AudioRef
from studio.services.project.candidates import adopt
from studio.services.project.clips import sweep_clips
from studio.services.project.document import Document, State, UnknownChange, now, replay
from studio.services.project.store import (
    ProjectStore,
    Row,
    keep_row,
    saying_of,
    snapshot_json,
    state_from_json,
    write_snapshot,
)
from studio.storage import lock
from studio.storage.atomic import sweep_parts
from studio.storage.journal import Replay, read_journal, write_journal
from studio.storage.project_folder import ProjectFolder, find_audio, free_project, is_project
from studio.storage.ratings import NAME as RATINGS
from studio.storage.ratings import RatingsFile

#: A journal longer than this is replaced, on opening, by what it amounts to.
_LONGEST_JOURNAL = 8_000_000


class ProjectInUse(StudioError):
    """Somebody else has the project open."""

    def __init__(self, path: Path, holder: lock.Holder) -> None:
        super().__init__(
            tr("{stem} is open already", stem=path.stem),
            seen=str(holder),
            expected=tr("one window a project"),
            todo=tr("Go on there, open a copy, or only look at it here"),
        )
        self.path, self.holder = path, holder


class ProjectNotWritable(StudioError):
    """The folder lies where nothing can be written: a read-only disk, or somebody else's."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            tr("Cannot open {name} to work on it", name=path.name),
            seen=error.strerror or str(error),
            expected=tr("a folder that can be written"),
            todo=tr("Copy it to a place of your own, or only look at it"),
        )
        self.path = path


@dataclass(frozen=True)
class Opened:
    """What opening found.

    Attributes:
        document: its keeper is the project's store; None where it is only looked at.
        notices: sentences for the user: what had to be made good.
        missing: sounds that are not in the folder and were not found nearby.
        interrupted: a request that was cut off, now or before and put off; None for none.
    """

    folder: ProjectFolder
    document: Document
    notices: tuple[str, ...] = ()
    missing: tuple[AudioRef, ...] = ()
    interrupted: Begun | None = None


class SoundMissing(StudioError):
    """A sound of a project is nowhere to be found."""

    def __init__(self, folder: ProjectFolder, ref: AudioRef) -> None:
        super().__init__(
            tr("{name}{suffix} is missing", name=ref.name, suffix=ref.suffix),
            seen=tr("neither in the project nor at {found_at}", found_at=ref.found_at or tr("its old place")),
            expected=tr("the file the project was made with"),
            todo=tr("Show where it is, or put it beside the project folder, under any name"),
        )
        self.folder, self.ref = folder, ref


def create_project(
    parent: Path,
    state: State,
    on_problem: Callable[[StudioError | None], None] | None = None,
    *,
    path: Path | None = None,
) -> ProjectStore:
    """Makes the folder of a new project, locked and ready to keep what is done from now on.

    Args:
        parent: gets a folder named after the song; with `path` that one is made instead.

    Raises:
        StudioError: where nothing can be written there.
    """
    try:
        folder = ProjectFolder(path or free_project(parent, state.project.title))
        folder.make()
        lock.acquire(folder.path)
        write_journal(folder.journal, [_beginning(state)])
        write_snapshot(folder, state)
        return ProjectStore(folder, state, on_problem)
    except OSError as error:
        raise StudioError(
            tr("Cannot make a project"),
            seen=error.strerror or str(error),
            expected=tr("a folder that can be written: {parent}", parent=parent),
            todo=tr("Choose another folder for projects under File > Save as"),
        ) from error


def open_project(
    path: Path,
    *,
    read_only: bool = False,
    on_problem: Callable[[StudioError | None], None] | None = None,
) -> Opened:
    """Opens a project folder.

    Args:
        read_only: looks at it without a lock and writes nothing.
        on_problem: see ProjectStore.

    Raises:
        ProjectInUse: another window has it.
        ProjectNotWritable: nothing can be written there.
        StudioError: no project, one of a newer program, or one that is too damaged to be told.
    """
    folder = ProjectFolder(path)
    if not is_project(path):
        raise StudioError(
            tr("Cannot open {name}", name=path.name),
            seen=tr("no project in it") if path.is_dir() else tr("no such folder"),
            expected=tr("a folder that Backline made, such as Song.backline"),
            todo=tr("Choose another folder, or open the vocal to begin a new project"),
        )
    if read_only:
        state, notices = read_state(folder)
        in_use = lock.living_holder(path) is not None
        because = tr("another window has it open") if in_use else tr("its folder cannot be written")
        document = Document(state, read_only=True, because=because)
        return Opened(folder, document, tuple(notices), _missing(folder, state, mend=False))
    try:
        holder = lock.acquire(path)
    except OSError as error:
        raise ProjectNotWritable(path, error) from error
    if holder is not None:
        raise ProjectInUse(path, holder)
    try:
        return _open_locked(folder, on_problem)
    except OSError as error:
        lock.release(path)
        raise StudioError(
            tr("Cannot open {name}", name=path.name), seen=error.strerror or str(error)
        ) from error
    except BaseException:
        lock.release(path)
        raise


def read_state(folder: ProjectFolder) -> tuple[State, list[str]]:
    """The state that snapshot and journal amount to, and what was found damaged, in words. Writes nothing.

    Raises:
        StudioError: where neither can be read.
    """
    what = tr("the project {stem}", stem=folder.path.stem)
    state: State | None = None
    notices: list[str] = []
    refused: StudioError | None = None
    try:
        state = state_from_json(json.loads(folder.snapshot.read_text(encoding="utf-8")), what)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RecursionError) as error:
        refused = StudioError(
            tr("Cannot read {what}", what=what),
            seen=str(error),
            expected=tr("what Backline wrote, unchanged"),
        )
    except StudioError as error:
        if "newer" in error.what:
            raise
        refused = error
    entries = read_journal(folder.journal)
    if entries.damage:
        notices.append(tr("{damage}: changes after it may be missing.", damage=capital(entries.damage)))
    for entry in entries.entries:
        if "snapshot" in entry:
            if state is None or int(entry["snapshot"].get("entry", -1)) > state.entry:
                state = state_from_json(entry["snapshot"], what)
            continue
        if state is None or not isinstance(entry.get("entry"), int) or entry["entry"] <= state.entry:
            continue
        try:
            state = replay(state, entry)
        except (ValueError, StudioError) as error:
            if isinstance(error, UnknownChange):
                raise StudioError(
                    tr("{what} was made by a newer Backline", what=capital(what)),
                    seen=error.seen,
                    todo=tr("Open it with that version; nothing in it was changed"),
                ) from error
            notices.append(
                tr("The journal does not go on after change {entry}: {error}", entry=state.entry, error=error)
            )
            break
    if state is None:
        raise refused or StudioError(
            tr("Cannot read {what}", what=what),
            seen=tr("an empty journal and no project.json"),
            expected=tr("what Backline wrote there"),
        )
    if refused is not None:
        notices.append(tr("project.json was damaged; everything was read from the journal instead."))
    return state, notices


def _open_locked(folder: ProjectFolder, on_problem: Callable[[StudioError | None], None] | None) -> Opened:
    folder.make()
    sweep_parts(folder.path)
    # A Save as or an export that was killed left its half beside the project, hidden, and as large.
    sweep_parts(folder.path.parent, deep=False)
    state, notices = read_state(folder)
    journal = read_journal(folder.journal)
    if notices or _is_long(folder) or not _leads_to(journal, state):
        if notices and folder.journal.exists():
            kept = folder.path / f"journal.damaged-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
            folder.journal.replace(kept)
            notices.append(tr("The damaged journal was kept as {name}.", name=kept.name))
        write_snapshot(folder, state)
        write_journal(folder.journal, [_beginning(state)])
    elif journal.torn:
        _cut_last_line(folder)
    coming = {step.command.screen for step in state.undone if isinstance(step.command, Judge)}
    sweep_clips(folder, state.project, frozenset(coming))
    _catch_up_ratings(folder)
    store = ProjectStore(folder, state, on_problem)
    document = Document(state, store)
    waiting = document.project.put_off[-1:]
    interrupted = document.project.begun or next(iter(waiting), None)
    for record in adopt(folder, set(document.project.numbers)):
        document.do(AddCandidate(record))
        notices.append(
            tr(
                "Candidate {number} was finished just before the program ended: it is back.",
                number=record.number,
            )
        )
    return Opened(folder, document, tuple(notices), _missing(folder, document.state, mend=True), interrupted)


def _missing(folder: ProjectFolder, state: State, *, mend: bool) -> tuple[AudioRef, ...]:
    """The sounds that are not in the folder; with `mend`, those that are found nearby are taken in."""
    project = state.project
    wanted = ([project.vocal] if project.vocal else []) + [take.sound for take in project.takes]
    missing = []
    for ref in dict.fromkeys(wanted):
        if folder.kept(ref) is not None:
            continue
        nearby = find_audio(ref, (folder.path, folder.path.parent))
        if nearby is None:
            missing.append(ref)
        elif mend:
            try:
                folder.keep_audio(nearby, ref)
            except (OSError, ValueError):
                missing.append(ref)
    return tuple(missing)


def sound_path(folder: ProjectFolder, ref: AudioRef) -> Path:
    """Where a sound can be read: in the project, else where the user had it.

    Raises:
        SoundMissing: it is in neither place.
    """
    kept = folder.kept(ref)
    if kept is not None:
        return kept
    nearby = find_audio(ref, (folder.path, folder.path.parent))
    if nearby is None:
        raise SoundMissing(folder, ref)
    return nearby


def _beginning(state: State) -> dict[str, object]:
    return {"at": now(), "snapshot": snapshot_json(state)}


def _leads_to(journal: Replay, state: State) -> bool:
    """Whether what is appended goes on where the journal ends: it does not where the snapshot knows more, as after a
    full disk or a journal that was cut short."""
    last = journal.entries[-1] if journal.entries else {}
    return bool(last.get("snapshot", last).get("entry") == state.entry)


def _is_long(folder: ProjectFolder) -> bool:
    try:
        return folder.journal.stat().st_size > _LONGEST_JOURNAL
    except OSError:
        return False


def _cut_last_line(folder: ProjectFolder) -> None:
    """Takes away a line that was never finished, so that the next one begins on its own."""
    content = folder.journal.read_bytes()
    with folder.journal.open("rb+") as file:
        file.truncate(content.rfind(b"\n") + 1)


def _catch_up_ratings(folder: ProjectFolder) -> None:
    """Writes the sayings of the journal that a crash kept from the ratings; those that are there stay the same."""
    entries = read_journal(folder.journal).entries
    if not any("do" in entry for entry in entries):
        return
    state: State | None = None
    rows: list[Row] = []
    for entry in entries:
        try:
            if "snapshot" in entry:
                state = state_from_json(entry["snapshot"], tr("the journal"))
                continue
            if state is None:
                continue
            after = replay(state, entry)
            row = saying_of(entry, state.project, after)
        except (StudioError, ValueError):
            break
        if row is not None:
            rows.append(row)
        state = after
    if not rows:
        return
    with contextlib.suppress(StudioError):  # said by the store when it is written to
        ratings = RatingsFile(folder.path / RATINGS)
        try:
            known = {said.entry for said in ratings.read()} | {vote.entry for vote in ratings.votes()}
            for row in rows:
                if isinstance(row, tuple) or row.entry not in known:
                    keep_row(ratings, row)
        finally:
            ratings.close()
