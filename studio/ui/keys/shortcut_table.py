"""Every action of the window with its key, once: menus, tool tips and the sheet on `?` all read this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortcut:
    """`keys` are portable Qt names; the first is shown in menus."""

    name: str
    text: str
    keys: tuple[str, ...]
    group: str


SHORTCUTS = (
    Shortcut("open", "Open vocal …", ("Ctrl+O",), "File"),
    Shortcut("open_project", "Open project …", ("Ctrl+Shift+O",), "File"),
    Shortcut("demo", "Open the demo vocal", ("Ctrl+D",), "File"),
    Shortcut("save", "Save", ("Ctrl+S",), "File"),
    Shortcut("save_as", "Save as …", ("Ctrl+Shift+S",), "File"),
    Shortcut("export", "Export …", ("Ctrl+E",), "File"),
    Shortcut("copy_stems", "Copy the stems of the one heard", ("Ctrl+C",), "File"),
    Shortcut("copy_stem", "Copy the underlined stem", ("Ctrl+Shift+C",), "File"),
    Shortcut("copy_band", "Copy the band", (), "File"),
    Shortcut("copy_mix", "Copy the mix", ("Ctrl+Alt+C",), "File"),
    Shortcut("copy_midi", "Copy the MIDI file", ("Ctrl+M",), "File"),
    Shortcut("quit", "Quit", ("Ctrl+Q",), "File"),
    Shortcut("undo", "Undo", ("Ctrl+Z",), "Edit"),
    Shortcut("redo", "Redo", ("Ctrl+Shift+Z",), "Edit"),
    Shortcut("play", "Play or pause", ("Space",), "Listen"),
    Shortcut("stop", "Stop and return", ("Return", "Enter"), "Listen"),
    Shortcut("loop", "Loop on or off", ("L",), "Listen"),
    Shortcut("back", "Seek back one second", ("Left",), "Listen"),
    Shortcut("forward", "Seek forward one second", ("Right",), "Listen"),
    Shortcut("vocal_only", "Vocal only, while held", ("V",), "Listen"),
    Shortcut("match", "Match the loudness of candidates", ("Shift+L",), "Listen"),
    Shortcut("mute", "Mute the underlined stem", ("M",), "Listen"),
    Shortcut("solo", "Solo the underlined stem", ("Shift+S",), "Listen"),
    Shortcut("record", "Record, or end the take", ("R",), "Record"),
    Shortcut("metronome", "Metronome", ("K",), "Record"),
    Shortcut("punch_in", "Punch in here", ("Shift+I",), "Record"),
    Shortcut("punch_out", "Punch out here", ("Shift+O",), "Record"),
    Shortcut("punch_clear", "No punch points", (), "Record"),
    Shortcut("monitoring", "Hear the input", (), "Record"),
    Shortcut("takes", "Takes …", ("Ctrl+T",), "Record"),
    Shortcut("devices", "Sound devices …", (), "Record"),
    Shortcut("previous", "Previous candidate", ("Up",), "Candidates"),
    Shortcut("next", "Next candidate", ("Down",), "Candidates"),
    *(
        Shortcut(f"candidate_{n}", f"Candidate {n}", (f"Alt+{n}",), "Candidates") for n in range(1, 9)
    ),
    Shortcut("swap", "Swap the last two", ("X",), "Candidates"),
    Shortcut("generate", "Generate", ("G",), "Candidates"),
    Shortcut("vary", "Vary the one heard: near", ("Shift+G",), "Candidates"),
    Shortcut("vary_far", "Vary the one heard: far", ("Ctrl+Shift+G",), "Candidates"),
    Shortcut("regenerate", "Regenerate a part of the one heard …", ("Ctrl+G",), "Candidates"),
    Shortcut("breed", "More like the last two heard …", ("Shift+X",), "Candidates"),
    Shortcut("use_here", "Use the one heard here, in a comp", ("U",), "Candidates"),
    Shortcut("make_comp", "Make a candidate of the comp", ("Shift+U",), "Candidates"),
    Shortcut("clear_comp", "Leave the comp", (), "Candidates"),
    Shortcut("cancel", "Cancel", ("Ctrl+.",), "Candidates"),
    Shortcut("blind", "Blind comparison, or reveal", ("B",), "Judge"),
    Shortcut("pick", "Pick the one heard", ("P",), "Judge"),
    Shortcut("favourite", "Favourite", ("F",), "Judge"),
    *(
        Shortcut(f"rate_{n}", f"Rate {n}", (str(n),), "Judge") for n in range(1, 6)
    ),
    Shortcut("rate_0", "No rating", ("0",), "Judge"),
    Shortcut("details", "Details and note …", ("N",), "Judge"),
    Shortcut("hide", "Hide, or bring back", ("H",), "Judge"),
    Shortcut("show_hidden", "Show hidden candidates", ("Shift+H",), "Judge"),
    Shortcut("hide_pictures", "Blind hides pictures too", (), "Judge"),
    Shortcut("teach", "Teach it your taste …", ("Ctrl+R",), "Judge"),
    Shortcut("taste", "What it learned", (), "Judge"),
    Shortcut("lineage", "Family tree of the clips", (), "Judge"),
    Shortcut("adapter", "Your model …", (), "Judge"),
    Shortcut("zoom_region", "Zoom to the loop region", ("Z",), "View"),
    Shortcut("zoom_fit", "Show the whole song", ("Shift+Z",), "View"),
    Shortcut("sheet", "Keyboard shortcuts", ("?", "Shift+?", "F1"), "Help"),
    Shortcut("doctor", "This machine …", (), "Help"),
    Shortcut("report", "Copy a fault report", (), "Help"),
)  # fmt: skip

#: Held rather than pressed, so no QAction.
HELD = "vocal_only"

#: What the table cannot say: the mouse, and the keys of the rating screen, which has all keys to itself.
EXTRAS = (
    ("Rating", "Hear A to D", "1 … 4"),
    ("Rating", "Best", "Shift+1 … 4, or B 1 … 4"),
    ("Rating", "Worst", "Alt+1 … 4, or W 1 … 4"),
    ("Rating", "Stars for the one heard", "Ctrl+1 … 5"),
    ("Rating", "None usable; all alike", "0; ="),
    ("Rating", "Vote, next screen", "Enter"),
    ("Rating", "Undo the last vote", "Ctrl+Z"),
    ("Rating", "Move the phrase", "Alt+Left, Alt+Right"),
    ("Rating", "More like the two chosen", "M"),
    ("Rating", "Back to the song", "Esc"),
    ("View", "Zoom in time", "Ctrl+Wheel"),
    ("View", "Scroll in time", "Shift+Wheel"),
    ("View", "Zoom in frequency", "Alt+Wheel"),
    ("View", "Move the playhead", "Click"),
    ("View", "Mark a loop", "Drag"),
)

BY_NAME = {shortcut.name: shortcut for shortcut in SHORTCUTS}
