"""A regenerated part among notes and samples that stay.

The part is cut a hair inside its bars: its first notes begin where the fade in has ended, and the fade out ends
before a player could come in early on the next bar line. What lies outside is copied, note by note and sample by
sample.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.core.arrangement import Arrangement, Note, Part
from studio.core.audio import Audio, Samples
from studio.core.instruments import instrument
from studio.core.music import Chord
from studio.core.perform import EARLIEST_S
from studio.core.request import PlayedAnew, Regenerate, Reinstrument

#: Length of the cross-fades at the start, before the attack of a first note, and at the end.
FADE_IN_S, FADE_OUT_S = 0.004, 0.02
_SHORTEST_S = 0.03
#: How early a note of the part may be; a note read back from MIDI was moved by less than a millisecond.
_EARLY_S = EARLIEST_S + 0.001


def region_s(change: PlayedAnew) -> tuple[float, float]:
    """Seconds where the part begins and ends; without bars, everything."""
    if isinstance(change, Reinstrument) or change.bars is None:
        return -np.inf, np.inf
    first, stop = change.beats
    times = change.parent.arrangement.grid.times_s
    return times[first], times[stop]


def splice_notes(change: Regenerate, played: Arrangement) -> Arrangement:
    """The parent's arrangement with the notes that `played` has in the part.

    Args:
        change: names the part.
        played: the whole new score, performed.

    A note that rings into the part ends where the new score ends it, at the end of the part at the latest; a
    sustained one that sounded on past the part is struck again there, as it is heard.
    """
    before, (start_s, end_s) = change.parent.arrangement, region_s(change)
    parts = dict(before.parts)
    for stem in change.stems:
        new, old = played.parts[stem], before.parts[stem]
        sustained = instrument(stem, new.instrument).sustained
        notes = [note for note in new.notes if _within(note, start_s, end_s)]
        notes = [_shifted_in(note, start_s, end_s) for note in notes]
        ends = {note.pitch: note.end_s for note in new.notes if _begins_before(note, start_s)}
        for note in old.notes:
            if _within(note, start_s, end_s):
                continue
            crosses = _begins_before(note, start_s) and note.end_s > start_s
            if not crosses:
                notes.append(note)
                continue
            cut_s = min(max(ends.get(note.pitch, start_s), start_s), end_s)
            notes.append(replace(note, end_s=max(cut_s, note.start_s + _SHORTEST_S)))
        rest = [n for n in old.notes if n.start_s < end_s - _EARLY_S and n.end_s > end_s + _SHORTEST_S]
        notes += [replace(note, start_s=end_s) for note in rest if sustained]
        parts[stem] = Part(new.instrument, tuple(sorted(notes, key=lambda n: (n.start_s, n.pitch))))
    return replace(before, chords=_chords(change, played), parts=parts)


def splice_audio(parent: Audio, part: Samples, first: int, start: int, stop: int) -> Audio:
    """The parent's stem with a part replaced.

    Args:
        part: float32 [C, n], the new sound; its sample 0 is sample `first` of the parent.
        start, stop: where the part begins and ends, in samples of the parent; nothing outside changes.
    """
    rate = parent.sample_rate
    weight = np.zeros(part.shape[1], dtype=np.float32)
    low, high = max(start, 0) - first, min(stop, parent.frames) - first
    weight[low:high] = 1.0
    if start > 0:
        fade = round(FADE_IN_S * rate)
        weight[low : low + fade] = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    if stop < parent.frames:
        fade, early = round(FADE_OUT_S * rate), round(_EARLY_S * rate)
        weight[high - early : high] = 0.0
        weight[high - early - fade : high - early] = np.linspace(1.0, 0.0, fade, dtype=np.float32)
    samples = parent.samples.copy()
    where = slice(first + low, first + high)
    mixed = weight[low:high]
    samples[:, where] = (1 - mixed) * samples[:, where] + mixed * part[:, low:high]
    return Audio(samples, rate)


def _begins_before(note: Note, start_s: float) -> bool:
    return note.start_s < start_s - _EARLY_S


def _within(note: Note, start_s: float, end_s: float) -> bool:
    """Whether a note is played in the part; a player may be early by _EARLY_S."""
    return start_s - _EARLY_S <= note.start_s < end_s - _EARLY_S


def _shifted_in(note: Note, start_s: float, end_s: float) -> Note:
    begin_s = max(note.start_s, start_s + FADE_IN_S)
    return replace(note, start_s=begin_s, end_s=min(max(note.end_s, begin_s + _SHORTEST_S), end_s))


def _chords(change: Regenerate, played: Arrangement) -> tuple[Chord, ...]:
    return played.chords if change.new_chords else change.parent.arrangement.chords
