"""Takes cut from a recording and kept in a project, and every sample of the vocal that a comp makes of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from studio.audio.take_file import TakeFile
from studio.core.analysis import VocalNote
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.takes import BASE, AudioRef, Comp, Take, choose_take
from studio.services.recording.comp import CROSSFADE_S, keep_takes, place_take, render_comp, write_comp
from studio.services.recording.recording import Recorded
from studio.services.recording.takes import Stretch, phrases, takes_of
from studio.storage.project_folder import ProjectFolder, file_sha256
from studio.storage.recordings import RecordingNote
from tests.audio.loop import noise
from tests.services.band import make_analysis, make_vocal

RATE = 48000
FADE = round(CROSSFADE_S * RATE)


def record(path: Path, samples: np.ndarray) -> AudioRef:
    file = TakeFile(path, RATE, len(samples))
    file.append(samples.T)
    file.close()
    return AudioRef(file_sha256(path), path.stem, ".wav", RATE, samples.shape[1], len(samples))


def spans(takes: tuple[Stretch, ...]) -> list[tuple[int, int, int]]:
    return [(t.first, t.frames, t.start) for t in takes]


def test_a_plain_recording_is_one_take() -> None:
    assert spans(takes_of(Path("a.wav"), RecordingNote(RATE, start=500), 90_000)) == [(0, 90_000, 500)]


def test_a_loop_gives_a_take_a_pass_and_drops_a_stump() -> None:
    note = RecordingNote(RATE, start=10_000, loop=(5_000, 35_000))
    takes = takes_of(Path("a.wav"), note, 25_000 + 30_000 + 30_000 + 1_000)
    assert spans(takes) == [(0, 25_000, 10_000), (25_000, 30_000, 5_000), (55_000, 30_000, 5_000)]


def test_a_punch_cuts_every_take() -> None:
    note = RecordingNote(RATE, start=0, punch=(20_000, 40_000))
    assert spans(takes_of(Path("a.wav"), note, 60_000)) == [(20_000, 20_000, 20_000)]
    looped = dataclasses.replace(note, loop=(0, 50_000))
    assert spans(takes_of(Path("a.wav"), looped, 100_000)) == [
        (20_000, 20_000, 20_000),
        (70_000, 20_000, 20_000),
    ]


def test_the_comp_is_each_takes_own_samples_outside_short_crossfades(tmp_path: Path) -> None:
    base, sung = noise(1, 3 * RATE)[:1], noise(2, 2 * RATE)[:1]
    take = Take(record(tmp_path / "a.wav", sung), 0, 2 * RATE, RATE // 2)
    comp = choose_take(Comp(3 * RATE), (take,), 1, take.start_s, take.end_s, RATE)
    comp = choose_take(comp, (take,), BASE, 1.5, 2.0, RATE)
    placed_take = place_take(take, tmp_path / "a.wav", 3 * RATE, RATE)
    made = render_comp(comp, {BASE: Audio(base, RATE), 1: placed_take}).samples
    assert made.shape == base.shape
    edges = [RATE // 2, 3 * RATE // 2, 2 * RATE, 5 * RATE // 2]
    near = np.zeros(made.shape[1], bool)
    for edge in edges:
        near[edge - FADE // 2 : edge + FADE // 2] = True
    placed = np.zeros_like(base)
    placed[:, RATE // 2 : 5 * RATE // 2] = sung
    of_take = np.zeros(made.shape[1], bool)
    of_take[edges[0] : edges[1]] = of_take[edges[2] : edges[3]] = True
    assert np.array_equal(made[:, of_take & ~near], placed[:, of_take & ~near])
    assert np.array_equal(made[:, ~of_take & ~near], base[:, ~of_take & ~near])


def test_a_crossfade_keeps_the_power_of_two_performances(tmp_path: Path) -> None:
    base, sung = noise(3, RATE)[:1], noise(4, RATE)[:1]
    take = Take(record(tmp_path / "a.wav", sung), 0, RATE, 0)
    sources = {BASE: Audio(base, RATE), 1: place_take(take, tmp_path / "a.wav", RATE, RATE)}
    powers = []
    for edge in range(10_000, 30_000, 100):
        made = render_comp(Comp(RATE).choose(edge, RATE, 1), sources).samples
        powers.append(float(np.square(made[:, edge - FADE // 2 : edge + FADE // 2]).mean()))
    assert np.mean(powers) == pytest.approx(float(np.square(base).mean()), rel=0.03)


def test_a_take_at_another_rate_lands_at_the_same_time(tmp_path: Path) -> None:
    t = np.arange(RATE) / RATE
    sung = (np.sin(2 * np.pi * 500 * t) * np.hanning(RATE)).astype(np.float32)[None]
    take = Take(record(tmp_path / "a.wav", sung), 0, RATE, 24_001)
    placed = place_take(take, tmp_path / "a.wav", 3 * 44100, 44100).samples
    at = np.arange(3 * 44100) / 44100 - 24_001 / RATE
    expected = np.where(
        (at >= 0) & (at < 1), np.sin(2 * np.pi * 500 * at) * 0.5 * (1 - np.cos(2 * np.pi * at)), 0
    )
    np.testing.assert_allclose(placed[0], expected, atol=1e-3)


def test_phrases_are_cut_in_the_rests_and_cover_the_song() -> None:
    notes = tuple(
        VocalNote(a, b, 60.0) for a, b in ((0.5, 1.0), (1.1, 2.0), (2.6, 3.5), (3.9, 4.0), (5.0, 6.0))
    )
    analysis = dataclasses.replace(make_analysis(7.0), notes=notes)
    cuts = [start for start, _ in phrases(analysis)]
    assert cuts == pytest.approx([0.0, 2.3, 3.7])
    assert phrases(analysis)[-1][1] == 7.0


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "song.backline")
    folder.make()
    return folder


def test_a_recording_is_kept_in_the_project_by_its_content(folder: ProjectFolder, tmp_path: Path) -> None:
    path = tmp_path / "take 1.wav"
    ref = record(path, noise(5, RATE)[:1])
    note = RecordingNote(RATE, start=700)
    recorded = Recorded(path, note, takes_of(path, note, RATE), RATE)
    (take,) = keep_takes(recorded, folder)
    assert (take.sound.sha256, take.sound.name, take.sound.frames) == (ref.sha256, "take 1", RATE)
    assert (take.first, take.frames, take.start) == (0, RATE, 700)
    path.unlink()
    assert file_sha256(folder.audio_path(take.sound)) == ref.sha256
    with pytest.raises(StudioError, match="Cannot keep the take"):
        keep_takes(recorded, folder)


def test_a_comp_is_kept_by_its_content_and_the_base_itself_where_all_is_its(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    base = make_vocal(1.0, rate=RATE)
    take = Take(record(tmp_path / "a.wav", noise(6, RATE)[:1]), 0, RATE, 0)

    def write(comp: Comp | None):  # type: ignore[no-untyped-def]
        return write_comp(comp, (take,), base, folder, lambda _: tmp_path / "a.wav")

    assert write(None) is base
    assert write(Comp(RATE)) is base
    first, second = Comp(RATE).choose(0, 9000, 1), Comp(RATE).choose(9000, RATE, 1)
    vocals = [write(comp) for comp in (first, second, first)]
    assert vocals[0].path == vocals[2].path != vocals[1].path
    for vocal in vocals:
        assert vocal.path.parent == folder.audio
        assert file_sha256(vocal.path) == vocal.sha256 == vocal.path.stem
    assert sorted(p.name for p in folder.audio.iterdir()) == sorted({v.path.name for v in vocals})
