"""The recorded instruments that ship: whole, credited, small, and read as they were packed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from studio.audio.sample_sets import open_sets
from studio.core.arrangement import Note, Part
from studio.core.errors import StudioError
from studio.dsp.sampler.kit import PIECES, Kit
from studio.dsp.sampler.player import plan_stem
from studio.dsp.sampler.recipes import RECIPES
from studio.dsp.sampler.samples import RATE
from studio.storage.paths import resources_dir

FOLDER = resources_dir() / "instruments"


def test_every_recipe_has_its_set_and_every_set_its_credit() -> None:
    found = open_sets(FOLDER)
    assert set(found.sets) == {recipe.set for recipe in RECIPES.values() if not recipe.made}
    listed = json.loads((FOLDER / "sources.json").read_text())["sets"]
    text = (FOLDER / "ATTRIBUTION.md").read_text()
    for name in found.sets:
        assert listed[name]["licence"] in ("CC0 1.0", "CC BY 3.0", "CC BY 4.0")
        assert listed[name]["attribution"] in text
        assert listed[name]["bytes"] == (FOLDER / f"{name}.zip").stat().st_size
        assert found.attribution[name] == f"{listed[name]['attribution']} ({listed[name]['licence']})"
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 40e6


def test_a_bass_note_is_in_tune_and_has_its_level() -> None:
    sets = open_sets(FOLDER).sets
    plan = plan_stem("bass", Part("upright bass", (Note(0.1, 1.6, 38, 100),)), sets, 1)
    sound = plan.render(0, 2 * RATE)[0]
    steady = sound[RATE // 2 : RATE * 3 // 2]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)), 1 << 20))
    hz = np.arange(len(spectrum)) * RATE / (1 << 20)
    near = (hz > 68.0) & (hz < 79.0)
    heard = hz[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(heard / (440.0 * 2.0 ** ((38 - 69) / 12)))) < 12.0
    assert not sound[: round(0.09 * RATE)].any()


def test_the_kits_have_the_pieces_of_a_drum_part() -> None:
    sets = open_sets(FOLDER).sets
    for name in ("kit", "kit_room"):
        kit = Kit(sets[name])
        assert all(kit.piece(key) for key in PIECES)
        for sample in sets[name].samples:
            assert sample.pitch is None
            assert sample.piece


def test_a_damaged_set_is_said(tmp_path: Path) -> None:
    assert open_sets(tmp_path / "none").sets == {}
    (tmp_path / "kit.zip").write_bytes(b"PK nonsense")
    with pytest.raises(StudioError, match="kit cannot be read"):
        open_sets(tmp_path)
    with zipfile.ZipFile(tmp_path / "kit.zip", "w") as file:
        index = {"title": "kit", "licence": "CC0 1.0", "attribution": "nobody", "origin": "nowhere"}
        sample = {
            "name": "a.ogg",
            "articulation": "hit",
            "layer": 1,
            "take": 1,
            "attack_db": -10.0,
            "seconds": 1.0,
        }
        file.writestr("index.json", json.dumps({**index, "samples": [sample]}))
        file.writestr("a.ogg", b"no sound")
    sets = open_sets(tmp_path).sets
    with pytest.raises(StudioError, match=r"a\.ogg"):
        sets["kit"].sound(sets["kit"].samples[0])
