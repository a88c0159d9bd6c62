"""Somebody without a mouse in a window of their own, and what a machine can find wrong with what they see."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAccessible, QAction, QKeySequence, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QDialog,
    QLabel,
    QMenu,
    QRadioButton,
    QWidget,
)

from studio.app import build_window
from studio.audio.player import Player
from studio.services.generating.service import GenerationService
from studio.services.recording.audio_setup import resolve_setup
from studio.storage.audio_settings import AudioSettings
from studio.ui.appearance import language, theme
from studio.ui.appearance.widgets import ElidedLabel
from studio.ui.window.preferences import Preferences
from tests.services.band import ToneEngine
from tests.ui.english import english_in, is_english
from tests.ui.rating.fake_personal import FakePersonal
from tests.ui.rating.fake_screens import FakeScreens
from tests.ui.reach import controls, unreachable
from tests.ui.walk.place import Place
from tests.ui.walk.world import doubtful

_PATIENCE_S = 40.0


class Walker:
    """Somebody without a mouse.

    Args:
        pictures: the folder for pictures of the stations, or None.

    Attributes:
        faults: what was wrong at each station, in words.
    """

    def __init__(self, place: Place, home: Path, pictures: Path | None) -> None:
        self.place, self._pictures = place, pictures
        self.faults: list[str] = []
        #: What views painted since the last station.
        self._painted: set[str] = set()
        paint = QPainter.drawText

        def painted(painter: QPainter, *where: object) -> object:
            self._painted.update(text for text in where if isinstance(text, str))
            return paint(painter, *where)  # type: ignore[call-overload]

        QPainter.drawText = painted  # type: ignore[method-assign, assignment]
        self.app = QApplication(sys.argv[:1])
        preferences = Preferences(home / "window.ini")
        self._translator = language.speak(self.app, preferences)
        theme.apply_theme(self.app, place.theme)
        preferences.set("theme", place.theme)
        preferences.set("export_folder", str(home / "書き出し"))
        (home / "書き出し").mkdir()
        player = Player(find_setup=lambda: resolve_setup(AudioSettings(), with_input=False))
        self.window = build_window(
            GenerationService(Path("no weights"), "cpu", load=lambda *_: ToneEngine()), player, preferences,
            home / "data", home / "音楽", analyse=doubtful, screens=FakeScreens(), personal=FakePersonal(home),
        )  # fmt: skip
        room = self.app.primaryScreen().availableSize()
        self.window.resize(room)
        self.window.move(0, 0)
        self.window.show()
        self.activate(self.window)

    # Keys

    def press(self, *keys: str) -> None:
        """Presses keys where the focus is; each as Qt writes it: 'G', 'Ctrl+Shift+T', 'Esc'."""
        for key in keys:
            at = QApplication.activePopupWidget() or QApplication.focusWidget() or QApplication.activeWindow()
            assert at is not None
            held = QKeySequence(key)[0]
            QTest.keyClick(at, held.key(), held.keyboardModifiers())
            self.settle()

    def paste(self, text: str) -> None:
        """As somebody types who has an input method, or has it from elsewhere."""
        QApplication.clipboard().setText(text)
        self.press("Ctrl+A", "Ctrl+V")

    def tab_to(self, *widgets: QWidget) -> None:
        for _ in range(120):
            if QApplication.focusWidget() in widgets:
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not get to {widgets[0].accessibleName() or widgets[0]}")

    def choose(self, letter: str, *actions: QAction) -> None:
        """Opens a menu by its letter and goes down, and into a menu within, to an action."""
        self.press(f"Alt+{letter}")
        for place, action in enumerate(actions):
            menu = QApplication.activePopupWidget()
            assert isinstance(menu, QMenu), f"Alt+{letter} opens no menu"
            for _ in range(40):
                if menu.activeAction() is action:
                    break
                self.press("Down")
            assert menu.activeAction() is action, f"{action.text()} is not reached"
            self.press("Return" if place == len(actions) - 1 else "Right")

    # Waiting

    def settle(self) -> None:
        for _ in range(3):
            self.app.sendPostedEvents()
            self.app.processEvents()

    def wait(self, until: Callable[[], object], what: str) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not until():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain: {what}")
            self.app.processEvents()
            time.sleep(0.005)
        self.settle()

    def idle(self) -> None:
        window = self.window
        self.wait(
            lambda: not window.generation.running and not window.workspace.runner.busy, "for the work to end"
        )

    def activate(self, top: QWidget) -> None:
        """What a window manager does when a window opens, or the one above it closes."""
        top.activateWindow()
        self.wait(top.isActiveWindow, "for the window to be active")

    def dialog(self) -> QWidget:
        """The dialog that was opened last, active."""
        self.wait(self._dialogs, "for a dialog")
        top = self._dialogs()[-1]
        self.activate(top)
        return top

    def _dialogs(self) -> list[QWidget]:
        return [d for d in self.window.findChildren(QDialog) if d.isVisible()]

    def close_dialog(self) -> None:
        """Escape closes it."""
        title = self.dialog().windowTitle()
        self.press("Esc")
        assert not self._dialogs(), f"Escape does not close {title}"
        self.activate(self.window)

    # Stations

    def station(self, name: str, top: QWidget | None = None) -> None:
        """Looks at a window, and takes its picture."""
        top = top or self.window
        self.settle()
        if self._pictures is not None:
            self._take(name, top)
        faults = list(faults_of(top, self.place.language))
        if self.place.language != "en":
            faults += [f"English, painted: {text!r}" for text in self._painted if is_english(text)]
        self._painted.clear()
        self.faults += [f"{name}: {fault}" for fault in faults]

    def _take(self, name: str, top: QWidget) -> None:
        picture = self.window.grab()
        painter = QPainter(picture)
        above = [top, *(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())]
        for widget in above:
            if widget is not self.window:
                at = widget.mapToGlobal(QPoint(0, 0)) - self.window.mapToGlobal(QPoint(0, 0))
                painter.drawPixmap(at, widget.grab())
        painter.end()
        assert self._pictures is not None
        self._pictures.mkdir(parents=True, exist_ok=True)
        picture.save(str(self._pictures / f"{name}.png"))

    def leave(self) -> None:
        """Closes everything."""
        for widget in self.app.topLevelWidgets():
            if widget is not self.window:
                widget.close()
        self.window.close()


def faults_of(top: QWidget, language: str) -> Iterator[str]:
    """What a machine can find wrong with how a window looks and what it says."""
    yield from unreachable(top)
    room = top.screen().availableGeometry()
    if top.parentWidget() is not None and not room.contains(top.geometry()):
        yield f"{top.geometry().getRect()} is not on the screen {room.getRect()}"
    for text in top.findChildren(QLabel):
        cut = not text.wordWrap() and text.width() < text.sizeHint().width() - 1
        if text.isVisible() and text.text() and not isinstance(text, ElidedLabel) and cut:
            yield f"cut: {text.text()!r}"
    for button in top.findChildren(QAbstractButton):
        words = button.text().replace("&", "")
        room = button.width() - (20 if isinstance(button, QCheckBox | QRadioButton) else 4)
        if button.isVisible() and words and button.fontMetrics().horizontalAdvance(words) > room:
            yield f"cut: {words!r}"
    for widget in controls(top):
        if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name):
            yield f"has no name: {widget}"
    if language != "en":
        yield from (f"English: {text!r}" for text in english_in(top))
