"""The outline of a sound at every zoom: lowest and highest sample of each stretch, and of twice the stretch, and so on.

Ten minutes take 7 MB instead of the 100 MB of the samples; drawing costs what the screen has pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Samples of the shortest stretch: at the closest zoom of the views still less than a few pixels.
_STRETCH = 64


@dataclass(frozen=True, eq=False)
class Waveform:
    """Outlines of one sound.

    Attributes:
        levels: float16 [2, N], lowest and highest sample; level k has one entry for `stretch_s` * 2**k seconds.
        stretch_s: seconds of an entry of level 0.
        peak: the largest absolute sample.
    """

    levels: tuple[NDArray[np.float16], ...]
    stretch_s: float
    peak: float

    def columns(self, start_s: float, end_s: float, width: int) -> NDArray[np.float32]:
        """Lowest and highest sample under each of `width` equal columns from start to end; 0 beyond the sound.

        Returns:
            float32 [2, width]. A column shows every sample it covers, and up to one entry more on either side.
        """
        column_s = (end_s - start_s) / width
        level = int(np.clip(np.log2(max(1.0, column_s / self.stretch_s)), 0, len(self.levels) - 1))
        outline, entry_s = self.levels[level], self.stretch_s * 2**level
        edges = (start_s + np.arange(width + 1) * column_s) / entry_s
        first = np.floor(edges[:-1]).astype(int)
        last = np.maximum(first + 1, np.ceil(edges[1:]).astype(int))
        out = np.zeros((2, width), np.float32)
        inside = (first >= 0) & (first < outline.shape[1])
        # Between neighbouring pairs of indices, every second of which is a column.
        pairs = np.stack([first, np.minimum(last, outline.shape[1])], axis=1)[inside].ravel()
        if len(pairs):
            seen = np.pad(outline[:, pairs[0] : pairs[-1]], ((0, 0), (0, 1)))  # reduceat may point to the end
            out[0, inside] = np.minimum.reduceat(seen[0], pairs - pairs[0])[::2]
            out[1, inside] = np.maximum.reduceat(seen[1], pairs - pairs[0])[::2]
        return out


def outline(mono: NDArray[np.float32], sample_rate: int) -> Waveform:
    """The outlines of float32 [T]."""
    whole = len(mono) // _STRETCH
    rows = mono[: whole * _STRETCH].reshape(whole, _STRETCH)  # a view: a song on the disk stays there
    level = np.stack([rows.min(axis=1), rows.max(axis=1)]).astype(np.float16)
    rest = np.pad(mono[whole * _STRETCH :], (0, _STRETCH - len(mono) % _STRETCH))
    if len(mono) % _STRETCH or not whole:
        level = np.concatenate([level, [[rest.min()], [rest.max()]]], axis=1).astype(np.float16)
    peak = float(np.abs(level).max())
    levels = [level]
    while level.shape[1] > 256:
        if level.shape[1] % 2:
            level = np.pad(level, ((0, 0), (0, 1)), mode="edge")
        level = np.stack([level[0].reshape(-1, 2).min(axis=1), level[1].reshape(-1, 2).max(axis=1)])
        levels.append(level)
    return Waveform(tuple(levels), _STRETCH / sample_rate, peak)
