"""What two channels carry together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.dsp.band_mix import active_rms
from studio.dsp.pitch_salience import pitch_salience
from studio.ml.sound.rendering import vocal_level
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.vocal import Vocal, analyse_vocal
from tests.services.band import make_analysis, make_candidate, make_vocal

RATE = 22050
T = np.arange(4 * RATE) / RATE
VOICE = (
    sum(np.sin(2 * np.pi * 220 * (1 + (T > 2) / 2) * k * T) / k for k in range(1, 6)).astype(np.float32)
    * 0.15
)
NOISE = np.random.default_rng(0).standard_normal((2, len(T))).astype(np.float32)


def stereo(left: np.ndarray, right: np.ndarray) -> Audio:
    return Audio(np.stack([left, right]).astype(np.float32), RATE)


MONO = Audio(VOICE[None], RATE)
CASES = {
    "both": stereo(VOICE, VOICE),
    "inverted": stereo(VOICE, -VOICE),
    "inverted, with noise": stereo(VOICE + 0.0005 * NOISE[0], -VOICE + 0.0005 * NOISE[1]),
    "inverted, one quieter": stereo(VOICE, -0.5 * VOICE),
    "left": stereo(VOICE, 0 * VOICE),
    "right": stereo(0 * VOICE, VOICE),
    "right, with bleed": stereo(0.05 * VOICE + 0.0005 * NOISE[0], VOICE),
}


@pytest.mark.parametrize("name", CASES)
def test_the_voice_keeps_its_level_whatever_the_channels(name: str) -> None:
    level = 20 * np.log10(active_rms(CASES[name].mono()) / active_rms(VOICE))
    assert level == pytest.approx(0.0 if "quieter" not in name else -2.5, abs=0.1)
    assert 20 * np.log10(vocal_level(CASES[name]) / vocal_level(MONO)) == pytest.approx(level, abs=0.01)
    assert pitch_salience(CASES[name], (0.0, 2.0))[0, 57] > 0.9


@pytest.mark.parametrize("name", CASES)
def test_the_same_is_heard_in_it(name: str) -> None:
    heard, wanted = analyse_vocal(CASES[name]), analyse_vocal(MONO)
    assert [round(n.pitch) for n in heard.notes] == [round(n.pitch) for n in wanted.notes]
    assert len(heard.notes) >= 2


def test_ordinary_stereo_is_its_mean_to_the_bit() -> None:
    for right in (0.8 * VOICE + 0.02 * NOISE[0], 0.3 * VOICE, 0.1 * NOISE[1]):
        audio = stereo(VOICE, right)
        assert audio.carried() is audio
        assert np.array_equal(audio.mono(), audio.samples.mean(axis=0))
    silent = stereo(0 * VOICE, 0 * VOICE)
    assert silent.carried() is silent


def test_an_export_holds_the_channels_as_they_were_sung(tmp_path: Path) -> None:
    import soundfile as sf

    mono = make_vocal().audio
    audio = Audio(np.concatenate([mono.samples, -mono.samples]), mono.sample_rate)
    vocal = Vocal(audio, Path("take.wav"), "take", "0")
    analysis = make_analysis(3.0)
    candidate = make_candidate(vocal, analysis)
    out = export_candidate(ExportRequest(tmp_path, vocal, analysis, candidate, 1, {}, "FLOAT"))
    assert np.array_equal(sf.read(out.folder / "vocal.wav", dtype="float32")[0].T, audio.samples)
