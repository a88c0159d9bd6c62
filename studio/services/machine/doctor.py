"""What works on this machine, one finding after the other, each with what to do about it.

Every device is tried with one real operation in a process of its own (`trial.py`): a driver that crashes, hangs or eats
the memory costs its device, not the program. The devices that did so are not used until they are tried again.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio import __version__
from studio.audio.devices import Device
from studio.audio.files import read_audio
from studio.audio.self_test import listen_or_play, sound_devices
from studio.core.errors import StudioError
from studio.services.machine.trial import Trial, try_in_child
from studio.services.memory import available_bytes, in_gb, total_bytes
from studio.storage.machine import CUDA, sound_key
from studio.storage.paths import is_packaged, user_data_dir

if TYPE_CHECKING:
    from studio.ml.self_test import Card

Status = Literal["OK", "WARN", "FAIL"]
#: try_in_child, or something that does as it does.
Attempt = Callable[..., Trial]

MODELS = ("arrangement", "mel", "vocoder")
_LEAST_MEMORY_GB = 8.0
_LEAST_DISK_GB = 2.0
_REINSTALL = "Run 'python3 run.py doctor' in the repository: it installs what is missing"
_LOAD_S, _SOUND_S = 180.0, 15.0
#: Sound systems list the same card under many names; so many are tried of each direction, the default first.
_MOST_SOUND = 6


@dataclass(frozen=True)
class Finding:
    """OK: works. WARN: the studio works without it. FAIL: something will not work.

    Attributes:
        device: what was tried, by its key in storage.machine; empty where it is about none.
        unusable: why the device is not to be used; empty where it may be.
    """

    name: str
    status: Status
    seen: str
    todo: str = ""
    device: str = ""
    unusable: str = ""


def examine(models_dir: Path, resources_dir: Path, attempt: Attempt = try_in_child) -> Iterator[Finding]:
    """All findings, each as soon as it is known.

    Args:
        attempt: what tries a function in a child process.
    """
    yield _program()
    if not is_packaged():
        yield _packages()
    yield _processor()
    yield _computing(attempt)
    yield _listening(attempt)
    yield _memory()
    yield from _gpus(attempt)
    yield from _sound(attempt)
    yield from _models(models_dir)
    yield _demo_vocal(resources_dir / "demo_vocal.flac")
    yield _disk(Path.cwd())
    yield _disk(user_data_dir())
    yield _window(attempt)


def _program() -> Finding:
    packaged = "packaged, " if is_packaged() else ""
    seen = f"Backline {__version__}, {packaged}Python {platform.python_version()} on {platform.platform()}"
    return Finding("Program", "OK", seen)


def _packages() -> Finding:
    try:
        requirements = importlib.metadata.requires("backline") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("Packages", "WARN", "Backline itself is not installed in this environment", _REINSTALL)
    versions, missing = {}, []
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = re.match(r"[\w.-]+", requirement)
        assert name
        try:
            versions[name[0]] = importlib.metadata.version(name[0])
        except importlib.metadata.PackageNotFoundError:
            missing.append(name[0])
    if missing:
        return Finding("Packages", "FAIL", f"missing: {', '.join(missing)}", _REINSTALL)
    shown = ", ".join(f"{name} {versions[name]}" for name in ("torch", "PySide6-Essentials", "numpy"))
    return Finding("Packages", "OK", f"all {len(versions)} found ({shown})")


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    seen = f"{cores} core{'s' if cores > 1 else ''}, {platform.machine()}"
    if cores < 2:
        return Finding("CPU", "WARN", seen, "Generating will be slow; two cores or more are better")
    return Finding("CPU", "OK", seen)


def _computing(attempt: Attempt) -> Finding:
    trial = attempt(_compute, "cpu", timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        return Finding("Generating", "OK", f"the processor {trial.value}")
    todo = (
        "Use a processor with AVX2, or a build of torch that does without" if "SIGILL" in trial.told else ""
    )
    return Finding("Generating", "FAIL", f"the processor: {_failed(trial)}", todo or _REINSTALL)


def _listening(attempt: Attempt) -> Finding:
    trial = attempt(_hear_a_tone, timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        return Finding("Listening", "OK", trial.value)
    return Finding("Listening", "FAIL", f"the pitch network: {_failed(trial)}", _REINSTALL)


def _memory() -> Finding:
    total, free = total_bytes(), available_bytes()
    if total is None:
        return Finding("Memory", "WARN", "unknown on this system")
    seen = in_gb(total) + (f", {in_gb(free)} free" if free is not None else "")
    if total / 1e9 < _LEAST_MEMORY_GB:
        todo = "Close other programs, and prefer short vocals and fewer candidates"
        return Finding("Memory", "WARN", f"{seen}; {_LEAST_MEMORY_GB:g} GB are better", todo)
    return Finding("Memory", "OK", seen)


def _gpus(attempt: Attempt) -> Iterator[Finding]:
    """Each GPU, or the reason why none is used."""
    trial = attempt(_list_cards, timeout_s=_LOAD_S)
    card = _nvidia_card()
    if trial.crashed:
        todo = "Install another driver, then check again"
        seen = f"looking for one {_failed(trial)}; generating on the CPU"
        yield Finding("GPU", "WARN", seen, todo, CUDA, _failed(trial))
        return
    if trial.outcome != "worked":
        yield Finding("GPU", "FAIL", f"torch does not load: {trial.told}", _REINSTALL)
        return
    cards, why_none = trial.value
    if not cards and card:
        todo = (
            "Install the NVIDIA driver for CUDA 13, and a CUDA build of torch 2.11 (PyTorch's site says how)"
        )
        yield Finding(
            "GPU", "WARN", f"{card} is there, but {why_none}; generating on the CPU", todo
        )  # fmt: skip
    elif not cards:
        yield Finding("GPU", "OK", f"none ({why_none}); generating on the CPU")
    for each in cards:
        yield _card(each, attempt)


def _card(card: Card, attempt: Attempt) -> Finding:
    # Only the first is computed on.
    key = CUDA if card.index == 0 else ""
    if card.why_not:
        return Finding(
            "GPU", "WARN", f"{card.name}: {card.why_not}", "Generate on the CPU", key, card.why_not
        )
    trial = attempt(_compute, f"cuda:{card.index}", timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        memory = f"{in_gb(card.free)} of {in_gb(card.total)} free"
        return Finding("GPU", "OK", f"{trial.value}, {memory}", device=key)
    seen = f"{card.name}: {_failed(trial)}; generating on the CPU"
    return Finding("GPU", "WARN", seen, "Install another driver, then check again", key, _failed(trial))


def _nvidia_card() -> str | None:
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"GPU 0: (.+?)(?: \(UUID|$)", listed, re.MULTILINE)
    return match[1] if match else None


def _sound(attempt: Attempt) -> Iterator[Finding]:
    trial = attempt(sound_devices, timeout_s=_SOUND_S)
    if trial.outcome == "refused":
        todo = "Install libportaudio2 and start again; everything but listening works without it"
        yield Finding("Sound", "WARN", f"no sound: {trial.told}", todo)
        return
    if trial.outcome != "worked":
        todo = "Start the sound system anew, then check again; everything but listening works without it"
        yield Finding("Sound", "WARN", f"the sound system: {_failed(trial)}", todo)
        return
    devices, output, source = trial.value
    for direction, default, known, todo in (
        (
            "output",
            output,
            [d for d in devices if d.outputs],
            "Connect one to listen; all else works without",
        ),
        ("input", source, [d for d in devices if d.inputs], "Connect a microphone to record"),
    ):
        if default is None:
            yield Finding("Sound", "WARN", f"no {direction} device", todo)
        tried = sorted(known, key=lambda d: d != default)[:_MOST_SOUND]
        for device in tried:
            yield _sound_device(device, direction, device == default, attempt)
        if len(known) > len(tried):
            yield Finding("Sound", "OK", f"{len(known) - len(tried)} further {direction}s, not tried")


def _sound_device(device: Device, direction: str, is_default: bool, attempt: Attempt) -> Finding:
    trial = attempt(listen_or_play, device.name, device.host_api, direction, timeout_s=_SOUND_S)
    name = f"{direction} {device.name}" + (" (default)" if is_default else "")
    key = sound_key(direction, device.name, device.host_api)
    if trial.outcome == "worked":
        return Finding("Sound", "OK", f"{name} {trial.value}", device=key)
    todo = "Another device is used" if trial.crashed else "Close programs that may hold it, or choose another"
    unusable = _failed(trial) if trial.crashed else ""
    return Finding("Sound", "WARN", f"{name}: {_failed(trial)}", f"{todo}, then check again", key, unusable)


def _failed(trial: Trial) -> str:
    """In words that go on after the name of what was tried."""
    verb = {"died": "crashed", "hung": "hung", "no memory": "ran out of memory"}.get(trial.outcome, "failed")
    return verb if trial.outcome == "no memory" or not trial.told else f"{verb}: {trial.told}"


# In children


def _compute(device: str) -> str:
    from studio.ml.self_test import compute

    return compute(device)


def _list_cards() -> tuple[tuple[Card, ...], str]:
    from studio.ml.self_test import cards

    return cards()


def _hear_a_tone() -> str:
    from studio.analysis.self_test import hear_a_tone

    return hear_a_tone()


def _load_qt() -> None:
    for name in ("PySide6.QtWidgets", "pyqtgraph"):
        importlib.import_module(name)


def _models(folder: Path) -> Iterator[Finding]:
    for name in MODELS:
        weights, card = folder / f"{name}.safetensors", folder / f"{name}.md"
        restore = f"Restore {weights.name} from the repository"
        if not weights.is_file():
            yield Finding("Model", "FAIL", f"{weights} is missing", restore)
            continue
        data = weights.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        seen = f"{name}, {len(data) / 1e6:.1f} MB, sha256 {sha256[:16]}"
        if not _is_whole(data):
            yield Finding("Model", "FAIL", f"{weights} is damaged ({len(data)} bytes)", restore)
        elif not card.is_file():
            yield Finding(
                "Model", "WARN", f"{seen}, without a card", f"Restore {card.name} from the repository"
            )
        elif (
            listed := re.findall(r"\b[0-9a-f]{64}\b", card.read_text(encoding="utf-8"))
        ) and sha256 not in listed:
            yield Finding("Model", "WARN", f"{seen}, not the file its card describes", restore)
        else:
            yield Finding("Model", "OK", seen)


def _is_whole(data: bytes) -> bool:
    """A safetensors file is the length of its JSON header, the header, and the tensors it gives the places of."""
    try:
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return start + max(ends, default=0) == len(data)


def _demo_vocal(path: Path) -> Finding:
    try:
        audio = read_audio(path)
    except StudioError as error:
        return Finding("Demo vocal", "WARN", str(error), f"Restore {path.name} from the repository")
    return Finding("Demo vocal", "OK", f"{path.name}, {audio.duration_s:.0f} s")


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    seen = f"{free_gb:.1f} GB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("Disk", "FAIL", f"{folder} cannot be written", "Choose another folder for results")
    if free_gb < _LEAST_DISK_GB:
        return Finding("Disk", "WARN", seen, "A candidate takes about 2 MB a second: free some space")
    return Finding("Disk", "OK", seen)


def _window(attempt: Attempt) -> Finding:
    trial = attempt(_load_qt, timeout_s=_LOAD_S)
    if trial.outcome != "worked":
        todo = "Install the system libraries Qt needs; 'python3 run.py' names them. The command line works without"
        return Finding("Window", "FAIL", f"Qt: {_failed(trial)}", todo)
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return Finding("Window", "WARN", "no display", "Use 'studio generate' here, or start from a desktop")
    return Finding("Window", "OK", "Qt loads and there is a display")
