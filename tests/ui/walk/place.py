"""Where a walk takes place: a screen, a theme, a language."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path

#: Physical pixels and scale: a small screen, and a large one whose letters are twice as large.
SCREENS = {"small": ((1024, 700), 1), "double": ((1600, 1000), 2)}


@dataclass(frozen=True)
class Place:
    screen: str
    theme: str
    language: str

    def __str__(self) -> str:
        return f"{self.screen}-{self.theme}-{self.language}"

    def enter(self, home: Path) -> None:
        """Sets the environment of this process, before there is a QApplication.

        Args:
            home: an empty folder, for settings, projects and exports.
        """
        (width, height), scale = SCREENS[self.screen]
        screen = {"name": "one", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1}
        screen |= {"logicalDpi": 96, "logicalBaseDpi": 96}
        screens = home / "screens.json"
        screens.write_text(json.dumps({"screens": [screen]}), "utf-8")
        os.environ.update(
            QT_QPA_PLATFORM=f"offscreen:configfile={screens}",
            QT_SCALE_FACTOR=str(scale),
            BACKLINE_LANGUAGE=self.language,
            HOME=str(home),
            **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE")},
        )


EVERY = tuple(Place(*words) for words in product(SCREENS, ("dark", "light"), ("en", "ja")))
#: Any two choices meet in one of these.
PAIRWISE = (
    Place("small", "dark", "en"),
    Place("small", "light", "ja"),
    Place("double", "dark", "ja"),
    Place("double", "light", "en"),
)
