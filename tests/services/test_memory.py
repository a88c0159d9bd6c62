from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.engines import BAND_MODEL, FASTSAG
from studio.core.errors import StudioError
from studio.services.costs import Costs
from studio.services.memory import (
    NEEDS,
    NotEnoughMemory,
    available_bytes,
    check_memory,
    held_bytes,
    memory_ran_out,
    total_bytes,
)

BAND, OTHER = BAND_MODEL.name, FASTSAG.name
MARGIN = 100_000_000


@pytest.fixture
def system(tmp_path: Path) -> tuple[Path, Path]:
    """(cgroup, proc) of a machine with 8 GB, 5 free and 2 of swap."""
    cgroup, proc = tmp_path / "cgroup", tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    cgroup.mkdir()
    (proc / "meminfo").write_text("MemTotal: 8000000 kB\nMemAvailable: 5000000 kB\nSwapFree: 2000000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/user/app\n")
    return cgroup, proc


def test_half_of_the_swap_counts(system: tuple[Path, Path]) -> None:
    assert available_bytes(*system) == 6_000_000 * 1024


def test_a_container_allows_less_and_its_caches_can_be_had(system: tuple[Path, Path]) -> None:
    cgroup, _ = system
    (cgroup / "user" / "app").mkdir(parents=True)
    (cgroup / "user" / "memory.max").write_text("3000000000\n")
    (cgroup / "user" / "memory.current").write_text("2000000000\n")
    (cgroup / "user" / "memory.stat").write_text("anon 5\ninactive_file 500000000\n")
    (cgroup / "user" / "app" / "memory.max").write_text("max\n")
    (cgroup / "user" / "app" / "memory.current").write_text("7\n")
    assert available_bytes(*system) == 1_500_000_000
    assert total_bytes(*system) == 3_000_000_000


def test_the_first_version_of_control_groups(system: tuple[Path, Path]) -> None:
    cgroup, proc = system
    (proc / "self" / "cgroup").write_text("9:cpu:/x\n4:memory:/docker/abc\n")
    (cgroup / "memory").mkdir()
    (cgroup / "memory" / "memory.limit_in_bytes").write_text("1000000000")
    (cgroup / "memory" / "memory.usage_in_bytes").write_text("400000000")
    (cgroup / "memory" / "memory.stat").write_text("total_inactive_file 100000000\n")
    assert available_bytes(*system) == 700_000_000


def test_a_system_that_tells_nothing_lets_pass(tmp_path: Path) -> None:
    assert available_bytes(tmp_path, tmp_path) is None


def test_this_process_holds_memory() -> None:
    import os

    before = held_bytes(os.getpid(), "VmHWM")
    block = np.ones(1 << 22)
    assert held_bytes(os.getpid()) >= block.nbytes
    assert held_bytes(os.getpid(), "VmHWM") >= before


def refusal(engine: str, seconds: float, candidates: int, room: float, **more: float) -> NotEnoughMemory:
    with pytest.raises(NotEnoughMemory) as refused:
        check_memory(engine, seconds, candidates, room=int(room), **more)  # type: ignore[arg-type]
    return refused.value


def test_what_fits_passes_and_a_byte_less_does_not() -> None:
    room = NEEDS[BAND].bytes(60, 4) + MARGIN
    check_memory(BAND, 60, 4, room=int(room) + 1)
    refused = refusal(BAND, 60, 4, room - 1)
    assert refused.candidates == 3
    assert "4 candidates of 60 s" in refused.expected
    assert "Ask for 3 candidates" in refused.todo


def test_the_setting_that_is_offered_fits() -> None:
    refused = refusal(BAND, 600, 8, NEEDS[BAND].bytes(600, 3) + MARGIN + 1000)
    assert refused.candidates == 3
    check_memory(BAND, 600, 3, room=int(NEEDS[BAND].bytes(600, 3) + MARGIN + 1000))


def test_where_not_one_fits_a_shorter_part_is_offered_that_fits() -> None:
    room = NEEDS[BAND].bytes(100, 1) + MARGIN + 1000
    refused = refusal(BAND, 600, 2, room)
    assert refused.candidates == 0
    assert "up to 100 s" in refused.todo
    check_memory(BAND, 100, 1, room=int(room))


def test_another_engine_is_offered_where_it_fits() -> None:
    refused = refusal(OTHER, 10, 1, NEEDS[BAND].bytes(10, 1) + MARGIN + 1000)
    assert refused.todo.startswith("Choose the engine Band model")


def test_where_nothing_fits_only_closing_helps() -> None:
    assert refusal(BAND, 10, 1, 50_000_000).todo.startswith("Close other programs, then")


def test_what_the_engine_holds_already_is_not_asked_for_again() -> None:
    need = int(NEEDS[BAND].bytes(60, 4))
    check_memory(BAND, 60, 4, held=need - 10_000_000, room=MARGIN + 11_000_000)
    assert refusal(BAND, 60, 4, MARGIN, held=need - 400_000_000).expected.startswith(
        "0.5 GB"
    )  # and the margin


def test_the_two_figures_of_a_refusal_never_contradict_it() -> None:
    need = NEEDS[BAND].bytes(34, 8) + MARGIN
    refused = refusal(BAND, 34, 8, need - 50_000_000)
    assert (refused.seen, refused.expected[:6]) == ("1.1 GB of memory free", "1.2 GB")
    refused = refusal(BAND, 34, 8, need - 12_000_000)
    assert (refused.seen, refused.expected[:7]) == ("1.17 GB of memory free", "1.18 GB")


def test_what_requests_took_here_is_learnt_and_kept(tmp_path: Path) -> None:
    Costs(tmp_path / "costs.json").learn_memory(1.5)
    costs = Costs(tmp_path / "costs.json")
    assert costs.memory_factor == 1.5
    costs.learn_memory(0.0)  # a system that does not tell
    costs.learn_memory(40.0)
    assert costs.memory_factor == 1.5
    assert Costs(tmp_path / "costs.json", engine=OTHER).memory_factor == 1.0
    room = int(NEEDS[BAND].bytes(60, 2)) + MARGIN + 1000
    check_memory(BAND, 60, 2, room=room)
    assert refusal(BAND, 60, 2, room, factor=costs.memory_factor).candidates == 0


class OutOfMemoryError(RuntimeError):
    """As torch's own."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "shorter vocal"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
            "shorter",
        ),
        (RuntimeError("std::bad_alloc"), "shorter vocal"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB"), "generate on the CPU"),
    ],
)
def test_memory_that_ran_out_is_said(error: Exception, words: str) -> None:
    said = memory_ran_out(error)
    assert isinstance(said, StudioError)
    assert words in said.todo


def test_other_errors_are_not_of_memory() -> None:
    assert memory_ran_out(RuntimeError("shapes do not match")) is None
    assert memory_ran_out(StudioError("Cannot read x")) is None
