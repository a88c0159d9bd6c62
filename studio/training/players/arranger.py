"""The song factory's band: a skeleton and a groove -> a score.

The arranger decides once for a song who plays (instruments, density, swing) and what each section is played
with (band_plan), agrees on the seams (cues), and lets each player write a part. Bass and harmony are first
charts of symbols, a character a sixteenth, so that stops, hits and the ending are plain edits; the chords
enter last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.core.instruments import INSTRUMENTS
from studio.core.score import COLUMNS, N_COLUMNS, STYLES, SWINGS, Score, chord_token
from studio.training.players.band_plan import Plan, Planner
from studio.training.players.bass_writer import BassWriter
from studio.training.players.drum_writer import write_drums
from studio.training.players.grooves import Groove
from studio.training.players.harmony_writer import write_harmony
from studio.training.players.lead_writer import write_lead
from studio.training.songs.bars import Bar, read_form
from studio.training.songs.chord_line import ChordLine
from studio.training.songs.cues import Cue, place_cues
from studio.training.songs.draws import draw, draw_index
from studio.training.songs.skeleton import Skeleton


def arrange(skeleton: Skeleton, groove: Groove, rng: np.random.Generator) -> Score:
    """Plays a song in a style.

    Args:
        skeleton: at least one whole bar.
        groove: must serve the skeleton's meter, else KeyError.
        rng: the same generator state gives the same score.
    """
    feel = groove.feel(str(skeleton.meter))
    density = draw_index(groove.density, rng)
    swing = draw(groove.swing, rng)
    if skeleton.meter.denominator == 8:
        swing = "straight"
    players = _players(groove, rng)
    bars = read_form(skeleton)
    chords = ChordLine.of(skeleton)

    planner = Planner(
        groove, feel, density, players, skeleton.tempo_bpm, max(bar.energy for bar in bars), rng
    )
    plans = [planner.plan(bar) for bar in bars]
    played = [plan.parts(bar) for plan, bar in zip(plans, bars, strict=True)]
    cues = place_cues(bars, plans, chords, groove, feel, rng)

    tokens = np.zeros((skeleton.beats, N_COLUMNS), np.int64)
    tokens[:, COLUMNS["chord"]] = [[chord_token(chord, skeleton.key)] for chord in skeleton.chords]
    tokens[:, COLUMNS["energy"]] = np.asarray(skeleton.energy)[:, None]
    if players["drums"] != "none":
        levels = write_drums(bars, plans, cues, groove, rng).reshape(7, -1, 4)
        tokens[:, COLUMNS["drums"]] = (levels @ (27, 9, 3, 1)).T
    if players["bass"] != "none":
        chart = _chart(bars, cues, [parts.bass for parts in played], "R", [cue.bass_out for cue in cues])
        _lead_in(chart, bars, plans, cues)
        bass = BassWriter(chords, groove.chromatic, rng).write(chart)
        tokens[:, COLUMNS["bass"]] = np.reshape(bass, (-1, 4))
    if players["harmony"] != "none":
        chart = _chart(bars, cues, [parts.harmony for parts in played], "A", [False] * len(bars))
        tokens[:, COLUMNS["harmony"]] = np.reshape(write_harmony(chart, chords), (-1, 4))
    if players["lead"] != "none":
        hits = [cue.hits for cue in cues]
        lead = write_lead(skeleton, chords, bars, plans, hits, groove, feel, players["lead"], density, rng)
        tokens[:, COLUMNS["lead"]] = np.reshape(lead, (-1, 4))

    names = {stem: [entry.name for entry in entries] for stem, entries in INSTRUMENTS.items()}
    globals_ = [STYLES.index(groove.style), density, SWINGS.index(swing)]
    globals_ += [names[stem].index(players[stem]) for stem in ("drums", "bass", "harmony", "lead")]
    return Score(tokens, np.array(globals_, np.int64))


def _players(groove: Groove, rng: np.random.Generator) -> dict[str, str]:
    """An instrument for each stem; someone always plays the chords."""
    players = {stem: draw(weights, rng) for stem, weights in groove.instruments.items()}
    if players["harmony"] == "none" and players["lead"] == "none":
        sounding = {name: w for name, w in groove.instruments["harmony"].items() if name != "none"}
        players["harmony"] = draw(sounding or {"piano": 1.0}, rng)
    return players


def _chart(
    bars: Sequence[Bar], cues: Sequence[Cue], lines: Sequence[str], hit: str, out: Sequence[bool]
) -> list[str]:
    """One symbol a sixteenth from each bar's line, with the cues carried out.

    Args:
        hit: symbol of the band's hits and of the final stroke.
        out: bars in which the player is silent.
    """
    chart: list[str] = []
    for bar, cue, line, silent in zip(bars, cues, lines, out, strict=True):
        offset = bar.place * bar.steps
        symbols = [line[(offset + i) % len(line)] for i in range(bar.steps)]
        if cue.hits:
            quiet = min(cue.hits[-1] + 4, bar.steps)
            symbols = ["-"] * quiet + ["."] * (bar.steps - quiet)
            for step in cue.hits:
                symbols[step] = hit
        if cue.stop is not None:
            symbols[cue.stop :] = "." * (bar.steps - cue.stop)
        if cue.final:
            symbols = [hit] + ["-"] * (cue.ring - 1) + ["."] * (bar.steps - cue.ring)
        chart += "." * bar.steps if silent else symbols
    return chart


def _lead_in(chart: list[str], bars: Sequence[Bar], plans: Sequence[Plan], cues: Sequence[Cue]) -> None:
    """Lets a held bass step into the next chord where a phrase ends and the plan leads on."""
    for bar, plan, cue in zip(bars, plans, cues, strict=True):
        plain = not (cue.hits or cue.final or cue.stop is not None)
        if plain and plan.turnaround and (bar.resting or bar.place % 4 == 3) and bar.energy > 0:
            last = bar.first + bar.steps - 2
            if chart[last] == "-" and chart[last + 1] == "-":
                chart[last] = "a"
