"""What `studio bench sound` flags: bands with known faults, and changes for the worse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Note
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.services.measuring.bench_sound import (
    BandFigures,
    alarms,
    compare,
    content_of,
    describe,
    figures_of,
    read_content,
)
from tests.services.band import make_arrangement

RATE = 22050


def _content(**figures: float) -> dict[str, object]:
    usual = {"level": -20.0, "movement": 2.4, "crest": 16.0, "silence": 0.01, "repeats": 0.3, "onsets": 2.3}
    mix = {**usual, "low": -1.1, "middle": -9.0, "high": -16.0, "air": -26.0}
    return dict(content_of([BandFigures("one", {"drums": {**usual, **figures}, "mix": mix})]))


def test_a_stem_whose_bars_are_copies_is_flagged_and_one_that_is_played_is_not() -> None:
    rng = np.random.default_rng(0)
    note = (Note(0.0, 1.0, 60, 80),)
    notes: dict[str, tuple[Note, ...]] = {"drums": note, "bass": note, "harmony": (), "lead": note}
    arrangement = make_arrangement(BeatGrid(tuple(0.5 * np.arange(25)), Meter(4, 4)), notes)
    bar, played = rng.normal(0, 0.1, 2 * RATE), rng.normal(0, 0.1, 12 * RATE)
    sounds = {
        "drums": np.tile(bar, 6),
        "bass": played,
        "harmony": np.zeros(12 * RATE),
        "lead": np.zeros(12 * RATE),
    }
    stems = {stem: Audio(np.tile(sounds[stem].astype(np.float32), (2, 1)), RATE) for stem in STEMS}
    found = figures_of("a band", Candidate(1, arrangement, stems))
    assert set(found.figures) == {"drums", "bass", "lead", "mix"}
    told = alarms(content_of([found]))
    copied, silent = ([line for line in told if words in line] for words in ("the very sound", "silent"))
    assert [line.split(":")[0] for line in copied] == ["! a band, drums"]
    # The lead has notes and is not heard; chords have none.
    assert [line.split(":")[0] for line in silent] == ["! a band, lead"]


def test_a_change_within_tolerance_is_not_told_and_one_for_the_worse_is() -> None:
    before = _content()
    assert compare(before, before)[1] == []
    assert len(compare(before, before)[0]) == 1  # the distance alone
    lines, worse = compare(before, _content(repeats=0.5, level=-24.0))
    assert [line.split()[1] for line in lines[:-1]] == ["level", "repeats"]
    assert [line.split()[1] for line in worse] == ["repeats"]
    # For the better, and told as a change.
    lines, worse = compare(_content(repeats=0.5), before)
    assert not worse
    assert "repeats" in lines[0]


def test_an_alarm_that_was_there_before_is_no_news() -> None:
    copied = _content(repeats=0.99)
    assert any("the very sound" in line for line in compare(_content(), copied)[1])
    assert compare(copied, copied)[1] == []


def test_a_mix_further_from_recorded_bands_is_worse() -> None:
    far = _content()
    far["distance"] = float(_content()["distance"]) + 1.0  # type: ignore[arg-type]
    assert any("distance" in line for line in compare(_content(), far)[1])


def test_the_table_has_every_figure_and_the_file_is_read_back(tmp_path: Path) -> None:
    content = _content()
    lines = describe(content)
    assert any(line.startswith("repeats") and "0.30" in line for line in lines)
    file = tmp_path / "sound.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert compare(content, read_content(file))[1] == []
    for wrong in ("[]", "{}", '{"sound": {"mix": {"level": "loud"}}, "bands": {}, "distance": 1}'):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(StudioError, match="Cannot compare"):
            read_content(file)
