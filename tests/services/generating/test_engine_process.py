"""A generator in another process: the same candidates, cancel, errors with their parts, and a child that dies."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.core.scratch import ScratchFile, ScratchStems
from studio.services import array_pickle
from studio.services.array_pickle import pack, unpack
from studio.services.generating import engine_process
from studio.services.generating.engine_process import EngineProcess
from tests.services.band import ToneEngine, load_tones, make_analysis, make_vocal


def refuse(models_dir: Path, device: str) -> ToneEngine:
    raise StudioError("No models", seen=str(models_dir), expected="weights", todo="Restore them")


class _Endless(ToneEngine):
    """Of eight candidates, one comes at once and the others a minute later each."""

    def __init__(self) -> None:
        super().__init__(before_step=self._wait)

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        self._cancel, self._endless = run.cancel, request.candidates == 8
        return super().generate(request, run)

    def _wait(self, number: int) -> None:
        until = time.monotonic() + (60 if self._endless and number > 1 else 0)
        while time.monotonic() < until:
            self._cancel.check()
            time.sleep(0.01)


def load_endless(models_dir: Path, device: str) -> ToneEngine:
    return _Endless()


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(load_tones, Path("no weights"), "cpu")
    yield engine
    engine.close()


def request_for(candidates: int = 2) -> GenerationRequest:
    vocal = make_vocal()
    return GenerationRequest(vocal.audio, make_analysis(vocal.audio.duration_s), candidates)


def finish(engine: EngineProcess | ToneEngine, request: GenerationRequest) -> list[Candidate]:
    made: list[Candidate] = []
    steps: list[Progress] = []
    stages = engine.generate(request, Run(on_step=steps.append, on_candidate=made.append))
    assert stages == {"tones": 0.25}
    assert steps[-1].fraction == 1.0
    return made


def test_arranges_and_plays_apart_as_an_engine_in_this_process(engine: EngineProcess) -> None:
    request, own = request_for(3), ToneEngine()
    arranged = engine.arrange(request, Run())
    assert [c.arrangement for c in arranged] == [c.arrangement for c in own.arrange(request, Run())]
    made: list[Candidate] = []
    expected: list[Candidate] = []
    assert engine.play(request.vocal, arranged[1:], Run(on_candidate=made.append)) == {"tones": 0.25}
    own.play(request.vocal, arranged[1:], Run(on_candidate=expected.append))
    assert [c.number for c in made] == [2, 3]
    for a, b in zip(made, expected, strict=True):
        np.testing.assert_array_equal(a.stems["bass"].samples, b.stems["bass"].samples)
    assert len(finish(engine, request_for())) == 2
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        engine.arrange(request, Run(cancel))


def test_makes_the_very_candidates_of_an_engine_in_this_process(engine: EngineProcess) -> None:
    request = request_for()
    assert (engine.device, engine.model_hashes) == (ToneEngine.device, ToneEngine.model_hashes)
    assert engine.pid != os.getpid()
    for ours, theirs in zip(finish(ToneEngine(), request), finish(engine, request), strict=True):
        assert theirs.number == ours.number
        assert theirs.arrangement == ours.arrangement
        assert theirs.settings == ours.settings
        assert list(theirs.stems) == list(ours.stems)
        for stem, audio in ours.stems.items():
            assert np.array_equal(theirs.stems[stem].samples, audio.samples)
            assert theirs.stems[stem].sample_rate == audio.sample_rate


def test_cancel_ends_the_request_and_the_next_one_works() -> None:
    engine = EngineProcess(load_endless, Path("no weights"), "cpu")
    cancel, made = CancelToken(), []

    def on_candidate(candidate: Candidate) -> None:
        made.append(candidate)
        cancel.cancel()

    with pytest.raises(JobCancelled):
        engine.generate(request_for(8), Run(cancel, on_candidate=on_candidate))
    assert 1 <= len(made) < 8
    assert len(finish(engine, request_for(1))) == 1
    engine.close()


def test_what_the_engine_refuses_arrives_with_all_its_parts() -> None:
    with pytest.raises(StudioError) as raised:
        EngineProcess(refuse, Path("nowhere"), "cpu")
    error = raised.value
    assert (error.what, error.seen, error.expected, error.todo) == (
        "No models", "nowhere", "weights", "Restore them",
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_child_that_is_killed_is_told_and_started_again() -> None:
    engine = EngineProcess(load_endless, Path("no weights"), "cpu")

    def kill(_: Candidate) -> None:
        os.kill(engine.pid, signal.SIGKILL)

    with pytest.raises(StudioError, match="The generator stopped unexpectedly"):
        engine.generate(request_for(8), Run(on_candidate=kill))
    assert len(finish(engine, request_for(2))) == 2
    engine.close()


def test_letting_go_ends_the_child() -> None:
    engine = EngineProcess(load_tones, Path("no weights"), "cpu")
    process = engine._child.process
    assert process.is_alive()
    del engine
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()


def test_large_arrays_travel_in_files_that_leave_nothing_behind(tmp_path: Path) -> None:
    large = np.random.default_rng(1).normal(size=(2, 50_000)).astype(np.float32)
    packed = pack({"large": large.T, "small": np.arange(3)}, tmp_path)
    assert len(packed) < 2000
    assert len(list(tmp_path.iterdir())) == 1
    values = unpack(packed)
    assert np.array_equal(values["large"], large.T)
    assert np.array_equal(values["small"], np.arange(3))
    if sys.platform != "win32":
        assert not list(tmp_path.iterdir())


def test_stems_in_scratch_files_travel_too(tmp_path: Path) -> None:
    samples = np.random.default_rng(2).normal(size=(2, 50_000)).astype(np.float32)
    file = ScratchFile(2, 50_000)
    file.write(0, samples)
    stems = unpack(pack(ScratchStems({"drums": file}, 44100), tmp_path))
    assert np.array_equal(stems["drums"].samples, samples)


def load_unless_broken(models_dir: Path, device: str) -> ToneEngine:
    return refuse(models_dir, device) if (models_dir / "broken").exists() else _Endless()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_after_a_restart_that_failed_the_next_request_tries_again(tmp_path: Path) -> None:
    engine = EngineProcess(load_unless_broken, tmp_path, "cpu")
    os.kill(engine.pid, signal.SIGKILL)
    engine._child.process.join()
    (tmp_path / "broken").touch()
    for _ in range(2):
        with pytest.raises(StudioError, match="No models"):
            engine.generate(request_for(1), Run())
    (tmp_path / "broken").unlink()
    assert len(finish(engine, request_for(2))) == 2
    engine.close()


def test_an_error_of_the_receiver_neither_kills_the_engine_nor_mixes_up_requests() -> None:
    engine = EngineProcess(load_endless, Path("no weights"), "cpu")
    pid = engine.pid

    def no_room(_: Candidate) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        engine.generate(request_for(8), Run(on_candidate=no_room))
    assert [candidate.number for candidate in finish(engine, request_for(2))] == [1, 2]
    assert engine.pid == pid
    engine.close()


def test_a_message_that_cannot_be_read_is_no_dead_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EngineProcess(load_endless, Path("no weights"), "cpu")
    pid, real = engine.pid, np.memmap

    def no_memory(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(np, "memmap", no_memory)
    with pytest.raises(StudioError, match="Cannot take over"):
        engine.generate(request_for(2), Run())
    monkeypatch.setattr(np, "memmap", real)
    assert len(finish(engine, request_for(2))) == 2
    assert engine.pid == pid
    engine.close()


def load_on_a_disk_that_can_be_full(models_dir: Path, device: str) -> ToneEngine:
    write = array_pickle._Packer._write

    def write_if_there_is_room(self: Any, array: Any) -> str:
        if (models_dir / "full").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, array)

    array_pickle._Packer._write = write_if_there_is_room  # type: ignore[method-assign]  # in the child only
    return ToneEngine()


def test_a_full_disk_in_the_child_is_one_clear_line_and_the_engine_lives(tmp_path: Path) -> None:
    engine = EngineProcess(load_on_a_disk_that_can_be_full, tmp_path, "cpu")
    pid = engine.pid
    (tmp_path / "full").touch()
    with pytest.raises(StudioError, match="Cannot hand over") as raised:
        engine.generate(request_for(2), Run())
    assert "No space left on device" in str(raised.value)
    (tmp_path / "full").unlink()
    assert len(finish(engine, request_for(2))) == 2
    assert engine.pid == pid
    engine.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_folder_of_a_killed_program_is_swept_by_the_next(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from studio.services.generating.engine_process import EngineProcess\n"
        "from tests.services.band import load_tones\n"
        "if __name__ == '__main__':\n"
        "    engine = EngineProcess(load_tones, Path('no weights'), 'cpu')\n"
        "    Path(engine._folder.name, 'stem').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "program.py").write_text(program)
    home = tmp_path / "tmp"
    home.mkdir()
    environment = {**os.environ, "TMPDIR": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(tmp_path / "program.py")], env=environment, check=False)
    assert len(list(home.glob("backline-*/stem"))) == 1
    swept = "from studio.storage.temporary import temporary_folder; temporary_folder().cleanup()"
    subprocess.run([sys.executable, "-c", swept], env=environment, check=True)
    assert not list(home.glob("backline-*"))


def test_memory_that_runs_out_in_the_child_is_no_traceback() -> None:
    kind, value = engine_process._described(MemoryError())
    assert kind == "refused"
    assert str(engine_process._error(kind, value)).startswith("Memory ran out while generating.")
