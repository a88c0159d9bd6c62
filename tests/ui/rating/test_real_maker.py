"""Screens of the real maker in the real window; only the engine below it makes tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.core.mix import VOCAL
from studio.dsp.loudness import integrated_lufs, true_peak_db
from studio.services.taste.ratings import TasteRatings
from tests.ui.conftest import project_folder, write_vocal
from tests.ui.rating.conftest import ALT, KEY, SHIFT, Rater


@pytest.fixture
def screens() -> None:
    """None: the window's own maker."""


@pytest.fixture
def vocal_path(tmp_path: Path) -> Path:
    return write_vocal(tmp_path / "first take.wav", 12.0)


def _played(rater: Rater, key: object) -> Audio:
    """What the deck plays of one source: its samples with their gain."""
    mixer = rater.taste.deck._mixer
    assert mixer is not None
    plan = mixer._plan
    (track,) = (track for track in plan.tracks if track.key == key)
    gain = dict(zip([t.key for t in plan.tracks], plan.goals, strict=True))[key]
    samples = track.sound.part(0, track.sound.frames)
    assert samples is not None
    return Audio(samples * np.float32(gain), mixer.sample_rate)


def test_two_screens_equally_loud_kept_with_their_clips(rater: Rater, tmp_path: Path) -> None:
    folder = project_folder(tmp_path / "Music")
    rater.qtbot.waitUntil(lambda: len(rater.window.workspace.project.screens) == 2, timeout=20_000)
    for number in (1, 2):
        rater.wait("voting")
        lufs = []
        for key, clip in zip((KEY.Key_1, KEY.Key_2, KEY.Key_3, KEY.Key_4), rater.shown, strict=True):
            rater.press(key)
            band, vocal = _played(rater, clip), _played(rater, VOCAL)
            lufs.append(integrated_lufs(band))
            frames = min(band.frames, vocal.frames)
            mix = band.samples[:, :frames] + vocal.samples[:, :frames]
            assert true_peak_db(Audio(mix, band.sample_rate)) < -0.9
        assert max(lufs) - min(lufs) < 0.2
        rater.hear_all(5.2)
        rater.press(KEY.Key_2, SHIFT)
        rater.press(KEY.Key_3, ALT)
        rater.press(KEY.Key_Return)
        assert rater.sitting.state == "revealed"
        assert rater.texts().count("Pop") == 4
        if number == 1:
            rater.press(KEY.Key_Return)
    verdicts = rater.window.workspace.project.verdicts
    assert sorted(verdicts) == [1, 2]
    for number in verdicts:
        for key in rater.window.workspace.project.screen(number).keys:
            assert (folder / "screens" / key / "band.wav").is_file()
    ratings = TasteRatings.of_user(tmp_path / "data")
    rater.qtbot.waitUntil(lambda: len(ratings.judgements()) == 2, timeout=10_000)
    # What a later training needs is there, not only the numbers.
    assert all(clip.content for clip in ratings.clips(verdicts[1].heard_s))
