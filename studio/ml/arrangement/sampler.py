"""Sampling a score: masked diffusion from all masked to none, stage by stage, from one block of Gaussian
noise.

Each token is drawn once, by inverse CDF from its own Gaussian, at a moment set by a second Gaussian and by
how sure the model is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.instruments import INSTRUMENTS
from studio.core.score import COLUMNS, GLOBALS, N_COLUMNS, Score
from studio.ml.arrangement.logit_bias import (
    RELUCTANCE,
    REPEATED,
    answering,
    breathing,
    guided,
    liveliness,
    rarity,
    strangeness,
    unusualness,
)
from studio.ml.arrangement.melody import STEP_FEATURES, SUNG
from studio.ml.arrangement.model import N_GLOBALS, ArrangementModel, Condition, mask_ids
from studio.ml.arrangement.noise import Noise
from studio.ml.arrangement.sung_density import Singing
from studio.ml.device import supports_bfloat16

#: Columns that are drawn together; each stage sees all earlier ones.
STAGES: tuple[tuple[str, ...], ...] = (("chord", "energy"), ("drums",), ("bass",), ("harmony",), ("lead",))
_STEPS_OF_STAGE = (12, 10, 8, 10, 10)
#: How much a token's certainty, against chance, decides its moment among its equals. Certain first suits harmony; for
#: rhythm it would draw all the rests first and leave an empty bar.
_CERTAINTY_OF_STAGE = (0.3, 0.05, 0.1, 0.05, 0.05)
#: Globals drawn together, in order.
_GLOBAL_STAGES: tuple[tuple[str, ...], ...] = (
    ("style",),
    ("density", "swing"),
    ("drums", "bass", "harmony", "lead"),
)
#: Network calls of one sampling, for progress; guidance doubles them.
CALLS = len(_GLOBAL_STAGES) + sum(_STEPS_OF_STAGE)
_CHORD, _ENERGY = COLUMNS["chord"].start, COLUMNS["energy"].start


@dataclass(frozen=True)
class Wishes:
    """What is fixed beforehand, and how much some of it is to be heard.

    Attributes:
        tokens: int64 [L, 21], or [B, L, 21] for each score apart, with -1 where the model is free; None for nowhere.
        globals: by name of core.score.GLOBALS.
        each: int64 [B, 7], likewise for each score apart, with -1 where the model is free; `globals` come first.
        playing: stems that must not be left out.
        styles: for each candidate, the styles it may choose from; None for all.
        melody_guidance: of the harmony: 1 follows the melody as trained, more follows it closer. Rhythm is drawn
            unguided; pushed away from songs without a melody, it thins out.
        band_guidance: of the players towards the globals, and of their choice towards a style that was asked for: 1
            as trained, more away from a band without a name.
        unusual: nats by which players are disliked that are not usual in the style.
        strokes: key of logit_bias.STROKES: what was asked of the band.
        singing: the singer's accents, rests and level; None where nobody is to answer them.
        answer: how much the players lean to the accents, as a factor of logit_bias.ANSWERS.
        breath: how much their density leans to the singing, as a factor of logit_bias.FILLS.
        boldness: for each score, 0 for the likeliest chords to 1 for chords as varied as the model knows them.
    """

    tokens: NDArray[np.int64] | None = None
    globals: Mapping[str, int] = field(default_factory=dict)
    each: NDArray[np.int64] | None = None
    playing: tuple[str, ...] = ()
    styles: tuple[int, ...] | None = None
    melody_guidance: float = 2.5
    band_guidance: float = 1.0
    unusual: float = 0.0
    strokes: str = ""
    singing: Singing | None = None
    answer: float = 0.0
    breath: float = 0.0
    boldness: tuple[float, ...] = ()


def _draw(
    logits: Tensor, noise: Tensor, temperature: float | Tensor, top_p: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Inverse-CDF draw from the nucleus of logits [..., V] by Gaussian noise [...]: (token, log-probability).

    `temperature` and `top_p` may be tensors that broadcast against the logits.
    """
    probability = torch.softmax(logits.float() / temperature, dim=-1)
    ordered, index = probability.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    ordered = torch.where(before < top_p, ordered, torch.zeros_like(ordered))
    cumulative = ordered.cumsum(-1)
    uniform = 0.5 * (1 + torch.erf(noise / math.sqrt(2)))
    threshold = (uniform * cumulative[..., -1].double()).float()[..., None]
    choice = (cumulative < threshold).sum(-1, keepdim=True).clamp(max=logits.shape[-1] - 1)
    # Rounding may step past the nucleus: stay inside it.
    choice = torch.minimum(choice, (ordered > 0).sum(-1, keepdim=True) - 1)
    token = index.gather(-1, choice)[..., 0]
    return token, torch.log(probability.gather(-1, token[..., None])[..., 0] + 1e-9)


_TEMPERATURE = {"energy": 0.9, "drums": 0.85, "bass": 0.8, "harmony": 0.8, "lead": 0.9}
_TOP_P = {"energy": 0.9, "drums": 0.92, "bass": 0.9, "harmony": 0.9, "lead": 0.92}
#: Temperature and nucleus of chords without and with all boldness.
_CHORD_TEMPERATURE = (0.9, 1.1)
_CHORD_TOP_P = (0.9, 0.95)


def _levels(place: Tensor) -> Tensor:
    """When a quarter's turn comes, [L]: bars 1, 9, 17 ... first (0), then 5, 13 ... (1), odd ones (2), even ones (3).

    A band states an idea and repeats it: bars drawn later see what they should answer. Quarters drawn all over the song
    at once would each begin an idea of their own.
    """
    bar = (place % 4 == 0).cumsum(0) - 1
    return 3.0 - (bar % 2 == 0).float() - (bar % 4 == 0).float() - (bar % 8 == 0).float()


@torch.inference_mode()
def sample_scores(
    model: ArrangementModel,
    condition: Condition,
    noise: Sequence[Noise],
    wishes: Wishes,
    *,
    on_step: Callable[[], None] | None = None,
) -> list[Score]:
    """One score for each noise, batched.

    Args:
        condition: of one song (B = 1).
        noise: from studio.ml.arrangement.noise, one for each score.
        on_step: called after each of CALLS steps; may raise JobCancelled.
    """
    device = next(model.parameters()).device
    native = supports_bfloat16(device)
    count, beats = len(noise), condition.melody.shape[1]
    both = condition.repeat(count).to(device)
    # Where nothing is sung there is nothing to follow.
    sung = both.melody.reshape(count, beats, -1, STEP_FEATURES)[..., SUNG].amax(-1, keepdim=True) > 0
    guide = torch.where(sung, wishes.melody_guidance, 1.0)
    bare = both.without_melody()
    token_noise = torch.stack([n[0] for n in noise]).to(device)
    global_noise = torch.stack([n[1] for n in noise]).to(device)
    masks, global_masks = mask_ids(device)
    tokens = masks.expand(count, beats, N_COLUMNS).clone()
    globals_ = global_masks.expand(count, N_GLOBALS).clone()
    if wishes.tokens is not None:
        fixed = torch.from_numpy(wishes.tokens).to(device)
        tokens = torch.where(fixed >= 0, fixed, tokens)
    if wishes.each is not None:
        settled = torch.from_numpy(wishes.each).to(device)
        globals_ = torch.where(settled >= 0, settled, globals_)
    for name, value in wishes.globals.items():
        globals_[:, GLOBALS.index(name)] = value

    bold = torch.tensor(wishes.boldness or (0.0,) * count, device=device)[:, None, None]
    temperature: dict[str, float | Tensor] = {**_TEMPERATURE, "chord": _between(_CHORD_TEMPERATURE, bold)}
    top_p: dict[str, float | Tensor] = {**_TOP_P, "chord": _between(_CHORD_TOP_P, bold)}
    strange = strangeness(major=bool(condition.song[0, 1])).to(device)
    push = liveliness(wishes.strokes, device)
    if wishes.singing is not None and (wishes.answer or wishes.breath):
        heard = wishes.singing
        answers = answering(heard.accents, wishes.answer, device)
        breath = breathing(heard.room, heard.level, wishes.breath, device)
        push = [a + b + c for a, b, c in zip(push, answers, breath, strict=True)]

    def predict(globals_: Tensor, condition: Condition) -> tuple[list[Tensor], list[Tensor]]:
        with torch.autocast(device.type, torch.bfloat16, enabled=native):
            return model(tokens, globals_, condition)

    def predict_harmony() -> list[Tensor]:
        """Chords and energy, led by the melody."""
        logits, _ = predict(globals_, both)
        free = predict(globals_, bare)[0][_CHORD]
        logits[_ENERGY] = logits[_ENERGY] + push[_ENERGY]
        logits[_ENERGY][..., 0] -= RELUCTANCE
        return [guided(free, logits[_CHORD], guide) - strange, *logits[1:]]

    def predict_players() -> list[Tensor]:
        """The players' columns, led by what was asked of the band."""
        logits, _ = predict(globals_, both)
        if wishes.band_guidance != 1.0:
            nameless, _ = predict(global_masks.expand_as(globals_), both)
            logits = [guided(*pair, wishes.band_guidance) for pair in zip(nameless, logits, strict=True)]
        return [column + extra for column, extra in zip(logits, push, strict=True)]

    for group in _GLOBAL_STAGES:
        places = [GLOBALS.index(name) for name in group]
        if not bool((globals_[:, places] == global_masks[places]).any()):
            # All of them were given.
            if on_step:
                on_step()
            continue
        _, global_logits = predict(globals_, both)
        if wishes.band_guidance != 1.0 and "style" in wishes.globals:
            _, nameless = predict(global_masks.expand_as(globals_), both)
            pairs = zip(nameless, global_logits, strict=True)
            global_logits = [guided(*pair, wishes.band_guidance) for pair in pairs]
        for name in group:
            index = GLOBALS.index(name)
            free = globals_[:, index] == global_masks[index]
            if not bool(free.any()):
                continue
            own = global_logits[index].float().clone()
            if name in INSTRUMENTS:
                own -= unusualness(globals_[:, GLOBALS.index("style")], name, wishes.unusual)
                own[:, 0] -= torch.inf if name in wishes.playing else RELUCTANCE
            if name == "style":
                own -= rarity(device)
                pick = _distinct_styles(own, global_noise[:, index], wishes.styles)
            elif name in INSTRUMENTS and "style" in wishes.globals:
                pick = _other_players(own, global_noise[:, index])
            else:
                pick = _draw(own, global_noise[:, index], 0.9, 0.95)[0]
            globals_[:, index] = torch.where(free, pick, globals_[:, index])
        if on_step:
            on_step()
    levels = _levels(condition.place[0]).to(device)
    # Harmony is laid out on the downbeats first, then within the bars.
    inside = (condition.place[0].to(device) % 4 != 0).float()
    for names, steps, certainty in zip(STAGES, _STEPS_OF_STAGE, _CERTAINTY_OF_STAGE, strict=True):
        columns = [c for name in names for c in range(COLUMNS[name].start, COLUMNS[name].stop)]
        name_of = {c: name for name in names for c in range(COLUMNS[name].start, COLUMNS[name].stop)}
        total = (tokens[:, :, columns] == masks[columns]).flatten(1).sum(1)
        for step in range(steps):
            if not int(total.max()):
                # All of it was given, as of a child that has it of a parent.
                if on_step:
                    on_step()
                continue
            logits = predict_harmony() if names == STAGES[0] else predict_players()
            hidden = tokens[:, :, columns] == masks[columns]
            drawn, surety = [], []
            for c in columns:
                token, log_p = _draw(
                    logits[c], token_noise[:, :, c, 0], temperature[name_of[c]], top_p[name_of[c]]
                )
                drawn.append(token)
                turn = torch.where(inside > 0, 4.0, levels) if name_of[c] in STAGES[0] else levels
                surety.append(certainty * log_p + 0.3 * token_noise[:, :, c, 1] - turn)
            choice = torch.stack(drawn, -1)
            order = torch.where(
                hidden, torch.stack(surety, -1), torch.full_like(surety[0][..., None], -torch.inf)
            )
            # Cosine schedule (MaskGIT): few tokens while little is known, many at the end.
            left = (
                (total * math.cos(0.5 * math.pi * (step + 1) / steps)).floor()
                if step + 1 < steps
                else total * 0
            )
            reveal = (hidden.flatten(1).sum(1) - left).clamp(min=0).long()
            rank = order.flatten(1).argsort(dim=1, descending=True).argsort(dim=1).reshape(hidden.shape)
            chosen = hidden & (rank < reveal[:, None, None])
            tokens[:, :, columns] = torch.where(chosen, choice, tokens[:, :, columns])
            if on_step:
                on_step()
    return [Score(t.cpu().numpy(), g.cpu().numpy()) for t, g in zip(tokens, globals_, strict=True)]


def _between(ends: tuple[float, float], share: Tensor) -> Tensor:
    return ends[0] + (ends[1] - ends[0]) * share


def _other_players(logits: Tensor, noise: Tensor) -> Tensor:
    """A player for each candidate; who plays in one before costs REPEATED: bands of one style need not be one band."""
    cost = torch.zeros_like(logits[0])
    picks = []
    for row, value in zip(logits, noise, strict=True):
        picks.append(_draw(row - cost, value, 0.9, 0.95)[0])
        cost[picks[-1]] = REPEATED
    return torch.stack(picks)


def _distinct_styles(logits: Tensor, noise: Tensor, allowed: tuple[int, ...] | None) -> Tensor:
    """A style for each candidate, no two alike while there are enough."""
    taken: list[int] = []
    open_ = torch.full((logits.shape[-1],), -torch.inf, device=logits.device)
    open_[list(allowed) if allowed else slice(None)] = 0.0
    for row, value in zip(logits, noise, strict=True):
        masked = row + open_
        if len(taken) < int(torch.isfinite(open_).sum()):
            masked[taken] = -torch.inf
        taken.append(int(_draw(masked, value, 1.0, 0.9)[0]))
    return torch.tensor(taken, device=logits.device)
