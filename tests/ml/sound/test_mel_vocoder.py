"""A mel vocoder in the band model, where its mel contract fits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.arrangement.arranging import Arranger
from studio.ml.arrangement.model import ArrangementModel
from studio.ml.engine import BandEngine
from studio.ml.sound.bigvgan import PUBLIC, BigVGAN, BigVGANConfig
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel
from studio.ml.sound.mel_vocoder import MelVocoder
from studio.ml.sound.synthesis import SynthesisConfig
from tests.ml.fastsag.conftest import randomise

CPU = torch.device("cpu")


STYLES = {"4/4": tuple(range(12))}


def _network() -> BigVGAN:
    torch.manual_seed(0)
    config = BigVGANConfig(128, 64, (8, 4, 2, 2, 2, 2), (16, 8, 4, 4, 4, 4), (3,), (1,), version=2)
    network = BigVGAN(config)
    randomise(network)
    return network


def test_the_band_plays_through_it(
    arranger: ArrangementModel, mel_model: MelModel, request_of_four_bars: GenerationRequest
) -> None:
    vocoder = MelVocoder(_network(), MelContract())
    engine = BandEngine(
        Arranger(arranger, STYLES), mel_model, vocoder, CPU, {}, config=SynthesisConfig(steps=1)
    )
    made: list[Candidate] = []
    request = dataclasses.replace(request_of_four_bars, candidates=1)
    engine.generate(request, Run(on_candidate=made.append))
    sounding = [stem for stem, part in made[0].arrangement.parts.items() if part.notes]
    assert sounding
    for stem in sounding:
        assert np.abs(made[0].stems[stem].samples).max() > 0


def test_one_of_another_mel_is_refused(arranger: ArrangementModel, mel_model: MelModel) -> None:
    vocoder = MelVocoder(_network(), PUBLIC["bigvgan_v2_24khz_100band_256x"][1])
    with pytest.raises(StudioError, match="do not match"):
        BandEngine(Arranger(arranger, STYLES), mel_model, vocoder, CPU, {})
