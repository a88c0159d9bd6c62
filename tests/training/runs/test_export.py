"""What ships: weights, cards and the manifest agree, and nothing unclear is among the sources."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.ml.weights import file_hash
from studio.storage.paths import models_dir
from studio.training.runs import export
from studio.training.runs import sources
from studio.training.runs.provenance import MANIFEST

MANIFEST_DATA = json.loads((models_dir() / MANIFEST).read_text("utf-8"))


@pytest.mark.parametrize("stage", ["arrangement", "mel", "vocoder", "replay"])
def test_the_bundled_weights_are_those_of_the_manifest_and_the_card(stage: str) -> None:
    entry = MANIFEST_DATA["weights"][stage]
    assert file_hash(models_dir() / f"{stage}.safetensors") == entry["sha256"]
    card = (models_dir() / f"{stage}.md").read_text("utf-8")
    assert card == export.card(stage, entry), "written by hand; change studio/training/cards instead"
    assert entry["sha256"] in card


def test_every_source_of_the_bundled_weights_may_ship() -> None:
    used = {key for entry in MANIFEST_DATA["weights"].values() for key in entry["sources"]}
    assert used == set(MANIFEST_DATA["sources"])
    assert {"factory", "grooves", "fluid"} <= used
    for key in used:
        assert sources.source(key).licence in sources.SHIPPABLE
        assert MANIFEST_DATA["sources"][key]["licence"] == sources.source(key).licence


def test_the_bundled_weights_are_small_enough() -> None:
    assert sum(entry["bytes"] for entry in MANIFEST_DATA["weights"].values()) <= 64e6


def test_a_source_that_may_not_ship_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(sources.source("lieder"), licence="CC BY-NC 4.0")
    monkeypatch.setattr(sources, "SOURCES", (*[s for s in sources.SOURCES if s.key != "lieder"], closed))
    with pytest.raises(StudioError, match="CC BY-NC"):
        export.write_manifest(tmp_path / MANIFEST, MANIFEST_DATA["weights"])
    assert not (tmp_path / MANIFEST).exists()
