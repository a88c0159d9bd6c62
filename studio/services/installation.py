"""What to say where the program itself is not whole: packages that are missing or do not fit each other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.paths import is_packaged


def how_to_repair() -> str:
    """What the user can do about it, a sentence."""
    if is_packaged():
        return tr("Unpack the program anew, and leave out nothing of its folder")
    return tr("Run 'python3 run.py doctor' in the repository: it installs what is missing or does not fit")


@contextlib.contextmanager
def libraries() -> Iterator[None]:
    """Around the first import of large packages: raises StudioError where one of them cannot be loaded."""
    try:
        yield
    except (ImportError, OSError) as error:
        told = (str(error).strip().splitlines() or [""])[0]
        raise StudioError(
            tr("A part of this installation cannot be loaded"),
            seen=f"{type(error).__name__}: {told}",
            expected=tr("packages that fit each other"),
            todo=how_to_repair(),
        ) from error
