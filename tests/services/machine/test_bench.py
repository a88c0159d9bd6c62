"""The bench measures the real main job, each measurement in a process of its own."""

from __future__ import annotations

import json

import pytest

from studio.audio.files import read_audio
from studio.cli.bench_speed import describe_bench
from studio.services.machine.bench import Bench, Measurement, _song, run_bench
from studio.storage.paths import models_dir, resources_dir

DEMO = resources_dir() / "demo_vocal.flac"


def test_a_vocal_is_repeated_or_cut_to_the_length(tmp_path) -> None:  # type: ignore[no-untyped-def]
    demo = read_audio(DEMO)
    for length_s in (2.5, 50.0):
        song = read_audio(_song(DEMO, tmp_path, length_s))
        assert song.frames == length_s * demo.sample_rate
        end = min(song.frames, demo.frames)
        assert abs(song.samples[:, :end] - demo.samples[:, :end]).max() < 2**-14


def test_figures_follow_from_the_seconds() -> None:
    one = Measurement(30.0, 1, 3.0, 4.5, {"vocoder": 1.0, "export": 3.0}, 2 * 10**9)
    four = Measurement(30.0, 4, 7.5, 15.0, {"vocoder": 4.0}, None)
    bench = Bench(
        {"processor": "P", "cores": "2", "threads": "2", "system": "S", "device": "cpu"}, (one, four), (one,)
    )
    assert (one.factor, one.cpu_factor, bench.ratio) == (pytest.approx(0.1), pytest.approx(0.15), 2.5)
    assert one.shares == {"export": 0.75, "vocoder": 0.25}
    text = "\n".join(describe_bench(bench))
    assert "4 candidates cost 2.50 times 1 candidate" in text
    assert "2000 MB" in text


def test_the_main_job_is_measured() -> None:
    told: list[str] = []
    bench = run_bench(DEMO, models_dir(), "cpu", lengths_s=[3.0], candidates=[1], on_step=told.append)
    assert len(told) == 2
    assert told[0].startswith("3 s, 1 candidate, ")
    for measured in (*bench.compared, *bench.by_length):
        assert (measured.length_s, measured.candidates) == (3.0, 1)
        assert {"analysis", "arrangement", "vocoder", "mix", "export"} <= set(measured.stages_s)
        assert measured.cpu_s > 0.0
    assert json.loads(json.dumps(bench.as_json()))["machine"]["device"] == "cpu"
