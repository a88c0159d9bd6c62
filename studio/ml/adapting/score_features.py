"""What can be counted in a score's tokens, for guards and for the question whether an adapter changes anything.

Not what a taste is learnt from (studio.taste.features hears arrangements and sounds): these only have to notice change.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studio.core.instruments import INSTRUMENTS
from studio.core.language import later
from studio.core.music import Chord
from studio.core.score import (
    BASS_OFFSET,
    COLUMNS,
    GLOBALS,
    HOLD,
    LEAD_CHORD,
    QUALITY_NAMES,
    REST,
    Score,
    unpack_drums,
)
from studio.ml.arrangement.melody import STEP_FEATURES, SUNG

#: Names, each with the words for less and for more of it.
WORDS: Mapping[str, tuple[str, str]] = {
    "drum strokes": (later("sparser drums"), later("busier drums")),
    "hats and cymbals": (later("fewer hats and cymbals"), later("more hats and cymbals")),
    "bass notes": (later("calmer bass"), later("busier bass")),
    "bass height": (later("lower bass"), later("higher bass")),
    "harmony strokes": (later("longer chords"), later("more strokes of the chords")),
    "lead notes": (later("less lead"), later("more lead")),
    "lead height": (later("lower lead"), later("higher lead")),
    "energy": (later("softer"), later("more energetic")),
    "chord changes": (later("fewer chord changes"), later("more chord changes")),
    "rich chords": (later("plainer chords"), later("richer chords")),
    "without drums": (later("more often with drums"), later("more often without drums")),
    "electronic drums": (later("fewer electronic drums"), later("more electronic drums")),
    "soft kits": (later("fewer brush and jazz kits"), later("more brush and jazz kits")),
    "synth basses": (later("fewer synth basses"), later("more synth basses")),
    "guitars": (later("fewer guitars"), later("more guitars")),
    "pianos": (later("fewer pianos"), later("more pianos")),
    "without a lead": (later("more often with a lead"), later("more often without a lead")),
    "strings and pads": (later("fewer strings and pads"), later("more strings and pads")),
    "winds and brass": (later("fewer winds and brass"), later("more winds and brass")),
}
NAMES = tuple(WORDS)
#: Stem and instruments of the names that say who plays: much of a taste lies there, and no count of notes shows it.
_PLAYERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "without drums": ("drums", ("none",)),
    "electronic drums": ("drums", ("electronic kit", "808 kit")),
    "soft kits": ("drums", ("jazz kit", "brush kit")),
    "synth basses": ("bass", ("synth bass", "round synth bass")),
    "guitars": ("harmony", ("nylon guitar", "steel guitar", "clean guitar", "driven guitar")),
    "pianos": ("harmony", ("piano", "electric piano", "fm piano")),
    "without a lead": ("lead", ("none",)),
    "strings and pads": ("lead", ("strings", "slow strings", "warm pad", "choir", "violin")),
    "winds and brass": ("lead", ("flute", "trumpet", "tenor sax", "clarinet", "brass section")),
}
_TRIADS = [QUALITY_NAMES.index(name) for name in ("", "m", "maj", "min") if name in QUALITY_NAMES]


def score_features(score: Score) -> NDArray[np.float64]:
    """Counts a quarter, means, shares, and 1 for who plays, in the order of NAMES."""
    tokens = score.tokens
    drums = unpack_drums(tokens[:, COLUMNS["drums"]]) > 0  # [L, 7, 4]
    bass, harmony, lead = (tokens[:, COLUMNS[name]] for name in ("bass", "harmony", "lead"))
    chords = tokens[:, 0]
    quality = (chords[chords > 0] - 1) // 12
    pitched = lead[(lead > HOLD) & (lead < LEAD_CHORD)]
    found = {
        "drum strokes": drums.sum() / len(tokens),
        "hats and cymbals": drums[:, 2:5].sum() / len(tokens),
        "bass notes": (bass > HOLD).sum() / len(tokens),
        "bass height": _mean(bass[bass > HOLD] - BASS_OFFSET),
        "harmony strokes": (harmony > HOLD).sum() / len(tokens),
        "lead notes": (lead > HOLD).sum() / len(tokens),
        "lead height": _mean(pitched),
        "energy": tokens[:, COLUMNS["energy"]].mean(),
        "chord changes": np.mean(chords[1:] != chords[:-1]) if len(chords) > 1 else 0.0,
        "rich chords": _mean(~np.isin(quality, _TRIADS)),
    }
    for name, (stem, players) in _PLAYERS.items():
        player = INSTRUMENTS[stem][int(score.globals[GLOBALS.index(stem)])].name
        found[name] = float(player in players)
    return np.array([float(found[name]) for name in NAMES])


def chord_fit(score: Score, melody: NDArray[np.float32]) -> float:
    """Of what is sung, the share on tones of the chord then played; 0.5 where nothing is sung or played.

    Args:
        melody: [L, N_MELODY], relative to the tonic as the score is.
    """
    steps = melody.reshape(len(melody), -1, STEP_FEATURES)
    sung = steps[..., :SUNG].sum(1)  # [L, 12]
    tones = np.zeros((len(melody), 12))
    for beat, token in enumerate(score.tokens[:, 0]):
        if token > 0:
            quality, degree = divmod(int(token) - 1, 12)
            tones[beat, list(Chord(degree, QUALITY_NAMES[quality]).pitch_classes)] = 1.0
    heard = sung[score.tokens[:, 0] > 0].sum()
    return float((sung * tones).sum() / heard) if heard > 0 else 0.5


def beat_fit(score: Score, place: NDArray[np.int64]) -> float:
    """Share of the bars in which drums, bass or harmony mark the first beat."""
    first = score.tokens[place % 4 == 0]
    if not len(first):
        return 1.0
    drums = unpack_drums(first[:, COLUMNS["drums"]])[:, :, 0] > 0
    struck = [first[:, COLUMNS[name].start] > HOLD for name in ("bass", "harmony")]
    return float((drums.any(1) | struck[0] | struck[1]).mean())


def stretches(tokens: NDArray[np.int64], beats: int) -> set[bytes]:
    """Every stretch of so many quarters in which bass, harmony or lead play, as bytes: equal bytes, equal music."""
    rows = np.ascontiguousarray(tokens.astype(np.uint8))
    played: NDArray[np.bool_] = np.any(tokens[:, COLUMNS["bass"].start :] > REST, axis=1)
    return {
        rows[start : start + beats].tobytes()
        for start in range(len(rows) - beats + 1)
        if bool(played[start : start + beats].any())
    }


def _mean(values: NDArray[np.int64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else 0.0
