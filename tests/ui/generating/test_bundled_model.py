"""The real window with the bundled model, from a vocal to verified stems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf
from pytestqt.qtbot import QtBot

from studio.app import build_window
from studio.audio.devices import AudioSetup
from studio.audio.files import read_audio
from studio.audio.player import Player
from studio.core.arrangement import STEMS
from studio.services.exporting.export_audio import AUDIO_FILES
from studio.services.exporting.settings import ExportSettings
from studio.services.generating.service import GenerationService
from studio.storage.paths import models_dir, resources_dir
from studio.ui.comparing.export_result import ExportResult
from studio.ui.window.preferences import Preferences


def test_from_a_vocal_to_exported_stems(qtbot: QtBot, tmp_path: Path) -> None:
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac", dtype="float32")
    sf.write(tmp_path / "verse.wav", samples[2 * rate : 10 * rate], rate, subtype="PCM_24")
    service = GenerationService(models_dir(), "cpu")
    player = Player(find_setup=AudioSetup)
    window = build_window(
        service, player, Preferences(tmp_path / "window.ini"), tmp_path / "data", tmp_path / "Music"
    )
    qtbot.addWidget(window)
    failures: list[Exception] = []
    window.workspace.failed.connect(failures.append)
    window.show()
    try:
        window.open_path(tmp_path / "verse.wav")
        qtbot.waitUntil(lambda: window.request.generate.isEnabled(), timeout=120_000)
        window.request.count.set_value(1)
        window.request.generate.click()
        qtbot.waitUntil(lambda: not window.generation.running, timeout=300_000)
        assert failures == []
        assert list(window.candidates.rows) == [1]
        qtbot.waitUntil(
            lambda: all(r.spectrogram.spectrogram for r in window.candidates.rows.values()), timeout=60_000
        )

        qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
        window.playback.select(1)
        window.compare.ask("pick", 1)
        window.exporting.export((1,), tmp_path / "song", ExportSettings(by_template=False))
        qtbot.waitUntil(lambda: bool(window.findChildren(ExportResult)), timeout=120_000)
        result = window.findChildren(ExportResult)[0]
        assert result.states.keys() >= set(AUDIO_FILES)
        assert set(result.states.values()) == {"PASS"}
        result.close()
    finally:
        window.close()

    vocal = read_audio(tmp_path / "verse.wav")
    folder = tmp_path / "song" / "candidate_01"
    stems = {stem: read_audio(folder / f"{stem}.wav") for stem in STEMS}
    assert {(s.frames, s.sample_rate) for s in stems.values()} == {(vocal.frames, vocal.sample_rate)}
    band = read_audio(folder / "band.wav")
    np.testing.assert_allclose(sum(s.samples for s in stems.values()), band.samples, atol=1e-6)
    assert float(np.sqrt(np.mean(band.samples**2))) > 0.01
    assert sum(float(np.abs(s.samples).max()) > 0.01 for s in stems.values()) >= 2
