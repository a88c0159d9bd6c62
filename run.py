#!/usr/bin/env python3
"""Makes the environment in .venv, then runs Backline or its checks. Needs Python 3.11 or newer, nothing else.

    python3 run.py               four accompaniments for the demo vocal in out/demo, then the window on them
    python3 run.py test [...]    every check; further words go to pytest
    python3 run.py package       the packaged program, in dist/; with the word check it is tried on a bare system too
    python3 run.py generate ...  any other words go to `python -m studio`: generate, doctor, app, --help

The environment is made once, and again only when pyproject.toml changes. On Linux the system libraries that
pip cannot bring are installed too when that needs no password; otherwise the command to type is printed.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST_PYTHON = (3, 11)
ON_LINUX = platform.system() == "Linux"
DEMO_VOCAL = ROOT / "resources" / "demo_vocal.flac"
DEMO_OUT = ROOT / "out" / "demo"

#: Disk space that installing takes at most, with the downloads beside what they become.
NEEDED_GB = 9
#: The versions of all packages that every check has passed with: a release of tomorrow breaks nobody's installation.
TRIED = ROOT / ".ci" / "constraints.txt"
#: Debian package -> the library or program that shows it is there.
LIBRARIES = {
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libglib2.0-0": "libglib-2.0.so.0",
    "libfontconfig1": "libfontconfig.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libportaudio2": "libportaudio.so.2",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libx11-xcb1": "libX11-xcb.so.1",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-image0": "libxcb-image.so.0",
    "libxcb-render-util0": "libxcb-render-util.so.0",
    "libxcb-randr0": "libxcb-randr.so.0",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxcb-xkb1": "libxcb-xkb.so.1",
    "libxcb-xfixes0": "libxcb-xfixes.so.0",
}
#: A display without a screen, and an audio loop without a sound card, for the tests.
TEST_PROGRAMS = {
    "xvfb": "Xvfb",
    "xauth": "xauth",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "x11-apps": "xwd",
    "jackd2": "jackd",
}
#: For the environment's own Python: fails unless every package that pyproject.toml asks for is there.
ALL_THERE = """
import importlib.metadata, sys, tomllib
from pip._vendor.packaging.requirements import Requirement
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
extra = project.get("optional-dependencies", {}).get(sys.argv[2], [])
for wanted in map(Requirement, [*project.get("dependencies", []), *extra]):
    if wanted.marker is None or wanted.marker.evaluate():
        assert importlib.metadata.version(wanted.name) in wanted.specifier
"""
CHECKS = (
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format", ["-m", "ruff", "format", "--check", "."]),
    ("mypy", ["-m", "mypy"]),
    ("import-linter", ["-c", "from importlinter.cli import lint_imports_command as run; run()"]),
)
#: Many tests wait for a window, a process or a sound server: three at a time keep two cores busy. The tests of a file
#: share what they load.
AT_A_TIME = ("-n", "3", "--dist", "loadfile")


def main(words: Sequence[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        say(
            f"Backline needs Python {wanted} or newer, and this is {sys.version.split()[0]}. "
            "Start run.py with a newer one."
        )
        return 1
    testing, packaging = words[:1] == ["test"], words[:1] == ["package"]
    extra = "test" if testing else "package" if packaging else ""
    if not ensure_environment(extra, doubt=words[:1] == ["doctor"]):
        return 1
    ensure_system_packages(testing)
    if packaging:
        return make_package(words[1:])
    if testing:
        return run_checks(words[1:])
    if words:
        return studio(*words)
    return run_demo()


def run_demo() -> int:
    """The main job: a vocal in, four accompaniments out, and a look at them."""
    say(f"Generating four accompaniments for {DEMO_VOCAL.relative_to(ROOT)}")
    options = ("--out", str(DEMO_OUT), "--candidates", "4", "--seed", "1", "--overwrite")
    code = studio("generate", str(DEMO_VOCAL), *options)
    if code:
        return code
    say(f"Stems, mixes and report.json are in {DEMO_OUT}")
    if has_display():
        return studio("app", str(DEMO_OUT))
    say("No display here, so the window stays closed. Where there is one: python3 run.py app")
    return 0


def make_package(words: Sequence[str]) -> int:
    """The program in one folder and one archive; docs/developers.md says how it is tried and signed."""
    say("Making the packaged program (several minutes)")
    code = call(str(PYTHON), "-m", "PyInstaller", "--noconfirm", "build.spec", cwd=ROOT)
    if code:
        return code
    machine = f"{platform.system()}-{platform.machine()}".lower()
    kind = "zip" if os.name == "nt" else "gztar"
    result = "Backline.app" if sys.platform == "darwin" else "Backline"
    archive = shutil.make_archive(str(ROOT / "dist" / f"backline-{machine}"), kind, ROOT / "dist", result)
    say(f"The program is in dist/{result}, and packed in {Path(archive).relative_to(ROOT)}")
    return call(str(PYTHON), "-m", "studio.packaging.check", cwd=ROOT) if "check" in words else 0


def run_checks(pytest_words: Sequence[str]) -> int:
    """Every check, whatever the others said; pytest last, so that its summary is the last line."""
    failed = []
    for name, command in CHECKS:
        say(name)
        if call(str(PYTHON), *command, cwd=ROOT):
            failed.append(name)
    say("Failed so far: " + ", ".join(failed) if failed else "pytest")
    code = call(str(PYTHON), "-m", "pytest", *AT_A_TIME, *pytest_words, cwd=ROOT)
    return code or (1 if failed else 0)


def studio(*words: str) -> int:
    # -P: a folder named studio where the user happens to stand is not ours.
    return call(str(PYTHON), "-P", "-m", "studio", *words)


def ensure_environment(extra: str, *, doubt: bool = False) -> bool:
    """Makes or updates .venv; instant when its stamp says that nothing changed.

    Args:
        doubt: looks at the packages themselves too, which others may have changed since.
    """
    stamped = is_stamped(extra) or (not extra and is_stamped("test"))
    if PYTHON.exists() and stamped and not (doubt and not has_packages(extra)):
        return True
    if not PYTHON.exists():
        say(f"Making the environment {VENV}")
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) and not retry_venv():
            return False
    if has_packages(extra):
        say("Every package is there; the environment is brought up to date (some seconds)")
    else:
        say("Installing packages (some minutes and about 5 GB the first time)")
        free_gb = shutil.disk_usage(ROOT).free / 1e9
        if free_gb < NEEDED_GB:
            say(f"Only {free_gb:.1f} GB are free here; up to {NEEDED_GB} may be needed on the way.")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    install = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *quiet]
    if call(*install, "--constraint", str(TRIED), "-e", target):
        say("That did not go with the versions this was tried with; once more with others")
        if call(*install, "-e", target):
            say("The installation failed; the lines above say why. Mend that and run this again.")
            return False
    stamp_file(extra).write_text(stamp())
    return True


def has_packages(extra: str) -> bool:
    """Whether there is nothing to download: the stamp alone also changes with the folder and the settings of tools."""
    command = [str(PYTHON), "-c", ALL_THERE, str(ROOT / "pyproject.toml"), extra]
    try:
        return not subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False


def retry_venv() -> bool:
    """Debian and Ubuntu keep venv in a package of its own."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if ON_LINUX and apt_install([package]):
        return not subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)])
    say(f"Cannot make the environment with {sys.executable}; its venv module is needed.")
    return False


def stamp() -> str:
    """What the environment was made from and where; when this changes, pip runs again."""
    settings = b"".join(file.read_bytes() for file in (ROOT / "pyproject.toml", TRIED))
    made_from = settings + str(ROOT).encode() + sys.version.encode()
    return hashlib.sha256(made_from).hexdigest()


def stamp_file(extra: str) -> Path:
    return VENV / f"backline-installed-{extra or 'base'}"


def is_stamped(extra: str) -> bool:
    file = stamp_file(extra)
    return file.exists() and file.read_text() == stamp()


def ensure_system_packages(testing: bool) -> None:
    """Installs missing Linux libraries when that needs no password, else prints how; never stops the run."""
    if not ON_LINUX:
        return
    missing = [package for package, library in LIBRARIES.items() if not has_library(library)]
    if not any(Path("/usr/share/fonts").rglob("*.[ot]tf")):
        missing.append("fonts-dejavu-core")
    if testing:
        missing += [package for package, program in TEST_PROGRAMS.items() if not shutil.which(program)]
    tried = VENV / "backline-system-packages-tried"
    names = " ".join(missing)
    if not missing or (tried.exists() and tried.read_text() == names):
        return
    if not apt_install(missing):
        say("Carrying on with what is there; without these, windows, sound or some tests may not work.")
        tried.write_text(names)  # say it once, not at every start


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def apt_install(packages: list[str]) -> bool:
    """True when the packages were installed; says what to type when they cannot be from here."""
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        say(f"System libraries are missing. On Debian they are called: {names}")
        return False
    become_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    if become_root and not can_sudo():
        say(f"System libraries are missing. To install them: sudo apt-get install {names}")
        return False
    say(f"Installing system libraries: {names}")
    apt = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.call([*apt, "update"])
    return not subprocess.call([*apt, "install", "-y", "--no-install-recommends", *packages])


def can_sudo() -> bool:
    """True when sudo is there and asks for no password."""
    return bool(shutil.which("sudo")) and not subprocess.call(
        ["sudo", "-n", "true"], stderr=subprocess.DEVNULL
    )


def has_display() -> bool:
    if ON_LINUX:
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return not os.environ.get("SSH_CONNECTION")


def call(*command: str, cwd: Path | None = None) -> int:
    """Runs to the end and returns the exit code. Ctrl+C reaches the child too, which ends in its own way."""
    child = subprocess.Popen(command, cwd=cwd)
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code


def say(text: str) -> None:
    print(f"[backline] {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
