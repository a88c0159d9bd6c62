"""Screens: chosen, played, equally loud, whole on the disk before anybody is told; bred from what was liked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.commands import Judge
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.music import Chord
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.core.screen import Screen
from studio.dsp.loudness import integrated_lufs, true_peak_db
from studio.services.project.clips import clip_band, read_clip, sweep_clips
from studio.services.project.moving import copy_project, copy_writing
from studio.services.taste.choosing import settled_by_sound
from studio.services.taste.levels import mixed, scaled
from studio.services.taste.phrase import crop_vocal, phrase_near
from studio.services.taste.pool import Plan
from studio.services.taste.repeats import screen_stands
from studio.services.taste.screens import ScreenMaker, ScreenOrder
from studio.services.taste.sitting import plan
from studio.storage.project_folder import ProjectFolder
from studio.taste.features import features_of
from studio.taste.model import learn
from studio.taste.prior import prior_of_music
from studio.taste.search import may_breed
from tests.services.band import ToneEngine, make_vocal
from tests.services.taste.song import RATE, SECONDS, TestSong, analysis_of, make_song

SITTING = "b1"  # its second screen hides an anchor, its fifth repeats the first


@pytest.fixture
def song(tmp_path: Path) -> TestSong:
    return make_song(tmp_path)


def make(song: TestSong, place: int = 1, maker: ScreenMaker | None = None, **order: object) -> Screen:
    number = len(song.project.screens) + 1
    asked = ScreenOrder(number, SITTING, place, **order)  # type: ignore[arg-type]
    screen = (maker or ScreenMaker(ToneEngine())).make(song.context, asked)
    song.add(screen)
    return screen


def test_a_screen_has_two_that_may_be_liked_one_unlike_the_rest_and_one_as_it_comes(song: TestSong) -> None:
    first = make(song)
    assert sorted(clip.role for clip in first.clips) == ["base", "different", "different", "different"]
    song.vote(first, first.keys)
    roles = sorted(clip.role for clip in make(song, 3).clips)
    assert roles == ["base", "different", "exploit", "exploit"]


def test_a_screen_is_of_one_phrase_and_comes_out_the_same_again(song: TestSong) -> None:
    steps: list[Progress] = []
    order = ScreenOrder(1, SITTING, 1)
    screen = ScreenMaker(ToneEngine()).make(song.context, order, on_step=steps.append)
    assert 8.0 <= screen.phrase_s[1] - screen.phrase_s[0] <= 10.0
    assert (screen.number, screen.sitting, screen.repeat_of) == (1, SITTING, None)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert all(set(clip.features) >= {"drums", "brightness", "punch"} for clip in screen.clips)
    again = ScreenMaker(ToneEngine()).make(song.context, order)
    assert [c.features for c in again.clips] == [c.features for c in screen.clips]
    assert not set(again.keys) & set(screen.keys)


def test_its_clips_are_equally_loud_beside_a_vocal_that_stays(tmp_path: Path) -> None:
    song = make_song(tmp_path, vocal=make_vocal(SECONDS, level=0.95, rate=RATE))
    screen = make(song)
    folder = song.context.folder
    assert folder is not None
    vocal = crop_vocal(song.context.vocal.audio, phrase_near(song.context.analysis, screen.phrase_s))  # type: ignore[arg-type]
    lufs, peaks, vocal_gains = [], [], set()
    for clip in screen.clips:
        sound = ScreenMaker(ToneEngine()).sound(folder, clip)
        assert (sound.band.channels, sound.band.frames) == (2, vocal.frames)
        assert sound.style == "pop"
        assert sound.instruments
        vocal_gains.add(sound.vocal_gain_db)
        lufs.append(integrated_lufs(sound.band))
        peaks.append(true_peak_db(mixed(scaled(vocal, sound.vocal_gain_db), sound.band)))
    assert max(lufs) - min(lufs) < 0.2
    assert max(peaks) == pytest.approx(-1.0, abs=0.01)  # loud as this vocal is, it had to give way
    assert len(vocal_gains) == 1
    assert vocal_gains.pop() < -1.0
    assert len({clip.gain_db for clip in screen.clips}) > 1


def test_a_clip_keeps_what_made_it(song: TestSong) -> None:
    song.context = replace(song.context, project=replace(song.project, chords=Chord.parse_many("Dm G C Am")))
    screen = make(song)
    folder = song.context.folder
    assert folder is not None
    for clip in screen.clips:
        kept = read_clip(folder, clip.key)
        assert (kept.key, kept.origin, kept.features) == (clip.key, clip.origin, clip.features)
        assert kept.candidate.recipe is not None
        assert kept.candidate.arrangement.grid == kept.analysis.grid
        assert kept.analysis.grid.times_s[0] == 0.0
        assert kept.analysis.notes
        assert kept.origin.models == ToneEngine.model_hashes
        chords = kept.origin.controls.chords
        assert chords is not None
        assert (
            chords[0]
            == song.project.bar_chords(
                song.context.analysis.grid,
                (),  # type: ignore[union-attr]
            )[round(screen.phrase_s[0] / 2.0)]
        )


def test_an_anchor_is_a_band_in_another_key_and_tempo_and_takes_the_unlike_ones_place(song: TestSong) -> None:
    assert plan(SITTING)[1].anchor
    screen = make(song, place=2)
    assert sorted(clip.role for clip in screen.clips) == ["anchor", "base", "different", "different"]
    (anchor,) = (clip for clip in screen.clips if clip.role == "anchor")
    kept = read_clip(song.context.folder, anchor.key)  # type: ignore[arg-type]
    assert (kept.candidate.arrangement.key.tonic - kept.analysis.key.tonic) % 12 == 6
    assert kept.candidate.arrangement.grid.tempo_bpm == pytest.approx(120 * 1.13)
    assert kept.analysis.key.tonic == song.context.analysis.key.tonic  # type: ignore[union-attr]


def test_a_repeat_shows_the_same_clips_in_another_order(song: TestSong) -> None:
    first = make(song)
    for place in (2, 3, 4):
        make(song, place)
    assert plan(SITTING)[4].repeat_of == 1
    assert make(song, 5).repeat_of is None  # nobody said anything of it the first time
    song.vote(first, first.keys)
    again = make(song, 5)
    assert again.repeat_of == first.number
    assert again.keys != first.keys
    assert sorted(again.keys) == sorted(first.keys)
    moved = make(song, 5, phrase_s=(20.0, 28.0))  # where the user wants something else, nothing is repeated
    assert moved.repeat_of is None
    assert moved.phrase_s == (20.0, 28.0)


def test_children_come_of_the_clips_that_were_liked_and_say_of_whom(
    song: TestSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = ScreenMaker(ToneEngine())
    liked: list[str] = []
    for place in (1, 2, 3):
        screen = make(song, place, maker)
        ranked = sorted(screen.clips, key=lambda c: (c.role == "anchor", -c.features["drums"]))
        liked += [clip.key for clip in ranked[:1]]
        song.vote(screen, [clip.key for clip in ranked])
    taste = maker.taste(song.context, "")
    assert taste is not None
    assert taste.pairs > 0
    assert not may_breed(taste), "not within the first sitting"
    assert not any(clip.parents for clip in make(song, 4, maker).clips)
    monkeypatch.setattr("studio.taste.search.LEAST_PAIRS", 5.0)
    bred = [clip for place in (6, 7, 9) for clip in make(song, place, maker).clips if clip.role == "child"]
    known = {clip.key for screen in song.project.screens for clip in screen.clips}
    assert bred
    for clip in bred:
        assert len(clip.parents) == 2
        assert set(clip.parents) < known
        assert set(clip.genes.values()) <= {*clip.parents, "new", "blend"}
        assert set(clip.genes) == {"style", "chords", "drums", "bass", "harmony", "lead", "sound"}


def test_more_of_two_makes_children_of_those_two_in_their_phrase(song: TestSong) -> None:
    first = make(song)
    pair = (first.keys[2], first.keys[0])
    screen = make(song, 2, parents=pair)
    assert screen.phrase_s == first.phrase_s
    children = [clip for clip in screen.clips if clip.role == "child"]
    assert len(children) >= 2
    assert all(clip.parents == pair for clip in children)
    assert "base" in [clip.role for clip in screen.clips]
    folder = song.context.folder
    assert folder is not None
    for clip in children:
        parts = {key: read_clip(folder, key).candidate.arrangement.parts for key in pair}
        own = read_clip(folder, clip.key).candidate.arrangement.parts
        drums = clip.genes["drums"]
        assert own["drums"].notes == parts[drums]["drums"].notes
    with pytest.raises(StudioError, match="two"):
        make(song, 3, parents=pair[:1])


def test_with_a_taste_what_is_shown_is_liked_more(tmp_path: Path) -> None:
    """A listener who likes many drums, and one whose taste is not used."""

    def drums(song: TestSong, maker: ScreenMaker) -> float:
        for place in (1, 2, 3, 4):
            screen = make(song, place, maker)
            song.vote(screen, [c.key for c in sorted(screen.clips, key=lambda c: -c.features["drums"])])
        later = [make(song, place, maker) for place in (6, 7)]
        shown = [c for s in later for c in s.clips if c.role not in ("base", "anchor")]
        liked = [c for c in shown if c.role in ("exploit", "child")]
        assert bool(liked) == (maker.taste(song.context, "") is not None)
        return float(np.mean([c.features["drums"] for c in liked or shown]))

    with_taste = drums(make_song(tmp_path / "a"), ScreenMaker(ToneEngine()))
    without = drums(make_song(tmp_path / "b"), ScreenMaker(ToneEngine(), taste_off=lambda: True))
    assert with_taste > without + 0.5


def test_beside_an_adapter_the_base_is_still_the_unchanged_model(song: TestSong) -> None:
    engine = ToneEngine()
    engine.adapter = "ad"
    screen = make(song, maker=ScreenMaker(engine))
    by_role = {clip.role: clip for clip in screen.clips}
    assert by_role["base"].origin.adapter == ""
    assert "adapter" not in by_role["base"].origin.models
    assert "ad" in [clip.origin.adapter for clip in screen.clips]
    for clip in screen.clips:
        assert clip.origin.models.get("adapter", "") == clip.origin.adapter
        assert clip.role != "child"
    assert engine.adapter == "ad"


def test_a_taste_for_a_sound_is_settled_by_what_is_heard(song: TestSong) -> None:
    """Liked music says nothing but how it sounds: two more are played, and the brightest stay."""
    played: list[int] = []

    class Counting(ToneEngine):
        def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> Mapping[str, float]:
            played.append(len(plans))
            return super().play(vocal, plans, run)

    plain = make(song, maker=ScreenMaker(Counting()))
    bright = prior_of_music([{"brightness": 2.0}] * 8)
    screen = make(song, maker=ScreenMaker(Counting(), prior=lambda _: bright))
    assert played == [4, 6]
    assert [clip.role for clip in plain.clips].count("exploit") == 0
    assert [clip.role for clip in screen.clips].count("exploit") == 2
    folder = song.context.folder
    assert folder is not None
    assert len(list(folder.screens.iterdir())) == 8


def test_of_those_that_were_heard_the_best_unlike_ones_take_the_liked_places() -> None:
    request = GenerationRequest(make_vocal(4.0, rate=RATE).audio, analysis_of(8.0), 6, 3)
    engine = ToneEngine()
    plans = [
        Plan(str(c.number), c, 3, features_of(c.arrangement), plain=True)
        for c in engine.arrange(request, Run())
    ]
    heard: list[Candidate] = []
    engine.play(request.vocal, [plan.candidate for plan in plans], Run(on_candidate=heard.append))
    taste = learn([], prior_of_music([{"drums": 2.0}] * 8))
    chosen = list(zip(plans[:4], ("exploit", "base", "exploit", "different"), strict=True))
    kept, sounds = settled_by_sound(chosen, plans[4:], heard, taste, "song")
    assert [role for _, role in kept] == ["exploit", "base", "exploit", "different"]
    assert (kept[1][0], kept[3][0]) == (plans[1], plans[3])
    assert [c.number for c in sounds] == [int(plan.key) for plan, _ in kept]
    contenders = sorted((plans[0], plans[2], *plans[4:]), key=lambda plan: -plan.features["drums"])
    assert kept[0][0].features["drums"] == contenders[0].features["drums"]
    assert len({plan.key for plan, _ in kept}) == 4


@pytest.mark.parametrize("at", [1, 9])
def test_a_screen_that_is_cancelled_leaves_nothing(song: TestSong, at: int) -> None:
    cancel, steps = CancelToken(), []

    def before(step: int) -> None:
        steps.append(step)
        if len(steps) == at:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        ScreenMaker(ToneEngine(before)).make(song.context, ScreenOrder(1, SITTING, 1), cancel=cancel)
    assert song.context.folder is not None
    assert not [p for p in song.context.folder.screens.rglob("*") if p.is_file()]


def test_clips_that_no_screen_names_are_swept_and_the_others_stay(song: TestSong) -> None:
    kept = make(song)
    ahead = ScreenMaker(ToneEngine()).make(song.context, ScreenOrder(2, SITTING, 2))
    folder = song.context.folder
    assert folder is not None
    assert sweep_clips(folder, song.project) == 4
    assert clip_band(folder, kept.keys[0]).frames
    with pytest.raises(StudioError, match="Cannot read"):
        clip_band(folder, ahead.keys[0])


def test_what_a_kill_leaves_of_a_swept_clip_is_known_as_a_rest(
    song: TestSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make(song)
    ScreenMaker(ToneEngine()).make(song.context, ScreenOrder(2, SITTING, 2))
    folder = song.context.folder
    assert folder is not None
    monkeypatch.setattr(
        "studio.services.project.clips.shutil.rmtree", lambda *_, **__: None
    )  # killed before it
    assert sweep_clips(folder, song.project) == 4
    left = {path.name for path in folder.screens.iterdir()} - set(kept.keys)
    assert len(left) == 4
    assert all(name.endswith(".part") for name in left)


def test_clips_of_screens_that_were_passed_over_are_swept_and_those_of_votes_and_to_come_stay(
    song: TestSong,
) -> None:
    voted, passed, last, waiting = (make(song, place) for place in (1, 2, 3, 4))
    folder = song.context.folder
    assert folder is not None
    assert sweep_clips(folder, song.project) == 0  # nothing was voted on: all are still to come
    for screen in (voted, last):
        song.vote(screen, screen.keys)
    assert sweep_clips(folder, song.project) == 4
    assert not screen_stands(folder, passed)
    assert all(screen_stands(folder, screen) for screen in (voted, last, waiting))
    song.do(Judge(last.number, None))  # taken back
    assert sweep_clips(folder, song.project) == 0


def test_a_vocal_that_was_not_listened_to_is_refused(song: TestSong) -> None:
    song.context = replace(song.context, analysis=None)
    with pytest.raises(StudioError, match="Wait until"):
        make(song)


def test_a_copy_of_a_project_has_the_clips_of_its_screens(song: TestSong, tmp_path: Path) -> None:
    folder = song.context.folder
    assert folder is not None
    first = make(song)
    copy_project(folder, tmp_path / "copy")
    later = make(song, 2)
    copy = ProjectFolder(tmp_path / "copy")
    copy_writing(folder, copy)
    for key in (*first.keys, *later.keys):
        np.testing.assert_array_equal(clip_band(copy, key).samples, clip_band(folder, key).samples)
