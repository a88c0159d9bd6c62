"""How the sampler leans the model's logits: towards what was asked for, and away from what a producer would not want.

Guidance is classifier-free (Ho & Salimans 2022, arXiv:2207.12598): the difference that knowing something makes to the
logits, taken more than once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.arrangement import STEMS
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Key
from studio.core.score import (
    COLUMNS,
    DRUM_CLASSES,
    HARMONY_STROKES,
    HOLD,
    REST,
    STYLES,
    VOCABULARY,
    token_chord,
    unpack_drums,
)
from studio.core.style_instruments import usual_players

#: Nats by which a stem left out, or a hush, is disliked: whoever asks for a band expects one.
RELUCTANCE = 2.0
_STRANGE = 1.0
#: Nats for each stroke of drums, bass, harmony and lead, by the density that was asked for, 'style' where only a
#: style was, '' where neither. A cautious draw (temperatures below 1) takes what is likeliest, which at most moments
#: is to keep still or to hold on; guidance overdoes it. Where no density is asked for, bass, harmony and lead strike
#: as often as those of records do, more often than in the songs of the training (docs/sound.md, "How much is
#: played").
STROKES: Mapping[str, tuple[float, float, float, float]] = {
    "": (0.2, 1.4, 2.2, 1.8),
    "style": (-0.2, 1.4, 2.2, 1.8),
    "sparse": (-0.6, -0.6, -0.6, 0.2),
    "medium": (-0.3, -0.3, -0.3, 0.5),
    "busy": (0.3, 1.0, 1.6, 1.6),
}
#: Nats for each rest of the lead, which else never breathes.
_LEAD_REST = 0.5
#: Nats by which the styles that few singers have in mind are held back; who wants one asks for it.
_RARITY = 1.5
_RARE_STYLES = (
    "bluegrass", "ska", "samba", "jazz ballad", "jig", "march", "ambient", "chamber pop", "lullaby", "celtic",
    "musical theatre", "drum and bass", "waltz", "folk waltz",
)  # fmt: skip
#: Nats by which an instrument that is unusual in the style is disliked, where the style was asked for and where it was
#: drawn: who names a style has its sound in mind, and who leaves it open may be surprised.
UNUSUAL_IF_ASKED, UNUSUAL_IF_DRAWN = 6.0, 2.0
#: Nats by which a player is disliked that another candidate for the same style has already.
REPEATED = 1.5
#: Nats for a stroke on a sung accent of 1, see sung_accents: by kind of drum, and of the other stems. Hats and shakers
#: keep the time, and the lead sings in the gaps: they are left alone.
ANSWERS: Mapping[str, float] = {
    "kick": 1.0,
    "snare": 0.6,
    "cymbal": 0.3,
    "tom": 0.3,
    "bass": 1.0,
    "harmony": 1.0,
}
#: Nats for each stroke where the singer leaves room of 1, see sung_density: by kind of drum, and of the other stems.
#: Fills and answers are what a band has for gaps; whoever keeps the time keeps it.
FILLS: Mapping[str, float] = {"snare": 0.25, "tom": 0.5, "bass": 0.2, "harmony": 0.35, "lead": 0.5}
#: Nats for each stroke of these where the voice is at a level of 1, and for each step of energy.
LOUDER: Mapping[str, float] = {"kick": 0.15, "snare": 0.15, "cymbal": 0.3, "bass": 0.1, "harmony": 0.15}
_LOUDER_ENERGY = 0.8
#: The share of it that a full stroke gets beyond a soft one.
_ACCENTED = 0.5
_CHORD = COLUMNS["chord"].start


def guided(free: Tensor, known: Tensor, scale: float | Tensor) -> Tensor:
    """Logits led from `free`, which does not know something, through `known`; 1 is `known` itself."""
    return free + scale * (known - free)


def strangeness(*, major: bool) -> Tensor:
    """Nats each chord token costs [V]: _STRANGE for chords with notes outside the scale.

    A bare melody leaves harmony open, and a wrong exotic chord hurts more than a right one pleases.
    """
    key = Key(0, "major" if major else "minor")
    scale = {*key.scale} if major else {*key.scale, 11}
    chords = [token_chord(token, key) for token in range(VOCABULARY[_CHORD])]
    return torch.tensor([0.0 if {*c.pitch_classes} <= scale else _STRANGE for c in chords])


def rarity(device: torch.device) -> Tensor:
    """Nats each style costs [40]: the songs of the training know all styles alike, singers do not."""
    return torch.tensor([_RARITY if style in _RARE_STYLES else 0.0 for style in STYLES], device=device)


def unusualness(styles: Tensor, stem: str, nats: float) -> Tensor:
    """Nats each player of a stem costs [B, V]: `nats` for those that are not usual in the style.

    Args:
        styles: index of STYLES of each score, [B].
    """
    rows = [[0.0 if usual else nats for usual in usual_players(style, stem)] for style in STYLES]
    return torch.tensor(rows, device=styles.device)[styles]


def liveliness(asked: str, device: torch.device) -> list[Tensor]:
    """What is added to the logits of each column, [V_c]: so much for every stroke, and for a rest of the lead.

    Args:
        asked: a key of STROKES.
    """
    columns = [np.zeros(size, dtype=np.float32) for size in VOCABULARY]
    for stem, nats in zip(STEMS, STROKES[asked], strict=True):
        for column in range(COLUMNS[stem].start, COLUMNS[stem].stop):
            tokens = np.arange(VOCABULARY[column])
            columns[column] += nats * (
                (unpack_drums(tokens) > 0).sum(-1) if stem == "drums" else tokens > HOLD
            )
            if stem == "lead":
                columns[column][REST] += _LEAD_REST
    return [torch.from_numpy(column).to(device) for column in columns]


def answering(accents: NDArray[np.float32], strength: float, device: torch.device) -> list[Tensor]:
    """What is added to the logits of each column, [L, V_c]: so much for a stroke where the singer has an accent, and so
    much against one where the singing goes by.

    Args:
        accents: [L, 4], see sung_accents.
        strength: factor of ANSWERS.
    """
    columns = [np.zeros((len(accents), size), dtype=np.float32) for size in VOCABULARY]
    for kind, nats in ANSWERS.items():
        _lean(columns, kind, strength * nats * accents)
    return [torch.from_numpy(column).to(device) for column in columns]


def breathing(
    room: NDArray[np.float32], level: NDArray[np.float32], strength: float, device: torch.device
) -> list[Tensor]:
    """What is added to the logits of each column, [L, V_c]: strokes move to where the singer leaves room, and the band
    grows with the voice.

    Args:
        room, level: [L] each, see sung_density.
        strength: factor of FILLS and of what a level does.
    """
    columns = [np.zeros((len(room), size), dtype=np.float32) for size in VOCABULARY]
    for curve, kinds in ((room, FILLS), (level, LOUDER)):
        for kind, nats in kinds.items():
            _lean(columns, kind, np.repeat(strength * nats * curve[:, None], STEPS_PER_BEAT, axis=1))
    energy = COLUMNS["energy"].start
    steps = np.arange(VOCABULARY[energy], dtype=np.float32)
    columns[energy] += strength * _LOUDER_ENERGY * level[:, None] * steps
    return [torch.from_numpy(column).to(device) for column in columns]


def _lean(columns: list[NDArray[np.float32]], kind: str, nats: NDArray[np.float32]) -> None:
    """Adds `nats` [L, 4] for a stroke on each sixteenth to the columns of a kind of drum or of a stem."""
    if kind in DRUM_CLASSES:
        column = COLUMNS["drums"].start + DRUM_CLASSES.index(kind)
        levels = unpack_drums(np.arange(VOCABULARY[column]))  # [V, 4]
        stroke = (levels > 0) + _ACCENTED * (levels == 2)
        columns[column] += nats @ stroke.T.astype(np.float32)
        return
    for step in range(STEPS_PER_BEAT):
        column = COLUMNS[kind].start + step
        stroke = (np.arange(VOCABULARY[column]) > HOLD).astype(np.float32)
        if kind == "harmony":
            stroke[HARMONY_STROKES.index("accent")] += _ACCENTED
        columns[column] += nats[:, step, None] * stroke
