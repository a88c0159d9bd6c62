"""`python -m studio` and the `studio` command: the window, or the command line."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from studio.cli.main import run
from studio.storage.log import start_log
from studio.storage.paths import user_data_dir


def open_window(path: Path | None, device: str) -> int:
    # Qt is loaded only when a window is wanted.
    from studio.app import run_app

    return run_app(path, device=device)


def main() -> int:
    # A frozen application starts its worker processes by running itself again.
    multiprocessing.freeze_support()
    start_log(user_data_dir())
    return run(sys.argv[1:], open_window)


if __name__ == "__main__":
    raise SystemExit(main())
