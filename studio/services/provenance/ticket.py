"""The ticket of a candidate: all that is needed to ask for it again, and to play it again to the last bit.

It names the vocal by its hash and carries no sound. It holds what was asked for (wishes, seed, number, what was heard
in the vocal) and what was written for the band (score and notes), because an arrangement that is drawn again in
another batch, or by other weights, may differ in a note, while notes that are played again do not. What was made anew
of a song, a part of it or a stem, stands beside sound that no notes tell of: such a candidate can be asked for, not
repeated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

import studio
from studio.core.analysis import PitchTrack, VocalAnalysis
from studio.core.arrangement import Arrangement, Note, Part
from studio.core.audio import Audio
from studio.core.candidate import Candidate, NoiseStep, Recipe, descent
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.language import in_english, later, tr
from studio.core.music import Chord, Key
from studio.core.score import GLOBAL_VOCABULARY, N_COLUMNS, VOCABULARY, Score
from studio.storage.codec import damaged, from_json, to_json

#: More than any ticket has: a file that unpacks to more is not one of ours.
_MOST_BYTES = 1 << 25
_BLOCK = 1 << 18
_WHAT = later("the ticket")


@dataclass(frozen=True, eq=False)
class PlayedNotes:
    """A stem's notes in columns: seconds, MIDI pitch, velocity."""

    instrument: str
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    pitches: NDArray[np.uint8]
    velocities: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Written:
    """What was written for the band: `Arrangement` and `Recipe`, in columns."""

    grid: BeatGrid
    key: Key
    style: str
    chords: tuple[Chord, ...]
    tuning_cents: float
    parts: dict[str, PlayedNotes]
    tokens: NDArray[np.uint8]
    globals: tuple[int, ...]
    noise: tuple[NoiseStep, ...]
    sound_seed: int
    renderers: dict[str, str]


@dataclass(frozen=True, eq=False)
class Ticket:
    """A candidate's way back.

    Attributes:
        vocal_sha256, vocal_name: of the file that was accompanied.
        vocal_sound: SHA-256 of its samples, by which a copy in another container is known.
        number: in its request, from 1.
        candidates: how many the request asked for; 0 where that is not known.
        models: SHA-256 by model name, a personal adapter among them.
        change: what it was made out of, in words; empty for a new one.
        analysis: what was heard in the vocal, without its pitch track and other readings.
        written: None from an engine without notes.
    """

    vocal_sha256: str
    vocal_name: str
    vocal_sound: str
    seed: int
    number: int
    candidates: int
    engine: str
    models: dict[str, str]
    controls: Controls
    analysis: VocalAnalysis
    change: str = ""
    program: str = studio.__version__
    written: Written | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether playing it again gives the same samples: not where sound was spliced."""
        return self.written is not None and not self.change.startswith(("new ", "from "))


@in_english()
def ticket_of(
    candidate: Candidate,
    analysis: VocalAnalysis,
    *,
    vocal_sha256: str,
    vocal_name: str,
    vocal: Audio,
    seed: int,
    models: Mapping[str, str],
) -> Ticket:
    """The ticket of a candidate that is about to be exported."""
    settings, recipe = candidate.settings, candidate.recipe
    none = np.zeros(0, dtype=np.float32)
    number = settings.get("number_in_request", settings.get("candidate", candidate.number))
    asked = settings.get("candidates", 0)
    return Ticket(
        vocal_sha256=vocal_sha256,
        vocal_name=vocal_name,
        vocal_sound=sound_sha256(vocal),
        seed=int(seed),
        number=number if isinstance(number, int) else candidate.number,
        candidates=asked if isinstance(asked, int) else 0,
        engine=str(settings.get("engine", "band")),
        models=dict(models),
        controls=recipe.controls if recipe else Controls(),
        analysis=replace(analysis, pitch=PitchTrack(np.zeros(0), none, none, none), alternatives=()),
        change=descent(settings),
        written=_written(candidate.arrangement, recipe) if recipe else None,
        settings={name: value for name, value in settings.items() if isinstance(value, str)},
    )


def sound_sha256(audio: Audio) -> str:
    """Of rate, channels and samples, whatever file they lie in."""
    digest = hashlib.sha256(f"{audio.sample_rate} {audio.channels}\n".encode())
    for start in range(0, audio.frames, _BLOCK):
        # + 0.0: a zero has no sign.
        digest.update(np.ascontiguousarray(audio.samples[:, start : start + _BLOCK].T + np.float32(0)).data)
    return digest.hexdigest()


def _written(arrangement: Arrangement, recipe: Recipe) -> Written:
    parts = {
        stem: PlayedNotes(
            part.instrument,
            np.array([note.start_s for note in part.notes], dtype=np.float64),
            np.array([note.end_s for note in part.notes], dtype=np.float64),
            np.array([note.pitch for note in part.notes], dtype=np.uint8),
            np.array([note.velocity for note in part.notes], dtype=np.uint8),
        )
        for stem, part in arrangement.parts.items()
    }
    return Written(
        arrangement.grid, arrangement.key, arrangement.style, arrangement.chords, float(arrangement.tuning_cents),
        parts, recipe.score.tokens.astype(np.uint8), tuple(int(n) for n in recipe.score.globals), recipe.noise,
        int(recipe.sound_seed), dict(recipe.renderers),
    )  # fmt: skip


def plan_of(ticket: Ticket) -> Candidate:
    """The candidate without its sound, ready to be played.

    Raises:
        StudioError: for a ticket of an engine without notes, or one that no band was written by.
    """
    written = ticket.written
    if written is None:
        raise damaged(tr(_WHAT), ValueError(f"one of the {ticket.engine} engine, which keeps no notes"))
    try:
        parts = {stem: Part(played.instrument, _notes(played)) for stem, played in written.parts.items()}
        tokens = written.tokens.astype(np.int64)
        _check_score(tokens, written.globals)
    except ValueError as error:
        raise damaged(tr(_WHAT), error) from error
    arrangement = Arrangement(
        written.grid, written.key, written.style, written.chords, parts, written.tuning_cents
    )
    recipe = Recipe(
        Score(tokens, np.array(written.globals, dtype=np.int64)), written.noise, written.sound_seed,
        ticket.controls, {}, written.renderers,
    )  # fmt: skip
    settings: dict[str, object] = {**ticket.settings, "seed": ticket.seed, "candidate": ticket.number}
    if ticket.candidates:
        settings["candidates"] = ticket.candidates
    settings.pop("change", None)  # its parent is not here
    return Candidate(ticket.number, arrangement, {}, settings, recipe)


def _notes(played: PlayedNotes) -> tuple[Note, ...]:
    columns = (played.starts_s, played.ends_s, played.pitches, played.velocities)
    return tuple(
        Note(float(start), float(end), int(pitch), int(velocity))
        for start, end, pitch, velocity in zip(*columns, strict=True)
    )


def _check_score(tokens: NDArray[np.int64], first: tuple[int, ...]) -> None:
    if tokens.ndim != 2 or tokens.shape[1] != N_COLUMNS or len(first) != len(GLOBAL_VOCABULARY):
        raise ValueError("a score of another shape")
    if (tokens >= np.array(VOCABULARY)).any() or (np.array(first) >= np.array(GLOBAL_VOCABULARY)).any():
        raise ValueError("a token that no score has")


def ticket_id(ticket: Ticket) -> str:
    """16 hexadecimal digits that follow from the content: the same request has the same."""
    return hashlib.sha256(to_json(ticket)).hexdigest()[:16]


def packed(ticket: Ticket) -> str:
    """As it travels in a file: JSON, zlib, base64."""
    return base64.b64encode(zlib.compress(to_json(ticket), 9)).decode("ascii")


def unpacked(text: str) -> Ticket:
    """What `packed` gave. Raises StudioError for anything else."""
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(base64.b64decode(text, validate=True), _MOST_BYTES)
        if inflate.unconsumed_tail:
            raise ValueError("more than a ticket can hold")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise damaged(tr(_WHAT), error) from error
    return from_json(Ticket, content, _WHAT)
