"""Kills a process at random moments of its work on a shelf of adapters, and looks at what the next start finds.

    python -m tests.services.taste.killed_shelf --count 100 --seed 1

Before each step the child says what it is about to do and after it what state it is in; it is killed in the middle.
The next start must find the state that was told last or the one the step leads to, every adapter whole, and something
that can be used.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path

from studio.core.errors import StudioError
from studio.services.taste.adapters import AdapterShelf
from tests.services.taste.adapter_files import BASE, write_adapter


def state_of(shelf: AdapterShelf) -> dict[str, object]:
    """What a user can see of a shelf."""
    return {
        "promoted": shelf.promoted,
        "strength": shelf.strength,
        "adapters": sorted((e.id, e.state, len(e.test.outcomes)) for e in shelf.list()),
    }


def work(folder: Path, files: Path, chance: random.Random, tell: int) -> None:
    """The child: never ends by itself."""
    shelf = AdapterShelf(folder)
    while True:
        os.write(tell, (json.dumps(state_of(shelf)) + "\n").encode())
        entries = shelf.list()
        step = chance.choice(
            ("keep", "promote", "promote", "rollback", "trial", "strength", "delete", "slot")
        )
        if step == "keep" or not entries:
            number = chance.randrange(10**6)
            path = write_adapter(files / f"{number}.safetensors", number)
            shelf.keep(path, {"n": number}, made_at=f"{time.time_ns()}")
            path.unlink()
            continue
        key = chance.choice(entries).id
        if step == "promote":
            shelf.promote(key)
        elif step == "rollback":
            shelf.rollback()
        elif step == "strength":
            shelf.set_strength(chance.choice((0.0, 0.5, 1.0)))
        elif step == "delete" and len(entries) > 3:
            shelf.delete(key)
        elif step == "slot":
            shelf.add_base_slot(chance.choice(("win", "loss")))
        elif step == "trial":
            try:
                shelf.add_trial(key, chance.choice(("win", "loss")))
            except StudioError:
                continue  # no candidate


def trial(folder: Path, files: Path, seed: int) -> None:
    """One child, killed. Raises AssertionError for anything that was lost."""
    chance = random.Random(seed)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(folder, files, chance, writing)
        except BaseException as error:
            os.write(writing, (json.dumps({"error": repr(error)}) + "\n").encode())
            os._exit(1)
    os.close(writing)
    select.select([reading], [], [], 30.0)
    time.sleep(chance.uniform(0.0, 0.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as file:
        told = [json.loads(line) for line in file.read().splitlines()]
    assert told
    assert "error" not in told[-1], told[-1]
    check(folder, told[-1])


def check(folder: Path, told: dict[str, object]) -> None:
    """What the next start finds: what was told, but for what one step can change."""
    shelf = AdapterShelf(folder)
    assert shelf.problem is None
    found = state_of(shelf)
    for entry in shelf.list():
        shelf.path(entry.id)  # whole, or it raises
    path, _ = shelf.in_use(BASE)
    assert shelf.problem is None
    assert (path is None) == (shelf.promoted is None)
    assert not [p for p in folder.rglob("*.part") if p.name.startswith(".")]
    before, after = ({row[0] for row in s["adapters"]} for s in (told, found))  # type: ignore[attr-defined]
    assert len(before ^ after) <= 2, (told, found)  # one came, and one went for it


def run(count: int, seed: int, folder: Path) -> int:
    """Kills `count` children; returns how many."""
    chance = random.Random(seed)
    files = folder / "files"
    files.mkdir()
    for number in range(count):
        if number % 25 == 0:
            shutil.rmtree(folder / "shelf", ignore_errors=True)
        trial(folder / "shelf", files, chance.randrange(2**31))
    return count


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{run(options.count, options.seed, Path(folder))} killed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
