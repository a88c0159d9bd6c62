"""Tempo and key that come with a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.audio.tags import read_tags
from studio.core.analysis import Given
from studio.core.hints import Hint, hint_from_name
from studio.core.language import tr
from studio.core.tempos import said_bpm


def find_hints(path: Path) -> tuple[Hint, ...]:
    """What a vocal's tags and name say about its tempo and key, the tags first; empty where they say nothing."""
    named = hint_from_name(path.stem)
    tags = read_tags(path) if path.is_file() else ()  # a pipe can be read once, and is for the sound
    return (*tags, *([named] if named else []))


def with_hints(given: Given, hints: tuple[Hint, ...]) -> tuple[Given, tuple[str, ...]]:
    """What was given, completed by hints, for where nobody can be asked; and a sentence for each value taken.

    The first hint that has a value counts. Nothing that was given is replaced, and a guide is better than any hint.
    """
    told: list[str] = []
    if given.tempo_bpm is None and given.guide is None:
        for hint in hints:
            if hint.tempo_bpm is not None:
                given = replace(given, tempo_bpm=hint.tempo_bpm)
                told.append(
                    tr(
                        "Tempo {tempo} bpm from the {source}; --tempo gives another.",
                        tempo=said_bpm(hint.tempo_bpm),
                        source=hint.source,
                    )
                )
                break
    if given.key is None and (given.guide is None or given.guide.key is None):
        for hint in hints:
            if hint.key is not None:
                given = replace(given, key=hint.key)
                told.append(
                    tr("Key {key} from the {source}; --key gives another.", key=hint.key, source=hint.source)
                )
                break
    return given, tuple(told)
