"""What was heard and what was made, in lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.core.amounts import many
from studio.core.tempos import said_bpm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio.core.analysis import VocalAnalysis
    from studio.core.candidate import Candidate
    from studio.core.grid import BeatGrid
    from studio.services.exporting.export import ExportedCandidate
    from studio.services.vocal import Vocal


def describe_analysis(vocal: Vocal, analysis: VocalAnalysis) -> list[str]:
    """What was heard, for the terminal; values that were given are marked so."""
    given, sure = analysis.given, analysis.confidence

    def value(text: str, was_given: bool, confidence: float, *, of_beats: bool = True) -> str:
        if of_beats and given.guide is not None:
            return f"{text} (from the guide)"
        return f"{text} ({'given' if was_given else f'{confidence:.0%} sure'})"

    typed_bpm = given.tempo_bpm if given.guide is None else None
    tempo = value(f"{said_bpm(typed_bpm or analysis.tempo_bpm)} bpm", given.tempo_bpm is not None, sure.tempo)
    meter = value(str(analysis.grid.meter), given.meter is not None, sure.downbeats)
    key = value(str(analysis.key), given.key is not None, sure.key, of_beats=False)
    rate = f"{vocal.audio.sample_rate / 1000:g} kHz"
    notes = many(len(analysis.notes), "note")
    heard = f"{vocal.name}: {analysis.duration_s:.1f} s, {rate}, {tempo}, {meter}, {key}, {notes}"
    return [*vocal.warnings, heard, *_doubt(analysis)]


def _doubt(analysis: VocalAnalysis) -> list[str]:
    """What to do about a beat that nobody can be sure of; what was given is not asked for again."""
    given = analysis.given
    if not analysis.unsure_of_tempo or given.downbeat_s is not None or given.guide is not None:
        return []
    if given.tempo_bpm is not None:
        return ["Not sure where the beats lie: give the moment a bar begins, --downbeat SECONDS"]
    tempi: list[float] = []  # readings may differ in their beats alone
    for reading in analysis.alternatives:
        if all(abs(reading.tempo_bpm / tempo - 1) > 0.02 for tempo in (analysis.tempo_bpm, *tempi)):
            tempi.append(reading.tempo_bpm)
    tries = [f"--tempo {said_bpm(tempo)}" for tempo in tempi[:2]]
    perhaps = f", perhaps {' or '.join(tries)}" if tries else " with --tempo"
    return [f"Not sure of the beat: count along and give the tempo{perhaps}"]


def describe_beats(grids: Mapping[int, BeatGrid]) -> str:
    """Which candidates, by their numbers, have one beat: only those can be bred or put together. Empty where all do."""
    from studio.core.counting import counts_alike

    alike: list[tuple[BeatGrid, list[str]]] = []
    for number, grid in grids.items():
        same = next((numbers for other, numbers in alike if counts_alike(other, grid)), None)
        if same is None:
            alike.append((grid, [str(number)]))
        else:
            same.append(str(number))
    if len(alike) < 2:
        return ""
    told = "; ".join(f"{', '.join(numbers)} at {_beat(grid, several=True)}" for grid, numbers in alike)
    return (
        f"The beat is in doubt, and the candidates were made to {len(alike)} readings of it: {told}. Breed and comp "
        "take those of one reading; with --tempo and --downbeat all are made to one."
    )


def _beat(grid: BeatGrid, *, several: bool) -> str:
    """The tempo, and where a bar begins where there are several ways to count."""
    from studio.core.counting import told_downbeat

    return f"{said_bpm(grid.tempo_bpm)} bpm" + (f", {told_downbeat(grid)}" if several else "")


def describe_candidate(candidate: Candidate, exported: ExportedCandidate, *, several: bool = False) -> str:
    """One line a candidate: where, what, and that it was verified.

    Args:
        several: whether others of the request may be made to another beat.
    """
    from studio.core.candidate import descent

    arrangement = candidate.arrangement
    beat = _beat(arrangement.grid, several=several)
    if not arrangement.parts:
        untrained = candidate.settings.get("weights") == "untrained"
        what = "noise, for its weights are untrained" if untrained else "one sound without notes"
        files = many(len(exported.checks), "file")
        return f"{exported.folder.name}: {arrangement.style}; {beat}; {what}; {files} verified"
    band = ", ".join(part.instrument for part in arrangement.parts.values() if part.is_heard)
    chords = " ".join(chord.name(arrangement.key) for chord in arrangement.bar_chords()[:8])
    passed = sum(check == "PASS" for check in exported.checks.values())
    gain = f", generated files lowered by {-exported.gain_db:.1f} dB" if exported.gain_db else ""
    settings = candidate.settings
    made_of = descent(settings)
    origin = f"{made_of}; " if made_of else ""
    files = many(passed, "file")
    told = f"{exported.folder.name}: {origin}{arrangement.style}; {beat}; {band}; {chords} ...; {files} verified{gain}"
    return "\n".join([told, *credits_lines(exported), *_warnings(exported)])


def credits_lines(exported: ExportedCandidate) -> list[str]:
    """That somebody is to be named for what was exported, and where that is written."""
    from studio.services.exporting.credits import FILE_NAME

    where = f"{exported.folder.name}/{FILE_NAME}"
    return [f"  Credits are due wherever it is published: {where}"] if exported.credits else []


def _warnings(exported: ExportedCandidate) -> list[str]:
    """What of its origin is not as it should be."""
    lines = [f"  Attention: {exported.nearest.words}"] if exported.nearest.is_like else []
    return lines + ([f"  {exported.marks.warning}"] if exported.marks.warning else [])
