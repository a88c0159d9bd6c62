"""The colours of every spectrogram: the theme's own, or a perceptually uniform map of the user's choice.

Like the theme there is one choice for the whole application. pyqtgraph, which has the maps, is imported only when
one of them is chosen: the import takes most of a second.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor

from studio.core.language import later
from studio.ui.appearance import theme

THEME = "theme"
#: (name in the preferences, and in pyqtgraph.colormap; name in the menu).
COLOUR_MAPS = (
    (THEME, later("Theme")),
    ("magma", later("Magma")),
    ("viridis", later("Viridis")),
    ("CET-L16", later("Blue to white")),
)

_chosen = THEME


def choose(name: str) -> None:
    """The map in use from now on; the theme's own for a name that is not in COLOUR_MAPS."""
    global _chosen
    _chosen = name if name in dict(COLOUR_MAPS) else THEME


def current() -> tuple[str, str]:
    """Equal exactly while the colours are: the map, and the theme if it is the theme's."""
    return (_chosen, theme.current().name) if _chosen == THEME else (_chosen, "")


def colour_table() -> list[int]:
    """256 opaque ARGB entries of the map in use, from silence to loud."""
    return theme.current().heat_table() if _chosen == THEME else _uniform_table(_chosen)


def background() -> QColor:
    """The colour of silence."""
    return QColor.fromRgba(colour_table()[0])


@cache
def _uniform_table(name: str) -> list[int]:
    from pyqtgraph import colormap

    rgb = colormap.get(name).getLookupTable(0.0, 1.0, 256, alpha=False, mode="byte").tolist()
    return [0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in rgb]
