"""The bundled model, on the demo vocal's first seconds: what a user gets is checked, not only that something comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from studio.analysis import analyse
from studio.core.analysis import Given
from studio.core.arrangement import STEMS, Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.music import Chord, Key, Meter
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.engine import BandEngine, load_engine
from studio.storage.paths import models_dir, resources_dir

SECONDS = 10.0


@dataclass(frozen=True)
class Made:
    engine: BandEngine
    request: GenerationRequest
    candidates: tuple[Candidate, ...]


@pytest.fixture(scope="module")
def made() -> Made:
    """Two candidates with all stems, for ten seconds of the demo vocal with its true tempo and key."""
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac", dtype="float32", always_2d=True)
    vocal = Audio(np.ascontiguousarray(samples[: int(SECONDS * rate)].T), rate)
    given = Given(tempo_bpm=96.0, key=Key(7, "major"), downbeat_s=2.5, meter=Meter(4, 4))
    engine = load_engine(models_dir(), "cpu")
    controls = Controls(style="pop", density="busy")
    request = GenerationRequest(vocal, analyse(vocal, given), candidates=2, seed=3, controls=controls)
    candidates: list[Candidate] = []
    engine.generate(request, Run(on_candidate=candidates.append))
    return Made(engine, request, tuple(candidates))


def _arrange(made: Made, controls: Controls, candidates: int, seed: int = 1) -> list[Arrangement]:
    request = GenerationRequest(made.request.vocal, made.request.analysis, candidates, seed, controls)
    return [candidate.arrangement for candidate in made.engine.arrange(request, Run())]


def test_four_candidates_differ_in_chords_drums_or_instruments(made: Made) -> None:
    for seed in (1, 2, 3):
        kinds = [
            (
                a.bar_chords(),
                tuple((round(n.start_s, 1), n.pitch) for n in a.parts["drums"].notes),
                tuple(p.instrument for p in a.parts.values()),
            )
            for a in _arrange(made, Controls(), 4, seed)
        ]
        for i, kind in enumerate(kinds):
            for other in kinds[:i]:
                assert any(x != y for x, y in zip(kind, other, strict=True))
        assert len({a.style for a in _arrange(made, Controls(), 4, seed)}) == 4


def test_given_chords_are_played(made: Made) -> None:
    wanted = Chord.parse_many("G Em C D")
    arrangement = _arrange(made, Controls(style="pop", chords=wanted), 1)[0]
    bars = arrangement.bar_chords()
    assert bars == tuple(wanted[i % 4] for i in range(len(bars)))
    for note in arrangement.parts["bass"].notes:
        beat = int(np.clip(arrangement.grid.beat_of(note.start_s + 0.03), 0, len(arrangement.chords) - 1))
        if (
            arrangement.grid.beat_of(note.start_s + 0.03) % 4 < 0.2
        ):  # what falls on a downbeat belongs to its chord
            assert note.pitch % 12 in arrangement.chords[beat].pitch_classes


def test_density_is_heard_in_the_number_of_notes(made: Made) -> None:
    counts = [
        sum(
            len(p.notes)
            for a in _arrange(made, Controls(style="pop", density=d), 4)
            for p in a.parts.values()
        )
        for d in ("sparse", "busy")
    ]
    assert counts[1] > 1.1 * counts[0]


def test_the_band_plays_while_the_singer_sings_without_clipping_wide_and_bright(made: Made) -> None:
    for candidate in made.candidates:
        band = sum(a.samples for a in candidate.stems.values())
        rate = made.request.vocal.sample_rate
        assert np.abs(band).max() < 1.0
        frame = int(0.1 * rate)
        for note in made.request.analysis.notes:
            start = int(note.start_s * rate)
            assert np.sqrt(np.mean(band[:, start : start + 3 * frame] ** 2)) > 1e-3
        mid, side = band.mean(axis=0), (band[1] - band[0]) / 2
        assert 0.03 < side.std() / mid.std() < 0.6
        spectrum = np.abs(np.fft.rfft(mid))
        high = np.fft.rfftfreq(len(mid), 1 / rate) > 10000
        assert spectrum[high].max() > 10 ** (-70 / 20) * spectrum.max()


def _cents(samples: NDArray[np.float32], rate: int, frequency: float) -> float:
    """Distance of the strongest partial near the fundamental or its octave, in cents."""
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
    axis = np.fft.rfftfreq(size, 1 / rate)
    best: tuple[float, float] = (0.0, 1200.0)
    for partial in (1, 2):
        near = np.abs(axis / (partial * frequency) - 1) < 0.045
        k = int(np.argmax(spectrum * near))
        if spectrum[k] > best[0]:
            best = (float(spectrum[k]), float(1200 * np.log2(axis[k] / (partial * frequency))))
    return abs(best[1])


def test_the_bass_sounds_in_tune(made: Made) -> None:
    off: list[float] = []
    for candidate in made.candidates:
        stems: Mapping[str, Audio] = candidate.stems
        rate = stems["bass"].sample_rate
        wave = stems["bass"].mono()
        for note in candidate.arrangement.parts["bass"].notes:
            if note.end_s - note.start_s > 0.25 and note.start_s > 0 and note.end_s < SECONDS:
                part = wave[int((note.start_s + 0.03) * rate) : int(note.end_s * rate)]
                off.append(_cents(part, rate, 440.0 * 2 ** ((note.pitch - 69) / 12)))
    assert len(off) > 5
    assert np.mean(np.array(off) < 30) > 0.9


def test_stems_start_and_end_with_the_vocal(made: Made) -> None:
    for candidate in made.candidates:
        assert tuple(candidate.stems) == STEMS
        assert {a.frames for a in candidate.stems.values()} == {made.request.vocal.frames}
