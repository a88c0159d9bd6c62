"""An open menu greys what has nothing to do, and says why; a closed one switches no key off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu

from studio.ui.window.main_window import MainWindow
from studio.ui.window.menus import MENUS

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


def greyed(window: MainWindow) -> dict[str, str]:
    """The actions that cannot be chosen while a menu is open, and why."""
    menu = window.menuBar().actions()[0].menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.emit()
    found = {
        name: action.toolTip() for name, action in window.actions_by_name.items() if not action.isEnabled()
    }
    menu.aboutToHide.emit()
    return found


def in_menus(names: object) -> set[str]:
    """The names of all actions in them."""
    return {n for name in names for n in (in_menus(name[1]) if isinstance(name, tuple) else {name} - {""})}  # type: ignore[attr-defined]


def test_what_has_nothing_to_do_is_grey_and_says_why(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    everything = set().union(*(in_menus(names) for names in MENUS.values()))
    always = {
        "open", "open_project", "demo", "quit", "match", "hide_pictures", "teach", "taste", "lineage", "adapter",
        "record", "metronome", "monitoring", "devices", "side", "meters", "meter_reset", "stems", "sheet", "doctor",
        "report",
    }  # fmt: skip
    empty = greyed(window)
    assert everything - set(empty) == always
    assert empty["play"] == empty["save"] == "Open a vocal first"
    assert empty["pick"] == "No candidate is heard"
    assert all(empty[name] for name in everything - always)

    open_vocal(window)
    without = greyed(window)
    assert not {"play", "save", "generate", "zoom_fit", "chord"} & set(without)
    assert without["next"] == without["blind"] == "There are no candidates yet"
    assert without["takes"] == "Nothing was recorded to this song yet"

    generate(window, 2)
    window.timeline.set_region((0.5, 1.5))
    window.timeline.set_punch((0.5, 1.5))
    window.playback.select(1)
    assert greyed(window)["swap"] == "Hear one candidate, then another"
    window.playback.select(2)
    window.compare.ask("hide", 1)
    left = greyed(window)
    assert set(left) & everything == {"redo", "cancel", "takes", "make_comp", "clear_comp"}
    assert left["cancel"] == "Nothing is being made"


def test_a_closed_menu_switches_no_key_off(window: MainWindow, open_vocal: Open) -> None:
    before = {name for name, action in window.actions_by_name.items() if action.isEnabled()}
    assert {"play", "save"} <= before
    greyed(window)
    assert {name for name, action in window.actions_by_name.items() if action.isEnabled()} == before
