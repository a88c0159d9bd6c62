"""The MIDI file of an export, read by mido: its tempo map is the song's."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import mido

from studio.core.language import tr, trn
from studio.core.music import Meter
from studio.core.tempos import said_bpm
from studio.services.exporting.contents import MIDI
from studio.services.exporting.proof_rules import Check, ProofManifest, text_of

#: A beat of the file may be so far from the song's; tempo events are whole microseconds a quarter.
_TOLERANCE_S = 0.002


@dataclass(frozen=True)
class ReadMidi:
    """The conductor track: events at their ticks."""

    ticks_per_quarter: int
    tempos: tuple[tuple[int, int], ...]
    meters: tuple[tuple[int, int, int], ...]
    markers: tuple[tuple[int, str], ...]
    notes: int

    def seconds(self, tick: float) -> float:
        """When a tick sounds."""
        time_s, last, micros = 0.0, 0, 500_000
        for at, following in self.tempos:
            if at >= tick:
                break
            time_s += (at - last) * micros * 1e-6 / self.ticks_per_quarter
            last, micros = at, following
        return time_s + (tick - last) * micros * 1e-6 / self.ticks_per_quarter


def read_midi(path: Path) -> ReadMidi:
    """Raises whatever mido raises for other files."""
    file = mido.MidiFile(path)
    tempos, meters, markers, tick = [], [], [], 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            tempos.append((tick, message.tempo))
        elif message.type == "time_signature":
            meters.append((tick, message.numerator, message.denominator))
        elif message.type == "marker":
            markers.append((tick, message.text))
    struck = (m for track in file.tracks for m in track if m.type == "note_on" and m.velocity)
    return ReadMidi(file.ticks_per_beat, tuple(tempos), tuple(meters), tuple(markers), sum(1 for _ in struck))


def prove_midi(folder: Path, manifest: ProofManifest) -> list[Check]:
    """All rules of the MIDI file, where there is one."""
    name = manifest.name_of(MIDI)
    if name is None:
        return []
    try:
        midi = read_midi(folder / name)
    except Exception as error:  # whatever its parser stumbles over
        return [Check(name, tr("opens in another reader"), False, text_of(error))]
    return [
        Check(name, tr("opens in another reader"), True, trn("{count} note", "{count} notes", midi.notes)),
        _beats(name, midi, manifest),
    ]


def _beats(name: str, midi: ReadMidi, manifest: ProofManifest) -> Check:
    """From the first bar line on every beat of the song is a beat of the file."""
    meter = Meter.parse(manifest.meter)
    unit = round(midi.ticks_per_quarter * meter.beat_quarters)
    bar_at = midi.meters[-1][0] if midi.meters else 0
    duration_s = manifest.vocal.frames / manifest.vocal.sample_rate
    beats: list[float] = []
    tick = bar_at
    while not beats or beats[-1] < duration_s + 1.0:
        beats.append(midi.seconds(tick))
        tick += unit
    wanted = [t for t in manifest.beats_s if beats[0] - 1e-3 <= t <= duration_s]
    off = max((_nearest(beats, t) for t in wanted), default=0.0)
    bpm = 6e7 / midi.tempos[0][1] if midi.tempos else 120.0
    found = tr(
        "{bpm} bpm, {count} beats, {off:.2f} ms off at most",
        bpm=said_bpm(bpm),
        count=len(wanted),
        off=off * 1000,
    )
    return Check(name, tr("has the song's beats"), bool(midi.tempos) and off <= _TOLERANCE_S, found)


def _nearest(beats: list[float], time_s: float) -> float:
    """How far the nearest beat is."""
    at = bisect_left(beats, time_s)
    return min(abs(beat - time_s) for beat in beats[max(0, at - 1) : at + 1])
