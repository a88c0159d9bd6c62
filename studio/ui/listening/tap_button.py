"""A button to tap the beat on: the tempo is the middle one of the last intervals, told from the third tap on."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton

from studio.core.language import tr
from studio.core.music import PLAYED_BPM
from studio.ui.appearance.widgets import set_role

_FEWEST, _LAST = 3, 9
#: A longer wait begins a new count, in seconds.
_FORGET_S = 2.5


def tapped_tempo(taps_s: Sequence[float]) -> float | None:
    """Quarters a minute of taps on the quarters, within PLAYED_BPM; None for fewer than three."""
    if len(taps_s) < _FEWEST:
        return None
    return float(np.clip(60.0 / np.median(np.diff(taps_s)), *PLAYED_BPM))


class TapButton(QToolButton):
    """Emits `tapped` with the tempo so far, at every tap that has one."""

    tapped = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setText(tr("Tap"))
        self.setToolTip(tr("Tap on every beat while the vocal plays: four taps or more set the tempo"))
        self.setAccessibleName(tr("Tap the tempo"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        set_role(self, "segment")
        self._taps_s: list[float] = []
        # The press is the tap; the release comes whenever the finger lifts.
        self.pressed.connect(lambda: self.tap(time.monotonic()))

    def tap(self, now_s: float) -> None:
        """One tap at a time in seconds."""
        if self._taps_s and now_s - self._taps_s[-1] > _FORGET_S:
            self._taps_s.clear()
        self._taps_s = [*self._taps_s, now_s][-_LAST:]
        tempo = tapped_tempo(self._taps_s)
        if tempo is not None:
            self.tapped.emit(tempo)
