"""FastSAG, the system of arXiv:2405.07682, as a second engine: its networks, checkpoint, front end and long songs."""

from studio.ml.fastsag.config import CONTRACT, SMALL, FastSAGConfig
from studio.ml.fastsag.front_end import denormalise, mel_spectrogram, normalise, scale_audio
from studio.ml.fastsag.hubert import semantic_features
from studio.ml.fastsag.model import FastSAG

__all__ = [
    "CONTRACT",
    "SMALL",
    "FastSAG",
    "FastSAGConfig",
    "denormalise",
    "mel_spectrogram",
    "normalise",
    "scale_audio",
    "semantic_features",
]
