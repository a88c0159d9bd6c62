"""The stations of a walk, in order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QApplication

from studio.services.machine.doctor import examine
from studio.services.machine.trial import Trial
from studio.storage.paths import models_dir, resources_dir
from studio.ui.comparing.export_dialog import ExportDialog
from studio.ui.comparing.export_result import ExportResult
from tests.ui.walk.walker import Walker

ARTIST = "宇多田の友達 🎤"
#: Two hundred characters, as somebody might paste.
TITLE = ("夜のうた 🌙 " + "とても長い題名の歌" * 30)[:200]


def walk(walker: Walker, home: Path, *, whole: bool) -> None:
    """From record to export.

    Args:
        whole: with what lies beside the way: the rating, and every dialog.
    """
    record(walker)
    generate(walker)
    compare(walker)
    if whole:
        teach(walker)
        look_around(walker)
    export(walker, home)


def record(walker: Walker) -> None:
    """A take on an empty desk, without a metronome: then the beat is in doubt."""
    window, actions = walker.window, walker.window.actions_by_name
    recording = window.record.recording
    walker.idle()
    walker.station("01-empty")
    walker.press("K")
    assert not recording.settings.metronome
    menu = window.record._count_in[0]
    walker.choose("R", menu.parent().menuAction(), menu)
    assert recording.settings.count_in_bars == 0
    assert not actions["metronome"].isChecked()
    walker.press("R")
    walker.wait(lambda: recording.state == "recording", "for the recording to begin")
    walker.wait(lambda: window.timeline.playhead_s > 1.5, "for something to be sung")
    walker.station("02-recording")
    walker.wait(lambda: window.timeline.playhead_s > 4.2, "for four seconds to be sung")
    walker.press("R")
    walker.wait(lambda: window.workspace.song is not None, "for the take to open")
    walker.wait(window.request.generate.isEnabled, "for the vocal to be listened to")
    walker.idle()
    walker.station("03-heard")


def generate(walker: Walker) -> None:
    window = walker.window
    if not window.panels.shows_side:
        walker.press("Ctrl+B")
    walker.station("04-side")
    walker.tab_to(*window.request.count.findChildren(QAbstractButton))
    walker.press("Left", "Left")
    assert window.request.wishes.candidates == 2
    parts = (
        window.panels,
        window.vocal,
        window.candidates,
        window.request,
        window.analysis,
        window.transport,
    )
    before = {part: part.geometry() for part in parts}

    def look_for_moves(when: str) -> None:
        for part, geometry in before.items():
            if part.geometry() != geometry:
                moved = (
                    f"{type(part).__name__} moved from {geometry.getRect()} to {part.geometry().getRect()}"
                )
                walker.faults.append(f"{when}: {moved}")

    walker.press("G")
    dialog = walker.dialog()
    walker.station("05-asking", dialog)
    walker.press("2")
    assert dialog.heard == 1
    walker.press("T", "Return")
    walker.activate(window)
    look_for_moves("when the request began")
    walker.wait(lambda: len(window.candidates.rows) == 2, "for two candidates")
    walker.idle()
    look_for_moves("when candidates came")
    assert window.workspace.project.given.tempo_bpm == 90.0
    walker.station("06-bands")


def compare(walker: Walker) -> None:
    window = walker.window
    workspace = window.workspace
    walker.press("Esc", "Home", "Down")
    heard = window.playback.mix.selected
    assert heard is not None
    walker.press("L")  # the whole song, so that it does not end while a busy machine looks away
    assert window.timeline.looping
    walker.press("Space")
    assert window.playback.player.playing
    walker.wait(lambda: window.timeline.playhead_s > 0.3, "for it to play")
    walker.press("I")
    walker.wait(lambda: window.timeline.playhead_s > 1.6, "for it to play on")
    walker.press("O")
    assert window.timeline.looping
    region = window.timeline.region
    assert region is not None
    assert all(min(abs(window.timeline.snap_lines() - end)) < 1e-6 for end in region), "not on bar lines"
    walker.press("Space")
    # The menu of stars is the one within Judge.
    menu = next(a for a in window.menuBar().actions()[4].menu().actions() if a.menu() is not None)
    walker.press("Alt+J")
    walker.station("07-menu")
    walker.press("Esc", "Esc")
    walker.choose("J", menu, window.actions_by_name["rate_4"])
    walker.press("P", "F")
    opinion = workspace.project.opinion(heard)
    assert (opinion.stars, opinion.favourite, workspace.project.picked) == (4, True, heard)
    walker.press("N")
    details = walker.dialog()
    walker.paste("二番目のサビのベースがすばらしいが、ドラムは橋の前で走る。" * 3)
    walker.station("08-details", details)
    walker.close_dialog()
    assert "サビ" in workspace.project.opinion(heard).note
    walker.idle()
    walker.press("B")
    walker.station("09-blind")
    walker.press("B", "T")
    if not window.panels.shows_meters:
        walker.press("Shift+M")
    walker.idle()
    walker.station("10-stems-and-meters")
    walker.press("T")


def teach(walker: Walker) -> None:
    window = walker.window
    sitting = window.taste.sitting
    walker.press("Ctrl+R")
    walker.wait(lambda: sitting.state == "voting", "for the first clips")
    walker.press("Space")
    for number in range(1, 5):
        walker.press(str(number))
        key = sitting.screen.keys[number - 1]
        walker.wait(lambda key=key: sitting.ballot.attention(key), "for a clip to be heard")
    walker.station("11-rating")
    walker.press("Shift+1", "Alt+2", "Return")
    walker.wait(lambda: sitting.state == "revealed", "for the vote to count")
    walker.station("12-revealed")
    walker.press("Esc")
    for key, name in (
        ("Ctrl+Shift+T", "13-taste"),
        ("Ctrl+Shift+F", "14-lineage"),
        ("Ctrl+Shift+M", "15-model"),
    ):
        walker.press(key)
        walker.idle()
        walker.station(name)
        if name == "15-model":
            walker.tab_to(window.taste.adapter.page.train)
            walker.press("Space")
            walker.wait(lambda: window.taste.adapter.page.rows, "for a model")
            walker.idle()
            walker.station("15-trained")
        walker.press("Esc", "Esc")
        assert not window.taste.shown


def look_around(walker: Walker) -> None:
    """The dialogs beside the way."""
    window = walker.window
    # Nothing is tried: everything crashed, which is the longest that can be said.
    trial = Trial("crashed", told="SIGILL")
    window.machine.examine = lambda _: examine(models_dir(), resources_dir(), lambda *_, **__: trial)
    for key, name in (
        ("Ctrl+G", "16-regenerate"),
        ("Ctrl+I", "17-instrument"),
        ("Shift+X", "18-breed"),
        ("Ctrl+T", "19-takes"),
        ("Ctrl+Shift+D", "20-devices"),
        ("F1", "21-keys"),
        ("Shift+F1", "22-doctor"),
    ):
        if key == "Shift+X":
            walker.press("Down", "Up", "Down")
        walker.press(key)
        dialog = walker.dialog()
        walker.idle()
        walker.station(name, dialog)
        walker.close_dialog()


def export(walker: Walker, home: Path) -> None:
    window = walker.window
    walker.press("Ctrl+E")
    dialog = walker.dialog()
    assert isinstance(dialog, ExportDialog)
    walker.tab_to(dialog.artist)
    walker.paste(ARTIST)
    walker.tab_to(dialog.title)
    walker.paste(TITLE)
    walker.wait(lambda: ARTIST.split()[0] in dialog.preview.toPlainText(), "for the names")
    walker.idle()
    walker.station("22-export", dialog)
    walker.press("Return")
    walker.wait(lambda: window.findChildren(ExportResult), "for the export")
    result = walker.dialog()
    walker.station("23-exported", result)
    walker.close_dialog()
    walker.idle()
    files = [path.relative_to(home / "書き出し") for path in (home / "書き出し").rglob("*.wav")]
    assert len(files) >= 4, files
    assert all("宇多田の友達" in path.name and "夜のうた" in path.name for path in files), files
    assert QApplication.activeModalWidget() is None
