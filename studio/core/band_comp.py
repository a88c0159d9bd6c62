"""A comp of candidates: which one plays in which bars, and what that sounds like and reads like.

Choices: bars are whole, so that a change is where a player would change. Each change is one equal-gain cross-fade that
ends just before the bar line, as early as a player may come in: the attack on the first beat is the new player's alone,
and whole. The two weights are exact complements, so a sample that both candidates share stays what it is, and the stems
of the comp sum as any stems do. Outside of the fades every sample is the candidate's own, bit for bit.

Notes follow the sound: those that are struck in a range are that candidate's; what rings on ends where the fade ends,
and a sustained note that the new candidate was in the middle of is struck again there, as it is heard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from studio.core.arrangement import Arrangement, Note, Part
from studio.core.audio import Audio, Samples
from studio.core.band_ranges import BandComp
from studio.core.candidate import Candidate
from studio.core.counting import BEAT_TYPED, difference, same_beat_wanted
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.instruments import instrument
from studio.core.language import tr
from studio.core.perform import EARLIEST_S
from studio.core.transplant import fits

FADE_S = 0.015
#: How early the first note of a bar may be; one read back from MIDI was moved by less than a millisecond.
EARLY_S = EARLIEST_S + 0.001
_SHORTEST_S = 0.03


def make_comp(comp: BandComp, candidates: Mapping[int, Candidate], number: int) -> Candidate:
    """The candidate that a comp describes.

    Args:
        candidates: at least those of the comp, by number.
        number: of the new candidate.

    Raises:
        StudioError: candidates that are not there, or not of one song, one count of bars and one set of stems.
    """
    sources = _sources(comp, candidates)
    base = sources[comp.parts[0][1]]
    grid = base.arrangement.grid
    arrangement = _arrangement(comp, sources)
    stems = {
        stem: _joined(comp, {n: source.stems[stem] for n, source in sources.items()}, grid)
        for stem in base.stems
    }
    settings: dict[str, object] = {
        "style": arrangement.style,
        "change": f"comp: {comp.text(grid)}",
        "parent": comp.numbers[0],
        "comp": who_plays(comp, grid),
    }
    if len(comp.numbers) > 1:
        settings["other_parent"] = comp.numbers[1]
    styles = list(dict.fromkeys(source.arrangement.style for source in sources.values()))
    if len(styles) > 1:
        settings["styles"] = styles
    settings |= _players(sources.values())
    models = {name: sha for source in sources.values() for name, sha in source.models.items()}
    return Candidate(number, arrangement, stems, settings, None, models)


def _players(sources: Collection[Candidate]) -> dict[str, object]:
    """Whose recordings are heard somewhere, for they are to be named; and who plays a stem where all agree."""
    made: dict[str, object] = {}
    named = [source.settings.get("recordings") for source in sources]
    if recordings := sorted(
        {str(name) for names in named if isinstance(names, list | tuple) for name in names}
    ):
        made["recordings"] = recordings
    players = [source.settings.get("renderers") for source in sources]
    known = [dict(each) for each in players if isinstance(each, Mapping)]
    if len(known) == len(sources):
        stems = {stem: {each[stem] for each in known if stem in each} for each in known for stem in each}
        made["renderers"] = {stem: min(who) for stem, who in stems.items() if len(who) == 1}
    return made


def who_plays(comp: BandComp, grid: BeatGrid) -> list[list[int]]:
    """[first bar, last bar, candidate] of each range, bars as the window counts them: what a comp is known by."""
    return [[start - grid.first_bar + 1, end - grid.first_bar, n] for start, end, n in comp.ranges()]


def _sources(comp: BandComp, candidates: Mapping[int, Candidate]) -> dict[int, Candidate]:
    missing = [number for number in comp.numbers if number not in candidates]
    if missing:
        raise StudioError(
            tr("Cannot make the comp"),
            seen=tr("no candidate {missing}", missing=missing[0]),
            todo=tr("Choose another one there"),
        )
    sources = {number: candidates[number] for number in comp.numbers}
    first, *others = sources.values()
    if first.arrangement.grid.bars != comp.bars:
        raise StudioError(
            tr("Cannot make the comp"),
            seen=tr(
                "candidate {number} of {bars} bars", number=first.number, bars=first.arrangement.grid.bars
            ),
            expected=tr("{bars} bars", bars=comp.bars),
            todo=tr("Begin the comp anew"),
        )
    for other in others:
        own = other.arrangement
        alike = fits(other, first.arrangement.grid, own.key) and set(other.stems) == set(first.stems)
        if not alike or _shape(other) != _shape(first):
            differs = difference(first.arrangement.grid, own.grid)
            raise StudioError(
                tr(
                    "Candidates {number} and {number_2} cannot be put together",
                    number=first.number,
                    number_2=other.number,
                ),
                seen=differs or tr("other bar lines, stems or another length"),
                expected=tr("candidates of one vocal and one count of its bars"),
                todo=same_beat_wanted() if differs else tr("Choose another one for these bars"),
                typed=BEAT_TYPED if differs else "",
            )
    return sources


def _shape(candidate: Candidate) -> tuple[int, int]:
    audio = next(iter(candidate.stems.values()))
    return audio.frames, audio.sample_rate


def _joined(comp: BandComp, sources: Mapping[int, Audio], grid: BeatGrid) -> Audio:
    """One stem. Only one source at a time is looked at, and two in a fade."""
    first = sources[comp.parts[0][1]]
    rate, frames = first.sample_rate, first.frames
    out: Samples = np.empty((first.channels, frames), np.float32)
    fade = round(FADE_S * rate)
    rise = ((np.arange(fade) + 0.5) / fade).astype(np.float32)
    at = 0
    before: Audio | None = None
    for start, number in comp.parts:
        source = sources[number]
        if before is not None:
            begin = max(at, round((grid.downbeats_s[start] - EARLY_S) * rate) - fade)
            low, high = min(begin, frames), min(begin + fade, frames)
            out[:, at:low] = before.samples[:, at:low]
            old, new = before.samples[:, low:high], source.samples[:, low:high]
            out[:, low:high] = old + rise[: high - low] * (new - old)
            at = high
        before = source
    assert before is not None
    out[:, at:] = before.samples[:, at:]
    return Audio(out, rate)


def _arrangement(comp: BandComp, sources: Mapping[int, Candidate]) -> Arrangement:
    first = sources[comp.parts[0][1]].arrangement
    grid = first.grid
    size = grid.meter.quarters_per_bar
    chords = tuple(
        chord
        for start, end, number in comp.ranges()
        for chord in sources[number].arrangement.chords[start * size : end * size]
    )
    stems = [stem for stem in first.parts if all(stem in s.arrangement.parts for s in sources.values())]
    parts = {
        stem: _part(stem, comp, {n: s.arrangement.parts[stem] for n, s in sources.items()}, grid)
        for stem in stems
    }
    whole = len(chords) == grid.beats
    return replace(first, chords=chords if whole else (), parts=parts)


def _part(stem: str, comp: BandComp, parts: Mapping[int, Part], grid: BeatGrid) -> Part:
    """The notes of a stem. The instrument that plays most bars names the track; a player that has none is silent."""
    bars: dict[str, int] = {}
    notes: list[Note] = []
    for index, (start, end, number) in enumerate(comp.ranges()):
        part = parts[number]
        bars[part.instrument] = bars.get(part.instrument, 0) + (
            end - start if part.instrument != "none" else 0
        )
        low = grid.downbeats_s[start] - EARLY_S if index else -np.inf
        high = grid.downbeats_s[end] - EARLY_S if end < comp.bars else np.inf
        notes += _within(stem, part, low, high)
    name = max(bars, key=lambda instrument_name: bars[instrument_name])
    return Part(name, tuple(sorted(notes, key=lambda note: (note.start_s, note.pitch))))


def _within(stem: str, part: Part, low_s: float, high_s: float) -> Sequence[Note]:
    if part.instrument == "none":
        return ()
    found = []
    sustained = instrument(stem, part.instrument).sustained
    for note in part.notes:
        if low_s <= note.start_s < high_s:
            end_s = max(min(note.end_s, high_s), note.start_s + _SHORTEST_S)
            found.append(replace(note, end_s=end_s))
        elif sustained and note.start_s < low_s and note.end_s > low_s + EARLY_S + _SHORTEST_S:
            found.append(replace(note, start_s=low_s + EARLY_S, end_s=min(note.end_s, high_s)))
    return found
