"""At the program's start, before anything is loaded: system libraries that came along are found by their short names.

On Linux `ctypes.util.find_library` asks a compiler or the linker's cache, which know nothing of the package; PortAudio
is looked for this way.
"""

import ctypes.util
import sys
from pathlib import Path

if sys.platform == "linux":
    _of_system = ctypes.util.find_library

    def _find(name: str) -> str | None:
        found = sorted(Path(sys._MEIPASS).glob(f"lib{name}.so*"))  # type: ignore[attr-defined]
        return str(found[0]) if found else _of_system(name)

    ctypes.util.find_library = _find
