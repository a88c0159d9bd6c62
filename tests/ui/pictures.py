"""The pictures of the documentation, made anew with the bundled models: python -m tests.ui.pictures

They are grabs of the real window without a screen; the demo vocal and its candidates are the same on every machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.app import build_window
from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.services.exporting.settings import ExportSettings
from studio.services.generating.engine_process import start_bundled_engine
from studio.services.generating.service import GenerationService
from studio.storage.paths import models_dir, resources_dir
from studio.ui.appearance import theme
from studio.ui.comparing.export_result import ExportResult
from studio.ui.listening.asking_dialog import AskingDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences

OUT = resources_dir() / "screenshots"
_SIZE = QSize(1360, 860)
_PATIENCE_S = 900.0


class Camera:
    """Drives one window and takes its pictures.

    Args:
        home: for its settings and projects.
    """

    def __init__(self, app: QApplication, home: Path) -> None:
        self._app, self._home = app, home
        self.window = self._open()

    def _open(self) -> MainWindow:
        service = GenerationService(models_dir(), "cpu", start_bundled_engine)
        preferences = Preferences(self._home / "window.ini")
        player = Player(find_setup=AudioSetup)
        window = build_window(service, player, preferences, self._home / "data", self._home / "Music")
        window.resize(_SIZE)
        window.show()
        return window

    def again(self) -> None:
        """Closes the window and opens it on the next day."""
        self.window.close()
        self.window = self._open()

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not until():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there")
            self._app.processEvents()
            time.sleep(0.01)
        self._app.processEvents()

    def idle(self) -> None:
        self.wait(lambda: not self.window.workspace.runner.busy)

    def take(
        self, name: str, widget: QWidget | None = None, part: QRect | None = None, scale: int = 1
    ) -> None:
        self._app.processEvents()
        what = widget or self.window
        picture = QPixmap((part.size() if part else what.size()) * scale)
        picture.setDevicePixelRatio(scale)
        what.render(picture, QPoint(), QRegion(part) if part else QRegion())
        image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
        image.save(str(OUT / f"{name}.png"), "PNG")
        print(name, flush=True)

    def generate(self, count: int) -> None:
        self.window.request.count.set_value(count)
        self.window.preferences.set("ask_for_beat", False)
        self.window.generate()
        self.wait(lambda: self.window.generation.running)


def main() -> int:
    app = QApplication(sys.argv[:1])
    theme.apply_theme(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        take_all(Camera(app, Path(folder)))
    return 0


def take_all(camera: Camera) -> None:
    window = camera.window
    window.open_path(resources_dir() / "demo_vocal.flac")
    camera.wait(lambda: window.request.generate.isEnabled())
    camera.idle()
    camera.take("vocal")
    window.analysis.nudges[1.0].click()
    camera.wait(lambda: window.workspace.song is not None and window.workspace.song.is_heard)
    camera.idle()
    camera.take("corrected", window.analysis)
    window.workspace.undo()
    camera.wait(lambda: window.workspace.song is not None and window.workspace.song.is_heard)
    song = window.workspace.song
    assert song is not None
    assert song.analysis is not None
    dialog = AskingDialog(song.analysis, window.playback, window)
    dialog.open()
    camera.take("asking", dialog)
    dialog.reject()
    window.playback.seek(0.0)
    camera.generate(4)
    camera.wait(lambda: len(window.candidates.rows) == 2)
    camera.take("generating")
    camera.wait(lambda: not window.generation.running)
    camera.idle()
    window.compare.ask("favourite", 2)
    window.compare.ask("rate_4", 2)
    window.playback.select(2)
    window.playback.seek(12.0)
    camera.take("candidates")
    camera.take("hidpi", part=QRect(QPoint(0, 0), QSize(900, 420)), scale=2)
    window.compare.toggle_blind()
    camera.take("blind")
    window.compare.toggle_blind()
    window.appearance.set_theme("light")
    camera.take("light")
    window.appearance.set_theme("dark")
    exports = Path(tempfile.mkdtemp(prefix="backline pictures "))
    window.exporting.export((2,), exports, ExportSettings())
    camera.wait(lambda: bool(window.findChildren(ExportResult)))
    result = window.findChildren(ExportResult)[0]
    camera.take("export", result)
    result.close()
    camera.idle()
    take_taste(camera)
    camera.again()
    camera.take("empty")
    camera.window.close()


#: Screens of the sitting in the pictures; each is one arrangement and four renderings of a phrase.
_SCREENS = 6


def take_taste(camera: Camera) -> None:
    """A sitting of somebody who likes drums: of every screen the clip with the most is best, with the fewest worst."""
    window, now_s = camera.window, 0.0
    taste, sitting = window.taste, window.taste.sitting
    window.playback.player._clock = lambda: now_s

    def press(key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(taste.mode, key, held)

    def listen(seconds: float) -> None:
        nonlocal now_s
        for _ in range(round(seconds / 0.4)):
            now_s += 0.4
            window.playback._on_tick()

    taste.enter("rate")
    for number in range(_SCREENS):
        camera.wait(lambda: sitting.state == "voting")
        screen = sitting.screen
        assert screen is not None
        if not taste.deck.playing:
            press(Qt.Key.Key_Space)
        for place in range(4):
            press(Qt.Key(Qt.Key.Key_1 + place))
            listen(5.6)
        by_drums = sorted(range(4), key=lambda place: screen.clips[place].features.get("drums", 0.0))
        press(Qt.Key(Qt.Key.Key_1 + by_drums[-1]), Qt.KeyboardModifier.ShiftModifier)
        press(Qt.Key(Qt.Key.Key_1 + by_drums[0]), Qt.KeyboardModifier.AltModifier)
        if number == 0:
            camera.take("rating")
        press(Qt.Key.Key_Return)
        if number == _SCREENS - 1:
            camera.wait(lambda: all(card.picture.shows_picture for card in taste.rating.cards))
            camera.take("reveal")
        elif number == 1:  # more like the best two
            for place in by_drums[-2:]:
                press(Qt.Key(Qt.Key.Key_1 + place))
                press(Qt.Key(Qt.Key.Key_1 + place))
            press(Qt.Key.Key_M)
        else:
            press(Qt.Key.Key_Return)
    taste.deck.pause()
    taste.enter("taste")
    camera.wait(lambda: bool(taste.learned.page.lines))
    page = taste.learned.page
    page.show_listener("me", used=True, lies="~/.local/share/Backline/taste.db")
    camera.take("taste")
    taste.enter("lineage")
    camera.take("lineage")
    taste.enter("adapter")
    camera.wait(lambda: bool(taste.adapter.page.need.text()))
    camera.take("model")
    taste.leave()


if __name__ == "__main__":
    raise SystemExit(main())
