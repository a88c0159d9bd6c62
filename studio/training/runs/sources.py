"""Everything that shapes the bundled weights, and why weights trained on it may ship.

Recordings and scores used only to measure (pop songs in copyright, annotated recordings) are not listed: nothing
is trained on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One line of the manifest.

    Attributes:
        key: its name in run folders, and how `Skeleton.source` begins.
        title, origin: what it is and who made it.
        licence: under which it may be used; one of SHIPPABLE.
        use: what is taken from it.
    """

    key: str
    title: str
    origin: str
    licence: str
    use: str


#: Licences (and states) that let weights ship which were trained on such material.
SHIPPABLE = ("MIT", "CC0 1.0", "MIT, parts CC0 1.0 and public domain", "traditional tunes")

SOURCES = (
    Source(
        "factory",
        "Backline song factory",
        "`studio/training`: forms, chord grammars and melodies drawn by our own code",
        "MIT",
        "form, chords and melody of the songs that no collection gives",
    ),
    Source(
        "nottingham",
        "Nottingham Music Database, cleaned edition",
        "about 1,000 British and American folk tunes with chord symbols, collected by Eric Foxley, in ABC notation",
        "traditional tunes",
        "melody, chord symbols and repeats of about a fifth of the songs",
    ),
    Source(
        "lieder",
        "OpenScore Lieder Corpus",
        "nineteenth-century songs for voice and piano, transcribed by volunteers",
        "CC0 1.0",
        "vocal line of about a fifth of the songs; chords estimated from the piano",
    ),
    Source(
        "grooves",
        "Groove library",
        "`studio/training/grooves`, written for this project, 40 styles",
        "MIT",
        "what the bands play",
    ),
    Source(
        "fluid",
        "FluidR3 GM SoundFont",
        "Frank Wen and contributors (Debian package fluid-soundfont-gm)",
        "MIT",
        "the sound of the instruments",
    ),
    Source(
        "musescore",
        "MuseScore General SoundFont, small edition",
        "S. Christian Collins, Michael Cowgill, Frank Wen and contributors (Debian package "
        "musescore-general-soundfont-small)",
        "MIT, parts CC0 1.0 and public domain",
        "the sound of some instruments",
    ),
)

#: Collections of tunes; each lies in a run folder as skeletons once it was read.
COLLECTIONS = ("nottingham", "lieder")


def source(key: str) -> Source:
    """The manifest line of a key. Raises KeyError for an undeclared one."""
    for known in SOURCES:
        if known.key == key:
            return known
    raise KeyError(key)


def source_of(skeleton_source: str) -> Source:
    """The manifest line of a `Skeleton.source`. Raises KeyError for an undeclared one."""
    return source(skeleton_source.partition("/")[0])


def skeleton_file(run: Path, collection: str) -> Path:
    """Where a run keeps the tunes of a collection."""
    return run / f"{collection}.json.gz"
