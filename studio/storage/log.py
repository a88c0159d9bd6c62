"""What the program did and what failed, for a fault report: two small files of the user, the older of them dropped.

Only what happens is told, never a sound; names of songs and folders that an error brings along are taken out when a
report is made (`services/machine/fault_report.py`), so that they never leave the machine with it.
"""

from __future__ import annotations

import logging
import logging.handlers
import platform
import sys
import threading
from pathlib import Path

from studio import __version__

#: In the user's data folder.
FILE_NAME = "log.txt"
_BYTES = 256 * 1024

LOG = logging.getLogger("studio")


def start_log(data_dir: Path) -> None:
    """From now on what is told to LOG goes to the user's file, and what nobody catches too. A folder that cannot be
    written keeps nobody from working."""
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    logging.raiseExceptions = False
    try:
        handler = logging.handlers.RotatingFileHandler(
            data_dir / FILE_NAME, maxBytes=_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.info("Backline %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    of_main, of_threads = sys.excepthook, threading.excepthook

    def on_main(kind, error, trace) -> None:  # type: ignore[no-untyped-def]
        LOG.error("not caught", exc_info=(kind, error, trace))
        of_main(kind, error, trace)

    def on_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            LOG.error("not caught", exc_info=(told.exc_type, told.exc_value, told.exc_traceback))
        of_threads(told)

    sys.excepthook, threading.excepthook = on_main, on_thread


def last_lines(data_dir: Path, count: int) -> list[str]:
    """The latest of the log; none where there is no log."""
    lines: list[str] = []
    for path in (data_dir / f"{FILE_NAME}.1", data_dir / FILE_NAME):
        try:
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    return lines[-count:]
