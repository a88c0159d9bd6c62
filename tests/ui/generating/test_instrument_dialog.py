"""Another instrument for a stem, asked for in the window by keys and kept with the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.core.arrangement import Note, Part
from studio.core.candidate import recipe_of
from studio.core.controls import Controls
from studio.core.project import Begun
from studio.core.request import Reinstrument, Vary
from studio.services.generating.requests import order_of
from studio.ui.generating.instrument_dialog import InstrumentDialog
from studio.ui.window.main_window import MainWindow
from tests.services.band import ToneEngine, make_analysis, make_candidate, make_recipe, make_vocal
from tests.ui.conftest import Reopen, idle
from tests.ui.window.test_menu_reasons import greyed

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]
KEY = Qt.Key


def test_a_stem_is_put_on_another_instrument_by_keys_and_stays_there(
    window: MainWindow,
    open_vocal: Open,
    generate: Generate,
    engine: ToneEngine,
    reopen: Reopen,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_vocal(window)
    generate(window, 1)
    window.strip.set_target("harmony")
    window.actions_by_name["instrument"].trigger()
    (dialog,) = window.findChildren(InstrumentDialog)
    assert dialog.stems.value == "harmony"
    assert not dialog.ok.isEnabled()
    assert "played now" in dialog.about.text()
    rows = [dialog.tree.topLevelItem(row) for row in range(dialog.tree.topLevelItemCount())]
    told = {row.text(0): (row.text(1), row.text(2)) for row in rows if row is not None and row.text(0)}
    assert told["Piano"][0] == "recording available", "whatever it is played by now"
    assert "FM piano" in told
    assert [now for _, now in told.values() if now] == ["now"]
    qtbot.keyClicks(dialog.tree, "org")  # as a list goes to what is typed
    assert dialog.change.instrument == "organ"
    qtbot.keyClick(dialog.tree, KEY.Key_Up)
    assert dialog.change.instrument != "organ"
    qtbot.keyClick(dialog.tree, KEY.Key_Down)
    qtbot.keyClick(dialog.tree, KEY.Key_Return)
    idle(qtbot, window)
    change = engine.asked.change
    assert isinstance(change, Reinstrument)
    assert (change.parent.number, change.stem, change.instrument, change.sound) == (
        1,
        "harmony",
        "organ",
        None,
    )

    def says(shown: MainWindow) -> str:
        return " / ".join(label.text() for label in shown.candidates.rows[2].findChildren(QLabel))

    assert "from 1: harmony on organ" in says(window)
    origin = window.workspace.project.record(2).origin
    assert (origin.parent, origin.change) == (1, "harmony on organ")
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(
        window.ask, "make_the_rest", lambda _, made, what: asked.append((made, what)) or "drop"
    )
    cut_off = Begun("killed", Controls(), 1, 1, change=order_of(change))
    window.workspace.interrupted.emit(cut_off)
    window.workspace.interrupted.emit(replace(cut_off, change=order_of(Vary(change.parent, "near"))))
    assert asked == [(0, "from 1: harmony on organ"), (0, "near variation of 1")]

    # Where there is nothing to change, the menu says so.
    song = window.workspace.song
    assert song is not None
    window.playback.select(2)
    assert "instrument" not in greyed(window)
    heard = song.candidates[2]
    for less, why in (
        ({"recipe": None}, "no recipe to change"),
        ({"recipe": None, "settings": {"comp": 1}}, "A comp has no recipe"),
        ({"arrangement": replace(heard.arrangement, parts={"bass": Part("none", ())})}, "Nothing plays"),
    ):
        song.candidates[2] = replace(heard, **less)  # type: ignore[arg-type]
        assert why in greyed(window)["instrument"]
    song.candidates[2] = heard

    path = song.folder.path  # type: ignore[union-attr]
    window.close()
    again = reopen(path)
    song = again.workspace.song
    assert song is not None
    assert song.candidates[2].arrangement.parts["harmony"].instrument == "organ"
    assert "from 1: harmony on organ" in says(again)


def test_only_what_can_be_can_be_chosen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "studio.ui.generating.instrument_dialog.recordable",
        lambda stem: {"drums": {"room kit"}}.get(stem, set()),
    )
    bare = make_candidate(make_vocal(), make_analysis(3.0))
    chords = Part("warm pad", (Note(0.0, 2.0, 64, 80), Note(0.0, 2.0, 67, 80)))
    parts = {**bare.arrangement.parts, "lead": chords, "bass": Part("none", ())}
    bare = replace(bare, arrangement=replace(bare.arrangement, parts=parts))
    candidate = replace(bare, recipe=make_recipe(bare))
    assert recipe_of(candidate).renderers["drums"] == "recorded"
    dialog = InstrumentDialog(candidate, "bass")
    qtbot.addWidget(dialog)
    assert dialog.stems.value == "lead"  # the bass is silent
    shown = {
        item.text(0): bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)
        for item in map(dialog.tree.topLevelItem, range(dialog.tree.topLevelItemCount()))
    }
    assert (shown["Strings"], shown["Choir"], shown["Flute"], shown["Pan flute"]) == (
        True,
        True,
        False,
        False,
    )
    assert {"Ensembles", "Pads", "Flutes"} <= {label.text() for label in dialog.tree.findChildren(QLabel)}

    stems = {
        button.text(): button for button in dialog.stems.findChildren(type(dialog.stems._group.button(0)))
    }
    assert [name for name, button in stems.items() if not button.isEnabled()] == ["Bass"]
    stems["Drums"].click()
    sounds = {button.text(): button for button in dialog.sounds.findChildren(type(stems["Drums"]))}
    assert dialog.sounds.value == "recorded"
    assert not dialog.ok.isEnabled()
    sounds["Network"].click()
    assert str(dialog.change) == "drums on room kit, by the network"
    assert dialog.ok.isEnabled()
    sounds["Recorded instruments"].click()
    dialog.choose("jazz kit")
    assert str(dialog.change) == "drums on jazz kit, by the network"
    assert not sounds["Recorded instruments"].isEnabled()
    dialog.choose("room kit")
    assert dialog.sounds.value == "recorded"
