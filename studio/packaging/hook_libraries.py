"""At the program's start, before anything is loaded: system libraries that came along are found by their short names.

On Linux `ctypes.util.find_library` asks a compiler or the linker's cache, which know nothing of the package; PortAudio
is looked for this way. ALSA and JACK, which it needs, are the system's own where there are such, since only those know
the system's plugins (as PipeWire's) and speak its server's protocol; ours stand in where there are none.
"""

import contextlib
import ctypes
import ctypes.util
import sys
from pathlib import Path

if sys.platform == "linux":
    from studio.packaging.contents import OF_THE_SYSTEM, STAND_INS

    _of_system = ctypes.util.find_library

    def _find(name: str) -> str | None:
        home = Path(sys._MEIPASS)  # type: ignore[attr-defined]
        found = sorted(home.glob(f"lib{name}.so*"))
        if name == "portaudio" and found:
            for needed in OF_THE_SYSTEM:
                # Once loaded it is what PortAudio is given, whichever of the two it is.
                for place in (needed, str(home / STAND_INS / needed)):
                    with contextlib.suppress(OSError):
                        ctypes.CDLL(place)
                        break
        return str(found[0]) if found else _of_system(name)

    ctypes.util.find_library = _find
