"""How alike utilities are expected to be before any answer: the prior covariance of the taste model.

    k(i, j) = phi_i . S phi_j  (1 within a song, SHARED between songs)  +  c^2 exp(-d_ij^2 / 2 l^2)

The first part is the taste for single features; the second a smooth function of everything that is known of a clip,
features and texture. Texture only enters by distance, so nothing has to be believed of a hundred single numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.taste.features import as_rows
from studio.taste.texture import as_textures

Array = NDArray[np.float64]

#: Share of the variance of theta that all songs have in common.
SHARED = 0.8
#: What all features count beside one group of textures, each group 1: as much as all groups together.
_FEATURES_COUNT = 4.0 / 13.0
#: Squared length over which the smooth part changes: about the usual squared distance of two clips.
_LENGTH2 = 17.0


@dataclass(frozen=True, eq=False)
class Clips:
    """What is known of clips.

    Attributes:
        rows: of features, [n, 16]; textures: [n, 125], NaN where none is known; songs: of each.
    """

    rows: Array
    textures: Array
    songs: tuple[str, ...]

    @classmethod
    def of(cls, features: Sequence[Mapping[str, float]], songs: Sequence[str]) -> Clips:
        return cls(as_rows(features), as_textures(features), tuple(songs))

    def __len__(self) -> int:
        return len(self.rows)

    def one(self, place: int) -> Clips:
        some = slice(place, place + 1)
        return Clips(self.rows[some], self.textures[some], self.songs[some])


def linear(a: Clips, b: Clips, spread: Array) -> Array:
    """Covariance by the single features, whose theta has the standard deviation `spread` [16]; [n, m]."""
    same = np.array(a.songs, dtype=object)[:, None] == np.array(b.songs, dtype=object)[None, :]
    return np.asarray((a.rows * spread**2) @ b.rows.T * np.where(same, 1.0, SHARED))


def smooth(a: Clips, b: Clips, curve: float, usual: Array) -> Array:
    """Covariance by likeness, of standard deviation `curve`; [n, m].

    Args:
        usual: the texture that is taken where none is known, [125], see `usual_texture`.
    """
    x, y = (
        np.hstack([_FEATURES_COUNT**0.5 * c.rows, np.where(np.isnan(c.textures), usual, c.textures)])
        for c in (a, b)
    )
    apart = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * x @ y.T
    return np.asarray(curve**2 * np.exp(-0.5 * np.maximum(apart, 0.0) / _LENGTH2))


def usual_texture(clips: Clips) -> Array:
    """Mean over the clips of which it is known, [125]; 0 where it is known of none."""
    known = clips.textures[~np.isnan(clips.textures).any(axis=1)]
    return np.asarray(known.mean(axis=0)) if len(known) else np.zeros(clips.textures.shape[1])
