"""The menu bar: every action that has a name, grouped; and the choices of looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from studio.core.language import later, tr

#: Menus with the names of their actions; an empty name is a line, a pair a menu within.
MENUS: Mapping[str, Sequence[str | tuple[str, Sequence[str]]]] = {
    later("&File"): (
        "open",
        "open_project",
        "demo",
        "",
        "save",
        "save_as",
        "credits",
        "export",
        "",
        "copy_stems",
        "copy_stem",
        "copy_band",
        "copy_mix",
        "copy_midi",
        "",
        "quit",
    ),
    later("&Edit"): ("undo", "redo", "", "chord"),
    later("&Listen"): (
        "play",
        "stop",
        "loop",
        "loop_in",
        "loop_out",
        "loop_in_free",
        "loop_out_free",
        "",
        "back",
        "forward",
        "",
        "mute",
        "solo",
        "",
        "match",
    ),
    later("&Candidates"): (
        "generate",
        "vary",
        "vary_far",
        "regenerate",
        "instrument",
        "breed",
        "cancel",
        "",
        "use_here",
        "make_comp",
        "clear_comp",
        "",
        "previous",
        "next",
        "swap",
    ),
    later("&Judge"): (
        "blind",
        "hide_pictures",
        "",
        "pick",
        "favourite",
        (later("Stars"), ("rate_5", "rate_4", "rate_3", "rate_2", "rate_1", "rate_0")),
        "details",
        "",
        "hide",
        "show_hidden",
    ),
    later("&Taste"): ("teach", "taste", "lineage", "adapter"),
    later("&Record"): (
        "record",
        "takes",
        "",
        "metronome",
        "monitoring",
        "",
        "punch_in",
        "punch_out",
        "punch_clear",
        "",
        "devices",
    ),
    later("&View"): (
        "side",
        "meters",
        "meter_reset",
        "stems",
        "",
        (
            later("Zoom"),
            (
                "zoom_in",
                "zoom_out",
                "zoom_region",
                "zoom_fit",
                "scroll_back",
                "scroll_on",
                "pitch_in",
                "pitch_out",
            ),
        ),
        "",
    ),
    later("&Help"): ("sheet", "", "doctor", "report"),
}


def add_menus(window: QMainWindow, actions: Mapping[str, QAction]) -> None:
    for title, names in MENUS.items():
        _fill(window.menuBar().addMenu(tr(title)), names, actions)


def _fill(
    menu: QMenu, names: Sequence[str | tuple[str, Sequence[str]]], actions: Mapping[str, QAction]
) -> None:
    for name in names:
        if isinstance(name, tuple):
            _fill(menu.addMenu(tr(name[0])), name[1], actions)
        elif name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()


def menu_of(window: QMainWindow, title: str) -> QMenu:
    """One of MENUS by its title."""
    menu = window.menuBar().actions()[list(MENUS).index(title)].menu()
    assert isinstance(menu, QMenu)
    return menu


def add_choice(
    window: QMainWindow,
    title: str,
    choices: Sequence[tuple[str, str]],
    chosen: str,
    choose: Callable[[str], None],
) -> None:
    """Adds a submenu to View of (value, text), `chosen` checked; `choose` gets the value picked."""
    menu = menu_of(window, "&View").addMenu(title)
    group = QActionGroup(window)
    for value, text in choices:
        action = menu.addAction(tr(text))
        action.setCheckable(True)
        action.setChecked(value == chosen)
        action.triggered.connect(lambda _=False, v=value: choose(v))
        group.addAction(action)
