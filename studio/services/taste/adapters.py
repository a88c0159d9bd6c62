"""The shelf of personal adapters: the base, and at most five adapters, of which one may be in use.

    <shelf>/shelf.json                   what is in use, how strongly, what was before, running comparisons
    <shelf>/<id>/adapter.safetensors     the adapter, named by the first letters of its SHA-256
    <shelf>/<id>/report.json             how its training went
    <shelf>/training/                    what a training is doing

Every change is one renaming: of a finished folder into its place, or of `shelf.json`. So a process that is killed at
any moment leaves the state before or the one after, and either is a model that works. What is in use is looked at by
its hash before it is used; where it is damaged, the base is used and `problem` says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.core.errors import StudioError
from studio.services.taste.adapter_header import read_header
from studio.services.taste.shelf_state import ShelfEntry, ShelfState, State
from studio.storage.atomic import part_path, sweep_parts, sync, write_json
from studio.taste.sequential import BlindTest

#: Adapters kept beside the base.
MOST_KEPT = 5
_FILE, _REPORT, _SHELF, _TRAINING = "adapter.safetensors", "report.json", "shelf.json", "training"
_ID_LETTERS = 16

#: Told where an adapter is written for somebody else.
PRIVACY_NOTE = (
    "This file was trained on your ratings of accompaniments to your songs. It holds no recording and no melody, but "
    "it says what you like, and parts of accompaniments that you rated may be drawn from it. Give it away only if you "
    "would tell that."
)
#: Told where answers were deleted that a model had learnt from.
RETIRED = (
    "Your model learned from what was deleted: it is out of use, and the model as it comes plays. Train it again from "
    "the votes that are left, or delete it, on the page Your model."
)
RETIRED_CANDIDATE = (
    "The model that waits for its test learned from what was deleted: it is not tested any more. Train it again from "
    "the votes that are left, or delete it, on the page Your model."
)


class AdapterShelf:
    """The user's adapters. Methods may be called from any thread; each change is on the disk when it returns.

    Args:
        folder: made when missing; `<user data>/adapters`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        sweep_parts(folder, deep=False)
        self.problem: StudioError | None = None
        self._shelf = self._read()

    # What there is

    @property
    def training_folder(self) -> Path:
        """Where a training keeps its checkpoint."""
        return self.folder / _TRAINING

    @property
    def promoted(self) -> str | None:
        """The id of the adapter in use; None for the base."""
        return self._shelf.promoted

    @property
    def strength(self) -> float:
        """How much of its change is made, 0 to 1."""
        return self._shelf.strength

    @property
    def generation(self) -> int:
        """How many adapters were in use up to now: Screen.generation."""
        now = (self._shelf.promoted,) if self._shelf.promoted is not None else ()
        return sum(key is not None for key in (*self._shelf.before, *now))

    def list(self) -> tuple[ShelfEntry, ...]:
        """All adapters, the newest first; folders that hold none are left out."""
        with self._lock:
            entries = []
            for folder in self.folder.iterdir():
                if folder.is_dir() and (folder / _REPORT).is_file() and (folder / _FILE).is_file():
                    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                        entries.append(self._entry(folder.name))
            return tuple(sorted(entries, key=lambda e: (e.made_at, e.id), reverse=True))

    def entry(self, key: str) -> ShelfEntry:
        """Raises StudioError for an adapter that there is not."""
        try:
            return self._entry(key)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StudioError(
                "There is no such adapter",
                seen=repr(key),
                expected=", ".join(e.id for e in self.list()) or "none yet",
            ) from error

    def path(self, key: str) -> Path:
        """The file of an adapter, as it was kept. Raises StudioError for a missing or damaged one."""
        entry = self.entry(key)
        path = self.folder / key / _FILE
        if _sha256(path) != entry.sha256:
            raise StudioError(
                f"The adapter {key} is damaged", seen="another content than it was kept with",
                todo="Go back to another adapter or to the base model, or train it again",
            )  # fmt: skip
        return path

    def in_use(self, hashes: Mapping[str, str]) -> tuple[Path | None, float]:
        """What an engine with these models is to play with: for `use_adapter`. The base where the adapter in use is
        damaged or belongs to another base; `problem` then says why."""
        with self._lock:
            self.problem = None
            if self._shelf.promoted is None:
                return None, 1.0
            try:
                path = self.path(self._shelf.promoted)
                if not self.entry(self._shelf.promoted).belongs_to(hashes):
                    raise StudioError(
                        "Your adapter belongs to the model before", seen="a new version of the model",
                        todo="Train it again: all your ratings are kept",
                    )  # fmt: skip
            except StudioError as error:
                self.problem = error
                return None, 1.0
            return path, self._shelf.strength

    def needs_training_anew(self, hashes: Mapping[str, str]) -> bool:
        """Whether the adapter in use belongs to another base than these models."""
        key = self._shelf.promoted
        with contextlib.suppress(StudioError):
            return key is not None and not self.entry(key).belongs_to(hashes)
        return False

    # Keeping and deleting

    def keep(
        self, file: Path, report: Mapping[str, Any], *, made_at: str = "", state: State = "candidate"
    ) -> ShelfEntry:
        """Puts an adapter on the shelf; the oldest beyond five that is neither in use nor was in use last goes.

        Raises:
            StudioError: for a file that is no adapter.
        """
        header = read_header(file)
        digest = _sha256(file)
        key = digest[:_ID_LETTERS]
        with self._lock:
            target = self.folder / key
            if not (target / _REPORT).is_file():
                temporary = part_path(target)
                temporary.mkdir()
                try:
                    shutil.copyfile(file, temporary / _FILE)
                    sync(temporary / _FILE)
                    content = {
                        "sha256": digest, "base": dict(header["base"]), "made_at": made_at,
                        "note": str(header.get("note", "")), "report": dict(report),
                    }  # fmt: skip
                    write_json(temporary / _REPORT, content)
                    if target.exists():  # what a deletion left
                        shutil.rmtree(target)
                    temporary.rename(target)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
                sync(self.folder)
            if self._shelf.promoted != key:
                self._write(replace(self._shelf, states={**self._shelf.states, key: state}))
            self._prune(key)
            return self.entry(key)

    def delete(self, key: str) -> None:
        """Removes an adapter for good; the one in use is first replaced by the base."""
        with self._lock:
            self.entry(key)
            shelf = self._shelf
            self._write(
                replace(
                    shelf,
                    promoted=None if shelf.promoted == key else shelf.promoted,
                    before=tuple(k for k in shelf.before if k != key),
                    states={k: s for k, s in shelf.states.items() if k != key},
                    tests={k: t for k, t in shelf.tests.items() if k != key},
                    running=() if shelf.promoted == key else shelf.running,
                )
            )
            self._remove(key)

    def delete_all(self) -> None:
        """Back to the base, with nothing kept and no training begun."""
        with self._lock:
            self._write(ShelfState())
            for entry in self.list():
                self._remove(entry.id)
            shutil.rmtree(self.training_folder, ignore_errors=True)

    # Using

    def promote(self, key: str) -> None:
        """Puts an adapter in use; what was in use is what `rollback` goes back to."""
        with self._lock:
            self.path(key)
            shelf = self._shelf
            if shelf.promoted == key:
                return
            states: dict[str, State] = {**shelf.states, key: "promoted"}
            if shelf.promoted is not None:
                states[shelf.promoted] = "kept"
            before = (*shelf.before, shelf.promoted)
            self._write(replace(shelf, promoted=key, before=before, states=states, running=()))

    def rollback(self) -> str | None:
        """Goes back to what was in use before, the base if nothing was; returns its id."""
        with self._lock:
            shelf = self._shelf
            if shelf.promoted is None:
                return None
            before = list(shelf.before)
            back: str | None = before.pop() if before else None
            while back is not None and not self._is_whole(back):
                back = before.pop() if before else None
            states: dict[str, State] = {**shelf.states, shelf.promoted: "kept"}
            if back is not None:
                states[back] = "promoted"
            self._write(replace(shelf, promoted=back, before=tuple(before), states=states, running=()))
            return back

    def retire(self) -> str:
        """Takes what was trained here out of use and out of the test, after answers it learnt from were deleted, and
        forgets a training that was begun. The files stay until they are deleted.

        Returns:
            What to tell the user; empty where there was nothing of the kind. An adapter from elsewhere stays in use.
        """
        with self._lock:
            shutil.rmtree(self.training_folder, ignore_errors=True)
            trained = {entry.id: entry.state for entry in self.list() if entry.report}
            shelf = self._shelf
            used = shelf.promoted in trained
            concerned = [key for key, state in trained.items() if state in ("candidate", "promoted")]
            if not concerned and not used:
                return ""
            states: dict[str, State] = {**shelf.states, **dict.fromkeys(concerned, "kept")}
            if used:
                shelf = replace(shelf, promoted=None, before=(*shelf.before, shelf.promoted), running=())
            self._write(replace(shelf, states=states))
            return RETIRED if used else RETIRED_CANDIDATE

    def set_strength(self, strength: float) -> None:
        """Raises StudioError for a strength that is none."""
        if not 0.0 <= strength <= 1.0:
            raise StudioError("There is no such strength", seen=f"{strength:g}", expected="0 to 1")
        with self._lock:
            self._write(replace(self._shelf, strength=float(strength)))

    # Comparing

    def add_trial(self, key: str, outcome: str) -> BlindTest:
        """One blind comparison of a candidate ('win') with what is in use; promotes or rejects it when that is decided.

        Raises:
            StudioError: for an adapter that there is not, or that is no candidate.
        """
        with self._lock:
            entry = self.entry(key)
            if entry.state != "candidate":
                raise StudioError(
                    "This adapter is not being tested", seen=entry.state, expected="a candidate"
                )
            test = entry.test.after(outcome)
            tests = {**self._shelf.tests, key: test.outcomes}
            states = dict(self._shelf.states)
            if test.decision == "reject":
                states[key] = "rejected"
            self._write(replace(self._shelf, tests=tests, states=states))
            if test.decision == "promote":
                self.promote(key)
            return test

    def add_base_slot(self, outcome: str) -> bool:
        """How the adapter in use did beside the unchanged base on an ordinary screen: 'win', 'loss' or 'tie' for it.

        Returns:
            True when it lost too often and what was in use before is so again.
        """
        with self._lock:
            if self._shelf.promoted is None:
                return False
            running = (*self._shelf.running, outcome)
            test = BlindTest(running)
            if test.decision == "promote" or len(test.counted) < len(running):
                running = ()  # it held its ground: counted anew
            self._write(replace(self._shelf, running=running))
            if test.decision != "reject" or test.losses <= test.wins:
                return False
            loser = self._shelf.promoted
            self.rollback()
            self._write(replace(self._shelf, states={**self._shelf.states, loser: "rejected"}))
            return True

    # Giving and taking

    def export(self, key: str, path: Path) -> str:
        """Writes a copy of an adapter for somewhere else; returns what to tell the user about it."""
        source = self.path(key)
        temporary = part_path(path)
        try:
            shutil.copyfile(source, temporary)
            sync(temporary)
            temporary.replace(path)
        except OSError as error:
            raise StudioError(
                "Cannot write the adapter", seen=error.strerror or str(error), expected=str(path)
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
        return PRIVACY_NOTE

    def import_(self, path: Path, *, made_at: str = "") -> ShelfEntry:
        """Takes an exported adapter onto the shelf; it is not in use yet. Raises StudioError for another file."""
        return self.keep(path, {}, made_at=made_at, state="kept")

    # On the disk

    def _read(self) -> ShelfState:
        path = self.folder / _SHELF
        try:
            shelf = ShelfState.of(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return ShelfState()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.problem = StudioError(
                "Which adapter was in use cannot be read", seen=str(error), expected=f"whole JSON in {path}",
                todo="The base model is used now; choose an adapter again",
            )  # fmt: skip
            return ShelfState()
        return shelf

    def _write(self, shelf: ShelfState) -> None:
        write_json(self.folder / _SHELF, shelf.as_dict())
        self._shelf = shelf

    def _entry(self, key: str) -> ShelfEntry:
        content = json.loads((self.folder / key / _REPORT).read_text("utf-8"))
        shelf = self._shelf
        # Without a word in shelf.json, a process was killed right after it kept a new one.
        unsaid: State = "candidate" if content["report"] else "kept"
        state: State = "promoted" if shelf.promoted == key else shelf.states.get(key, unsaid)
        return ShelfEntry(
            key, content["sha256"], state, content["base"], content["made_at"], content["note"],
            content["report"], BlindTest(shelf.tests.get(key, ())),
        )  # fmt: skip

    def _is_whole(self, key: str) -> bool:
        with contextlib.suppress(StudioError):
            return bool(self.path(key))
        return False

    def _prune(self, newest: str) -> None:
        """Removes the oldest beyond MOST_KEPT."""
        last = next((k for k in reversed(self._shelf.before) if k is not None), None)
        needed = {newest, self._shelf.promoted, last}
        entries = self.list()
        removable = [e.id for e in reversed(entries) if e.id not in needed]
        for key in removable[: max(0, len(entries) - MOST_KEPT)]:
            self.delete(key)

    def _remove(self, key: str) -> None:
        """The folder of an adapter that `shelf.json` no longer names: first out of sight, then gone."""
        gone = part_path(self.folder / key)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / key).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _sha256(path: Path) -> str:
    """Raises StudioError for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StudioError(
            f"The adapter {path.parent.name} cannot be read", seen=error.strerror or str(error),
            todo="Go back to another adapter or to the base model",
        ) from error  # fmt: skip


def shelf_folder(data_dir: Path) -> Path:
    """Where a user's adapters lie."""
    return data_dir / "adapters"
