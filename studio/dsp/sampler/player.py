"""A stem played from recordings: planned as a whole, rendered a stretch at a time.

The plan (who strikes what, when, on which recording) is made for the whole song, so that a stretch sounds the same
wherever it begins; filters and compressors hear what came up to a second before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from studio.core.arrangement import Note, Part
from studio.dsp import amplifier, dynamics
from studio.dsp.amplifier import amplify
from studio.dsp.drive import drive
from studio.dsp.dynamics import compress
from studio.dsp.filters import sections
from studio.dsp.sampler.hands import Touch, play_bass, play_breath, play_keys, play_strings
from studio.dsp.sampler.kit import DrumTouch, play_kit
from studio.dsp.sampler.made import play_made
from studio.dsp.sampler.recipes import RECIPES, Chain, Recipe
from studio.dsp.sampler.samples import RATE, SampleSet, SampleSets
from studio.dsp.sampler.strokes import Stroke, mix_strokes
from studio.dsp.tones.rotor import turn

Array = NDArray[np.float32]

_HANDS = {"keys": play_keys, "strings": play_strings, "bass": play_bass, "breath": play_breath}
#: Samples heard by the chain before a stretch, whole blocks of everything, and after it, for filters that look ahead.
_BEFORE = round((amplifier.MEMORY_S + dynamics.MEMORY_S) * RATE / 512) * 512
_AFTER = 512
#: First-order shelves of the desk: what lies below 70 Hz, and above 1.5 kHz.
_WEIGHT, _PRESENCE = sections(1, 70.0, "lowpass", RATE), sections(1, 1500.0, "highpass", RATE)


@dataclass(frozen=True, eq=False)
class PlayedStem:
    """What one stem is to sound like: its strokes in the order of time, and the way to the desk."""

    strokes: tuple[Stroke, ...]
    chain: Chain
    channels: int

    def render(self, start: int, stop: int) -> Array:
        """Samples [start, stop) of the song at RATE, float32 [channels, stop - start]; dry.

        Stretches that begin on a whole frame of 512 samples are pieces of the whole but for what filters forget.
        """
        first, last = max(0, start - _BEFORE), stop + _AFTER
        begin_s, end_s = first / RATE, last / RATE
        near = [s for s in self.strokes if s.until_s > begin_s and s.start_s < end_s]
        # A rotor hears one line, and makes two.
        sound = mix_strokes(near, first, last, 1 if self.chain.rotor else self.channels)
        if sound.any():
            sound = process(sound, self.chain, first)
        piece = sound[:, start - first : stop - first]
        return np.ascontiguousarray(np.broadcast_to(piece, (self.channels, stop - start)))


def process(sound: Array, chain: Chain, first: int) -> Array:
    """The chain on float32 [C, T]; `first` is the stretch's first sample in the song, for what swings."""
    sound = sound * np.float32(10.0 ** (chain.gain_db / 20.0))
    if chain.tremolo is not None:
        rate_hz, depth = chain.tremolo
        t = (first + np.arange(sound.shape[1])) / RATE
        swing = 1.0 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * t))
        sound = sound * swing.astype(np.float32)
    if chain.amplifier is not None:
        sound = np.stack([amplify(channel, chain.amplifier, RATE) for channel in sound])
    if chain.rotor is not None:
        sound = turn(sound[0], chain.rotor, first)
    if chain.low_pass_hz:
        low = sections(1, chain.low_pass_hz, "lowpass", RATE)
        sound = sosfilt(low, sound, axis=1).astype(np.float32)
    for db, edge in ((chain.weight_db, _WEIGHT), (chain.presence_db, _PRESENCE)):
        if db:
            extra = np.float32(10.0 ** (db / 20.0) - 1.0)
            sound = sound + extra * sosfilt(edge, sound, axis=1).astype(np.float32)
    if chain.compression is not None:
        sound = compress(sound, chain.compression, RATE)
    return drive(sound, chain.drive_db) if chain.drive_db else sound


def recipe_for(stem: str, name: str, sets: SampleSets) -> Recipe | None:
    """How an instrument is played from these sets, or without any; None where neither is possible."""
    recipe = RECIPES.get((stem, name))
    return recipe if recipe is not None and (recipe.made or recipe.set in sets) else None


def plan_stem(stem: str, part: Part, sets: SampleSets, seed: int) -> PlayedStem:
    """Plans a part whose instrument has a recipe; KeyError for one without."""
    recipe = RECIPES[stem, part.instrument]
    if recipe.made:
        assert isinstance(recipe.touch, Touch)
        strokes = play_made(part.notes, part.instrument, recipe.touch, seed)
    else:
        strokes = _strokes(part.notes, recipe, sets[recipe.set], seed)
    ordered = tuple(sorted(strokes, key=lambda s: s.start_s))
    return PlayedStem(ordered, recipe.chain, 2 if recipe.stereo else 1)


def _strokes(notes: Sequence[Note], recipe: Recipe, set: SampleSet, seed: int) -> list[Stroke]:
    if isinstance(recipe.touch, DrumTouch):
        return play_kit(notes, set, recipe.touch, seed)
    assert isinstance(recipe.touch, Touch)
    return _HANDS[recipe.hands](notes, set, recipe.touch, seed)
