from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.core.errors import StudioError
from studio.core.jobs import Progress
from studio.services.costs import DEFAULTS, Costs
from studio.services.vocal import analyse_vocal, open_vocal
from tests.analysis.singer import melody, sing


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


def test_listening_tells_what_is_left_from_the_first_report_on_and_learns() -> None:
    costs, steps = Costs(), list[Progress]()
    audio = sing(melody())
    analyse_vocal(audio, on_step=steps.append, costs=costs)
    assert steps[0].remaining_s == pytest.approx(audio.duration_s * DEFAULTS["listen"], rel=0.5)
    assert all(step.remaining_s is not None for step in steps)
    assert steps[-1].remaining_s == pytest.approx(0.0)
    assert costs.seconds("listen") != DEFAULTS["listen"]
