"""Programs of the system, started by the packaged one: they must not be given the libraries that it brought along.

PyInstaller's start puts our folder into LD_LIBRARY_PATH, where our own children need it, and leaves what was there
before in LD_LIBRARY_PATH_ORIG. A file manager with our libraries may not start.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from studio.storage.paths import is_packaged

_PATH, _BEFORE = "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG"


def outside_environment() -> dict[str, str]:
    """What a program of the system is to be started with."""
    environment = dict(os.environ)
    if is_packaged():
        environment.pop(_PATH, None)
        if (before := environment.pop(_BEFORE, None)) is not None:
            environment[_PATH] = before
    return environment


@contextlib.contextmanager
def as_outside() -> Iterator[None]:
    """For what starts programs by itself, as Qt does; no child of our own may be started meanwhile."""
    ours, outside = {name: os.environ.get(name) for name in (_PATH, _BEFORE)}, outside_environment()
    _set({name: outside.get(name) for name in ours})
    try:
        yield
    finally:
        _set(ours)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
