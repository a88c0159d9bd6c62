"""What a session file says, whatever its format: tracks from sample 0 on, tempo, meters and chords.

Everything is in ticks of arrangement.mid, from the same tempo map, so that a session and the MIDI file agree tick for
tick. A session that is opened plays the mix that was exported: the
faders are at 0 dB, but for a vocal that is in the mix at another level than its file has.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.arrangement import Arrangement
from studio.services.exporting.export_midi import TICKS_PER_BEAT, TempoMap, chord_markers


@dataclass(frozen=True)
class Track:
    """One audio file on a track of its own.

    Attributes:
        file: its name in the session's folder.
        volume: linear, of its fader.
    """

    name: str
    file: str
    channels: int
    volume: float = 1.0


@dataclass(frozen=True)
class Session:
    """A song as a DAW opens it.

    Attributes:
        duration_s: of every file.
        tempos: (tick, microseconds a quarter), the first at tick 0.
        meters: (tick, numerator, denominator), the first at tick 0.
        chords: (tick, name) wherever the chord changes.
    """

    title: str
    sample_rate: int
    duration_s: float
    tracks: tuple[Track, ...]
    tempos: tuple[tuple[int, int], ...]
    meters: tuple[tuple[int, int, int], ...]
    chords: tuple[tuple[int, str], ...]

    def seconds(self, tick: int) -> float:
        """When a tick sounds, as a player of the MIDI file counts."""
        time_s, (last, micros) = 0.0, self.tempos[0]
        for start, following in self.tempos[1:]:
            if start >= tick:
                break
            time_s += (start - last) * micros * 1e-6 / TICKS_PER_BEAT
            last, micros = start, following
        return time_s + (tick - last) * micros * 1e-6 / TICKS_PER_BEAT


def session_of(
    title: str, arrangement: Arrangement, tracks: tuple[Track, ...], sample_rate: int, duration_s: float
) -> Session:
    """The session of a candidate whose files are written."""
    tempo_map = TempoMap(arrangement.grid)
    return Session(
        title, sample_rate, duration_s, tracks, tuple(tempo_map.tempos), tuple(tempo_map.meters),
        tuple(chord_markers(arrangement, tempo_map)),
    )  # fmt: skip


def quarters(tick: int) -> float:
    """A tick in quarter notes."""
    return tick / TICKS_PER_BEAT


def bpm(micros: int) -> float:
    """Quarters a minute."""
    return 6e7 / micros
