"""What goes into the packaged program beside its code, and what of its libraries stays out.

Everything that lies beside the code is found through `studio.storage.paths` or beside the module that reads it; both
places are the same in the repository and in the package, so that nothing else asks where it runs.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

#: Modules that no part of the program needs, though a library would bring them.
EXCLUDED = (
    # Compilers and debuggers of torch, and libraries that CUDA builds bring as Python packages.
    "triton", "nvidia", "cuda", "tensorboard", "torch.utils.tensorboard",
    # Bindings of Qt that pyqtgraph and qtawesome would take in place of PySide6.
    "PyQt5", "PyQt6", "PySide2",
    # Tools of developers.
    "IPython", "matplotlib", "pandas", "pytest", "_pytest", "mypy", "transformers", "setuptools", "pip",
    "tkinter", "pyqtgraph.examples", "scipy.io.tests", "numpy.f2py.tests",
)  # fmt: skip

#: Of Qt: what a window of widgets never loads. Qt's own translations stay out: as files without a signature in a
#: folder for code they keep macOS 26 from signing the program.
_UNWANTED_QT = re.compile(
    r"(Qt6?(Pdf|Qml|Quick|VirtualKeyboard|WebEngine|3D|Charts|Designer|Help|Sql|Network)"
    r"|PySide6/Qt/(translations|qml)|PySide6/translations"
    r"|plugins/(virtualkeyboard|platforminputcontexts/libqtvirtualkeyboard|imageformats/libqpdf|tls|networkinformation|"
    r"sqldrivers|qmltooling|generic|egldeviceintegrations)"
    r"|plugins/platforms/libq(eglfs|linuxfb|minimalegl|vnc|vkkhrdisplay))"
)
#: Of qtawesome only the font that is used (studio.ui.appearance.widgets.icon); the others are 4 MB more to sign.
_UNWANTED_FONTS = re.compile(r"qtawesome/fonts/(?!materialdesignicons6)")
#: Headers, build files and test data; and a part of the C library, which fits no other version of it than its own.
_UNWANTED_FILES = re.compile(
    r"torch/(include|share|bin/(?!torch_shm_manager)|test|lib/.*\.(a|lib)$)|/tests?/|\.(h|hpp|cuh|cmake|pyi)$|scipy/.*/data/|"
    r"pyqtgraph/(examples|icons/peegee)|^/libmvec\.so"
)

#: Libraries of which a Linux system's own are preferred (hook_libraries.py), and the folder of ours.
OF_THE_SYSTEM = ("libasound.so.2", "libjack.so.0")
STAND_INS = "stand_ins"


def place_of(name: str) -> str:
    """Where a library belongs in the package: stand-ins out of the folder in which libraries are looked for first."""
    return f"{STAND_INS}/{name}" if name in OF_THE_SYSTEM else name


def data_files(root: Path) -> list[tuple[str, str]]:
    """(File or folder, folder in the package) of everything that is no module."""
    found = [(str(path), "models") for path in sorted((root / "models").iterdir())]
    for path in sorted((root / "resources").rglob("*")):
        # Pictures of the documentation are not shown by the program.
        if path.is_file() and "screenshots" not in path.parts:
            found.append((str(path), str(path.parent.relative_to(root))))
    # Qt's own words for the languages the program speaks, beside ours: data among data can be signed.
    for path in sorted((root / "resources" / "translations").glob("*.po")):
        found += [(str(words), "resources/translations") for words in _qt_words(path.stem)]
    for name in ("LICENSE", "CHANGELOG.md"):
        found.append((str(root / name), "."))
    for path in sorted((root / "studio").rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            found.append((str(path), str(path.parent.relative_to(root))))
    return found


def _qt_words(language: str) -> list[Path]:
    """The file of PySide6 with Qt's own texts in a language."""
    spec = importlib.util.find_spec("PySide6")
    places = spec.submodule_search_locations if spec is not None else None
    return [
        path for place in places or () for path in Path(place).rglob(f"translations/qtbase_{language}.qm")
    ][:1]


def is_wanted(name: str) -> bool:
    """Whether a file of a library belongs in the package, by its place there."""
    name = name.replace("\\", "/")
    return not (
        _UNWANTED_QT.search(name) or _UNWANTED_FONTS.search(name) or _UNWANTED_FILES.search("/" + name)
    )


def least_macos(wheels: Iterable[str]) -> str:
    """The oldest macOS on which all of them run, as "14.0": pip takes what the machine that packages can run.

    Args:
        wheels: of each library that is installed, the WHEEL file, which names the systems it was built for.
    """
    needed = (11, 0)
    for wheel in wheels:
        built_for = [
            (int(a), int(b)) for a, b in re.findall(r"^Tag: .*-macosx_(\d+)_(\d+)_", wheel, re.MULTILINE)
        ]
        needed = max(needed, min(built_for, default=needed))
    return "{}.{}".format(*needed)
