"""The picture of a waveform: from its lowest to its highest sample in every column, with soft edges."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from studio.dsp.waveform import Waveform
from studio.ui.appearance import theme


def outline_image(
    waveform: Waveform, start_s: float, end_s: float, size: QSize, *, peak: float | None = None
) -> QImage:
    """The sound from start to end in the colours of the theme; `peak`, else its own, fills the height."""
    peak = waveform.peak if peak is None else peak
    width, height = max(1, size.width()), max(1, size.height())
    low, high = waveform.columns(start_s, end_s, width) / max(peak, 1e-4) * 0.96
    # From the top; silence is still a line of one pixel.
    top, bottom = (1 - high) * height / 2 - 0.5, (1 - low) * height / 2 + 0.5
    rows = np.arange(height)[:, None]
    covered = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0.0, 1.0)
    levels = np.ascontiguousarray((covered * 255).astype(np.uint8))
    image = QImage(levels.data, width, height, width, QImage.Format.Format_Indexed8)
    ends = [
        np.array([c.red(), c.green(), c.blue()]) for c in map(theme.current().colour, ("panel", "accent"))
    ]
    shares = np.linspace(0.0, 1.0, 256)[:, None]
    rgb = (ends[0] * (1 - shares) + ends[1] * shares).round().astype(int)
    image.setColorTable([0xFF000000 | r << 16 | g << 8 | b for r, g, b in rgb.tolist()])
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy that owns its pixels
