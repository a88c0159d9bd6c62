"""What works on this machine, one finding after the other, each with what to do about it."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.audio.devices import default_input, default_output, input_devices, output_devices, portaudio
from studio.audio.files import read_audio
from studio.core.errors import StudioError
from studio.core.language import SOURCE, language, later, tr, trn
from studio.storage.paths import user_data_dir

Status = Literal["OK", "WARN", "FAIL"]

MODELS = ("arrangement", "mel", "vocoder")
_LEAST_MEMORY_GB = 8.0
_LEAST_DISK_GB = 2.0
_REINSTALL = later("Run 'python3 run.py doctor' in the repository: it installs what is missing")


@dataclass(frozen=True)
class Finding:
    """OK: works. WARN: the studio works without it. FAIL: something will not work."""

    name: str
    status: Status
    seen: str
    todo: str = ""


def examine(models_dir: Path, resources_dir: Path) -> Iterator[Finding]:
    """All findings, each as soon as it is known."""
    yield _python()
    yield _packages()
    yield _processor()
    yield _memory()
    yield _gpu()
    yield from _sound()
    yield from _models(models_dir)
    yield _demo_vocal(resources_dir / "demo_vocal.flac")
    yield _disk(Path.cwd())
    yield _disk(user_data_dir())
    yield _window()
    yield from _fonts()


def _python() -> Finding:
    return Finding(
        tr("Python"),
        "OK",
        tr(
            "{python_version} on {platform}",
            python_version=platform.python_version(),
            platform=platform.platform(),
        ),
    )


def _packages() -> Finding:
    try:
        requirements = importlib.metadata.requires("backline") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            tr("Packages"), "WARN", tr("Backline itself is not installed in this environment"), tr(_REINSTALL)
        )
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
        return Finding(
            tr("Packages"), "FAIL", tr("missing: {names}", names=", ".join(missing)), tr(_REINSTALL)
        )
    shown = ", ".join(f"{name} {versions[name]}" for name in ("torch", "PySide6-Essentials", "numpy"))
    return Finding(tr("Packages"), "OK", tr("all {count} found ({shown})", count=len(versions), shown=shown))


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    seen = trn("{count} core, {machine}", "{count} cores, {machine}", cores, machine=platform.machine())
    if cores < 2:
        return Finding(tr("CPU"), "WARN", seen, tr("Generating will be slow; two cores or more are better"))
    return Finding(tr("CPU"), "OK", seen)


def _memory() -> Finding:
    total_gb = _total_memory_gb()
    if total_gb is None:
        return Finding(tr("Memory"), "WARN", tr("unknown on this system"))
    if total_gb < _LEAST_MEMORY_GB:
        todo = tr("Close other programs, and prefer short vocals and fewer candidates")
        return Finding(
            tr("Memory"),
            "WARN",
            tr(
                "{total_gb:.1f} GB, {least_memory_gb:g} GB are better",
                total_gb=total_gb,
                least_memory_gb=_LEAST_MEMORY_GB,
            ),
            todo,
        )
    return Finding(tr("Memory"), "OK", f"{total_gb:.1f} GB")


def _total_memory_gb() -> float | None:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    if sys.platform == "win32":
        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 / 1e9
    return None


def _gpu() -> Finding:
    try:
        from studio.ml.device import choose_device

        device = choose_device("auto").type
    except (ImportError, OSError) as error:
        return Finding(tr("GPU"), "FAIL", tr("torch does not load: {error}", error=error), tr(_REINSTALL))
    card = _nvidia_card()
    if device == "cuda":
        return Finding(tr("GPU"), "OK", tr("CUDA on {card}", card=card or tr("an NVIDIA GPU")))
    if card:
        todo = tr(
            "Install the NVIDIA driver for CUDA 13, and a CUDA build of torch 2.11 (PyTorch's site says how)"
        )
        return Finding(
            tr("GPU"),
            "WARN",
            tr("{card} is there, but torch cannot use it; generating on the CPU", card=card),
            todo,
        )
    return Finding(tr("GPU"), "OK", tr("none; generating on the CPU"))


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


def _sound() -> Iterator[Finding]:
    try:
        portaudio()
    except StudioError as error:
        yield Finding(tr("Sound"), "WARN", tr("no sound: {seen}", seen=error.seen), error.todo)
        return
    for direction, devices, default, todo in (
        (
            tr("output"),
            output_devices(),
            default_output(),
            tr("Connect one to listen; generating and exporting work without"),
        ),
        (
            tr("input"),
            input_devices(),
            default_input(),
            tr("Connect a microphone to record; vocals can be opened from files"),
        ),
    ):
        if default is None:
            yield Finding(tr("Sound"), "WARN", tr("no {direction} device", direction=direction), todo)
        else:
            number = f"{len(devices)} {direction}{'s' if len(devices) > 1 else ''}"
            yield Finding(
                tr("Sound"), "OK", tr("{number}, by default {name}", number=number, name=default.name)
            )


def _models(folder: Path) -> Iterator[Finding]:
    for name in MODELS:
        weights, card = folder / f"{name}.safetensors", folder / f"{name}.md"
        restore = tr("Restore {name} from the repository", name=weights.name)
        if not weights.is_file():
            yield Finding(tr("Model"), "FAIL", tr("{weights} is missing", weights=weights), restore)
            continue
        data = weights.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        seen = f"{name}, {len(data) / 1e6:.1f} MB, sha256 {sha256[:16]}"
        if not _is_whole(data):
            yield Finding(
                tr("Model"),
                "FAIL",
                tr("{weights} is damaged ({count} bytes)", weights=weights, count=len(data)),
                restore,
            )
        elif not card.is_file():
            yield Finding(
                tr("Model"),
                "WARN",
                tr("{seen}, without a card", seen=seen),
                tr("Restore {name} from the repository", name=card.name),
            )
        elif (
            listed := re.findall(r"\b[0-9a-f]{64}\b", card.read_text(encoding="utf-8"))
        ) and sha256 not in listed:
            yield Finding(
                tr("Model"), "WARN", tr("{seen}, not the file its card describes", seen=seen), restore
            )
        else:
            yield Finding(tr("Model"), "OK", seen)


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
        return Finding(
            tr("Demo vocal"), "WARN", str(error), tr("Restore {name} from the repository", name=path.name)
        )
    return Finding(tr("Demo vocal"), "OK", f"{path.name}, {audio.duration_s:.0f} s")


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    seen = tr("{free_gb:.1f} GB free at {folder}", free_gb=free_gb, folder=folder)
    if not os.access(folder, os.W_OK):
        return Finding(
            tr("Disk"),
            "FAIL",
            tr("{folder} cannot be written", folder=folder),
            tr("Choose another folder for results"),
        )
    if free_gb < _LEAST_DISK_GB:
        return Finding(tr("Disk"), "WARN", seen, tr("A candidate takes about 2 MB a second: free some space"))
    return Finding(tr("Disk"), "OK", seen)


def _window() -> Finding:
    # In a process of its own: a missing system library would end this one.
    probe = [sys.executable, "-c", "import PySide6.QtWidgets, pyqtgraph"]
    result = subprocess.run(probe, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or [tr("no reason given")])[-1]
        todo = tr(
            "Install the system libraries Qt needs; 'python3 run.py' names them. The command "
            "line works without"
        )
        return Finding(tr("Window"), "FAIL", tr("Qt does not load: {reason}", reason=reason), todo)
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return Finding(
            tr("Window"), "WARN", tr("no display"), tr("Use 'studio generate' here, or start from a desktop")
        )
    return Finding(tr("Window"), "OK", tr("Qt loads and there is a display"))


def _fonts() -> Iterator[Finding]:
    """Whether the script of a language other than English can be shown; Windows and macOS bring such fonts."""
    lister = shutil.which("fc-list")
    if language() == SOURCE or lister is None:
        return
    listed = subprocess.run(
        [lister, f":lang={language()}", "family"], capture_output=True, text=True, timeout=20, check=False
    ).stdout.splitlines()
    if listed:
        yield Finding(tr("Fonts"), "OK", tr("{count} for the language in use", count=len(set(listed))))
    else:
        todo = tr("Install one, such as Noto Sans CJK (package fonts-noto-cjk)")
        yield Finding(tr("Fonts"), "WARN", tr("none for the language in use"), todo)
