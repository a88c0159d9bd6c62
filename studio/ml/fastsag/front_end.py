"""What goes into FastSAG: the scaled waveform and the normalised log-mel."""

from __future__ import annotations

from torch import Tensor

from studio.ml.fastsag.config import CONTRACT
from studio.ml.sound.mel import LOG_FLOOR, log_mel


def scale_audio(audio: Tensor) -> Tensor:
    """Maps the lowest and highest sample of each row of [B, T] to -0.8 and 0.8; a constant row becomes silence."""
    low, high = audio.amin(-1, keepdim=True), audio.amax(-1, keepdim=True)
    span = high - low
    scaled = 1.6 * (audio - low) / span.clamp(min=1e-8) - 0.8
    return scaled.where(span > 1e-8, 0.0)


def mel_spectrogram(audio: Tensor) -> Tensor:
    """The mel of the paper.

    Args:
        audio: float32 [B, T] at 24 kHz.

    Returns:
        Natural log-mel [B, 100, floor(T / 256)]; 937 frames for 10 s.
    """
    return log_mel(audio, CONTRACT, fill_last_hop=False)


def normalise(mel: Tensor) -> Tensor:
    """Natural log-mel -> about -1 to 1, not clipped: the floor, -11.5, lies at -0.93."""
    return (mel + 12.0) / 14.0 * 2.0 - 1.0


def denormalise(mel: Tensor) -> Tensor:
    """The inverse of `normalise`."""
    return (mel + 1.0) / 2.0 * 14.0 - 12.0


#: The normalised mel of silence.
SILENCE = (LOG_FLOOR + 12.0) / 14.0 * 2.0 - 1.0
