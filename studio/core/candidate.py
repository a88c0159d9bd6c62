"""One finished accompaniment, and what it was made from: enough to vary it, or to make a part of it anew and leave the
rest alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.arrangement import BAND, Arrangement
from studio.core.audio import Audio
from studio.core.change_words import is_reinstrumented, told_change
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.score import Score

#: In NoiseStep.columns: the noise of the score's globals (style, density, swing, instruments).
GLOBALS_NOISE = "globals"


@dataclass(frozen=True)
class NoiseStep:
    """One layer of a candidate's noise: how far other noise has replaced what was there.

    Attributes:
        seed, candidate: name the fresh noise, see studio.ml.arrangement.noise.
        amount: 0 leaves what was there, 1 replaces it.
        beats: first quarter and the one past the last; None for the whole song and the choice of the band.
        columns: names of core.score.COLUMNS within `beats`, and GLOBALS_NOISE.
        of: the layers of another candidate, whose noise is laid over instead of fresh noise; `seed` and `candidate`
            only say then who did so.
    """

    seed: int
    candidate: int
    amount: float = 1.0
    beats: tuple[int, int] | None = None
    columns: tuple[str, ...] = ()
    of: tuple[NoiseStep, ...] = ()


@dataclass(frozen=True, eq=False)
class Recipe:
    """A candidate's origin.

    Attributes:
        score: what is played, one row a quarter of the candidate's grid.
        noise: layers from the first on.
        sound_seed: of the humanising and of all noise in the sound.
        controls: what was asked for.
        gains: linear, from each dry stem to its place in the mix; a silent stem has none.
        renderers: who played each stem, of core.controls.RENDERERS; those not named were the networks'.
    """

    score: Score
    noise: tuple[NoiseStep, ...]
    sound_seed: int
    controls: Controls
    gains: Mapping[str, float] = field(default_factory=dict)
    renderers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One finished accompaniment.

    Attributes:
        number: 1 for the first of the request.
        stems: by stem name (drums, bass, harmony, lead, or `band` alone); stereo, at the vocal's rate and frame count,
            at the level they are mixed with: their plain sum is the band.
        settings: what this candidate was made with (style, seed, instruments ...), for the manifest.
        recipe: what it can be varied or regenerated from; None where the engine keeps none.
        models: SHA-256, by name, of the weights that made it.
    """

    number: int
    arrangement: Arrangement
    stems: Mapping[str, Audio]
    settings: Mapping[str, object] = field(default_factory=dict)
    recipe: Recipe | None = None
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_one_sound(self) -> bool:
        """Whether its engine made the whole band as one sound, without stems and notes."""
        return BAND in self.stems


def recipe_of(candidate: Candidate) -> Recipe:
    """The candidate's recipe. Raises StudioError where the engine kept none."""
    if "comp" in candidate.settings:
        raise StudioError(
            tr("Cannot change candidate {number}", number=candidate.number),
            seen=tr("a comp, put together from others"),
            expected=tr("one made by the band model, with its recipe"),
            todo=tr("Change one of those, and put it together again"),
        )
    if candidate.recipe is None:
        raise StudioError(
            tr("Cannot change candidate {number}", number=candidate.number),
            seen=tr("a candidate of which only the sound and the notes were kept"),
            expected=tr("one made by the band model, with its recipe"),
            todo=tr("Generate again, and change one of the new candidates"),
        )
    return candidate.recipe


def descent(settings: Mapping[str, object]) -> str:
    """What a candidate was made out of, by its settings, in words; empty for a new one."""
    if "other_parent" in settings or "comp" in settings:
        return told_change(str(settings["change"]))
    if "parent" in settings:
        change, parent = str(settings["change"]), settings["parent"]
        if is_reinstrumented(change):
            return tr("from {parent}: {change}", change=told_change(change), parent=parent)
        return tr("{change} of {parent}", change=told_change(change), parent=parent)
    return ""


def check_stems(stems: Mapping[str, Audio], vocal: Audio, *, what: str, todo: str) -> None:
    """Raises StudioError(what, todo) where a stem has not the frames and the rate of the vocal."""
    for stem, audio in stems.items():
        if (audio.frames, audio.sample_rate) != (vocal.frames, vocal.sample_rate):
            raise StudioError(
                what,
                seen=tr(
                    "{stem} of {frames} frames at {sample_rate} Hz",
                    stem=stem,
                    frames=audio.frames,
                    sample_rate=audio.sample_rate,
                ),
                expected=tr(
                    "the vocal's {frames} frames at {sample_rate} Hz",
                    frames=vocal.frames,
                    sample_rate=vocal.sample_rate,
                ),
                todo=todo,
            )
