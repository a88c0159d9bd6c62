"""BigVGAN in the place of the band model's own vocoder: it hears the mel alone and needs no excitation.

The own vocoder knows every note and is in tune by construction; a mel vocoder is for comparison, or for a taste.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from studio.ml.sound.bigvgan import BigVGAN
from studio.ml.sound.bigvgan_file import read_bigvgan
from studio.ml.sound.mel import MelContract


class MelVocoder(nn.Module):
    """Called like vocoder.Vocoder; all but the mel is ignored."""

    def __init__(self, network: BigVGAN, contract: MelContract) -> None:
        super().__init__()
        self.network, self.contract = network, contract

    @property
    def receptive_frames(self) -> int:
        """Mel frames each side that a frame's output depends on."""
        return self.network.receptive_frames

    def forward(self, mel: Tensor, *_: Tensor) -> Tensor:
        """Natural log-mel [B, M, F] -> audio [B, F * hop]."""
        return self.network(mel)


def load_mel_vocoder(path: Path) -> MelVocoder:
    """A public BigVGAN file with the mel it was made for. Raises StudioError for any other file."""
    _, config, contract, tensors = read_bigvgan(path)
    network = BigVGAN(config)
    network.load_state_dict(tensors)
    return MelVocoder(network, contract)
