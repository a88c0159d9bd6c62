"""Whether results can be written to a folder, asked before the work for them rather than told after it.

Only writing tells: what a system says of permissions knows nothing of folders that are no disk, and the root user may
write everywhere by that account. So the folder is made, a file in it too, and what was made is removed again.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from studio.audio.file_bytes import error_text, shown
from studio.core.errors import StudioError
from studio.core.language import tr


def check_writable(out: Path) -> None:
    """Leaves everything as it was. Raises StudioError where the folder cannot be made or written to."""
    made: list[Path] = []
    try:
        missing = [folder for folder in (out, *out.absolute().parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            made.append(folder)
        with tempfile.NamedTemporaryFile(dir=out, prefix=".backline-") as probe:
            probe.write(b"0")
    except (OSError, ValueError) as error:  # ValueError: a name that holds a zero byte
        raise StudioError(
            tr("Cannot write to {out}", out=_short(out)),
            seen=shown(_seen(out, error)),
            expected=tr("a folder that can be written, or made"),
            todo=tr("Choose another folder for results"),
        ) from error
    finally:
        with contextlib.suppress(OSError):
            for folder in reversed(made):
                folder.rmdir()


def _seen(out: Path, error: OSError | ValueError) -> str:
    with contextlib.suppress(OSError, ValueError):
        nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        if not nearest.is_dir():
            return tr("{nearest} is a file", nearest=nearest)
        if isinstance(error, PermissionError):
            return tr("no permission to write in {nearest}", nearest=nearest)
    return error_text(error)


def _short(out: Path) -> str:
    """A path that can be read: of one that is too long, the beginning."""
    text = shown(str(out))
    return text if len(text) <= 200 else shown(out.name)[:80]
