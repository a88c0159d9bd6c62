"""The menu bar: every action that has a name, grouped; and the choice of the theme."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow

from studio.ui import theme

#: Menus with the names of their actions; an empty name is a line.
MENUS = {
    "&File": ("open", "demo", "open_folder", "", "export", "", "quit"),
    "&Listen": ("play", "stop", "loop", "", "back", "forward", "", "mute", "solo"),
    "&Candidates": ("generate", "cancel", "", "previous", "next", "swap", "pick"),
    "&View": ("zoom_region", "zoom_fit"),
    "&Help": ("sheet",),
}


def add_menus(window: QMainWindow, actions: Mapping[str, QAction]) -> None:
    for title, names in MENUS.items():
        menu = window.menuBar().addMenu(title)
        for name in names:
            if name:
                menu.addAction(actions[name])
            else:
                menu.addSeparator()


def add_theme_menu(window: QMainWindow, mode: str, choose: Callable[[str], None]) -> None:
    """Adds View > Theme with `mode` checked; `choose` gets the mode picked."""
    view = window.menuBar().actions()[list(MENUS).index("&View")].menu()
    view.addSeparator()  # type: ignore[attr-defined]
    menu = view.addMenu("Theme")  # type: ignore[attr-defined]
    group = QActionGroup(window)
    for value, text in zip(theme.MODES, ("Follow the system", "Dark", "Light"), strict=True):
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == mode)
        action.triggered.connect(lambda _=False, v=value: choose(v))
        group.addAction(action)
