"""What goes into the packaged program. Making and trying it takes minutes: python run.py package check."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from qtawesome.iconic_font import IconicFont

from studio.packaging.contents import STAND_INS, data_files, is_wanted, least_macos, place_of
from studio.packaging.icons import draw_icon
from studio.packaging.without_cuda import has_cuda, is_left_out, make_stubs
from studio.ui.appearance import widgets
from studio.ui.appearance.widgets import icon

ROOT = Path(__file__).parents[1]


def test_every_file_beside_the_code_comes_along_at_its_place() -> None:
    inside = {f"{folder}/{Path(file).name}" for file, folder in data_files(ROOT)}
    beside = {
        str(p.relative_to(ROOT))
        for p in (ROOT / "studio").rglob("*")
        if p.suffix in (".json", ".toml", ".md")
    }
    assert beside
    for name in (
        *beside,
        "models/mel.safetensors",
        "resources/demo_vocal.flac",
        "resources/icons/backline.svg",
    ):
        assert name in inside
    assert not [name for name in inside if "screenshots" in name or name.endswith((".py", ".pyc"))]


def test_the_oldest_macos_is_that_of_the_most_demanding_library() -> None:
    anywhere = "Tag: py3-none-any\n"
    either = "Tag: cp311-cp311-macosx_10_9_universal2\nTag: cp311-cp311-macosx_15_0_arm64\n"
    assert least_macos([anywhere, either]) == "11.0"
    assert least_macos([either, "Tag: cp311-cp311-macosx_14_0_arm64\n", anywhere]) == "14.0"


@pytest.mark.skipif(sys.platform != "linux", reason="where libraries are looked for by name")
def test_libraries_of_the_system_are_preferred_and_ours_stand_in(tmp_path: Path) -> None:
    """The hook at the package's start, in a process of its own; math and resolver of C stand for ALSA and JACK."""
    assert place_of("libasound.so.2") == f"{STAND_INS}/libasound.so.2"
    assert place_of("libportaudio.so.2") == "libportaudio.so.2"
    ours = tmp_path / STAND_INS
    ours.mkdir()
    system = Path(
        next(
            line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libm.so" in line
        )
    )
    for name in ("libm.so.6", "libonlyhere.so.1"):
        shutil.copy(system, ours / name)
    (tmp_path / "libportaudio.so.2").touch()
    code = (
        f"import ctypes.util, runpy, sys; sys._MEIPASS = {str(tmp_path)!r};"
        "from studio.packaging import contents; contents.OF_THE_SYSTEM = ('libm.so.6', 'libonlyhere.so.1');"
        f"runpy.run_path({str(ROOT / 'studio/packaging/hook_libraries.py')!r});"
        "print(ctypes.util.find_library('portaudio'));"
        "print(*{line.split()[-1] for line in open('/proc/self/maps') if '.so' in line})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    found, loaded = done.stdout.splitlines()
    assert found == str(tmp_path / "libportaudio.so.2")
    assert str(ours / "libonlyhere.so.1") in loaded.split()
    assert str(ours / "libm.so.6") not in loaded.split()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("PySide6/Qt/lib/libQt6Quick.so.6", False),
        (r"PySide6\translations\qtbase_de.qm", False),
        ("PySide6/Qt/translations/qtbase_ja.qm", False),
        ("qtawesome/fonts/materialdesignicons6-webfont-6.9.96.ttf", True),
        ("qtawesome/fonts/phosphor-1.3.0.ttf", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/include/ATen/ATen.h", False),
        ("torch/bin/torch_shm_manager", True),
        ("torch/bin/protoc", False),
        ("libmvec.so.1", False),
        ("studio/analysis/rhythm_prior.json", True),
        ("resources/instruments/kit.zip", True),
    ],
)
def test_what_of_the_libraries_is_wanted(name: str, wanted: bool) -> None:
    assert is_wanted(name) is wanted


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("nvidia/cu13/lib/libcublas.so.13", True),
        ("libcudart.so.13", True),
        ("torch/lib/libtorch_cuda_linalg.so", True),
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/lib/libc10_cuda.so", False),
        ("torch/cuda/__init__.py", False),
        ("libcups.so.2", False),
        ("libncursesw.so.6", False),
    ],
)
def test_what_belongs_to_cuda(name: str, left_out: bool) -> None:
    assert is_left_out(name) is left_out


def test_the_microphone_is_asked_for_with_a_reason() -> None:
    entitlements = plistlib.loads((ROOT / "studio" / "packaging" / "entitlements.plist").read_bytes())
    assert entitlements["com.apple.security.device.audio-input"] is True
    assert "NSMicrophoneUsageDescription" in (ROOT / "build.spec").read_text(encoding="utf-8")


@pytest.mark.parametrize(("suffix", "magic"), [("ico", b"\0\0\1\0"), ("icns", b"icns")])
def test_icons_for_windows_and_macos(qapp: QApplication, tmp_path: Path, suffix: str, magic: bytes) -> None:
    path = draw_icon(ROOT / "resources" / "icons" / "backline.svg", tmp_path / f"backline.{suffix}")
    assert path.read_bytes().startswith(magic)
    image = QImage(str(path))
    assert image.width() == image.height() >= 256
    assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 2


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc") or not shutil.which("nm"), reason="needs cc and nm"
)
def test_libraries_made_anew_say_that_there_is_no_device(tmp_path: Path) -> None:
    lib = tmp_path / "torch" / "lib"
    lib.mkdir(parents=True)

    def make(name: str, source: str, *more: str) -> Path:
        path, code = lib / name, tmp_path / f"{name}.c"
        code.write_text(source)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(path), str(code), *more], check=True)
        return path

    script = tmp_path / "map"
    script.write_text("libcudart.so.13 { global: cudaGetDeviceCount; };")
    runtime = make(
        "libcudart.so.13",
        "int cudaGetDeviceCount(int *n) { *n = 2; return 0; }",
        f"-Wl,--version-script={script}",
        "-Wl,-soname,libcudart.so.13",
    )
    others = [
        make(name, f"int x{i};", f"-Wl,-soname,{name}")
        for i, name in enumerate(
            ("libtorch_cuda.so", "libtorch_nvshmem.so", "libcudnn.so.9", "libcufile.so.0")
        )
    ]
    others.append(make("libcupti.so.13", "int cuptiGetVersion(void) { return 0; }"))
    asking = (
        "int cudaGetDeviceCount(int *); int count(void) { int n = 0; return cudaGetDeviceCount(&n) + n; }"
    )
    python_half = make("libtorch_python.so", asking, f"-L{lib}", "-l:libcudart.so.13", "-Wl,-rpath,$ORIGIN")
    assert has_cuda(lib)
    stubs = make_stubs(lib, [runtime, *others], tmp_path / "stubs")
    assert [s.name for s in stubs][:2] == ["libtorch_cuda.so", "libcudart.so.13"]
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in (python_half, *stubs):
        shutil.copy(file, bare)
    told = f"import ctypes; print(ctypes.CDLL({str(bare / python_half.name)!r}).count())"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (
        "100\n",
        0,
    )  # cudaErrorNoDevice, and no library of CUDA was there


def test_the_window_needs_no_font_of_icons_that_stays_out(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    load = IconicFont.load_font

    def watched(self: IconicFont, prefix: str, font: str, names: str, directory: str | None = None) -> None:
        opened.extend((font, names))
        load(self, prefix, font, names, directory)

    monkeypatch.setattr(IconicFont, "load_font", watched)
    widgets._font.cache_clear()
    assert not icon("waveform").isNull()
    assert len(opened) == 2
    assert all(is_wanted(f"qtawesome/fonts/{name}") for name in opened)


#: Imports the window and the generator as the package has them.
BARE = """
import sys
from studio.packaging.contents import EXCLUDED, is_wanted

def stays_out(name):
    qt = name.startswith("PySide6.Qt") and not is_wanted(name.replace(".", "/") + ".abi3.so")
    return qt or any(name == out or name.startswith(out + ".") for out in EXCLUDED)

class Hidden:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if stays_out(name) else self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Hidden(finder) for finder in sys.meta_path]
import studio.app, studio.ml.engine, studio.analysis.self_test, swift_f0
assert not [name for name in sys.modules if stays_out(name)]
"""


def test_what_stays_out_is_missed_by_nobody() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
