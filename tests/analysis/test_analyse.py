"""A sung tune with known notes, tempo, bar lines and key, and recordings no one would call a vocal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.analysis import analyse
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.music import Chord, Key, Meter
from tests.analysis.singer import melody, sing

DEMO = Path(__file__).parents[2] / "resources" / "demo_vocal.flac"
C_MAJOR = Key(0, "major")


@pytest.fixture(scope="module")
def analysis() -> VocalAnalysis:
    return analyse(sing(melody(bpm=100.0, first_beat_s=0.5)))


def test_notes_have_the_sung_starts_and_pitches(analysis: VocalAnalysis) -> None:
    sung = melody(bpm=100.0, first_beat_s=0.5)
    assert len(analysis.notes) == len(sung)
    for note, truth in zip(analysis.notes, sung, strict=True):
        assert note.start_s == pytest.approx(truth.start_s, abs=0.03)
        assert note.end_s == pytest.approx(truth.end_s, abs=0.1)
        assert note.pitch == pytest.approx(truth.pitch, abs=0.2)
    assert analysis.onsets_s == tuple(s.onset_s for s in analysis.syllables)


def test_tempo_beats_and_bar_lines_are_found(analysis: VocalAnalysis) -> None:
    assert analysis.tempo_bpm == pytest.approx(100.0, rel=0.01)
    assert analysis.grid.meter == Meter(4, 4)
    beats = np.array([note.start_s for note in melody(bpm=100.0, first_beat_s=0.5)[:3]])
    distance = np.abs(np.asarray(analysis.grid.times_s)[:, None] - beats[None]).min(axis=0)
    assert distance.max() < 0.03
    assert np.abs(np.asarray(analysis.grid.downbeats_s) - 0.5).min() < 0.03


def test_the_grid_covers_the_recording(analysis: VocalAnalysis) -> None:
    assert analysis.grid.times_s[0] <= 0.0
    assert analysis.grid.times_s[-1] >= analysis.duration_s
    assert len(analysis.chords) == analysis.grid.bars


def test_key_and_chords_suit_the_tune(analysis: VocalAnalysis) -> None:
    assert analysis.key == C_MAJOR
    allowed = {"C", "Dm", "Em", "F", "G", "Am", "G7"}
    assert {chord.name() for chord in analysis.chords} <= allowed
    last_bar = int(analysis.grid.beat_of(analysis.notes[-1].start_s + 0.1)) // 4
    assert analysis.chords[last_bar] == Chord(0)


def test_confidences_are_shares_and_high_for_a_clear_tune(analysis: VocalAnalysis) -> None:
    values = vars(analysis.confidence)
    assert all(0.0 <= value <= 1.0 for value in values.values())
    assert analysis.confidence.key > 0.5
    assert analysis.confidence.beats > 0.5
    assert analysis.confidence.notes > 0.5


def test_given_values_are_kept_and_certain() -> None:
    given = Given(tempo_bpm=100.0, key=Key(9, "minor"), downbeat_s=1.7, meter=Meter(3, 4))
    analysis = analyse(sing(melody(bpm=100.0)[:8]), given)
    assert analysis.given == given
    assert analysis.key == Key(9, "minor")
    assert analysis.grid.meter == Meter(3, 4)
    assert np.diff(analysis.grid.times_s) == pytest.approx(0.6)
    assert np.abs(np.asarray(analysis.grid.downbeats_s) - 1.7).min() < 1e-6
    confidence = analysis.confidence
    assert (confidence.tempo, confidence.beats, confidence.downbeats, confidence.key) == (1.0, 1.0, 1.0, 1.0)


def test_what_is_sung_over_a_song_keeps_its_beats_and_key(analysis: VocalAnalysis) -> None:
    higher = [replace(note, pitch=note.pitch + 4) for note in melody(bpm=90.0, first_beat_s=0.7)]
    take = analyse(sing(higher), song=analysis)
    assert (take.grid, take.key, take.given) == (analysis.grid, analysis.key, analysis.given)
    assert take.confidence.tempo == analysis.confidence.tempo
    assert take.notes[0].pitch == pytest.approx(analysis.notes[0].pitch + 4, abs=0.3)
    assert take.notes[0].start_s == pytest.approx(analysis.notes[0].start_s + 0.2, abs=0.05)
    assert len(take.chords) == take.grid.bars
    assert take.chords != analysis.chords


def test_the_demo_vocal_is_read_as_it_was_written() -> None:
    samples, rate = soundfile.read(DEMO, dtype="float32", always_2d=True)
    analysis = analyse(Audio(np.ascontiguousarray(samples.T), rate))
    assert analysis.tempo_bpm == pytest.approx(96.0, rel=0.01)
    assert analysis.key == Key(7, "major")
    assert analysis.grid.meter == Meter(4, 4)
    assert np.abs(np.asarray(analysis.grid.downbeats_s) - 2.5).min() < 0.08
    assert 40 <= len(analysis.notes) <= 52  # 46 were written


def test_progress_runs_from_zero_to_one_and_cancel_stops() -> None:
    audio = sing(melody()[:6])
    steps: list[Progress] = []
    analyse(audio, on_step=steps.append)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    cancel = CancelToken()
    with pytest.raises(JobCancelled):
        analyse(audio, on_step=lambda step: cancel.cancel() if step.stage == "pitch" else None, cancel=cancel)


def _noise(seconds: float, rate: int, channels: int = 1) -> Audio:
    noise = np.random.default_rng(0).normal(0, 0.1, (channels, int(seconds * rate)))
    return Audio(noise.astype(np.float32), rate)


def _clicks(seconds: float = 6.0, rate: int = 44100) -> Audio:
    """A drum loop: bursts of noise twice a second, no pitch."""
    t = np.arange(int(seconds * rate)) / rate
    samples = np.random.default_rng(0).normal(0, 0.5, len(t)) * np.exp(-(t % 0.5) / 0.03)
    return Audio(samples.astype(np.float32)[None], rate)


def _tone(seconds: float = 4.0, rate: int = 8000) -> Audio:
    t = np.arange(int(seconds * rate)) / rate
    return Audio(
        (0.3 * np.sin(2 * np.pi * 220 * t) + 0.1 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)[None], rate
    )


@pytest.mark.parametrize(
    "audio",
    [
        _noise(5, 44100),
        _tone(),
        _tone(2.0),
        _noise(2, 192000, 2),
        _tone(3.0, 192000),
        _noise(0.6, 8000),
    ],
    ids=[
        "noise",
        "held tone at 8 kHz",
        "two seconds",
        "192 kHz stereo noise",
        "192 kHz",
        "short",
    ],
)
def test_anything_audible_gives_a_plain_grid_with_low_confidence(audio: Audio) -> None:
    analysis = analyse(audio)
    assert analysis.grid.times_s[0] <= 0.0
    assert analysis.grid.times_s[-1] >= analysis.duration_s
    assert len(analysis.chords) == analysis.grid.bars
    assert analysis.confidence.tempo < 0.3
    assert analysis.confidence.downbeats < 0.3
    assert np.isfinite(analysis.loudness_lufs)


def test_a_drum_loop_has_beats_but_no_pitch() -> None:
    analysis = analyse(_clicks())
    assert analysis.heard == "unpitched"
    assert min(abs(analysis.tempo_bpm / bpm - 1) for bpm in (60.0, 120.0)) < 0.01
    struck = (np.asarray(analysis.grid.times_s) + 0.25) % 0.5 - 0.25
    assert np.abs(struck).max() < 0.04
    assert all(s.pitch is None for s in analysis.syllables)


def test_noise_and_a_lonely_pop_are_nothing() -> None:
    assert analyse(_noise(5, 44100)).heard == "nothing"
    pop = np.zeros(5 * 16000)
    pop[8000:8400] = 0.5 * np.random.default_rng(0).normal(0, 1, 400)
    assert analyse(Audio(pop.astype(np.float32)[None], 16000)).heard == "nothing"


def _strummed(bars: list[tuple[int, ...]], bar_s: float = 2.0, rate: int = 16000) -> Audio:
    """Plucked strings: each bar its MIDI pitches, struck four times."""
    out = np.zeros(int(len(bars) * bar_s * rate) + rate)
    for bar, pitches in enumerate(bars):
        for stroke in range(4):
            t = np.arange(int(bar_s / 4 * rate)) / rate
            tone = sum(
                np.sin(2 * np.pi * k * 440 * 2 ** ((p - 69) / 12) * t) * np.exp(-t * (2 + 2 * k)) / k
                for p in pitches
                for k in range(1, 7)
            )
            first = int((bar * bar_s + stroke * bar_s / 4) * rate)
            out[first : first + len(t)] += 0.05 * tone
    return Audio(out.astype(np.float32)[None], rate)


def test_the_chords_of_a_strummed_guitar_are_heard_as_chords() -> None:
    c, a_minor, f, g = (48, 52, 55, 60, 64), (45, 52, 57, 60, 64), (41, 48, 53, 57, 60), (43, 50, 55, 59, 67)
    analysis = analyse(
        _strummed([c, a_minor, f, g] * 2), Given(tempo_bpm=120.0, downbeat_s=0.0, meter=Meter(4, 4))
    )
    assert analysis.heard == "instrument"
    assert analysis.chords[:8] == Chord.parse_many("C Am F G C Am F G")


@pytest.mark.parametrize("cents", [-50, -32, 0, 30, 50])
def test_a_singer_off_440_is_measured_within_three_cents(cents: int) -> None:
    analysis = analyse(sing(melody(transpose=cents / 100)[:12]))
    heard = analysis.tuning_cents
    assert min(abs(heard - cents), abs(abs(heard - cents) - 100)) < 3  # a quarter tone is -50 or +50
    assert -50 <= heard <= 50
    assert analysis.confidence.tuning > 0.5


@pytest.mark.parametrize(("tonic", "cents"), [(0, -48.0), (11, 52.0)])
def test_near_a_quarter_tone_the_given_key_chooses_the_side(tonic: int, cents: float) -> None:
    analysis = analyse(sing(melody(transpose=-0.48)), Given(key=Key(tonic, "major")))
    assert analysis.tuning_cents == pytest.approx(cents, abs=3)


def test_a_tuning_that_was_given_is_kept() -> None:
    analysis = analyse(sing(melody(transpose=0.3)[:8]), Given(tuning=0.0))
    assert analysis.tuning_cents == 0.0
    assert analysis.confidence.tuning == 1.0


@pytest.mark.parametrize("second", [-1.0, 0.0], ids=["phase inverted", "one side"])
def test_odd_stereo_is_heard_like_the_voice_itself(second: float) -> None:
    voice = sing(melody()[:8]).samples[0]
    odd = analyse(Audio(np.stack([voice, np.float32(second) * voice]), 16000))
    plain = analyse(Audio(voice[None], 16000))
    assert [round(n.pitch) for n in odd.notes] == [round(n.pitch) for n in plain.notes]
    assert odd.onsets_s == pytest.approx(plain.onsets_s, abs=0.01)


def test_samples_that_are_not_numbers_are_ignored() -> None:
    audio = sing(melody()[:8])
    audio.samples[0, 5000:5400] = np.nan
    audio.samples[0, 9000] = np.inf
    analysis = analyse(audio)
    assert np.isfinite(analysis.pitch.loudness_db).all()
    assert np.isfinite(analysis.loudness_lufs)
    assert len(analysis.notes) >= 7


@pytest.mark.parametrize(
    "samples",
    [np.zeros((1, 48000), np.float32), np.full((1, 48000), np.nan, np.float32), np.zeros((2, 0), np.float32)],
    ids=["silence", "all NaN", "empty"],
)
def test_nothing_to_hear_is_an_error_with_a_way_out(samples: np.ndarray) -> None:
    with pytest.raises(StudioError, match="Cannot analyse the vocal") as error:
        analyse(Audio(samples, 48000))
    assert error.value.seen
    assert error.value.todo


def test_stereo_and_rate_make_no_difference_to_the_music() -> None:
    notes = melody(bpm=88.0)[:13]
    mono = analyse(sing(notes, sample_rate=16000))
    wide = sing(notes, sample_rate=48000)
    stereo = analyse(Audio(np.repeat(wide.samples, 2, axis=0), 48000))
    assert len(stereo.notes) == len(mono.notes)
    assert stereo.tempo_bpm == pytest.approx(mono.tempo_bpm, rel=0.02)


def test_a_quiet_recording_has_the_same_notes_and_its_own_level() -> None:
    loud = sing(melody()[:8])
    quiet = Audio(loud.samples * np.float32(0.01), loud.sample_rate)
    a, b = analyse(loud), analyse(quiet)
    assert [round(note.pitch) for note in b.notes] == [round(note.pitch) for note in a.notes]
    assert b.notes[0].loudness_db == pytest.approx(a.notes[0].loudness_db - 40.0, abs=1.0)
