"""Playing a regenerated part, or a stem on another instrument, into the stems of its parent.

Only that is synthesised, on the song's own timeline and with the parent's noise, at the parent's level; so what
rings into it goes on, and what lies outside is the parent's, sample by sample.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import check_stems, recipe_of
from studio.core.controls import NETWORK
from studio.core.language import tr
from studio.core.request import GenerationRequest, PlayedAnew
from studio.core.splice import region_s, splice_audio
from studio.dsp.band_mix import Array, place_stem, stem_gains
from studio.dsp.resample import resample
from studio.dsp.rough_mix import rough_mix
from studio.ml.sound.players import StemRenderer
from studio.ml.sound.rendering import song_samples, vocal_level
from studio.ml.sound.synthesis import Performance
from studio.ml.sound.tuned import sections

#: Music before the part that is played for its ringing and its room.
_PRE_ROLL_S = 1.5
#: Music past the part, for the filters of the resampler.
_POST_ROLL_S = 0.1


def part_span_s(request: GenerationRequest, change: PlayedAnew) -> tuple[int, float]:
    """Seconds to synthesise, from a whole one (a sample of any rate) on."""
    start_s, end_s = region_s(change)
    return max(0, math.floor(max(start_s, 0.0) - _PRE_ROLL_S)), min(
        end_s + _POST_ROLL_S, request.vocal.duration_s
    )


def play_part(
    renderer: StemRenderer,
    performance: Performance,
    request: GenerationRequest,
    change: PlayedAnew,
) -> tuple[dict[str, Audio], dict[str, float]]:
    """All stems at the vocal's rate, the part made anew, and the gains they have in the mix.

    Args:
        performance: of the whole new song.

    Raises:
        StudioError: for a parent that belongs to another vocal.
    """
    vocal, parent = request.vocal, change.parent
    check_stems(
        parent.stems,
        vocal,
        what=tr("Cannot change candidate {number}", number=parent.number),
        todo=tr("Open the vocal it was made for"),
    )
    first_s, last_s = part_span_s(request, change)
    dry, rates = _play_dry(renderer, performance, change, vocal, (first_s, last_s))
    began = time.perf_counter()
    gains = _gains(dry, recipe_of(parent).gains, change, vocal_level(vocal))
    performance.on_step()
    stems = {stem: parent.stems[stem] for stem in STEMS}
    start_s, end_s = region_s(change)
    first = first_s * vocal.sample_rate
    start = round(max(start_s, 0.0) * vocal.sample_rate)
    stop = round(min(end_s, vocal.duration_s) * vocal.sample_rate)
    for stem in change.stems:
        wanted = min(round(last_s * vocal.sample_rate), vocal.frames) - first
        sound = resample(
            Audio(np.atleast_2d(dry[stem]), rates[stem]), vocal.sample_rate, frames=wanted
        ).samples
        mix = rough_mix(stem, performance.renderers.get(stem, NETWORK))
        part = place_stem(
            sound if len(sound) == 2 else sound[0], vocal.sample_rate, mix, gains.get(stem, 0.0)
        )
        stems[stem] = splice_audio(parent.stems[stem], part, first, start, stop)
        performance.on_step()
    performance.clock.add("mix", began)
    return stems, gains


def _play_dry(
    renderer: StemRenderer,
    performance: Performance,
    change: PlayedAnew,
    vocal: Audio,
    span_s: tuple[int, float],
) -> tuple[dict[str, Array], dict[str, int]]:
    """The sound of the stems that are made anew, from the first second of `span_s` on, and its rates."""
    first_s, last_s = span_s
    contract = renderer.contract
    hop = contract.hop_length
    dry: dict[str, Array] = {}
    rates: dict[str, int] = {}
    for section in sections(performance.arrangement, contract.sample_rate, change.stems):
        rate = section.sample_rate
        samples = song_samples(vocal, rate)
        span = range(first_s * rate // hop, min(math.ceil(last_s * rate / hop), contract.frames(samples)))
        here = replace(performance, arrangement=section.arrangement)
        played = renderer.play(here, samples, span=span)
        for stem in section.stems:
            dry[stem], rates[stem] = played[stem][..., first_s * rate - span.start * hop :], rate
    return dry, rates


def _gains(
    dry: Mapping[str, Array], before: Mapping[str, float], change: PlayedAnew, vocal_rms: float
) -> dict[str, float]:
    """The parent's gains; a stem that is all new, or was silent, gets the level it would have had from the start."""
    new = {stem: x for stem, x in dry.items() if change.bars is None or stem not in before}
    kept = {stem: gain for stem, gain in before.items() if stem not in new}
    return {**kept, **stem_gains(new, vocal_rms=vocal_rms, beside=kept)}
