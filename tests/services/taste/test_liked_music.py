"""Music that is liked begins a taste, votes go on from it, and what was forgotten counts no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from studio.core.jobs import CancelToken
from studio.core.origin import Origin
from studio.core.project import Project
from studio.core.screen import Clip, Screen, Verdict
from studio.services.project.song import ref_of
from studio.services.taste.liked_music import LikedMusic
from studio.services.taste.personal import shelf_of_user
from studio.services.taste.screens import ScreenMaker, SongContext
from studio.taste.features import FROM_SOUND, NAMES
from studio.taste.model import Taste
from tests.services.band import make_vocal

RATE = 44100


def _file(path: Path, low_hz: float, high_hz: float = RATE / 2) -> Path:
    """Noise between two frequencies."""
    spectrum = np.fft.rfft(np.random.default_rng(1).normal(0, 0.1, 4 * RATE))
    spectrum[: round(low_hz * 4)] = spectrum[round(high_hz * 4) :] = 0.0
    soundfile.write(path, np.fft.irfft(spectrum).astype(np.float32), RATE)
    return path


def _take(music: LikedMusic, listener: str, *paths: Path) -> list[str]:
    return [str(e) for e in music.take(listener, paths, on_step=lambda _: None, cancel=CancelToken())]


def test_brighter_music_begins_a_brighter_taste_of_that_listener_alone(tmp_path: Path) -> None:
    music = LikedMusic(tmp_path / "liked.json")
    assert music.prior("me") is None
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    bright, dark = _file(tmp_path / "bright.wav", 6000.0), _file(tmp_path / "dark.wav", 20.0, 300.0)
    (problem,) = _take(music, "me", bright, tmp_path / "broken.wav")
    assert "broken.wav" in problem
    _take(music, "you", dark)
    again = LikedMusic(tmp_path / "liked.json")
    assert (again.names("me"), again.names("you")) == (("bright.wav",), ("dark.wav",))
    mine, yours = again.prior("me"), again.prior("you")
    assert mine is not None
    assert yours is not None
    place = NAMES.index("brightness")
    assert mine.mean[place] > yours.mean[place]
    assert not mine.mean[[n not in FROM_SOUND for n in NAMES]].any(), "it says nothing of the notes"
    again.forget("me")
    assert (music.prior("me"), music.names("you")) == (None, ("dark.wav",))


def test_a_taste_is_prior_and_votes_without_what_was_forgotten(tmp_path: Path) -> None:
    music = LikedMusic(tmp_path / "liked.json")
    clips = tuple(Clip(f"c{n}", "exploit", Origin("0" * 64, "a"), {"drums": float(n)}) for n in range(4))
    screen = Screen(1, "sitting", (0.0, 8.0), clips, made_at="2026-11-27T10:00:00+00:00")
    verdict = Verdict(best="c3", worst="c0", heard_s={c.key: 9.0 for c in clips})
    vocal = make_vocal()
    project = Project("Song", ref_of(vocal), screens=(screen,), verdicts={1: verdict})
    song = SongContext(None, project, vocal, None, "")

    def taste(forgotten: str = "", *, off: bool = False) -> Taste | None:
        maker = ScreenMaker(None, taste_off=lambda: off, prior=music.prior, forgotten_at=lambda *_: forgotten)  # type: ignore[arg-type]
        return maker.taste(song, "me")

    known = taste()
    assert known is not None
    assert known.pairs > 0
    assert known.explain()[0].words == "busier drums"
    assert taste("2026-11-27T09:00:00+00:00").pairs == known.pairs
    assert taste("2026-11-27T11:00:00+00:00") is None
    assert taste(off=True) is None
    _take(music, "me", _file(tmp_path / "bright.wav", 6000.0))
    begun = taste("2026-11-27T11:00:00+00:00")
    assert begun.pairs == 0
    assert begun.score({"brightness": 1.0})[0] > begun.score({"brightness": -1.0})[0]


def test_a_data_folder_that_cannot_be_made_is_no_reason_not_to_open(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    shelf = shelf_of_user(tmp_path / "data")
    assert (shelf.promoted, shelf.list()) == (None, ())
    assert shelf.folder != tmp_path / "data" / "adapters"
