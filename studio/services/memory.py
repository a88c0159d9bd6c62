"""How much memory there is, how much a request needs, and what would fit where it does not.

There is what the system could give without swapping, less where a container allows less. What a request needs was
measured (docs/measurements.md): an engine with its models, and little more for each second and candidate, since songs
are worked off in windows and wait on the disk. What requests took on this machine corrects it (`costs.Costs`).
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from studio.core.amounts import apart_in_gb, in_gb
from studio.core.engines import BAND_MODEL, ENGINES, FASTSAG
from studio.core.errors import StudioError
from studio.core.language import tr

_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
#: Shorter vocals are refused for other reasons.
_SHORTEST_S = 2.0
#: Left to everybody else, so that the last page is not ours.
_MARGIN_BYTES = 100_000_000


@dataclass(frozen=True)
class Need:
    """Peak memory of an engine's process, in bytes: base + seconds x (second + candidates x candidate_second)."""

    base: float
    second: float
    candidate_second: float

    def bytes(self, seconds: float, candidates: int) -> float:
        return self.base + seconds * (self.second + self.candidate_second * candidates)

    def seconds(self, room: float, candidates: int) -> float:
        """How long a vocal may be in so much room; below 0 where none fits."""
        return (room - self.base) / (self.second + self.candidate_second * candidates)


#: The band model was measured at 10 to 600 s and 1 to 8 candidates (docs/measurements.md). FastSAG works in windows
#: of one length: its base was seen in one run of 3 s, and its seconds are taken for those of the band model.
NEEDS: Mapping[str, Need] = {
    BAND_MODEL.name: Need(1.0e9, 0.4e6, 0.25e6),
    FASTSAG.name: Need(3.3e9, 0.4e6, 0.25e6),
}


class NotEnoughMemory(StudioError):
    """A request that cannot fit.

    Attributes:
        candidates: how many would fit; 0 where not even one does.
    """

    def __init__(self, candidates: int, *, seen: str, expected: str, todo: str) -> None:
        super().__init__(tr("Not enough memory for this request"), seen=seen, expected=expected, todo=todo)
        self.candidates = candidates


def check_memory(
    engine: str,
    seconds: float,
    candidates: int,
    *,
    held: int = 0,
    factor: float = 1.0,
    room: int | None = None,
) -> None:
    """Refuses a request before it starts.

    Args:
        engine: its name in core.engines.
        seconds: of the vocal.
        held: bytes that the engine's process has already.
        factor: what requests took here over what was expected of them.
        room: bytes that can be had; None asks the system, and lets pass what it does not tell.

    Raises:
        NotEnoughMemory: with a setting that fits: fewer candidates, else a shorter vocal, else the other engine.
    """
    room = available_bytes() if room is None else room
    if room is None:
        return
    usable, need = (room + held - _MARGIN_BYTES) / factor, NEEDS[engine]
    wanted = need.bytes(seconds, candidates)
    if wanted <= usable:
        return
    # With what is left to others, so that the two figures tell of the same.
    needed = wanted * factor - held + _MARGIN_BYTES
    there, asked = apart_in_gb(room, needed)
    fitting = next((n for n in range(candidates - 1, 0, -1) if need.bytes(seconds, n) <= usable), 0)
    raise NotEnoughMemory(
        fitting,
        seen=tr("{in_gb} of memory free", in_gb=there),
        expected=tr(
            "{in_gb} for {counted} of {seconds:.0f} s",
            in_gb=asked,
            counted=_counted(candidates),
            seconds=seconds,
        ),
        todo=_advice(engine, seconds, fitting, usable),
    )


def _advice(engine: str, seconds: float, fitting: int, usable: float) -> str:
    if fitting:
        return tr("Ask for {counted}, or close other programs", counted=_counted(fitting))
    longest = NEEDS[engine].seconds(usable, 1)
    if longest >= _SHORTEST_S:
        return tr(
            "Close other programs, or take one candidate of a part of the vocal, up to {longest:.0f} s",
            longest=longest,
        )
    for name, need in NEEDS.items():
        if name != engine and need.bytes(seconds, 1) <= usable:
            return tr("Choose the engine {title}, or close other programs", title=tr(ENGINES[name].title))
    return tr("Close other programs, then try again")


def _counted(candidates: int) -> str:
    return tr("one candidate") if candidates == 1 else tr("{candidates} candidates", candidates=candidates)


def memory_ran_out(error: BaseException) -> StudioError | None:
    """What to say of an error that means so, whoever raised it: Python, numpy, or torch on a processor or a GPU."""
    text = str(error)
    on_gpu = type(error).__name__ == "OutOfMemoryError" or "CUDA out of memory" in text
    if not (on_gpu or isinstance(error, MemoryError) or re.search(r"can't allocate memory|bad_alloc", text)):
        return None
    free = None if on_gpu else available_bytes()
    return StudioError(
        tr("Memory ran out while generating"),
        seen=tr("no memory left on the GPU")
        if on_gpu
        else tr("{in_gb} free now", in_gb=in_gb(free))
        if free is not None
        else "",
        expected=tr("enough free memory for the request"),
        todo=tr("Ask for fewer candidates")
        + (tr(", or generate on the CPU") if on_gpu else tr(" or a shorter vocal, or close other programs"))
        + tr("; what was finished is kept"),
    )


# What there is


def total_bytes(cgroup: Path = _CGROUP, proc: Path = _PROC) -> int | None:
    """Of the machine, or of the container; None where the system does not tell."""
    if sys.platform == "win32":
        return _windows()[0]
    if not hasattr(os, "sysconf"):
        return None
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([whole, *(limit for limit, _ in _limits(cgroup, proc))])


def available_bytes(cgroup: Path = _CGROUP, proc: Path = _PROC) -> int | None:
    """What could be had now, with half of the free swap; None where the system does not tell.

    Half: a request that fits only with all of it would keep the machine swapping.
    """
    if sys.platform == "win32":
        return _windows()[1]
    if sys.platform == "darwin":
        return _of_macos()
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = {
        name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest
    }
    if "MemAvailable" not in kilobytes:
        return None
    room = 1024 * (kilobytes["MemAvailable"] + kilobytes.get("SwapFree", 0) // 2)
    return max(0, min([room, *(limit - used for limit, used in _limits(cgroup, proc))]))


def _limits(cgroup: Path, proc: Path) -> Iterator[tuple[int, int]]:
    """(Limit, use without what is only cached) of every control group that this process is in and that has one."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, place = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        first, names = (cgroup, ("memory.max", "memory.current", "inactive_file"))
        if kinds == "memory":
            first = cgroup / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        # Within a container the path may be the host's: what is not there is skipped, up to the root.
        folder = first / place.lstrip("/")
        for each in (folder, *folder.parents):
            if each == first.parent:
                break
            limit, used = _number(each / names[0]), _number(each / names[1])
            if limit is not None and used is not None and limit < 1 << 60:
                cached = re.search(rf"^{names[2]} (\d+)", _text(each / "memory.stat"), re.MULTILINE)
                yield limit, max(0, used - (int(cached[1]) if cached else 0))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def held_bytes(pid: int, what: str = "VmRSS") -> int:
    """What a process has in memory (VmRSS), or had at most (VmHWM); 0 where the system does not tell."""
    found = re.search(rf"^{what}:\s+(\d+) kB", _text(_PROC / str(pid) / "status"), re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def _of_macos() -> int | None:
    try:
        told = subprocess.run(
            ["/usr/bin/vm_stat"], capture_output=True, text=True, timeout=5, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    page = re.search(r"page size of (\d+)", told)
    pages = re.findall(r"^Pages (?:free|inactive|purgeable|speculative):\s+(\d+)", told, re.MULTILINE)
    return int(page[1]) * sum(map(int, pages)) if page and pages else None


def _windows() -> tuple[int | None, int | None]:
    """(All, free) physical memory."""

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
            (name, ctypes.c_uint64) for name in ("total", "free", "page_total", "page_free", "a", "b", "c")
        ]

    status = Status(length=ctypes.sizeof(Status))
    library = getattr(ctypes, "windll", None)
    if library is None or not library.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return int(status.total), int(status.free)
