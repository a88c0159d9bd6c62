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
from studio.core.amounts import in_gb
from studio.core.errors import StudioError
from studio.core.language import SOURCE, language, later, tr, trn
from studio.services.installation import how_to_repair
from studio.services.machine.trial import Trial, try_in_child
from studio.services.memory import available_bytes, total_bytes
from studio.storage.machine import CUDA, sound_key
from studio.storage.outside import outside_environment
from studio.storage.paths import is_packaged, projects_dir, user_data_dir

if TYPE_CHECKING:
    from studio.ml.self_test import Card

Status = Literal["OK", "WARN", "FAIL"]
#: try_in_child, or something that does as it does.
Attempt = Callable[..., Trial]

MODELS = ("arrangement", "mel", "vocoder")
_LEAST_MEMORY_GB = 8.0
_LEAST_DISK_GB = 2.0
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
    yield _disk(projects_dir())
    yield _disk(user_data_dir())
    yield _window(attempt)
    yield from _fonts()


def _program() -> Finding:
    packaged = tr("packaged, ") if is_packaged() else ""
    seen = tr(
        "Backline {version}, {packaged}Python {python_version} on {platform}",
        version=__version__,
        packaged=packaged,
        python_version=platform.python_version(),
        platform=platform.platform(),
    )
    return Finding(tr("Program"), "OK", seen)


def _packages() -> Finding:
    try:
        requirements = importlib.metadata.requires("backline") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            tr("Packages"),
            "WARN",
            tr("Backline itself is not installed in this environment"),
            how_to_repair(),
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
            tr("Packages"), "FAIL", tr("missing: {names}", names=", ".join(missing)), how_to_repair()
        )
    shown = ", ".join(f"{name} {versions[name]}" for name in ("torch", "PySide6-Essentials", "numpy"))
    return Finding(tr("Packages"), "OK", tr("all {count} found ({shown})", count=len(versions), shown=shown))


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    seen = trn("{count} core, {machine}", "{count} cores, {machine}", cores, machine=platform.machine())
    if cores < 2:
        return Finding(tr("CPU"), "WARN", seen, tr("Generating will be slow; two cores or more are better"))
    return Finding(tr("CPU"), "OK", seen)


def _computing(attempt: Attempt) -> Finding:
    trial = attempt(_compute, "cpu", timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        return Finding(tr("Generating"), "OK", tr("the processor {value}", value=trial.value))
    todo = (
        tr("Use a processor with AVX2, or a build of torch that does without")
        if "SIGILL" in trial.told
        else ""
    )
    return Finding(
        tr("Generating"), "FAIL", tr("the processor: {failed}", failed=failed(trial)), todo or how_to_repair()
    )


def _listening(attempt: Attempt) -> Finding:
    trial = attempt(_hear_a_tone, timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        return Finding(tr("Listening"), "OK", trial.value)
    return Finding(
        tr("Listening"), "FAIL", tr("the pitch network: {failed}", failed=failed(trial)), how_to_repair()
    )


def _memory() -> Finding:
    total, free = total_bytes(), available_bytes()
    if total is None:
        return Finding(tr("Memory"), "WARN", tr("unknown on this system"))
    seen = in_gb(total) + (tr(", {in_gb} free", in_gb=in_gb(free)) if free is not None else "")
    if total / 1e9 < _LEAST_MEMORY_GB:
        todo = tr("Close other programs, and prefer short vocals and fewer candidates")
        return Finding(
            tr("Memory"),
            "WARN",
            tr("{seen}; {least_memory_gb:g} GB are better", seen=seen, least_memory_gb=_LEAST_MEMORY_GB),
            todo,
        )
    return Finding(tr("Memory"), "OK", seen)


def _gpus(attempt: Attempt) -> Iterator[Finding]:
    """Each GPU, or the reason why none is used."""
    trial = attempt(_list_cards, timeout_s=_LOAD_S)
    card = _nvidia_card()
    if trial.crashed:
        todo = tr("Install another driver, then check again")
        seen = tr("looking for one {failed}; generating on the CPU", failed=failed(trial))
        yield Finding(tr("GPU"), "WARN", seen, todo, CUDA, failed(trial))
        return
    if trial.outcome != "worked":
        yield Finding(tr("GPU"), "FAIL", tr("torch does not load: {told}", told=trial.told), how_to_repair())
        return
    cards, why_none = trial.value
    if not cards and card:
        todo = tr(
            "Install the NVIDIA driver for CUDA 13, and a CUDA build of torch 2.11 (PyTorch's site says how)"
        )
        yield Finding(
            tr("GPU"),
            "WARN",
            tr("{card} is there, but {why_none}; generating on the CPU", card=card, why_none=why_none),
            todo,
        )
    elif not cards:
        yield Finding(tr("GPU"), "OK", tr("none ({why_none}); generating on the CPU", why_none=why_none))
    for each in cards:
        yield _card(each, attempt)


def _card(card: Card, attempt: Attempt) -> Finding:
    # Only the first is computed on.
    key = CUDA if card.index == 0 else ""
    if card.why_not:
        return Finding(
            tr("GPU"), "WARN", f"{card.name}: {card.why_not}", tr("Generate on the CPU"), key, card.why_not
        )
    trial = attempt(_compute, f"cuda:{card.index}", timeout_s=_LOAD_S)
    if trial.outcome == "worked":
        memory = tr("{in_gb} of {in_gb_2} free", in_gb=in_gb(card.free), in_gb_2=in_gb(card.total))
        return Finding(tr("GPU"), "OK", f"{trial.value}, {memory}", device=key)
    seen = tr("{name}: {failed}; generating on the CPU", name=card.name, failed=failed(trial))
    return Finding(
        tr("GPU"), "WARN", seen, tr("Install another driver, then check again"), key, failed(trial)
    )


def _nvidia_card() -> str | None:
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    try:
        listed = subprocess.run(
            [tool, "-L"], capture_output=True, text=True, timeout=20, check=False, env=outside_environment()
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"GPU 0: (.+?)(?: \(UUID|$)", listed, re.MULTILINE)
    return match[1] if match else None


def _sound(attempt: Attempt) -> Iterator[Finding]:
    trial = attempt(sound_devices, timeout_s=_SOUND_S)
    if trial.outcome == "refused":
        todo = tr("Install libportaudio2 and start again; everything but listening works without it")
        yield Finding(tr("Sound"), "WARN", tr("no sound: {told}", told=trial.told), todo)
        return
    if trial.outcome != "worked":
        todo = tr("Start the sound system anew, then check again; everything but listening works without it")
        yield Finding(tr("Sound"), "WARN", tr("the sound system: {failed}", failed=failed(trial)), todo)
        return
    devices, output, source = trial.value
    for direction, default, known, todo in (
        (
            later("output"),
            output,
            [d for d in devices if d.outputs],
            tr("Connect one to listen; all else works without"),
        ),
        (later("input"), source, [d for d in devices if d.inputs], tr("Connect a microphone to record")),
    ):
        if default is None:
            yield Finding(tr("Sound"), "WARN", tr("no {direction} device", direction=tr(direction)), todo)
        tried = sorted(known, key=lambda d: d != default)[:_MOST_SOUND]
        for device in tried:
            yield _sound_device(device, direction, device == default, attempt)
        if len(known) > len(tried):
            yield Finding(
                tr("Sound"),
                "OK",
                trn(
                    "{count} further {direction} device, not tried",
                    "{count} further {direction} devices, not tried",
                    len(known) - len(tried),
                    direction=tr(direction),
                ),
            )


def _sound_device(device: Device, direction: str, is_default: bool, attempt: Attempt) -> Finding:
    trial = attempt(listen_or_play, device.name, device.host_api, direction, timeout_s=_SOUND_S)
    name = f"{tr(direction)} {device.name}" + (tr(" (default)") if is_default else "")
    key = sound_key(direction, device.name, device.host_api)
    if trial.outcome == "worked":
        return Finding(tr("Sound"), "OK", f"{name} {trial.value}", device=key)
    todo = (
        tr("Another device is used")
        if trial.crashed
        else tr("Close programs that may hold it, or choose another")
    )
    unusable = failed(trial) if trial.crashed else ""
    return Finding(
        tr("Sound"),
        "WARN",
        f"{name}: {failed(trial)}",
        tr("{todo}, then check again", todo=todo),
        key,
        unusable,
    )


def failed(trial: Trial) -> str:
    """In words that go on after the name of what was tried."""
    verb = {"died": tr("crashed"), "hung": tr("hung"), "no memory": tr("ran out of memory")}.get(
        trial.outcome, tr("failed")
    )
    return verb if trial.outcome == "no memory" or not trial.told else f"{verb}: {trial.told}"


# In children


def _compute(device: str) -> str:
    import studio.ml.engine  # noqa: F401  what generating needs must load as well
    from studio.ml.self_test import compute

    return compute(device)


def _list_cards() -> tuple[tuple[Card, ...], str]:
    from studio.ml.self_test import cards

    return cards()


def _hear_a_tone() -> str:
    from studio.analysis.self_test import hear_a_tone

    return hear_a_tone()


def _load_qt() -> bool:
    """Whether there is any font."""
    for name in ("PySide6.QtWidgets", "pyqtgraph"):
        importlib.import_module(name)
    # Without a screen, which may be another matter.
    gui = importlib.import_module("PySide6.QtGui")
    app = gui.QGuiApplication(["", "-platform", "offscreen"])
    found = bool(gui.QFontDatabase.families())
    app.shutdown()
    return found


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
    there = next(
        path for path in (folder, *folder.parents) if path.exists()
    )  # it is made with the first project
    free_gb = shutil.disk_usage(there).free / 1e9
    seen = tr("{free_gb:.1f} GB free at {folder}", free_gb=free_gb, folder=folder)
    if not os.access(there, os.W_OK):
        return Finding(
            tr("Disk"),
            "FAIL",
            tr("{folder} cannot be written", folder=folder),
            tr("Choose another folder for results"),
        )
    if free_gb < _LEAST_DISK_GB:
        return Finding(tr("Disk"), "WARN", seen, tr("A candidate takes about 2 MB a second: free some space"))
    return Finding(tr("Disk"), "OK", seen)


def _window(attempt: Attempt) -> Finding:
    trial = attempt(_load_qt, timeout_s=_LOAD_S)
    if trial.outcome != "worked":
        todo = tr(
            "Install the system libraries Qt needs; 'python3 run.py' names them. The command "
            "line works without"
        )
        return Finding(tr("Window"), "FAIL", tr("Qt: {failed}", failed=failed(trial)), todo)
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return Finding(
            tr("Window"), "WARN", tr("no display"), tr("Use 'studio generate' here, or start from a desktop")
        )
    if not trial.value:
        todo = tr("Install one, such as DejaVu Sans (package fonts-dejavu-core)")
        return Finding(tr("Window"), "WARN", tr("there is no font: no word in it can be read"), todo)
    return Finding(tr("Window"), "OK", tr("Qt loads and there is a display"))


def _fonts() -> Iterator[Finding]:
    """Whether the script of a language other than English can be shown; Windows and macOS bring such fonts."""
    lister = shutil.which("fc-list")
    if language() == SOURCE or lister is None:
        return
    listed = subprocess.run(
        [lister, f":lang={language()}", "family"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=outside_environment(),
    ).stdout.splitlines()
    if listed:
        yield Finding(tr("Fonts"), "OK", tr("{count} for the language in use", count=len(set(listed))))
    else:
        todo = tr("Install one, such as Noto Sans CJK (package fonts-noto-cjk)")
        yield Finding(tr("Fonts"), "WARN", tr("none for the language in use"), todo)
