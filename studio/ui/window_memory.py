"""What the window takes from the last time and leaves for the next: size, wishes, frequency axis, balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.dsp.spectrogram import Scale
from studio.ui.request_panel import Wishes
from studio.ui.vocal_panel import SCALES

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow


def restore(window: MainWindow) -> None:
    get = window.preferences.get
    if not window.restoreGeometry(window.preferences.get_bytes("geometry")):
        window.resize(1360, 860)
    scale: Scale = next((value for _, value in SCALES if value == get("scale", "mel")), "mel")
    window.vocal.scales.set_value(scale)
    window.workflow.pictures.set_scale(scale)
    wishes = Wishes(
        style=get("style", "") or None,
        density=get("density", "") or None,
        candidates=get("candidates", 4),
        seed=get("seed", 1),
        keep_seed=get("keep_seed", False),
    )
    window.request.set_wishes(wishes)
    window.playback.set_mix(balance=min(max(-1.0, get("balance", 0.0)), 1.0))


def save(window: MainWindow) -> None:
    wishes, keep = window.request.wishes, window.preferences.set
    window.preferences.set_bytes("geometry", window.saveGeometry())
    keep("scale", window.workflow.pictures.scale)
    keep("style", wishes.style or "")
    keep("density", wishes.density or "")
    keep("candidates", wishes.candidates)
    keep("seed", wishes.seed)
    keep("keep_seed", wishes.keep_seed)
    keep("balance", window.playback.mix.balance)
    window.preferences.sync()
