"""The short film of the README, made anew with the bundled models: python -m tests.ui.film

Frames are grabs of the real window without a screen, driven as a user would; time is the film's own, so that a slow
machine gives the same film.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from studio.services.exporting.settings import ExportSettings
from studio.storage.paths import resources_dir
from studio.ui.appearance import theme
from studio.ui.comparing.export_result import ExportResult
from tests.ui.pictures import OUT, Camera

_SIZE = QSize(1000, 632)
_CAPTION_PX = 40
_TICK_S = 0.2
_LISTENED_S = 1.8


class Film:
    """Frames and how long each stands."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._frames: list[Image.Image] = []
        self._durations_ms: list[int] = []

    def shoot(self, caption: str, seconds: float, over: QWidget | None = None) -> None:
        """One frame: the window, a dialog over it, and a line that says what happens."""
        QApplication.processEvents()
        window = self._camera.window
        picture = QPixmap(window.size())
        window.render(picture)
        if over is not None:
            painter = QPainter(picture)
            middle = QPoint((window.width() - over.width()) // 2, (window.height() - over.height()) // 2)
            painter.fillRect(picture.rect(), QColor(0, 0, 0, 120))
            over.render(painter, middle)
            painter.end()
        image = picture.toImage().scaled(
            _SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self._frames.append(_with_caption(image, caption))
        self._durations_ms.append(round(1000 * seconds))

    def save(self, path: Path) -> None:
        first, *rest = self._frames
        first.save(
            path, save_all=True, append_images=rest, duration=self._durations_ms, loop=0, quality=72, method=6
        )


def _with_caption(image: QImage, caption: str) -> Image.Image:
    whole = QImage(image.width(), image.height() + _CAPTION_PX, QImage.Format.Format_RGB888)
    whole.fill(QColor("#16181d"))
    painter = QPainter(whole)
    painter.drawImage(0, 0, image)
    font = QFont(painter.font())
    font.setPixelSize(19)
    painter.setFont(font)
    painter.setPen(QColor("#e8eaf0"))
    painter.drawText(
        QRect(0, image.height(), image.width(), _CAPTION_PX), Qt.AlignmentFlag.AlignCenter, caption
    )
    painter.end()
    size = whole.bytesPerLine()
    rows = bytes(whole.constBits())
    return Image.frombytes("RGB", (whole.width(), whole.height()), rows, "raw", "RGB", size)


def shoot_all(camera: Camera, film: Film) -> None:
    """From the empty window to an export."""
    window, now_s = camera.window, 0.0
    window.playback.player._clock = lambda: now_s

    def listen(caption: str) -> None:
        nonlocal now_s
        for _ in range(round(_LISTENED_S / _TICK_S)):
            now_s += _TICK_S
            window.playback._on_tick()
            film.shoot(caption, _TICK_S)

    film.shoot("Record a vocal, or drop one here", 1.6)
    window.open_path(resources_dir() / "demo_vocal.flac")
    camera.wait(lambda: window.request.generate.isEnabled())
    camera.idle()
    film.shoot("Tempo, key, bars and chords are heard; correct them if you like", 2.4)
    camera.generate(4)
    for number in range(1, 5):
        camera.wait(lambda number=number: len(window.candidates.rows) >= number)
        film.shoot("Four bands are made for it, on your machine", 0.9)
    camera.wait(lambda: not window.generation.running)
    camera.idle()
    window.playback.seek(10.0)
    window.playback.toggle()
    for number in (1, 2, 4):
        window.playback.select(number)
        listen("Switch between them while the music goes on")
    window.compare.ask("favourite", 4)
    window.compare.ask("pick", 4)
    film.shoot("Keep the best", 1.4)
    window.playback.pause()
    window.exporting.export((4,), Path(tempfile.mkdtemp(prefix="backline film ")), ExportSettings())
    camera.wait(lambda: bool(window.findChildren(ExportResult)))
    result = window.findChildren(ExportResult)[0]
    film.shoot("Take stems, MIDI and a session into your DAW", 2.6, over=result)
    result.close()
    camera.idle()
    window.close()


def main() -> int:
    app = QApplication(sys.argv[:1])
    theme.apply_theme(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(app, Path(folder))
        film = Film(camera)
        shoot_all(camera, film)
        film.save(OUT / "film.webp")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
