# ruff: noqa: PT018
"""The readers of what the blind rating keeps: a clip, and the user's ratings across songs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from tests.fuzz.reader import Reader


def rating_readers() -> list[Reader]:
    """All of them."""
    return [_clip(), _taste()]


def _clip() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.candidate import NoiseStep, recipe_of
        from studio.core.origin import Origin
        from studio.services.project.clips import KeptClip, drop_clips, write_clip
        from studio.storage.project_folder import ProjectFolder
        from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

        project = ProjectFolder(folder / "Lied.backline")
        project.path.mkdir(exist_ok=True)
        drop_clips(project, ("ab",))
        analysis = make_analysis(1.0)
        made = make_candidate(make_vocal(1.0, rate=8000), analysis)
        recipe = make_recipe(made)
        bred = NoiseStep(3, 1, 0.5, (0, 4), ("bass", "globals"), recipe.noise)
        made = dataclasses.replace(made, recipe=dataclasses.replace(recipe, noise=(*recipe.noise, bred)))
        clip = KeptClip(
            "ab", "child", Origin("ab" * 32, "x"), (0.0, 1.0), made, analysis, {"drums": 0.5}, -1.5, -0.5
        )
        write_clip(project, clip, made.stems["bass"])
        assert recipe_of(made).noise[-1].of
        return project.screens / "ab" / "clip.json"

    def read(path: Path) -> object:
        from studio.core.candidate import recipe_of
        from studio.services.project.clips import clip_band, read_clip
        from studio.storage.project_folder import ProjectFolder

        project = ProjectFolder(path.parents[2])
        clip = read_clip(project, "ab")
        assert recipe_of(clip.candidate).score.tokens.ndim == 2
        assert np.isfinite(clip_band(project, "ab").samples).all()
        str(clip.candidate.arrangement.bar_chords()), str(clip.analysis.tempo_bpm)
        return clip

    return Reader("clip.json", make, read)


def _taste() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.screen import Verdict
        from studio.storage.taste_file import NAME, Answer, StoredClip, TasteFile

        for path in folder.glob(f"{NAME}*"):
            path.unlink()
        file = TasteFile(folder / NAME)
        answers = [
            Answer("me", "song", f"2026-01-{n:02d}", f"s{n}", {f"a{n}": "base", f"b{n}": "exploit"},
                   Verdict(f"a{n}", heard_s={f"a{n}": 6.5}), "sit", "")
            for n in range(1, 20)
        ]  # fmt: skip
        clips = [StoredClip(key, "song", {"drums": 0.5}, b"{}") for a in answers for key in a.roles]
        file.put("me", "song", "Lied", answers, clips, ())
        file.close()
        return folder / NAME

    def read(path: Path) -> object:
        from studio.services.taste.ratings import TasteRatings

        for beside in ("-wal", "-shm", "-journal"):  # of the file before
            path.with_name(path.name + beside).unlink(missing_ok=True)
        ratings = TasteRatings(path)
        for judgement in ratings.judgements():
            assert isinstance(judgement.screen, str) and 0.0 <= judgement.weight <= 1.0
        ratings.export_csv(path.with_name("out.csv"))
        ratings.clips(["a1", "b1"])
        ratings.delete(song="song")
        return ratings.listeners()

    return Reader("taste.db", make, read)
