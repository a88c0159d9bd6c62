"""Judgements and arrangements with known content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.core.screen import Verdict
from studio.taste.judgement import JudgedClip, Judgement

HEARD = 6.0


def judgement(
    clips: Mapping[str, Mapping[str, float]],
    *,
    screen: str = "s1",
    roles: Mapping[str, str] | None = None,
    heard_s: float = HEARD,
    song: str = "song",
    sitting: str = "one",
    repeat_of: str = "",
    blind: bool = True,
    weight: float = 1.0,
    **verdict: object,
) -> Judgement:
    """Of clips by key with their features; other words go to the verdict."""
    said = Verdict(heard_s=dict.fromkeys(clips, heard_s), **verdict)  # type: ignore[arg-type]
    judged = tuple(JudgedClip(key, (roles or {}).get(key, "exploit"), f) for key, f in clips.items())
    return Judgement(
        "me", song, "2026-01-01T12:00:00Z", screen, judged, said, sitting, repeat_of, blind, weight
    )


def plain(keys: Sequence[str]) -> dict[str, dict[str, float]]:
    """Clips without features."""
    return {key: {} for key in keys}


def arrangement(
    parts: Mapping[str, Sequence[Note]],
    chords: str = "C Am F G",
    instruments: Mapping[str, str] | None = None,
) -> Arrangement:
    """Four bars at 120 quarters a minute, that is 8 s."""
    grid = BeatGrid.regular(120.0, Meter(4, 4), 8.0)
    names = {"drums": "room kit", "bass": "pick bass", "harmony": "piano", "lead": "flute"} | dict(
        instruments or {}
    )
    in_bars = Chord.parse_many(chords)
    return Arrangement(
        grid,
        Key.parse("C major"),
        "pop",
        tuple(in_bars[beat // 4 % len(in_bars)] for beat in range(grid.beats)),
        {stem: Part(names[stem], tuple(parts.get(stem, ()))) for stem in STEMS},
    )
