"""The texture of an arrangement: which families of instruments play, when in the bar, how high and how long.

A hundred and twenty-five numbers, too many to ask of each whether it is liked. They only say how alike two bands are,
for the smooth part of a taste (studio.taste.model): what resembles that which was liked is expected to be liked. Of
the same notes, the sixteen features of studio.taste.features tell what a musician would say; this tells the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement, Note
from studio.core.instruments import instrument

#: What its names begin with, among the features of a clip.
PREFIX = "texture "
#: Sixteenths of a bar; families of General MIDI; bands of eight semitones from C1 up; lengths up to so many quarters.
_PLACES, _FAMILIES, _BANDS, _LOWEST, _BAND = 16, 16, 9, 24, 8
_LENGTHS = (0.3, 0.6, 1.1, 2.1, 4.1)
_PITCHED = STEMS[1:]
#: By group, how far two candidates of one vocal scatter about their mean (root of the summed variances; bundled model,
#: 768 arrangements of 16 synthetic vocals), so that each group counts the same.
_SCATTER = {"family": 1.22, "place": 3.24, "height": 1.14, "length": 1.70}

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "family": tuple(str(i) for i in range(_FAMILIES)),
    "place": tuple(f"{stem} {i}" for stem in STEMS for i in range(_PLACES)),
    "height": tuple(f"{stem} {i}" for stem in _PITCHED for i in range(_BANDS)),
    "length": tuple(f"{stem} {i}" for stem in _PITCHED for i in range(len(_LENGTHS) + 1)),
}
#: Names in the order of the array.
TEXTURE: tuple[str, ...] = tuple(
    f"{PREFIX}{group} {name}" for group, names in _GROUPS.items() for name in names
)
_AT = {name: place for place, name in enumerate(TEXTURE)}


def texture_of(arrangement: Arrangement, span_s: tuple[float, float] | None = None) -> dict[str, float]:
    """By name, in units of the usual scatter of a group; what is 0 is left out.

    Args:
        span_s: the phrase within the arrangement; None for all of it.
    """
    grid = arrangement.grid
    first, last = span_s or (grid.times_s[0], grid.times_s[-1])
    beats, size = max((last - first) / grid.beat_s, 1.0), grid.meter.quarters_per_bar
    notes: dict[str, list[Note]] = {stem: [] for stem in STEMS}
    for stem, part in arrangement.parts.items():
        if stem in notes:
            notes[stem] = [note for note in part.notes if first <= note.start_s < last]
    families = np.zeros(_FAMILIES)
    for stem in _PITCHED:
        if notes[stem]:
            families[instrument(stem, arrangement.parts[stem].instrument).program // 8] += 1
    places, heights, lengths = [], [], []
    for stem in STEMS:
        struck, played, held = np.zeros(_PLACES), np.zeros(_BANDS), np.zeros(len(_LENGTHS) + 1)
        at = grid.beat_of([note.start_s for note in notes[stem]]) if notes[stem] else np.zeros(0)
        for beat, note in zip(at, notes[stem], strict=True):
            loud, length_s = note.velocity / 100, note.end_s - note.start_s
            struck[int(np.round(beat % size * 4)) % (4 * size) % _PLACES] += loud
            played[int(np.clip((note.pitch - _LOWEST) // _BAND, 0, _BANDS - 1))] += length_s * loud
            held[int(np.searchsorted(_LENGTHS, length_s / grid.beat_s))] += 1
        # Square roots: from one stroke to two is further than from eleven to twelve.
        places.append(np.sqrt(struck / beats * 4))
        heights.append(np.sqrt(played / (last - first)))
        lengths.append(np.sqrt(held / beats))
    groups = {
        "family": families,
        "place": np.concatenate(places),
        "height": np.concatenate(heights[1:]),
        "length": np.concatenate(lengths[1:]),
    }
    row = np.concatenate([groups[group] / _SCATTER[group] for group in _GROUPS])
    return {TEXTURE[i]: round(float(row[i]), 3) for i in np.flatnonzero(row > 5e-4)}


def as_textures(features: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """float64 [n, 125] in the order of TEXTURE; a row of NaN where nothing is known."""
    rows = np.zeros((len(features), len(TEXTURE)))
    for row, each in zip(rows, features, strict=True):
        known = [(_AT[name], value) for name, value in each.items() if name in _AT]
        if not known:
            row[:] = np.nan
        for at, value in known:
            row[at] = value
    return rows
