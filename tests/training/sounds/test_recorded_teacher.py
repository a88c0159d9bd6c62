"""The teacher's recorded instruments: read from a curated folder, credited, played where there is a recipe."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio.audio.sample_sets import open_sets
from studio.core.arrangement import Part
from studio.dsp.sampler.player import plan_stem
from studio.dsp.sampler.samples import RATE
from studio.training.sounds import pack_samples
from studio.training.sounds.pack_samples import Packed, folder_sets, pack
from tests.dsp.sampler.recordings import hz, notes


@pytest.fixture
def curated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One instrument of four notes, the second half of each 20 cents sharp."""
    monkeypatch.setattr(pack_samples, "SETS", {"bass_finger": Packed("some_bass", longest_s=1.0)})
    files = []
    (tmp_path / "some_bass").mkdir()
    for key in (28, 34, 40, 46):
        t = np.arange(2 * RATE) / RATE
        name = f"some_bass/{key}_v1_r1.flac"
        soundfile.write(tmp_path / name, 0.3 * np.sin(2 * np.pi * hz(key + 0.2) * t), RATE)
        files.append({"file": name, "midi": key, "velocity_layer": 1, "round_robin": 1, "articulation": "finger",
                      "f0_error_cents": 20.0, "attack_ms": 5})  # fmt: skip
    entry = {"name": "some_bass", "licence": "CC0 1.0", "licence_evidence": "clear",
             "attribution": "Some Bass by nobody",
             "source": {"repository": "nobody/bass", "snapshot_commit": "0"}, "files": files}  # fmt: skip
    (tmp_path / "instruments.json").write_text(json.dumps({"instruments": [entry]}))
    return tmp_path


def test_a_folder_becomes_a_set_whose_tuning_is_divided_out(curated: Path) -> None:
    sets = folder_sets(curated)
    assert [s.pitch for s in sets["bass_finger"].samples] == pytest.approx([28.2, 34.2, 40.2, 46.2])
    levels = [s.attack_db for s in sets["bass_finger"].samples]
    assert levels == pytest.approx([20 * np.log10(0.3 / 2**0.5)] * 4, abs=0.6)
    plan = plan_stem("bass", Part("finger bass", notes(37, length_s=1.0)), sets, 1)
    sound = plan.render(0, 2 * RATE)[0]
    spectrum = np.abs(np.fft.rfft(sound[RATE // 4 : RATE] * np.hanning(RATE - RATE // 4), 1 << 20))
    heard = np.argmax(spectrum[: 1 << 13]) * RATE / (1 << 20)
    assert abs(1200 * np.log2(heard / hz(37))) < 3.0


def test_packing_credits_shortens_and_refuses_what_is_not_clear(curated: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pack(curated, out)
    packed, folder = open_sets(out).sets["bass_finger"], folder_sets(curated)["bass_finger"]
    assert packed.samples == folder.samples
    for sample in packed.samples:
        encoded, whole = packed.sound(sample), folder.sound(sample)
        assert encoded.shape == whole.shape
        assert np.std(encoded - whole) < 0.05 * np.std(whole)
    listed = json.loads((out / "sources.json").read_text())["sets"]["bass_finger"]
    assert (listed["attribution"], listed["recordings"]) == ("Some Bass by nobody", 4)
    assert "Some Bass by nobody" in (out / "ATTRIBUTION.md").read_text()
    with zipfile.ZipFile(out / "bass_finger.zip") as file:
        index = json.loads(file.read("index.json"))
    assert {s["seconds"] for s in index["samples"]} == {1.0}
    described = json.loads((curated / "instruments.json").read_text())
    described["instruments"][0]["licence_evidence"] = "label only"
    (curated / "instruments.json").write_text(json.dumps(described))
    with pytest.raises(ValueError, match="not clear"):
        pack(curated, out)
