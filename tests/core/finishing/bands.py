"""Scores written as they are read: a character a sixteenth, '.' a rest, '-' a hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.finishing.grid_view import GridView, Setting
from studio.core.instruments import INSTRUMENTS
from studio.core.music import Chord, Key
from studio.core.score import (
    COLUMNS,
    GLOBALS,
    HARMONY_STROKES,
    HOLD,
    LEAD_CHORD,
    N_COLUMNS,
    Score,
    chord_token,
)

C, F, G = Chord(0, "maj"), Chord(5, "maj"), Chord(7, "maj")
PLAYERS = {"drums": "standard kit", "bass": "finger bass", "harmony": "piano", "lead": "strings"}
#: Letters of a line: heights above the tonic from a on, strokes of the harmony, a chord of the lead.
_STROKES = {"c": "chord", "s": "soft", "A": "accent"}


def line_of(text: str, stem: str) -> list[int]:
    """Tokens of '.-' and letters; 'R' is the bass' root, 'C' the lead's chord, else 'a' is the tonic."""
    fixed = {".": 0, "-": HOLD, "R": 14, "C": LEAD_CHORD}
    if stem == "harmony":
        fixed |= {letter: HARMONY_STROKES.index(name) for letter, name in _STROKES.items()}
    return [fixed[x] if x in fixed else 2 + ord(x) - ord("a") for x in text]


def band(
    bars: int = 4,
    *,
    chords: Sequence[Chord] = (C,),
    energy: Sequence[int] = (1,),
    drums: str = "",
    sung: str = "",
    end: float | None = None,
    step_s: float = 0.15,
    players: dict[str, str] | None = None,
    **lines: str,
) -> GridView:
    """A band of that many bars of 4/4; chords and energies are one a bar, lines and `sung` repeat.

    Args:
        drums: 'k' kick, 's' snare, 'h' hat, all full.
        sung: 'x' a note begins, '-' it sounds on.
    """
    tokens = np.zeros((4 * bars, N_COLUMNS), dtype=np.int64)
    key = Key(0, "major")
    for beat in range(4 * bars):
        tokens[beat, 0] = chord_token(chords[beat // 4 % len(chords)], key)
        tokens[beat, COLUMNS["energy"]] = energy[beat // 4 % len(energy)]
    named = {**PLAYERS, **(players or {})}
    globals_ = np.zeros(len(GLOBALS), dtype=np.int64)
    for stem, name in named.items():
        globals_[GLOBALS.index(stem)] = [e.name for e in INSTRUMENTS[stem]].index(name)
    for stem, text in lines.items():
        whole = (text * (16 * bars // len(text)))[: 16 * bars]
        tokens[:, COLUMNS[stem]] = np.array(line_of(whole, stem)).reshape(-1, 4)
    voice = (sung or ".") * (16 * bars)
    heard = np.array(list(voice[: 16 * bars]))
    setting = Setting(4, step_s, 4.0 * bars if end is None else end, heard != ".", heard == "x")
    view = GridView(Score(tokens, globals_), np.ones_like(tokens, dtype=bool), setting)
    levels = np.zeros((16 * bars, 7), dtype=np.int64)
    for step in range(16 * bars if drums else 0):
        hit = drums[step % len(drums)]
        if hit in "ksh":
            levels[step, "ksh".index(hit)] = 2
    view.write_drums(levels)
    return view


def read(view: GridView, stem: str) -> str:
    """A line as it was written, bars apart."""
    names = {HARMONY_STROKES.index(name): letter for letter, name in _STROKES.items()}
    text = ""
    for step, token in enumerate(view.line(stem)):
        text += " " if step and step % 16 == 0 else ""
        if token <= HOLD:
            text += ".-"[token]
        elif stem == "harmony":
            text += names[int(token)]
        else:
            text += {14: "R"}.get(int(token), "") if stem == "bass" else ""
            if stem == "lead":
                text += "C" if token == LEAD_CHORD else chr(ord("a") + int(token) - 2)
    return text
