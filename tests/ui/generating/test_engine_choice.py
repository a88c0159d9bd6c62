"""Choosing an engine: what it cannot do is greyed out with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from studio.core.arrangement import STEMS
from studio.core.controls import Controls
from studio.core.engines import FASTSAG
from studio.core.mix import VOCAL
from studio.ml.fastsag import FastSAG
from studio.ml.fastsag.checkpoint import save_checkpoint
from studio.services.generating.engines import load_fastsag_engine
from studio.services.generating.import_fastsag import import_fastsag
from studio.ui.generating.request_panel import RequestPanel, Wishes
from studio.ui.window.main_window import MainWindow
from tests.ml.fastsag.conftest import TINY
from tests.ui.conftest import gains


@pytest.fixture
def panel(qtbot: QtBot) -> RequestPanel:
    panel = RequestPanel()
    qtbot.addWidget(panel)
    return panel


def _choose(panel: RequestPanel, name: str) -> None:
    panel.engine_box.setCurrentIndex(panel.engine_box.findData(name))


def test_fastsag_greys_out_every_wish_and_says_why(panel: RequestPanel) -> None:
    fields = (panel.style_box, panel.density, panel.more, panel.advanced)
    assert panel.wishes.engine == "band"
    assert all(field.isEnabled() for field in fields)
    _choose(panel, "fastsag")
    assert panel.wishes.engine == "fastsag"
    for field in fields:
        assert not field.isEnabled()
        assert field.toolTip() == FASTSAG.why_not
    assert panel.seed.isEnabled()
    assert panel.count.isEnabled()
    _choose(panel, "band")
    assert all(field.isEnabled() for field in fields)
    assert all(field.toolTip() != FASTSAG.why_not for field in fields)


def test_wishes_survive_a_look_at_the_other_engine(panel: RequestPanel) -> None:
    panel.set_wishes(Wishes(Controls(style="waltz", density="busy"), 2, 7, True))
    _choose(panel, "fastsag")
    assert FASTSAG.heeded(panel.wishes.controls) == Controls()
    _choose(panel, "band")
    assert panel.wishes.controls.style == "waltz"


def test_wishes_that_are_folded_away_are_told_while_they_hold(panel: RequestPanel) -> None:
    panel.show()
    assert not panel.folded.isVisible()
    wishes = Controls(energy=("low",), instruments={"bass": "upright bass"}, follow="close", sound="network")
    panel.set_wishes(Wishes(wishes, 2, 7, False))
    assert not panel.folded.isVisible()  # unfolded, they are seen themselves
    panel.more.setChecked(False)
    assert panel.folded.isVisible()
    assert panel.folded.text() == "Energy: Low · Singer: close · Sound: Network · Bass: Upright bass"
    _choose(panel, "fastsag")  # heeds none of them
    assert not panel.folded.isVisible()
    _choose(panel, "band")
    assert panel.folded.isVisible()
    panel.advanced.show_controls(Controls())
    assert not panel.folded.isVisible()


def test_an_engine_without_weights_cannot_be_chosen(panel: RequestPanel) -> None:
    panel.show_unavailable({"fastsag": "import it first"})
    item = panel.engine_box.model().item(panel.engine_box.findData("fastsag"))  # type: ignore[attr-defined]
    assert not item.isEnabled()
    assert item.toolTip() == "import it first"
    panel.show_unavailable({})
    assert item.isEnabled()


def test_a_band_that_is_one_sound_has_no_stems_and_no_chords_to_turn(
    tmp_path: Path,
    make_window: Callable[[], MainWindow],
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studio.app.start_fastsag_engine", load_fastsag_engine)
    torch.manual_seed(1)
    save_checkpoint(FastSAG(TINY), tmp_path / "fastsag.safetensors", {"steps": 0})
    import_fastsag(tmp_path / "fastsag.safetensors", tmp_path / "data", agree=lambda _: True)
    window = make_window()
    open_vocal(window)
    generate(window, 1)
    window.playback.toggle_solo("drums")
    _choose(window.request, "fastsag")
    generate(window, 1)

    window.playback.select(2)
    strip, row = window.strip, window.candidates.rows[2]
    assert not any(strip.names[stem].isEnabled() or strip.solos[stem].isEnabled() for stem in STEMS)
    assert strip.mutes["bass"].toolTip() == FASTSAG.why_not
    assert strip.mutes[VOCAL].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.status.currentMessage() == FASTSAG.why_not
    assert not window.playback.mix.muted
    assert gains(window)[(2, "band")] > 0
    assert row.lane.names == ()
    assert row.lane.toolTip() == FASTSAG.why_not

    assert not window.analysis.chords.isEnabled()
    assert window.analysis.chords.toolTip() == window.vocal.lane.toolTip() == FASTSAG.why_not
    middle = window.vocal.lane.rect().center()
    qtbot.mouseDClick(window.vocal.lane, Qt.MouseButton.LeftButton, pos=middle)
    assert not window.vocal.lane.findChildren(QLineEdit)

    qtbot.keyClick(window, Qt.Key.Key_B)
    assert all(strip.names[stem].isEnabled() for stem in STEMS), "a greyed strip would tell which one this is"
    qtbot.keyClick(window, Qt.Key.Key_B)
    window.playback.select(1)
    _choose(window.request, "band")
    assert all(strip.names[stem].isEnabled() for stem in STEMS)
    qtbot.mouseDClick(window.vocal.lane, Qt.MouseButton.LeftButton, pos=middle)
    assert window.vocal.lane.findChildren(QLineEdit)
