"""Damages files and hands them to their readers, in a process of its own that is given up when it hangs."""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import mutated
from tests.fuzz.reader import Reader
from tests.fuzz.readers import every_reader

#: No reader may take so long.
HANG_S = 5.0
#: Until the first file, while a child imports what it needs.
_START_S = 120.0


@dataclass
class Tally:
    """What came of the files of one reader: counts by outcome, and the faults with the seed that shows each."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def work(line: Any, name: str, seeds: range, folder: str) -> None:
    """In the child: says each seed before it is tried, and what came of it."""
    warnings.simplefilter("ignore")
    reader = next(r for r in every_reader() if r.name == name)
    place = Path(folder)
    path = reader.make(place)
    good = path.read_bytes()
    assert reader.outcome(path) in ("read", "refused")
    for seed in seeds:
        line.send(("try", seed))
        path.write_bytes(mutated(good, seed))
        try:
            outcome = reader.outcome(path)
            left = [p.name for p in place.rglob("*.part")]
            assert not left, f"left behind: {left}"
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            line.send(
                ("fault", f"{name}, seed {seed}: {type(error).__name__} at {where}: {str(error)[:200]}")
            )
            continue
        line.send(("done", outcome))
    line.send(("end", None))


def fuzz(reader: Reader, count: int, first_seed: int = 0) -> Tally:
    """Tries `count` damaged files of one reader."""
    tally, seed, stop = Tally(), first_seed, first_seed + count
    context = multiprocessing.get_context("spawn")
    while seed < stop:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            ours, theirs = context.Pipe()
            child = context.Process(target=work, args=(theirs, reader.name, range(seed, stop), folder))
            child.start()
            theirs.close()
            patience, at = _START_S, seed
            while True:
                try:
                    if not ours.poll(patience):
                        tally.faults.append(f"{reader.name}, seed {at}: hangs for {patience:g} s")
                        break
                    kind, value = ours.recv()
                except (EOFError, OSError):
                    child.join(5)
                    tally.faults.append(f"{reader.name}, seed {at}: the process died ({child.exitcode})")
                    break
                patience = HANG_S
                if kind == "try":
                    at = value
                elif kind == "fault":
                    tally.faults.append(value)
                elif kind == "done":
                    tally.outcomes[value] += 1
                else:
                    at = stop
                    break
            child.kill()
            child.join()
            seed = at + 1
    return tally


def fuzz_here(reader: Reader, folder: Path, count: int, first_seed: int = 0) -> Tally:
    """The same in this process, which is quicker to start; a hang ends it with a trace of where."""
    tally = Tally()
    path = reader.make(folder)
    good = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(first_seed, first_seed + count):
            path.write_bytes(mutated(good, seed))
            faulthandler.dump_traceback_later(HANG_S * 6, exit=True)  # of a machine that is busy
            try:
                tally.outcomes[reader.outcome(path)] += 1
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{Path(last.filename).name}:{last.lineno}"
                tally.faults.append(f"seed {seed}: {type(error).__name__} at {where}: {str(error)[:200]}")
            finally:
                faulthandler.cancel_dump_traceback_later()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="damaged files in all")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers whose name contains this")
    options = parser.parse_args()
    readers = [reader for reader in every_reader() if options.only in reader.name]
    shares = sum(reader.share for reader in readers)
    failed = 0
    for reader in readers:
        count = max(1, round(options.count * reader.share / shares))
        began = time.perf_counter()
        tally = fuzz(reader, count, options.first_seed)
        spent_s = time.perf_counter() - began
        print(f"{reader.name:22} {count:6} files {spent_s:6.1f} s  {dict(tally.outcomes)}", flush=True)
        for fault in tally.faults[:40]:
            print(f"    {fault}", flush=True)
        failed += len(tally.faults)
    print(f"{failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
