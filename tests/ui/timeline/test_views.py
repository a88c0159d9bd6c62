"""What the pictures show: tones where they belong, chords in their bars, in readable colours."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.dsp.spectrogram import Scale, display_spectrogram
from studio.dsp.waveform import outline
from studio.ui.appearance import colour_maps, theme
from studio.ui.timeline.chord_lane import ChordLane
from studio.ui.timeline.spectrogram_view import Picture, SpectrogramView
from studio.ui.timeline.timeline import Timeline

RATE = 44100


@pytest.fixture
def timeline() -> Timeline:
    timeline = Timeline()
    timeline.reset(4.0)
    return timeline


@pytest.mark.parametrize("scale", ["mel", "log", "linear"])
def test_a_tone_is_bright_at_its_time_and_frequency(scale: Scale, timeline: Timeline, qtbot: QtBot) -> None:
    t = np.arange(4 * RATE) / RATE
    tone = np.where((t > 1) & (t < 2), 0.5 * np.sin(2 * np.pi * 1000 * t), 0).astype(np.float32)
    view = SpectrogramView(timeline)
    qtbot.addWidget(view)
    view.resize(theme.GUTTER + 400, 200)
    view.set_picture(Picture.of(display_spectrogram(tone, RATE, scale=scale, columns_per_s=100)))
    view.show()
    timeline.set_playhead(4.0)
    picture = view.grab().toImage()
    ratio = picture.devicePixelRatio()

    def lightness(time_s: float, y: float) -> int:
        return picture.pixelColor(int(view.x_of(time_s) * ratio), int(y * ratio)).lightness()

    y = view._y_of(1000)
    assert lightness(1.5, y) > 150
    assert lightness(0.5, y) < 20
    assert lightness(2.5, y) < 20
    assert lightness(1.5, view._y_of(6000)) < 60
    assert "1.50 s" in view.readout(QPointF(view.x_of(1.5), y))
    assert "B5" in view.readout(QPointF(view.x_of(1.5), y)) or "C6" in view.readout(
        QPointF(view.x_of(1.5), y)
    )


@pytest.mark.parametrize("columns_per_s", [100, 2000])
def test_zoomed_pictures_stay_on_the_time_axis(columns_per_s: int, timeline: Timeline, qtbot: QtBot) -> None:
    click = np.zeros(4 * RATE, np.float32)
    click[round(2.345 * RATE)] = 1.0
    view = SpectrogramView(timeline)
    qtbot.addWidget(view)
    view.resize(theme.GUTTER + 600, 100)
    view.set_picture(
        Picture.of(display_spectrogram(click, RATE, scale="linear", columns_per_s=columns_per_s))
    )
    view.show()
    for start, end in ((0.0, 4.0), (2.0, 3.0), (2.123, 2.9)):
        timeline.show_range(start, end)
        image = view.grab().toImage()
        row = [image.pixelColor(x, 50).lightness() for x in range(theme.GUTTER + 4, view.width())]
        brightest = float(np.mean(np.flatnonzero(np.array(row) == max(row)))) + theme.GUTTER + 4
        assert view.time_at(brightest) == pytest.approx(2.345, abs=0.03)


@pytest.mark.parametrize("name", [name for name, _ in colour_maps.COLOUR_MAPS])
def test_louder_is_brighter_in_every_map(name: str) -> None:
    colour_maps.choose(name)
    try:
        table = colour_maps.colour_table()
        assert colour_maps.background() == QColor.fromRgba(table[0])
    finally:
        colour_maps.choose(colour_maps.THEME)
    assert len(table) == 256
    assert all(entry >> 24 == 0xFF for entry in table)
    light = np.array([luminance(QColor.fromRgba(entry)) for entry in table])
    assert light[0] < 0.03
    assert light[255] > 0.7
    assert (np.diff(light[::8]) > 0).all()


def test_the_lane_edits_the_bar_that_was_double_clicked(timeline: Timeline, qtbot: QtBot) -> None:
    lane = ChordLane(timeline, editable=True)
    qtbot.addWidget(lane)
    lane.resize(theme.GUTTER + 400, 24)
    lane.show()
    grid = BeatGrid.regular(120.0, Meter(4, 4), 4.0)
    lane.set_chords(grid, Chord.parse_many("Bbm Eb"), Key.parse("Db major"))
    assert lane.names == ("Bbm", "Eb")
    edits: list[tuple[int, Chord]] = []
    lane.chord_edited.connect(lambda bar, chord: edits.append((bar, chord)))
    qtbot.mouseDClick(lane, Qt.MouseButton.LeftButton, pos=QPoint(round(lane.x_of(3.0)), 12))
    editor = lane._editor
    assert editor is not None
    editor.setText("no chord at all")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert edits == []
    editor.setText("Gb7")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert edits == [(1, Chord.parse("Gb7"))]
    assert lane._editor is None
    lane.edit_bar(0)
    assert lane._editor is not None
    lane._editor.setText("C")
    qtbot.keyClick(lane._editor, Qt.Key.Key_Escape)
    assert lane._editor is None
    assert len(edits) == 1


def luminance(colour: QColor) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT], ids=lambda c: c.name)
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [("text", "window", 7), ("text", "panel", 7), ("text", "raised", 7), ("muted", "panel", 4.5),
     ("muted", "window", 4.5), ("muted", "raised", 4.5), ("on_accent", "accent", 4.5), ("accent", "panel", 4.5),
     ("warning", "panel", 4.5), ("good", "window", 4.5), ("danger", "window", 4.5), ("window", "warning", 4.5)],
)  # fmt: skip
def test_contrast(colours: theme.Colours, front: str, back: str, least: float) -> None:
    a, b = sorted((luminance(colours.colour(front)), luminance(colours.colour(back))), reverse=True)
    assert (a + 0.05) / (b + 0.05) >= least


def test_the_theme_is_the_one_asked_for(qapp: QApplication) -> None:
    for mode in ("light", "dark"):
        assert theme.apply_theme(qapp, mode).name == mode
        assert theme.current().name == mode
    assert theme.resolve("system") in (theme.DARK, theme.LIGHT)


def test_the_frequency_axis_zooms_about_the_mouse(timeline: Timeline, qtbot: QtBot) -> None:
    t = np.arange(4 * RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 3000 * t)).astype(np.float32)
    view = SpectrogramView(timeline)
    qtbot.addWidget(view)
    view.resize(theme.GUTTER + 400, 200)
    view.set_picture(Picture.of(display_spectrogram(tone, RATE, scale="linear", columns_per_s=100)))
    view.show()
    timeline.set_playhead(4.0)
    before = view._y_of(3000)
    at = QPointF(view.width() / 2, before)
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton, Qt.KeyboardModifier.AltModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert timeline.band[1] - timeline.band[0] == pytest.approx(0.8**3)
    assert view._y_of(3000) == pytest.approx(before, abs=1)
    assert "3000 Hz" in view.readout(at) or abs(float(view.readout(at).split()[-3]) - 3000) < 60
    image = view.grab().toImage()
    rows = [image.pixelColor(int(view.x_of(1.5)), y).lightness() for y in range(view.height())]
    assert int(np.argmax(rows)) == pytest.approx(before, abs=2)
    for _ in range(30):
        timeline.zoom_frequency(0.5, 0.9)
    assert timeline.band[1] <= 1.0
    timeline.fit()
    assert timeline.band == (0.0, 1.0)


def test_a_waveform_is_shown_in_place_of_the_spectrogram(timeline: Timeline, qtbot: QtBot) -> None:
    loud_second = np.zeros(4 * RATE, np.float32)
    loud_second[RATE : 2 * RATE] = np.where(np.arange(RATE) % 2, 0.5, -0.25)
    view = SpectrogramView(timeline)
    qtbot.addWidget(view)
    view.resize(theme.GUTTER + 400, 200)
    spectrogram = display_spectrogram(loud_second, RATE, scale="mel", columns_per_s=100)
    view.set_picture(Picture.of(spectrogram, outline(loud_second, RATE)))
    view.show_waveform(True)
    view.show()
    timeline.set_playhead(4.0)
    image = view.grab().toImage()
    accent = QColor(theme.current().accent)

    def drawn(time_s: float) -> list[int]:
        """The pixels from the top that the waveform covers."""
        x = int(view.x_of(time_s))
        return [y for y in range(200) if image.pixelColor(x, y) == accent]

    assert drawn(1.5)[0] == pytest.approx(200 * (0.5 - 0.48), abs=2)
    assert drawn(1.5)[-1] == pytest.approx(200 * (0.5 + 0.24), abs=2)
    assert len(drawn(0.5)) <= 1
    assert "Hz" not in view.readout(QPointF(view.x_of(1.5), 50))
