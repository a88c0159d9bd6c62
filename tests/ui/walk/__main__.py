"""From *record* to *export* by keys alone: python -m tests.ui.walk --every --whole --pictures DIR

Each walk has a process of its own: how many pixels a point has, and how large the screen is, Qt asks for once. Only
keys are pressed; what is looked at is asked of the window. At every station all that can be checked by a machine is:
nothing is cut, squashed, out of reach or off the screen, every control has a name, nothing is English in Japanese.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.ui.walk.place import EVERY, PAIRWISE, Place
from tests.ui.walk.walker import Walker
from tests.ui.walk.way import walk
from tests.ui.walk.world import sing


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--every", action="store_true", help="all eight, not four in which any two choices meet"
    )
    parser.add_argument(
        "--whole", action="store_true", help="the rating and every dialog in each; else in one"
    )
    parser.add_argument(
        "places", nargs="*", help="such as double-dark-ja; else four in which any two choices meet"
    )
    parser.add_argument("--pictures", type=Path, help="where to put a picture of each station")
    given = parser.parse_args(arguments)
    failed = 0
    named = [place for place in EVERY if given.every or str(place) in given.places]
    for place in named or PAIRWISE:
        whole = given.whole or place == PAIRWISE[2]
        print(f"{place}:", flush=True)
        # What was imported once need not be again.
        child = os.fork()
        if not child:
            os._exit(_walk(place, given.pictures, whole=whole))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(f"{place}: {'well' if code == 0 else f'failed ({code})'}", flush=True)
        failed += code != 0
    return min(1, failed)


def _walk(place: Place, pictures: Path | None, *, whole: bool) -> int:
    """Prints what is wrong; 1 where anything is."""
    faulthandler.enable()
    with tempfile.TemporaryDirectory(prefix="backline-walk-") as folder:
        home = Path(folder)
        place.enter(home)
        sing()
        walker = Walker(place, home, None if pictures is None else pictures / str(place))
        try:
            walk(walker, home, whole=whole)
        except Exception:
            walker.faults.append(traceback.format_exc())
        walker.leave()
    print("\n".join(walker.faults), flush=True)
    return min(1, len(walker.faults))


if __name__ == "__main__":
    sys.exit(main())
