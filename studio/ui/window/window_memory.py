"""What the window takes from the last time and leaves for the next: size, wishes, frequency axis, balance,
the stem that keys act on.

Wishes and balance are kept when they change, and before a request begins: who is killed is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize, QTimer

from studio.core.arrangement import STEMS
from studio.core.commands import BeginRequest, Command
from studio.core.controls import Controls
from studio.core.engines import BAND_MODEL
from studio.core.project import Project
from studio.dsp.spectrogram import Scale
from studio.ui.generating.request_panel import Wishes
from studio.ui.generating.seeds import FIRST_SEED
from studio.ui.timeline.vocal_panel import SCALES, WAVE

if TYPE_CHECKING:
    from studio.ui.window.main_window import MainWindow

#: A change is kept once it has rested for so long.
_REST_MS = 300
#: What a window manager puts around a window: its title, and at its other edges.
_TITLE, _EDGE = 32, 4


class WindowMemory(QObject):
    """Restores the window, and from then on keeps what is chosen in it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.save)
        restore(window)
        window.request.changed.connect(self._rest.start)
        window.vocal.scales.chosen.connect(lambda _: self._rest.start())
        window.playback.mix_changed.connect(lambda _: self._rest.start())
        window.strip.target_changed.connect(lambda _: self._rest.start())
        window.workspace.changed.connect(self._on_changed)

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        if isinstance(command, BeginRequest):
            self.save()

    def save(self) -> None:
        self._rest.stop()
        save(self._window)


def restore(window: MainWindow) -> None:
    """Size and place, wishes and how the song is heard and shown, as they were kept."""
    get = window.preferences.get
    if not window.restoreGeometry(window.preferences.get_bytes("geometry")):
        window.resize(1360, 860)
    if not window.isMaximized() and not window.isFullScreen():
        _keep_on_screen(window)
    scale: Scale = next((value for _, value in SCALES if value == get("scale", "mel")), "mel")
    window.pictures.set_scale(scale)
    picture = WAVE if get("waveforms", False) else scale
    window.vocal.scales.set_value(picture)
    window.view.show_pictures(picture)
    window.panels.split.restoreState(window.preferences.get_bytes("split"))
    wishes = Wishes(
        controls=Controls(
            style=get("style", "") or None,
            density=get("density", "") or None,
            energy=tuple(get("energy", "").split()) or None,
            instruments={stem: name for stem in STEMS if (name := get(stem, ""))},
            follow=get("follow", "") or None,
            sound=get("sound", "") or None,
        ),
        candidates=get("candidates", 4),
        # Of a song, not of the user: a seed comes with the song that it was chosen for.
        seed=FIRST_SEED,
        keep_seed=False,
        engine=get("engine", BAND_MODEL.name),
    )
    window.request.set_wishes(wishes)
    if (target := get("target", "")) in window.strip.names:
        window.strip.set_target(target)
    balance = min(max(-1.0, get("balance", 0.0)), 1.0)
    window.playback.set_mix(balance=balance, matched=get("matched", True))


def _keep_on_screen(window: MainWindow) -> None:
    """No larger than the screen it opens on, and on it: that may be another one than last time, or count in larger
    pixels. Qt itself heeds only how wide a remembered window is, and not how large one without a memory."""
    room = window.screen().availableGeometry()
    # A window that was never shown does not know its frame yet.
    most = QSize(room.width() - 2 * _EDGE, room.height() - _TITLE - _EDGE)
    window.setMinimumSize(window.minimumSize().boundedTo(most))
    size = window.size().boundedTo(most)
    if size != window.size():
        window.resize(size)
    corner = QRect(window.pos(), size + QSize(2 * _EDGE, _TITLE + _EDGE))
    if not room.contains(corner):
        left = max(room.left(), min(corner.left(), room.right() + 1 - corner.width()))
        top = max(room.top(), min(corner.top(), room.bottom() + 1 - corner.height()))
        window.move(left, top)


def save(window: MainWindow) -> None:
    """Keeps what `restore` brings back."""
    wishes, keep = window.request.wishes, window.preferences.set
    window.preferences.set_bytes("geometry", window.saveGeometry())
    window.preferences.set_bytes("split", window.panels.split.saveState())
    keep("scale", window.pictures.scale)
    keep("waveforms", window.vocal.scales.value == WAVE)
    controls = wishes.controls
    keep("engine", wishes.engine)
    keep("target", window.strip.target)
    keep("style", controls.style or "")
    keep("density", controls.density or "")
    keep("energy", " ".join(controls.energy or ()))
    keep("follow", controls.follow or "")
    keep("sound", controls.sound or "")
    for stem in STEMS:
        keep(stem, controls.instruments.get(stem, ""))
    keep("candidates", wishes.candidates)
    keep("balance", window.playback.mix.balance)
    keep("matched", window.playback.mix.matched)
    window.preferences.sync()
