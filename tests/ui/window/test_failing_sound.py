"""The program on a sound library that takes its process along: the window is there all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

#: PortAudio asserts where ALSA has no configuration, when sounddevice is imported.
_PROGRAM = """
import sys

def main():
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from studio import __version__, app
    from studio.storage.machine import MachineNotes, write_machine_notes
    from studio.storage.paths import user_data_dir
    from studio.ui.window.main_window import MainWindow

    def look():
        (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        player = window.playback.player
        player.open(patience_s=0)
        if player.opening or not window.status.output.text():
            QTimer.singleShot(20, look)
            return
        print(window.status.output.text(), player.problem, player.devices, "sounddevice" in sys.modules, sep=" | ")
        window.close()

    MainWindow.show = lambda self, show=MainWindow.show: (show(self), QTimer.singleShot(0, look))
    write_machine_notes(user_data_dir(), MachineNotes(__version__))  # no first start, which tries far more
    return app.run_app()

if __name__ == "__main__":  # the child that tries the library imports this file
    sys.exit(main())
"""


def test_the_window_opens_and_says_why_there_is_no_sound(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("import os\nos.abort()\n")
    (tmp_path / "program.py").write_text(_PROGRAM)
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA")}
    own |= {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())]), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py")],
        env=os.environ | own, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    status, problem, devices, touched = done.stdout.strip().split(" | ")
    assert status == "No sound output: everything works but listening"
    assert "crashed: SIGABRT" in problem
    assert "Help > This machine" in problem  # what to do
    assert (devices, touched) == ("()", "False")
