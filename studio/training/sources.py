"""Where the songs of the training data come from, and why weights trained on them may ship.

Scores used only to measure (pop songs in copyright, annotated recordings) are not listed: nothing is
trained on them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SongSource:
    """One line of the manifest of a model card.

    Attributes:
        key: how `Skeleton.source` begins.
        title, origin: what it is and who made it.
        licence: under which its notes may be used.
        use: what is taken from it.
    """

    key: str
    title: str
    origin: str
    licence: str
    use: str


SONG_SOURCES = (
    SongSource(
        "factory",
        "Backline song factory",
        "studio.training: chord grammar, forms and melodies drawn by our own code",
        "MIT",
        "form, chords and melody",
    ),
    SongSource(
        "nottingham",
        "Nottingham Music Database, cleaned edition",
        "about 1,000 British and American folk tunes collected by Eric Foxley, in ABC notation",
        "traditional tunes",
        "melody, chord symbols and repeats",
    ),
    SongSource(
        "lieder",
        "OpenScore Lieder Corpus",
        "nineteenth-century songs for voice and piano, transcribed by volunteers",
        "CC0 1.0",
        "vocal line; chords estimated from the piano",
    ),
)


def source_of(source: str) -> SongSource:
    """The manifest line of a `Skeleton.source`. Raises KeyError for an undeclared one."""
    for known in SONG_SOURCES:
        if source == known.key or source.startswith(known.key + "/"):
            return known
    raise KeyError(source)
