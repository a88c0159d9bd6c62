# ruff: noqa: PT018
"""Every reader of files, each with files of its kind that are good; those of projects are in project_readers,
those of the rating in rating_readers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.project_readers import project_readers
from tests.fuzz.rating_readers import rating_readers
from tests.fuzz.reader import Reader


def _audio(suffix: str, container: str, subtype: str | None = None) -> Reader:
    def make(folder: Path) -> Path:
        import soundfile as sf

        t = np.arange(8000) / 8000
        wave = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
        path = folder / f"a{suffix}"
        sf.write(path, np.stack([wave, wave * 0.5], axis=1), 8000, format=container, subtype=subtype)
        return path

    def read(path: Path) -> object:
        from studio.audio.files import read_file

        file = read_file(path, max_s=600.0)
        assert file.audio.frames and np.isfinite(file.audio.samples).all()
        assert 8000 <= file.audio.sample_rate <= 192000 and file.audio.channels in (1, 2)
        return file

    return Reader(f"audio {container} {subtype or ''}".strip(), make, read)


def _results(name: str, file_name: str) -> Reader:
    """A folder of one candidate, of which one file is damaged; the rest is made once."""

    def make(folder: Path) -> Path:
        from dataclasses import replace

        from studio.services.exporting.export import ExportRequest, export_candidate
        from studio.services.exporting.report import analysis_json
        from studio.storage.atomic import write_json
        from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

        vocal = make_vocal(2.0, rate=8000)
        analysis = make_analysis(2.0)
        candidate = make_candidate(vocal, analysis)
        candidate = replace(candidate, recipe=make_recipe(candidate))
        out = folder / name
        shutil.rmtree(out, ignore_errors=True)
        made = export_candidate(ExportRequest(out, vocal, analysis, candidate, 3, {"mel": "ab"}))
        take = str(made.folder / "vocal.wav")
        write_json(out / "report.json", {"vocal": {"path": take}, "analysis": analysis_json(analysis)})
        return out / file_name

    def read(path: Path) -> object:
        from studio.services.project.results import open_results

        folder = path.parent if path.parent.name == name else path.parent.parent
        results = open_results(folder)
        candidate = results.candidates[0]
        # What is read must be of use: shown, exported, varied.
        str(candidate.arrangement.bar_chords()), str(candidate.arrangement.grid.tempo_bpm)
        assert all(np.isfinite(a.samples).all() for a in candidate.stems.values())
        return results

    return Reader(name, make, read)


def _midi() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.grid import BeatGrid
        from studio.core.music import Meter
        from studio.services.exporting.export_midi import write_midi
        from tests.services.band import make_arrangement

        grid = BeatGrid.regular(120.0, Meter(4, 4), 4.0, 0.3)
        write_midi(folder / "a.mid", make_arrangement(grid), 4.0)
        return folder / "a.mid"

    def read(path: Path) -> object:
        from studio.services.exporting.export_midi import read_notes

        notes = read_notes(path)
        for track in notes.values():
            for note in track:
                assert 0 <= note.pitch < 128 and 1 <= note.velocity < 128
                assert np.isfinite(note.start_s) and np.isfinite(note.end_s)
        return notes

    return Reader("midi", make, read)


def _settings() -> Reader:
    def make(folder: Path) -> Path:
        from studio.storage.audio_settings import AudioSettings, write_audio_settings

        settings = AudioSettings("out", "in", "ALSA", latencies={"a | b | 48000 | 256": 300})
        write_audio_settings(folder / "audio.json", settings)
        return folder / "audio.json"

    def read(path: Path) -> object:
        from studio.storage.audio_settings import AudioSettings, read_audio_settings

        found = read_audio_settings(path)
        default = AudioSettings()
        for name, value in vars(found).items():
            assert type(value) is type(getattr(default, name)), (name, value)
        assert 0 <= found.input_first < 1024 and 1 <= found.input_count < 1024
        assert 0 <= found.sample_rate < 10**6 and 0 <= found.block_frames < 10**6
        assert 30 <= found.tempo_bpm <= 300 and 0 <= found.count_in_bars <= 2
        assert all(0 <= frames < 10**7 for frames in found.latencies.values())
        return found

    return Reader("settings", make, read, never_raises=True)


def _note() -> Reader:
    def make(folder: Path) -> Path:
        from studio.storage.recordings import RecordingNote, note_path, write_note

        note = RecordingNote(48000, 10, (0, 96000), (100, 200), 312, 98.5, 4, "song")
        write_note(folder / "take.wav", note)
        return note_path(folder / "take.wav")

    def read(path: Path) -> object:
        from studio.storage.recordings import RecordingNote, read_note

        found = read_note(path)
        if found is not None:
            assert isinstance(found, RecordingNote) and 1 <= found.sample_rate < 10**6
            for stretch in (found.loop, found.punch):
                assert stretch is None or 0 <= stretch[0] <= stretch[1] < 2**40
            assert isinstance(found.song, str) and isinstance(found.finished, bool)
            assert 0 <= found.tempo_bpm <= 1000 and 0 <= found.beats_per_bar <= 64
        return found

    return Reader("recording note", make, read, never_raises=True)


def _take() -> Reader:
    def make(folder: Path) -> Path:
        from studio.audio.take_file import TakeFile

        (folder / "take.wav").unlink(missing_ok=True)
        take = TakeFile(folder / "take.wav", 48000, 1)
        take.append(np.zeros((500, 1), np.float32))
        take.close()
        return folder / "take.wav"

    def read(path: Path) -> object:
        from studio.audio.take_file import repair_take

        frames = repair_take(path)
        assert 0 <= frames < 10**6
        return frames

    return Reader("interrupted take", make, read, never_raises=True)


def _weights() -> Reader:
    def make(folder: Path) -> Path:
        import torch

        from studio.ml.weights import save_weights

        tensors = {"a": torch.randn(4, 5), "b": torch.randn(3)}
        save_weights(tensors, folder / "w.safetensors", {"config": {"dim": 3}})
        return folder / "w.safetensors"

    def read(path: Path) -> object:
        from studio.ml.weights import configured, load_weights

        weights = load_weights(path)
        return configured(lambda: int(weights.header["config"]["dim"]), path.name)

    return Reader("weights", make, read)


def _listed_weights() -> Reader:
    """Those whose hash is known: any change at all is seen."""
    plain = _weights()
    good: list[bytes] = []

    def make(folder: Path) -> Path:
        import hashlib

        path = plain.make(folder)
        listed = path.with_name("listed.safetensors")
        path.rename(listed)
        good[:] = [listed.read_bytes()]
        digest = hashlib.sha256(good[0]).hexdigest()
        (folder / "sources.json").write_text(json.dumps({"weights": {"listed": {"sha256": digest}}}))
        return listed

    def read(path: Path) -> object:
        value = plain.read(path)
        assert path.read_bytes() == good[0], "a change was not seen"
        return value

    return Reader("listed weights", make, read)


def _fastsag(suffix: str) -> Reader:
    def make(folder: Path) -> Path:
        import torch

        from tests.ml.fastsag.conftest import TINY

        path = folder / f"f{suffix}"
        tensors = {"decoder.a": torch.randn(3), "vocoder.b": torch.randn(2, 2)}
        if suffix == ".pt":
            torch.save(tensors, path)
        else:
            from safetensors.torch import save_file

            header = {"format": "fastsag", "config": TINY.as_dict(), "semantic_to_mel": "perceiver"}
            save_file(tensors, path, metadata={"studio": json.dumps(header)})
        return path

    def read(path: Path) -> object:
        from studio.ml.fastsag import FastSAG
        from studio.ml.fastsag.checkpoint import read_header
        from studio.ml.tensor_file import read_tensor_file

        if suffix == ".pt":
            content, _ = read_tensor_file(path)
            return content
        header = read_header(path)
        content, _ = read_tensor_file(path)
        return FastSAG.of_tensors(
            content, header, header["semantic_to_mel"], path.name
        )  # refused: two tensors are no model

    return Reader(f"fastsag {suffix}", make, read, share=0.5)


def every_reader() -> list[Reader]:
    """All of them."""
    import soundfile as sf

    audio = [
        _audio(".wav", "WAV", "PCM_16"),
        _audio(".wav", "WAV", "FLOAT"),
        _audio(".wav", "RF64", "PCM_24"),
        _audio(".aiff", "AIFF", "PCM_24"),
        _audio(".flac", "FLAC", "PCM_16"),
        _audio(".mp3", "MP3"),
        _audio(".ogg", "OGG", "VORBIS"),
    ]
    assert "MP3" in sf.available_formats()
    return [
        *audio,
        _results("manifest", "candidate_01/manifest.json"),
        _results("recipe", "candidate_01/recipe.json"),
        _results("report", "report.json"),
        _results("midi of a candidate", "candidate_01/arrangement.mid"),
        _results("stem of a candidate", "candidate_01/bass.wav"),
        _session(),
        _midi(),
        _settings(),
        _note(),
        _take(),
        _weights(),
        _listed_weights(),
        _fastsag(".pt"),
        _fastsag(".safetensors"),
        *project_readers(),
        *rating_readers(),
    ]


def _session() -> Reader:
    base = _results("session", "session.json")

    def make(folder: Path) -> Path:
        path = base.make(folder)
        content: dict[str, Any] = {
            "vocal": "/x", "picked": 1, "remarks": {"1": {"stars": 3, "note": "a", "favourite": True}},
            "blind": [1], "chords": ["Am", "F"],
        }  # fmt: skip
        path.write_text(json.dumps(content))
        return path

    def read(path: Path) -> object:
        from studio.services.project.migrating import migrate
        from studio.services.project.opening import open_project

        projects = path.parent.parent / "projects"
        shutil.rmtree(projects, ignore_errors=True)
        made = migrate(path.parent, projects)
        project = open_project(made.path, read_only=True).document.project
        assert project.numbers == (1,) and not made.notices
        assert project.opinion(1).stars in range(6) and project.picked in (None, 1)
        return project

    return Reader("session", make, read, share=0.5, never_raises=True)
