"""run.py, the only thing that must work before anything is installed."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """run.py as a module, on a copy of the repository's settings, with pip and apt-get out of reach."""
    spec = importlib.util.spec_from_file_location("run_py", ROOT / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "TRIED", tmp_path / "constraints.txt")
    module.TRIED.touch()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    return module


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "run.py").read_text())
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= set(sys.stdlib_module_names)


def test_the_environment_is_made_once_and_again_when_the_settings_change(
    run_py: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs: list[tuple[str, ...]] = []

    def call(*command: str, cwd: Path | None = None) -> int:
        installs.append(command)
        return 0

    monkeypatch.setattr(run_py, "call", call)
    assert run_py.ensure_environment("")
    assert run_py.PYTHON.exists()
    assert run_py.ensure_environment("")
    assert len(installs) == 1
    assert installs[0][-2:] == ("-e", str(tmp_path))

    assert run_py.ensure_environment("test")
    assert installs[1][-1] == f"{tmp_path}[test]"
    assert run_py.ensure_environment("")  # the larger one serves both
    assert len(installs) == 2

    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'b'\n")
    assert run_py.ensure_environment("test")
    assert len(installs) == 3


def test_what_is_there_is_not_said_to_be_installed(
    run_py: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_py, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(run_py, "call", lambda *_, **__: 0)
    run_py.VENV.mkdir()
    settings = "[project]\nname = 'a'\ndependencies = ['numpy>=2', \"nothing; sys_platform == 'none'\"]\n"
    for wanted, said in (
        ("pytest>=8", "Every package is there"),
        ("pytest>=999", "Installing packages"),
        ("no-such-package-as-this", "Installing packages"),
    ):
        extra = f"[project.optional-dependencies]\ntest = ['{wanted}']\n"
        (tmp_path / "pyproject.toml").write_text(settings + extra)
        assert run_py.ensure_environment("test")
        assert said in capsys.readouterr().out


def test_a_failed_installation_is_tried_again(run_py: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    run_py.PYTHON.parent.mkdir(parents=True)
    run_py.PYTHON.touch()
    codes = iter([1, 1, 0])
    monkeypatch.setattr(run_py, "call", lambda *_, **__: next(codes))
    assert not run_py.ensure_environment("")
    assert run_py.ensure_environment("")


def test_versions_are_those_that_were_tried_and_others_where_these_cannot_be(
    run_py: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_py.PYTHON.parent.mkdir(parents=True)
    run_py.PYTHON.touch()
    installs: list[tuple[str, ...]] = []

    def call(*command: str) -> int:
        installs.append(command)
        return int("--constraint" in command)

    monkeypatch.setattr(run_py, "call", call)
    assert run_py.ensure_environment("")
    tried, others = installs
    assert tried[tried.index("--constraint") + 1] == str(run_py.TRIED)
    assert "--constraint" not in others
    run_py.TRIED.write_text("torch==99")
    assert run_py.ensure_environment("")
    assert len(installs) == 4


def test_the_versions_that_were_tried_fit_what_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    names = {name.lower().replace("_", "-"): version for name, version in tried.items()}
    for requirement in map(Requirement, asked):
        assert names[requirement.name.lower()] in requirement.specifier, requirement


def test_the_doctor_mends_an_environment_that_others_have_changed(
    run_py: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs: list[tuple[str, ...]] = []
    monkeypatch.setattr(run_py, "call", lambda *command, **_: installs.append(command) or 0)
    monkeypatch.setattr(run_py, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(run_py, "ensure_system_packages", lambda _: None)
    run_py.VENV.mkdir()
    assert run_py.ensure_environment("")
    installs.clear()
    run_py.main(["doctor"])
    assert [command[1] for command in installs] == ["-P"]  # all is well: only the doctor itself
    installs.clear()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\ndependencies = ['numpy>=999']\n")
    run_py.stamp_file("").write_text(run_py.stamp())
    run_py.main(["generate"])
    assert [command[1] for command in installs] == ["-P"]
    installs.clear()
    run_py.main(["doctor"])
    assert [command[1] for command in installs] == ["-m", "-P"]


def test_system_libraries_that_cannot_be_installed_are_named_once(
    run_py: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_py.VENV.mkdir()
    monkeypatch.setattr(run_py, "ON_LINUX", True)
    monkeypatch.setattr(run_py, "has_library", lambda name: name != "libportaudio.so.2")
    monkeypatch.setattr(run_py.shutil, "which", lambda name: name if name != "apt-get" else None)
    run_py.ensure_system_packages(testing=False)
    assert "libportaudio2" in capsys.readouterr().out
    run_py.ensure_system_packages(testing=False)
    assert capsys.readouterr().out == ""


def test_every_check_runs_and_pytest_has_the_last_word(
    run_py: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def call(*command: str, cwd: Path | None = None) -> int:
        ran.append(" ".join(command[1:]))
        return 1 if "mypy" in command else 0

    monkeypatch.setattr(run_py, "call", call)
    assert run_py.run_checks(["-k", "wav"]) == 1
    for command, check in zip(
        ran, ("ruff check", "ruff format --check", "mypy", "lint_imports"), strict=False
    ):
        assert check in command
    assert len(ran) == 5
    assert ran[-1] == "-m pytest -n 3 --dist loadfile -k wav"
    assert "mypy" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="sends a signal to a process group")
def test_ctrl_c_waits_for_the_child(tmp_path: Path) -> None:
    """The child ends in its own time, with its own exit code."""
    marker = tmp_path / "started"
    child = (
        "import signal, sys, time, pathlib\n"
        "signal.signal(signal.SIGINT, lambda *_: (time.sleep(0.3), sys.exit(130)))\n"
        f"pathlib.Path({str(marker)!r}).touch()\n"
        "time.sleep(30)\n"
    )
    parent = f"import run, sys; sys.exit(run.call(sys.executable, '-c', {child!r}))"
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, start_new_session=True)
    deadline = time.monotonic() + 20
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, 2)
    assert process.wait(20) == 130


def test_ci_calls_the_same_command() -> None:
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text()


def test_package_makes_the_program_and_its_archive_and_tries_it_only_when_asked(
    run_py: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, ...]] = []

    def call(*command: str, cwd: Path | None = None) -> int:
        called.append(command[1:])
        if "PyInstaller" in command:
            (tmp_path / "dist" / "Backline").mkdir(parents=True, exist_ok=True)
            (tmp_path / "dist" / "Backline" / "Backline").write_text("program")
        return 0

    monkeypatch.setattr(run_py, "call", call)
    monkeypatch.setattr(run_py, "ensure_environment", lambda extra, doubt: extra == "package")
    monkeypatch.setattr(run_py, "ensure_system_packages", lambda testing: None)
    assert run_py.main(["package"]) == 0
    assert called == [("-m", "PyInstaller", "--noconfirm", "build.spec")]
    assert len(list((tmp_path / "dist").glob("backline-*"))) == 1
    assert run_py.main(["package", "check"]) == 0
    assert called[-1] == ("-m", "studio.packaging.check")
