"""The score: the token grid in which the arrangement model thinks, one row a quarter note.

Everything is relative so that little must be learnt twice: chords and lead to the tonic, bass and voicings to
the chord. A user's edit of one chord therefore carries bass and harmony along.
Columns of `Score.tokens` [beats, 21]:

    chord    1  0 = no chord, else 1 + 12 * quality + (root - tonic) mod 12
    energy   1  0 (hush) to 3 (full)
    drums    7  one column a drum class; four base-3 digits, first sixteenth most significant:
                0 nothing, 1 soft or ghost, 2 full
    bass     4  one a sixteenth: 0 rest, 1 hold, 2 + n: a note n - 12 semitones from the register's chord root
    harmony  4  one a sixteenth: 0 rest, 1 hold, else a stroke of HARMONY_STROKES
    lead     4  one a sixteenth: 0 rest, 1 hold, 2 + n: n semitones above the register's tonic (n < 24),
                26: a sustained chord

`Score.globals` [7]: style, density, swing and the instrument of each stem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.controls import DENSITIES
from studio.core.grid import STEPS_PER_BEAT
from studio.core.instruments import INSTRUMENTS
from studio.core.music import QUALITIES, Chord, Key

#: Append, never reorder: the order is the vocabulary of trained weights.
STYLES = (
    "pop", "pop ballad", "piano ballad", "rock", "soft rock", "indie rock", "folk", "country", "bluegrass",
    "singer-songwriter", "soul", "funk", "r&b", "hip-hop", "lo-fi", "disco", "house", "edm", "synth-pop",
    "trap", "drum and bass", "reggae", "ska", "bossa nova", "samba", "latin pop", "jazz swing", "jazz ballad",
    "blues shuffle", "gospel", "waltz", "folk waltz", "jig", "march", "cinematic", "ambient", "chamber pop",
    "lullaby", "celtic", "musical theatre",
)  # fmt: skip

DRUM_CLASSES = ("kick", "snare", "closed_hat", "open_hat", "cymbal", "tom", "percussion")
HARMONY_STROKES = (
    "rest",
    "hold",
    "chord",
    "soft",
    "accent",
    "upper",
    "low",
    "voice1",
    "voice2",
    "voice3",
    "voice4",
)
SWINGS = ("straight", "light", "heavy")
QUALITY_NAMES = tuple(QUALITIES)

REST, HOLD = 0, 1
BASS_OFFSET = 14  # token of the chord root itself
LEAD_CHORD = 26

COLUMNS: dict[str, slice] = {
    "chord": slice(0, 1),
    "energy": slice(1, 2),
    "drums": slice(2, 9),
    "bass": slice(9, 13),
    "harmony": slice(13, 17),
    "lead": slice(17, 21),
}
N_COLUMNS = 21
#: Vocabulary size of every column.
VOCABULARY: tuple[int, ...] = (
    1 + 12 * len(QUALITIES),
    4,
    *[3**STEPS_PER_BEAT] * len(DRUM_CLASSES),
    *[2 + 25] * 4,
    *[len(HARMONY_STROKES)] * 4,
    *[2 + 25] * 4,
)
GLOBALS = ("style", "density", "swing", "drums", "bass", "harmony", "lead")
GLOBAL_VOCABULARY: tuple[int, ...] = (
    len(STYLES),
    len(DENSITIES),
    len(SWINGS),
    *(len(INSTRUMENTS[stem]) for stem in ("drums", "bass", "harmony", "lead")),
)


@dataclass(frozen=True, eq=False)
class Score:
    """Tokens of one song.

    Attributes:
        tokens: int64 [beats, 21], columns as in COLUMNS.
        globals: int64 [7], as in GLOBALS.
    """

    tokens: NDArray[np.int64]
    globals: NDArray[np.int64]

    def __post_init__(self) -> None:
        if (
            self.tokens.ndim != 2
            or self.tokens.shape[1] != N_COLUMNS
            or self.globals.shape != (len(GLOBALS),)
        ):
            raise ValueError(f"a score is [beats, {N_COLUMNS}] and [{len(GLOBALS)}], not {self.tokens.shape}")
        if (self.tokens < 0).any() or (self.tokens >= np.array(VOCABULARY)).any():
            raise ValueError("a token lies outside its column's vocabulary")
        if (self.globals < 0).any() or (self.globals >= np.array(GLOBAL_VOCABULARY)).any():
            raise ValueError("a global token lies outside its vocabulary")


def chord_token(chord: Chord, key: Key) -> int:
    """The token of a chord in a key."""
    if chord.root is None:
        return 0
    return 1 + 12 * QUALITY_NAMES.index(chord.quality) + (chord.root - key.tonic) % 12


def token_chord(token: int, key: Key) -> Chord:
    """The chord a token stands for in a key; the inverse of `chord_token`."""
    if token == 0:
        return Chord(None)
    quality, degree = divmod(int(token) - 1, 12)
    return Chord((key.tonic + degree) % 12, QUALITY_NAMES[quality])


def pack_drums(levels: NDArray[np.int64]) -> int:
    """Four sixteenths of levels 0 to 2, first most significant -> one token."""
    return int(levels[0] * 27 + levels[1] * 9 + levels[2] * 3 + levels[3])


def unpack_drums(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tokens of any shape -> levels 0 to 2 with a last axis of four sixteenths."""
    return np.stack([tokens // 27 % 3, tokens // 9 % 3, tokens // 3 % 3, tokens % 3], axis=-1)


def repair(score: Score) -> Score:
    """The score with bass and harmony struck anew where a chord changes under a held note."""
    tokens = score.tokens.copy()
    for name, strike in (("bass", BASS_OFFSET), ("harmony", HARMONY_STROKES.index("chord"))):
        columns = COLUMNS[name]
        sounding = False
        for beat in range(len(tokens)):
            row = tokens[beat, columns]
            changed = beat > 0 and tokens[beat, 0] != tokens[beat - 1, 0]
            if changed and sounding and row[0] == HOLD:
                row[0] = strike
            for token in row:
                sounding = token != REST and (sounding or token != HOLD)
    return Score(tokens, score.globals)
