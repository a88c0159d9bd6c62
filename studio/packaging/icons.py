"""The icon of the program in the forms that systems want, drawn from its SVG with Qt."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def make_icon(svg: Path, out: Path) -> Path | None:
    """An .ico on Windows, an .icns on macOS; None where a program's file has no icon."""
    suffix = {"win32": "ico", "darwin": "icns"}.get(sys.platform)
    return draw_icon(svg, out / f"{svg.stem}.{suffix}") if suffix else None


def draw_icon(svg: Path, path: Path) -> Path:
    """Draws it at the largest size the form has. Raises RuntimeError where Qt cannot write the form."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication, QIcon

    _ = QGuiApplication.instance() or QGuiApplication([])
    size = 1024 if path.suffix == ".icns" else 256
    path.parent.mkdir(parents=True, exist_ok=True)
    if not QIcon(str(svg)).pixmap(size, size, QIcon.Mode.Normal).toImage().scaled(size, size).save(str(path)):
        raise RuntimeError(f"Qt cannot write {path.name}")
    return path
