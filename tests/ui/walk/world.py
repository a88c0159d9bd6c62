"""What is around the window: a sound device that sings, and a vocal whose beat is in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import studio.audio.devices
from studio.core.analysis import Given, Reading, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from tests.audio import fake_portaudio
from tests.services.band import make_analysis


def doubtful(vocal: Audio, given: Given, **_: object) -> VocalAnalysis:
    """What is heard: 120, 90 or 60 beats a minute, until somebody says which."""

    def grid(tempo_bpm: float) -> BeatGrid:
        return BeatGrid.regular(
            tempo_bpm, given.meter or Meter(4, 4), vocal.duration_s, given.downbeat_s or 0.0
        )

    chords = Chord.parse_many("Am")
    notes = tuple(VocalNote(0.1 + 0.5 * n, 0.5 + 0.5 * n, 60.0 + n) for n in range(5))
    counted = grid(given.tempo_bpm or 120.0)
    heard = make_analysis(vocal.duration_s, counted, given)
    heard = replace(heard, notes=notes, chords=chords * counted.bars)
    if given.tempo_bpm is not None:
        return heard
    others = tuple(
        Reading(grid(bpm), chords * grid(bpm).bars, chance) for bpm, chance in ((90.0, 0.3), (60.0, 0.2))
    )
    return replace(heard, confidence=replace(heard.confidence, tempo=0.4, beats=0.4), alternatives=others)


def sing() -> None:
    """A sound device that hears four notes, again and again, faster than a real one; the only one from now on."""

    class Singing(fake_portaudio.Stream):
        _sung = 0

        def sung(self, frames: int, channels: int) -> np.ndarray:
            t = (self._sung + np.arange(frames)) / self.rate
            self._sung += frames
            f0 = np.choose((2 * t).astype(int) % 4, (220.0, 246.94, 261.63, 196.0))
            wave = sum(np.sin(2 * np.pi * k * f0 * t) / k for k in (1, 2, 3)) * 0.2
            return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)

    library = fake_portaudio.FakePortAudio("マイクとスピーカー")
    library.default.device = (0, 0)
    library.stream_class = Singing
    studio.audio.devices.portaudio = lambda: library
    studio.audio.devices.system_state = lambda: library.state
