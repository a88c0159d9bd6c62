"""A tiny engine with random weights: every part real, only small."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.analysis import Confidence, PitchTrack, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.core.request import GenerationRequest
from studio.ml.arrangement.arranging import Arranger
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from studio.ml.engine import BandEngine
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel, MelModelConfig
from studio.ml.sound.synthesis import SynthesisConfig, Synthesiser
from studio.ml.sound.vocoder import Vocoder, VocoderConfig

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def mel_model() -> MelModel:
    torch.manual_seed(0)
    model = MelModel(MelModelConfig(dim=32, prior_layers=2, denoiser_layers=2), MelContract())
    torch.nn.init.normal_(model.head.weight, std=0.05)  # a zero head would hide what the denoiser depends on
    return model.eval()


@pytest.fixture(scope="session")
def vocoder() -> Vocoder:
    torch.manual_seed(1)
    return Vocoder(VocoderConfig(dim=32, layers=2), MelContract()).eval()


@pytest.fixture(scope="session")
def arranger() -> ArrangementModel:
    torch.manual_seed(2)
    return ArrangementModel(ArrangementConfig(dim=32, layers=2, heads=2)).eval()


@pytest.fixture(scope="session")
def synthesiser(mel_model: MelModel, vocoder: Vocoder) -> Synthesiser:
    return Synthesiser(mel_model, vocoder, CPU, bfloat16=False)


@pytest.fixture(scope="session")
def engine(arranger: ArrangementModel, mel_model: MelModel, vocoder: Vocoder) -> BandEngine:
    band = Arranger(arranger, {"4/4": tuple(range(12))})
    return BandEngine(band, mel_model, vocoder, CPU, {"arrangement": "00"}, config=SynthesisConfig(steps=2))


@pytest.fixture
def request_of_four_bars() -> GenerationRequest:
    """Eight seconds at 120 bpm in C, a note each quarter, at 48 kHz."""
    grid = BeatGrid.regular(120.0, Meter(4, 4), 8.0)
    notes = tuple(VocalNote(i * 0.5, i * 0.5 + 0.4, 60.0 + (0, 4, 7, 12)[i % 4]) for i in range(16))
    track = PitchTrack(np.zeros(2), *(np.zeros(2, np.float32) for _ in range(3)))
    analysis = VocalAnalysis(
        8.0,
        track,
        notes,
        tuple(n.start_s for n in notes),
        -20.0,
        grid,
        Key(0, "major"),
        (),
        Confidence(*[1.0] * 8),
    )
    samples = 0.1 * np.sin(2 * np.pi * 220 * np.arange(8 * 48000 + 37) / 48000)
    return GenerationRequest(
        Audio(samples.astype(np.float32)[None], 48000), analysis, candidates=2, seed=5, controls=Controls()
    )
