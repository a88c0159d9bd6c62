from __future__ import annotations

import getpass
import logging
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.services.machine.fault_report import fault_report
from studio.services.machine.masking import masked
from studio.storage import log
from studio.storage.log import LOG, last_lines
from studio.storage.machine import MachineNotes, Note, write_machine_notes
from studio.storage.recent import RecentProject, RecentProjects

HOME = Path("/home/erika.muster")


def without(text: str, *names: str) -> str:
    return masked(
        text, names=names, people=("erika.muster", "studio-pc"), home=HOME, programs=(Path("/opt/py"),)
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Cannot read My Secret Song.wav. Found: 3 bytes.", "Cannot read <file>.wav. Found: 3 bytes."),
        ("Cannot write to my secret song.flac", "Cannot write <file>.flac"),
        ("in /home/erika.muster/Music/Secret Song/take 1.wav: denied", "in <path>: denied"),
        (r"at C:\Users\Erika Muster\Secret\take.wav, denied", "at <path>, denied"),
        ("16.2 GB free at /srv/Secret Songs", "16.2 GB free at <path>"),
        ("~/Secret/band.wav is gone", "<path>"),
        ("秘密の歌.wav is gone", "<file>.wav is gone"),
        ("the song Mondlicht, by MONDLICHT", "the song <song>, by <song>"),
        ("user erika.muster on studio-pc", "user <user> on <user>"),
        ('File "/opt/py/torch/nn.py", line 3', 'File "<program>/torch/nn.py", line 3'),
        ('File "/home/erika.muster/x/secret.py", line 3', 'File "<path>", line 3'),
        ("1 and/or 2, 16/24 bits, 4/4, torch 2.11", "1 and/or 2, 16/24 bits, 4/4, torch 2.11"),
    ],
)
def test_what_is_personal_is_taken_out_and_the_rest_stays(text: str, left: str) -> None:
    assert without(text, "Mondlicht") == left


def test_a_decomposed_name_is_the_same_name() -> None:
    assert without("Cafe\u0301 del Mar went wrong", "Caf\u00e9 del Mar") == "<song> went wrong"


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    monkeypatch.setattr("threading.excepthook", lambda *_: None)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(log, "_BYTES", 8192)
    before = list(LOG.handlers)
    log.start_log(tmp_path)
    yield tmp_path
    for handler in [h for h in LOG.handlers if h not in before]:
        LOG.removeHandler(handler)
        handler.close()


def test_a_report_has_versions_devices_error_and_log_and_nothing_that_was_planted(
    logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = logged / "home" / "zaphod"
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(getpass, "getuser", lambda: "zbeeblebrox")
    monkeypatch.setattr("platform.node", lambda: "heart-of-gold.example")
    song = home / "Music" / "Backline" / "Vogon Love Song.backline"
    RecentProjects(logged / "recent.json").add(RecentProject(str(song), "Vogon Love Song"))
    write_machine_notes(
        logged,
        MachineNotes("1", "2026-11-27T10:00:00+00:00", (Note("Disk", "OK", f"9 GB free at {home}"),)),
    )
    LOG.info("opening %s of zbeeblebrox on heart-of-gold", song / "audio" / "Take Me Home.wav")
    LOG.error(
        "Vogon Love Song failed; %s", StudioError("Cannot read Take Me Home.wav", seen=f"nothing in {home}")
    )
    try:
        raise ValueError(f"no such file: {song}")
    except ValueError as error:
        report = fault_report(logged, error=error, names=["Marvin Sings"])
        LOG.exception("Marvin Sings")
    report += fault_report(logged, names=["Marvin Sings"])
    for part in (
        "Backline ",
        "torch 2.",
        "Memory ",
        "Doctor, 2026-11-27",
        "9 GB free at ~",
        "ValueError",
    ):
        assert part in report
    assert "Cannot read <file>.wav" in report
    planted = (
        "zaphod",
        "zbeeblebrox",
        "heart-of-gold",
        "Vogon",
        "Love Song",
        "Take Me",
        "Marvin",
        str(logged),
    )
    for name in planted:
        assert name.casefold() not in report.casefold()


def test_the_log_is_kept_small_and_its_end_is_read(logged: Path) -> None:
    for number in range(300):
        LOG.info("a line of some length about nothing in particular, number %d", number)
    assert sum(path.stat().st_size for path in logged.glob("log.txt*")) <= 2 * 8192
    assert last_lines(logged, 2)[-1].endswith("number 299")


def test_what_nobody_caught_is_in_the_log(logged: Path) -> None:
    import sys

    try:
        raise RuntimeError("nobody expected this")
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    assert "nobody expected this" in last_lines(logged, 1)[0]
