"""Tries the packaged program on a machine that has nothing: python -m studio.packaging.check [dist/Backline]

Linux, as root. A root folder with a bare Debian (debootstrap, which needs the network once) is entered without Python
and without a network. There the program examines the machine, generates four bands of the demo vocal, and opens its
window with the demo vocal on an Xvfb outside. No sound system is there, and then ones that crash, eat the memory or
hang when they are loaded (made with cc). What it took is printed; the exit code is 0 where all went well.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

#: Beside a minimal Debian: what a desktop has for its window, drivers that no program may bring, and a font.
_PACKAGES = "libegl1,libgl1,libopengl0,fontconfig-config,fonts-dejavu-core"
_DISPLAY = ":97"
_WINDOW_S, _GENERATE_S = 120.0, 1800.0
#: What the window has done once it listened to the demo vocal and its generator stands.
_JOBS = ("Opening", "Listening", "Drawing", "Loading models")
#: What a sound driver does as soon as it is loaded, by what the doctor is to say of it.
_DRIVERS = {
    "an instruction this processor does not know": "__builtin_trap();",
    "as when memory runs out": "for (int i = 0; i < 1024; i++) memset(malloc(1 << 20), 1, 1 << 20); raise(SIGKILL);",
    "hung: no answer within": "for (;;) pause();",
}
_DRIVER = "#include <signal.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("program", nargs="?", type=Path, default=Path("dist/Backline"))
    parser.add_argument("--root", type=Path, help="a root folder made before, or to be made and kept")
    options = parser.parse_args(words)
    program = options.program.resolve()
    if not (program / "Backline").is_file():
        parser.error(f"there is no program in {program}")
    if sys.platform != "linux" or os.getuid() != 0:
        parser.error("this check needs Linux and root, for a root folder of its own")
    with tempfile.TemporaryDirectory(prefix="backline-root-") as folder:
        root = (options.root or Path(folder)).resolve()
        make_root(root)
        return check(program, root)


def make_root(root: Path) -> None:
    """A bare Debian, unless there is one. Raises RuntimeError where it has a Python."""
    if not (root / "etc" / "debian_version").exists():
        root.mkdir(parents=True, exist_ok=True)
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "stable", str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    if list(root.glob("usr/bin/python3*")) or list(root.glob("usr/local/bin/python*")):
        raise RuntimeError(f"{root} has a Python: it would prove nothing")


def check(program: Path, root: Path) -> int:
    """Everything, with figures; 0 or 1."""
    size = sum(f.stat().st_size for f in program.rglob("*") if f.is_file() and not f.is_symlink())
    print(f"size: {size / 1e9:.2f} GB in {sum(1 for _ in program.rglob('*'))} files")
    for name in ("opt/Backline", "out", "tmp/.X11-unix"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("out", "root/.local", "root/.config"):
        shutil.rmtree(root / name, ignore_errors=True)
    inside = Inside(program, root)
    starts = []
    for _ in range(3):
        began = time.perf_counter()
        inside.run("--version")
        starts.append(time.perf_counter() - began)
    print(f"start of the command line: first {starts[0]:.1f} s, then {min(starts):.1f} s")
    passed = [_doctor(inside), _generate(inside, root), _window(inside, root), *_drivers(inside, root)]
    print("PASS" if all(passed) else "FAIL")
    return 0 if all(passed) else 1


class Inside:
    """Runs the program in the root, without a network; what is mounted goes with the process."""

    def __init__(self, program: Path, root: Path) -> None:
        mounts = [
            f"mount --rbind /dev '{root}/dev'",
            f"mount -t proc proc '{root}/proc'",
            f"mount --bind '{program}' '{root}/opt/Backline'",
            f"mount --bind /tmp/.X11-unix '{root}/tmp/.X11-unix'",
            f"exec chroot '{root}' /opt/Backline/Backline \"$@\"",
        ]
        Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
        self._command = ["unshare", "--net", "--mount", "sh", "-ec", "\n".join(mounts), "sh"]
        self._environment = {
            "HOME": "/root",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "DISPLAY": _DISPLAY,
        }

    def run(self, *words: str, timeout_s: float = 300.0) -> str:
        """What it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [*self._command, *words], env=self._environment, timeout=timeout_s, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            print(done.stdout)
            done.check_returncode()
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._command, *words], env=self._environment)


def _doctor(inside: Inside) -> bool:
    told = inside.run("doctor")
    print(told, end="")
    works = {line.split()[1] for line in told.splitlines() if line.startswith("OK")}
    return works >= {"Program", "Generating", "Listening", "Model", "Demo", "Window"}


def _generate(inside: Inside, root: Path) -> bool:
    vocal = "/opt/Backline/_internal/resources/demo_vocal.flac"
    began = time.perf_counter()
    inside.run("generate", vocal, "--out", "/out/four", "--candidates", "4", timeout_s=_GENERATE_S)
    report = json.loads((root / "out" / "four" / "report.json").read_text(encoding="utf-8"))
    whole = [
        c
        for c in report["candidates"]
        if c["checks"] and all(state == "PASS" for state in c["checks"].values())
    ]
    length_s = report["vocal"]["duration_s"]
    seconds = time.perf_counter() - began
    print(
        f"generated: {len(whole)} of 4 whole, {length_s:.1f} s of vocal, in {seconds:.0f} s, {report['device']}"
    )
    return len(whole) == 4 and report["status"] == "done"


def _window(inside: Inside, root: Path) -> bool:
    """Opens the demo vocal in the window and waits until it was listened to and the generator stands."""
    screen = subprocess.Popen(
        ["Xvfb", _DISPLAY, "-screen", "0", "1600x1000x24", "-ac", "-nolisten", "tcp"],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: Path(f"/tmp/.X11-unix/X{_DISPLAY[1:]}").exists(), 10.0)
        began = time.perf_counter()
        program = inside.start("app", "/opt/Backline/_internal/resources/demo_vocal.flac")
        try:
            seen = _wait(lambda: bool(_titles()), _WINDOW_S)
            print(f"window: {'seen after ' if seen else 'not seen in '}{time.perf_counter() - began:.1f} s")
            log = root / "root" / ".local" / "share" / "Backline" / "log.txt"
            done = _wait(lambda: _stands(log), _WINDOW_S)
            time.sleep(3.0)
            lines = log.read_text(encoding="utf-8").splitlines()
            failed = [line for line in lines if " ERROR " in line]
            print(f"window: {'listened and loaded' if done else 'did not come far'}", *failed, sep="\n")
            _picture(root / "out" / "window.xwd")
            # No child of its own may have opened another.
            windows = _titles()
            print(f"windows: {', '.join(windows)}")
            return seen and done and not failed and program.poll() is None and len(windows) == 1
        finally:
            program.terminate()
            program.wait(30)
    finally:
        screen.terminate()
        screen.wait()


def _drivers(inside: Inside, root: Path) -> Iterator[bool]:
    """Sound drivers that take their process along: the doctor goes on, and says what each did."""
    for expected, act in _DRIVERS.items():
        place = root / "usr" / "lib" / "libasound.so.2"
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "driver.c"
            source.write_text(f"{_DRIVER}__attribute__((constructor)) static void load(void) {{ {act} }}\n")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", str(place), str(source)], check=True)
        try:
            told = inside.run("doctor")
        finally:
            place.unlink()
        line = next((line for line in told.splitlines() if " Sound " in line), "")
        print(line)
        yield expected in line and "Model" in told and "Window" in told


def _stands(log: Path) -> bool:
    try:
        text = log.read_text(encoding="utf-8")
    except OSError:
        return False
    return all(f" {job}\n" in text for job in _JOBS)


def _titles() -> list[str]:
    """Of every window of the program that is seen."""
    search = ["xdotool", "search", "--onlyvisible", "--name", "Backline", "getwindowname", "%@"]
    environment = {**os.environ, "DISPLAY": _DISPLAY}
    found = subprocess.run(search, env=environment, capture_output=True, text=True, check=False).stdout
    return found.splitlines()


def _picture(path: Path) -> None:
    if shutil.which("xwd"):
        subprocess.run(["xwd", "-root", "-silent", "-display", _DISPLAY, "-out", str(path)], check=False)


def _wait(come: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not come():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
