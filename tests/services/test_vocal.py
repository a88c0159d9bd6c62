from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.core.errors import StudioError
from studio.services.vocal import open_vocal


def test_open_vocal(tmp_path: Path) -> None:
    path = tmp_path / "my take.flac"
    wave = (0.4 * np.sin(np.arange(3 * 22050) * 0.06)).astype(np.float32)
    sf.write(path, wave, 22050, subtype="PCM_24")
    vocal = open_vocal(path)
    assert vocal.name == "my take"
    assert vocal.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert vocal.audio.samples.shape == (1, len(wave))
    assert vocal.encoding == "PCM_24"


def test_open_vocal_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="nothing at"):
        open_vocal(tmp_path / "missing.wav")
