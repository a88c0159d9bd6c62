"""The whole of FastSAG: its size, its paths, its seeds, silence and length."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchaudio.functional import melscale_fbanks
from torchaudio.transforms import MelSpectrogram

from studio.core.errors import StudioError
from studio.ml.fastsag import FastSAG, mel_spectrogram, scale_audio
from studio.ml.fastsag.checkpoint import parameter_counts
from studio.ml.fastsag.config import EDM, FastSAGConfig
from studio.ml.fastsag.front_end import denormalise, normalise
from studio.ml.fastsag.model import Solver, network_calls
from studio.ml.fastsag.song import Windows, plan_windows, sample_song, song_priors
from studio.ml.sound.edm import sigma_schedule
from tests.ml.fastsag.conftest import TINY

#: What the paper's authors' checkpoint holds.
PAPER = {
    "MERT": 94_371_712,
    "the semantic WaveNet": 158_178_816,
    "PerceiverIO": 15_243_876,
    "the prior WaveNet": 1_407_400,
    "the U-Net": 7_634_887,
    "BigVGAN": 112_446_290,
}


def _clip(seed: int = 0, batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(seed)
    vocal = scale_audio(torch.randn(batch, TINY.clip_samples, generator=draws))
    return vocal, torch.randn(batch, 100, TINY.padded_frames, generator=draws)


def test_parameter_counts_are_the_papers() -> None:
    with torch.device("meta"):
        assert parameter_counts(FastSAG()) == PAPER
        resized = parameter_counts(FastSAG(semantic_to_mel="resize"))
    assert resized == {part: count for part, count in PAPER.items() if part != "PerceiverIO"}


def test_lengths_of_a_clip() -> None:
    config = FastSAGConfig()
    assert (config.frames, config.padded_frames) == (937, 1024)
    assert mel_spectrogram(torch.randn(1, config.clip_samples)).shape == (1, 100, 937)


def test_mel_is_torchaudios_with_slaney_filters() -> None:
    audio = 0.3 * torch.randn(1, 24_000, generator=torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(audio, (384, 384), mode="reflect")
    reference = MelSpectrogram(
        24_000, 1024, hop_length=256, f_max=12_000, n_mels=100, power=1.0, center=False, norm="slaney",
        mel_scale="slaney",
    )(padded)  # fmt: skip
    torch.testing.assert_close(mel_spectrogram(audio), reference.clamp(min=1e-5).log(), atol=1e-4, rtol=0)
    bank = melscale_fbanks(513, 0, 12_000, 100, 24_000, norm="slaney", mel_scale="slaney")
    assert (bank.sum(0) > 0).all()  # no band is empty


def test_normalisation_by_hand() -> None:
    torch.testing.assert_close(normalise(torch.tensor([-12.0, -5.0, 2.0])), torch.tensor([-1.0, 0.0, 1.0]))
    mel = torch.randn(5) * 8
    torch.testing.assert_close(denormalise(normalise(mel)), mel)


def test_scaling_reaches_both_ends_and_leaves_silence_silent() -> None:
    audio = torch.tensor([[0.1, 0.3, -0.1, 0.2], [0.0, 0.0, 0.0, 0.0]])
    expected = torch.tensor([[0.0, 0.8, -0.8, 0.4], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(scale_audio(audio), expected)


@pytest.mark.parametrize(
    ("solver", "steps", "expected"), [("euler", 50, 51), ("heun", 3, 7), ("dpm++", 4, 5)]
)
def test_fifty_steps_call_the_network_fifty_one_times(
    tiny: FastSAG, solver: Solver, steps: int, expected: int
) -> None:
    vocal, noise = _clip()
    calls: list[int] = []
    mel = tiny.generate_mel(vocal, noise, steps=steps, solver=solver, on_step=lambda: calls.append(1))
    assert len(calls) == expected == network_calls(solver, steps)
    assert mel.shape == (1, 100, TINY.frames)
    assert mel.dtype == torch.float32


def test_the_grid_has_both_ends_and_then_zero() -> None:
    sigmas = sigma_schedule(EDM, 51)
    assert len(sigmas) == 52
    ends = torch.tensor([80.0, 0.002, 0.0])
    torch.testing.assert_close(sigmas[[0, 50, 51]], ends)
    # Halfway: ((80^(1/7) + 0.002^(1/7)) / 2)^7.
    assert float(sigmas[25]) == pytest.approx(((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7, rel=1e-5)


def test_euler_by_hand(tiny: FastSAG) -> None:
    """Two steps written out, with the preconditioning of the facts."""
    vocal, noise = _clip()
    mu = tiny.project_prior(tiny.project_semantics(tiny.semantic_features(vocal)))
    x = 80.0 * noise
    middle = ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7
    with torch.no_grad():
        for now, after in ((80.0, middle), (middle, 0.002), (0.002, 0.0)):
            raw = tiny.decoder["estimator"](x / np.sqrt(now**2 + 0.25), torch.tensor([now]), mu, tiny.mask())
            c_skip = 0.25 / ((now - 0.002) ** 2 + 0.25)
            c_out = (now - 0.002) * 0.5 / np.sqrt(now**2 + 0.25)
            slope = (x - (c_skip * x + c_out * raw)) / now
            x = x + (after - now) * slope
    got = tiny.generate_mel(vocal, noise, steps=2)
    torch.testing.assert_close(got, x[..., : TINY.frames], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("branch", ["perceiver", "resize"])
def test_both_branches_listen_to_the_vocal(branch: str) -> None:
    torch.manual_seed(0)
    model = FastSAG(TINY, branch).eval()  # type: ignore[arg-type]
    vocal, noise = _clip(1)
    other, _ = _clip(2)
    mel = model.generate_mel(vocal, noise, steps=3)
    assert torch.isfinite(mel).all()
    torch.testing.assert_close(model.generate_mel(vocal, noise, steps=3), mel)
    assert (model.generate_mel(other, noise, steps=3) - mel).abs().max() > 1e-4
    assert (model.generate_mel(vocal, noise.flip(-1), steps=3) - mel).abs().max() > 1e-2


def test_an_unknown_branch_is_refused() -> None:
    with pytest.raises(StudioError, match="'perceiver' or 'resize'"):
        FastSAG(TINY, "guess")  # type: ignore[arg-type]


def test_wrong_shapes_are_refused(tiny: FastSAG) -> None:
    vocal, noise = _clip()
    with pytest.raises(ValueError, match="vocal must be"):
        tiny.generate_mel(vocal[:, :-1], noise)
    with pytest.raises(ValueError, match="initial_noise must be"):
        tiny.generate_mel(vocal, noise[..., :-1])


def test_a_batch_is_its_clips(tiny: FastSAG) -> None:
    vocal, noise = _clip(3, batch=2)
    both = tiny.generate_mel(vocal, noise, steps=2)
    each = [tiny.generate_mel(vocal[i : i + 1], noise[i : i + 1], steps=2) for i in range(2)]
    torch.testing.assert_close(both, torch.cat(each), atol=1e-4, rtol=1e-4)


def test_silence_gives_no_nan(tiny: FastSAG) -> None:
    vocal, noise = _clip()
    mel = tiny.generate_mel(scale_audio(torch.zeros_like(vocal)), noise, steps=3)
    assert torch.isfinite(mel).all()
    assert torch.isfinite(tiny.vocode(mel)).all()


def test_vocoding_a_long_mel_in_stretches_is_vocoding_it_whole(tiny: FastSAG) -> None:
    mel = 0.3 * torch.randn(1, 100, 1300, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = tiny.vocoder["generator"](denormalise(mel))
    audio = tiny.vocode(mel)
    assert audio.shape == (1, 1300 * 256)
    assert audio.abs().max() <= 1.0
    # A random vocoder makes much of a rounding error, so the mean is asked.
    assert (audio - whole).abs().mean() < 1e-4 * whole.abs().mean()


def test_never_trained_is_said_until_the_gates_move(tiny: FastSAG) -> None:
    assert FastSAG(TINY).never_trained
    assert not tiny.never_trained


def test_bfloat16_is_close(tiny: FastSAG) -> None:
    vocal, noise = _clip()
    exact = tiny.generate_mel(vocal, noise, steps=4)
    tiny.half_precision = True
    try:
        rough = tiny.generate_mel(vocal, noise, steps=4)
    finally:
        tiny.half_precision = False
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().mean() < 0.05 * exact.abs().mean()


def _song(model: FastSAG, samples: int, solver: Solver = "euler") -> tuple[torch.Tensor, Windows]:
    draws = torch.Generator().manual_seed(4)
    windows = plan_windows(samples, model.config)
    vocal = scale_audio(torch.randn(1, samples, generator=draws))[0]
    noise = torch.randn(1, 100, windows.frames, generator=draws)
    priors = song_priors(model, vocal, windows)
    return sample_song(model, priors, windows, noise, steps=3, solver=solver), windows


def test_a_song_of_one_clip_is_a_clip(tiny: FastSAG) -> None:
    samples = TINY.frames * 256  # whole frames; the clip's last 0.75 frames are silence then
    song, windows = _song(tiny, samples)
    assert windows.starts == (0,)
    draws = torch.Generator().manual_seed(4)
    vocal = torch.nn.functional.pad(
        scale_audio(torch.randn(1, samples, generator=draws)), (0, TINY.clip_samples - samples)
    )
    noise = torch.nn.functional.pad(
        torch.randn(1, 100, TINY.frames, generator=draws), (0, TINY.padded_frames - TINY.frames)
    )
    torch.testing.assert_close(song, tiny.generate_mel(vocal, noise, steps=3), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("samples", [2_000, 24_000, 25_000, 50_001, 100_000])
def test_windows_cover_a_song_and_sum_to_one(samples: int) -> None:
    windows = plan_windows(samples, TINY)
    total = torch.zeros(windows.frames)
    for start, weight in zip(windows.starts, windows.weights(), strict=True):
        total[start : start + windows.size] += weight
    torch.testing.assert_close(total, torch.ones(windows.frames))
    assert windows.frames * 256 >= samples
    shared = [a + windows.size - b for a, b in zip(windows.starts, windows.starts[1:], strict=False)]
    assert all(s >= int(0.25 * windows.size) for s in shared)


def test_a_long_song_has_no_joins(tiny: FastSAG) -> None:
    """Change from frame to frame where a window begins is as anywhere."""
    song, windows = _song(tiny, 4 * TINY.clip_samples)
    assert len(windows.starts) > 3
    change = (song[0, :, 1:] - song[0, :, :-1]).abs().mean(0)
    joins = [s - 1 for s in windows.starts[1:]] + [s + windows.size - 1 for s in windows.starts[:-1]]
    assert change[joins].max() < 1.5 * change.quantile(0.9)
