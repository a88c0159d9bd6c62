"""Every action of the window and of the rating screen with its key, once: menus, rating screen and the sheet on `?` all
read this table. Nothing can be done by the mouse alone."""

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
    Shortcut("credits", "Artist and title …", ("F2",), "File"),
    Shortcut("export", "Export …", ("Ctrl+E",), "File"),
    Shortcut("copy_stems", "Copy the stems of the one heard", ("Ctrl+C",), "File"),
    Shortcut("copy_stem", "Copy the underlined stem", ("Ctrl+Shift+C",), "File"),
    Shortcut("copy_band", "Copy the band", ("Ctrl+Shift+B",), "File"),
    Shortcut("copy_mix", "Copy the mix", ("Ctrl+Alt+C",), "File"),
    Shortcut("copy_midi", "Copy the MIDI file", ("Ctrl+M",), "File"),
    Shortcut("quit", "Quit", ("Ctrl+Q",), "File"),
    Shortcut("undo", "Undo", ("Ctrl+Z",), "Edit"),
    Shortcut("redo", "Redo", ("Ctrl+Shift+Z",), "Edit"),
    Shortcut("chord", "Change the chord here", ("Ctrl+K",), "Edit"),
    Shortcut("play", "Play or pause", ("Space",), "Listen"),
    Shortcut("stop", "Stop and return", ("Return", "Enter"), "Listen"),
    Shortcut("loop", "Loop on or off", ("L",), "Listen"),
    Shortcut("loop_in", "Loop from here", ("I",), "Listen"),
    Shortcut("loop_out", "Loop to here", ("O",), "Listen"),
    Shortcut("loop_in_free", "Loop from here, off the bar lines", ("Alt+I",), "Listen"),
    Shortcut("loop_out_free", "Loop to here, off the bar lines", ("Alt+O",), "Listen"),
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
    Shortcut("punch_clear", "No punch points", ("Shift+P",), "Record"),
    Shortcut("monitoring", "Hear the input", ("Shift+K",), "Record"),
    Shortcut("takes", "Takes …", ("Ctrl+T",), "Record"),
    Shortcut("devices", "Sound devices …", ("Ctrl+Shift+D",), "Record"),
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
    Shortcut("instrument", "Another instrument for the one heard …", ("Ctrl+I",), "Candidates"),
    Shortcut("breed", "More like the last two heard …", ("Shift+X",), "Candidates"),
    Shortcut("use_here", "Use the one heard here, in a comp", ("U",), "Candidates"),
    Shortcut("make_comp", "Make a candidate of the comp", ("Shift+U",), "Candidates"),
    Shortcut("clear_comp", "Leave the comp", ("Ctrl+U",), "Candidates"),
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
    Shortcut("hide_pictures", "Blind hides pictures too", ("Shift+B",), "Judge"),
    Shortcut("teach", "Teach it your taste …", ("Ctrl+R",), "Judge"),
    Shortcut("taste", "What it learned", ("Ctrl+Shift+T",), "Judge"),
    Shortcut("lineage", "Family tree of the clips", ("Ctrl+Shift+F",), "Judge"),
    Shortcut("adapter", "Your model …", ("Ctrl+Shift+M",), "Judge"),
    Shortcut("zoom_region", "Zoom to the loop region", ("Z",), "View"),
    Shortcut("zoom_fit", "Show the whole song", ("Shift+Z",), "View"),
    Shortcut("zoom_in", "Zoom in at the playhead", ("Ctrl+=", "Ctrl++"), "View"),
    Shortcut("zoom_out", "Zoom out", ("Ctrl+-",), "View"),
    Shortcut("scroll_back", "Scroll back", ("Shift+Left",), "View"),
    Shortcut("scroll_on", "Scroll on", ("Shift+Right",), "View"),
    Shortcut("pitch_in", "Zoom in on the low frequencies", ("Alt+Up",), "View"),
    Shortcut("pitch_out", "Zoom out in frequency", ("Alt+Down",), "View"),
    Shortcut("stems", "Waveforms of the stems", ("T",), "View"),
    Shortcut("meters", "Meters of loudness and true peak", ("Shift+M",), "View"),
    Shortcut("meter_reset", "Reset the meters", ("Shift+R",), "View"),
    Shortcut("side", "What was heard, and wishes", ("Ctrl+B",), "View"),
    Shortcut("sheet", "Keyboard shortcuts", ("?", "Shift+?", "F1"), "Help"),
    Shortcut("doctor", "This machine …", ("Shift+F1",), "Help"),
    Shortcut("report", "Copy a fault report", ("Ctrl+F1",), "Help"),
)  # fmt: skip

#: Held rather than pressed, so no QAction.
HELD = "vocal_only"

#: The rating screen has all keys to itself but those of EVERYWHERE.
RATING = (
    *(
        Shortcut(f"r_hear_{n}", f"Hear {letter}", (str(n),), "Rating") for n, letter in enumerate("ABCD", 1)
    ),
    *(
        Shortcut(f"r_best_{n}", f"Best: {letter}", (f"Shift+{n}",), "Rating") for n, letter in enumerate("ABCD", 1)
    ),
    *(
        Shortcut(f"r_worst_{n}", f"Worst: {letter}", (f"Alt+{n}",), "Rating") for n, letter in enumerate("ABCD", 1)
    ),
    Shortcut("r_name_best", "Best: then its number, or again for the one heard", ("B",), "Rating"),
    Shortcut("r_name_worst", "Worst: then its number, or again", ("W",), "Rating"),
    *(
        Shortcut(f"r_stars_{n}", f"{n} stars for the one heard", (f"Ctrl+{n}",), "Rating") for n in range(1, 6)
    ),
    Shortcut("r_stars_0", "No stars", ("Ctrl+0",), "Rating"),
    Shortcut("r_none", "None usable", ("0",), "Rating"),
    Shortcut("r_tie", "All alike", ("=",), "Rating"),
    Shortcut("r_vote", "Vote, next screen", ("Return",), "Rating"),
    Shortcut("r_undo", "Undo the last vote", ("Ctrl+Z",), "Rating"),
    Shortcut("r_redo", "Vote again as undone", ("Ctrl+Shift+Z",), "Rating"),
    Shortcut("r_play", "Play or pause", ("Space",), "Rating"),
    Shortcut("r_restart", "To the start of the phrase", ("Home",), "Rating"),
    Shortcut("r_earlier", "An earlier phrase", ("Alt+Left",), "Rating"),
    Shortcut("r_later", "A later phrase", ("Alt+Right",), "Rating"),
    Shortcut("r_breed", "More like the two chosen", ("M",), "Rating"),
    Shortcut("r_leave", "Back to the song", ("Esc",), "Rating"),
)  # fmt: skip

#: Actions of the window whose keys count on the rating screen too.
EVERYWHERE = ("open", "open_project", "save", "save_as", "quit", "sheet")

#: Keys that stay as they are, and what the mouse does beside: all of that can be done by a key as well.
EXTRAS = (
    ("Listen", "Leave a field or a button", "Esc"),
    ("View", "Zoom in time", "Ctrl+Wheel"),
    ("View", "Scroll in time", "Shift+Wheel"),
    ("View", "Zoom in frequency", "Alt+Wheel"),
    ("View", "Move the playhead", "Click"),
    ("View", "Mark a loop on bar lines", "Drag"),
    ("View", "Mark a loop anywhere", "Shift+Drag"),
)

BY_NAME = {shortcut.name: shortcut for shortcut in (*SHORTCUTS, *RATING)}


def share_keys(one: Shortcut, other: Shortcut) -> bool:
    """Whether two actions can be meant at the same time, so that they cannot have the same key."""
    rating = [shortcut in RATING for shortcut in (one, other)]
    if rating[0] == rating[1]:
        return True
    return (other if rating[0] else one).name in EVERYWHERE
