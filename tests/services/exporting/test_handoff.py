"""Files that are dragged or copied out: what a DAW gets when they are dropped on tracks at unity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.core.arrangement import STEMS
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.handoff import handoff_settings, ready_files
from studio.services.exporting.settings import ExportSettings
from tests.services.band import make_analysis, make_candidate, make_vocal


def make_request(folder: Path, level: float, vocal_level: float) -> ExportRequest:
    """What the window orders for a set, of one whose mix may be too loud."""
    vocal = make_vocal(level=vocal_level)
    analysis = make_analysis(vocal.audio.duration_s)
    settings = handoff_settings(ExportSettings())
    return ExportRequest(
        folder, vocal, analysis, make_candidate(vocal, analysis, level=level), 7, {},
        settings.encoding, lower_vocal=settings.lower_vocal,
    )  # fmt: skip


@pytest.mark.parametrize(("level", "lowered"), [(0.4, True), (0.05, False)])
def test_vocal_and_stems_keep_the_balance_that_was_heard(tmp_path: Path, level: float, lowered: bool) -> None:
    request = make_request(tmp_path / "set", level, 0.7)
    export_candidate(request)
    ready = ready_files(tmp_path / "set")
    assert ready is not None
    assert (ready.gain_db < -1) is lowered
    made = {"vocal": request.vocal.audio, **request.candidate.stems}
    gains = {}
    for role, path in zip(("vocal", *STEMS), ready.of(("vocal", *STEMS)), strict=True):
        written = sf.read(path, dtype="float64", always_2d=True)[0].T
        gains[role] = 20 * np.log10(
            np.sqrt(np.mean(written**2) / np.mean(made[role].samples.astype(float) ** 2))
        )
    assert list(gains.values()) == pytest.approx([ready.gain_db] * 5, abs=0.01)


def test_a_choice_for_exports_does_not_change_the_levels_of_a_set() -> None:
    settings = ExportSettings()
    assert handoff_settings(settings) == handoff_settings(replace(settings, lower_vocal=True))
