"""A CUDA build of torch without CUDA: its libraries, 4 GB of them, replaced by small ones that say there is no device.

On Linux the torch of the Python package index is a CUDA build; its CPU half is whole, but it links to the CUDA half.
Here the libraries that are left out are made anew from nothing but the names that the kept ones ask for: a function of
CUDA's C interface returns cudaErrorNoDevice (100), and one of torch's own CUDA half, which nobody calls without a
device, ends the process with its name. A CPU build of torch needs none of this, and gives the same program.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

#: What is replaced, and what is left out because only the former ask for it.
_REPLACED = (
    "libtorch_cuda.so", "libcudart.so", "libcudnn.so", "libcufile.so", "libcupti.so",
)  # fmt: skip
_LEFT_OUT = re.compile(
    r"lib(torch_cuda|torch_nvshmem|cu(dart|dnn|file|pti|blas|fft|rand|solver|sparse)|nv|nccl|caffe2_nvrtc|pcsampling|"
    r"checkpoint)[\w.-]*\.so|nvshmem_|(^|/)nvidia/"
)
_SECOND_HALF = ("libtorch_nvshmem.so",)
#: Asked for while torch is loaded: the place of a pointer that its Python half fills in.
_PLACES = ("_ZN4c10d15get_gil_checkerEv",)
_KEPT = ("libtorch_python.so", "libtorch_cpu.so", "libtorch.so", "libc10_cuda.so", "libtorch_global_deps.so")
_CLASS = "_ZTVN10__cxxabiv117__class_type_infoE"
_NO_DEVICE = 100


#: Of C++ itself: memory, and what begins with std. CUDA's libraries bring their own, all others use the system's.
_OF_CXX = re.compile(r"_Z(n[wa]|d[la]|N?K?St)")


def has_cuda(torch_lib: Path) -> bool:
    """Whether this is a CUDA build for Linux."""
    return (torch_lib / "libtorch_cuda.so").exists()


def is_left_out(name: str) -> bool:
    """Whether a file of the package, by its place there, belongs to CUDA."""
    return bool(_LEFT_OUT.search(name.replace("\\", "/")))


def make_stubs(torch_lib: Path, libraries: Iterable[Path], out: Path) -> list[Path]:
    """Writes the small libraries; needs a C compiler and nm.

    Args:
        torch_lib: the folder lib of torch.
        libraries: where the libraries are that are replaced.
        out: a folder for them and their sources.

    Raises:
        RuntimeError: no compiler, or one of the libraries is not there.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or shutil.which("nm") is None:
        raise RuntimeError("A CUDA build of torch is made small with cc and nm; or install its CPU build")
    out.mkdir(parents=True, exist_ok=True)
    files = list(libraries)
    asking = [torch_lib / name for name in _KEPT if (torch_lib / name).exists()]
    asking += (torch_lib.parents[1] / "torchaudio" / "lib").glob("*.so")
    wanted = {symbol for file in asking for symbol in _asked(file)}
    made = []
    for stem in _REPLACED:
        library = next((file for file in files if file.name.startswith(stem)), None)
        if library is None:
            raise RuntimeError(f"{stem} is not there")
        given = _given(library)
        if stem == _REPLACED[0]:  # it links to the second half in its turn
            given |= {symbol for name in _SECOND_HALF for symbol in _given(torch_lib / name)}
        symbols = sorted(symbol for symbol in wanted & given if not _OF_CXX.match(symbol[0]))
        made.append(_make(compiler, library, symbols, out))
    return made


def _make(compiler: str, library: Path, symbols: list[tuple[str, str, bool]], out: Path) -> Path:
    """One library with these (name, version or '', is data)."""
    lines = ["#include <stdio.h>", "#include <stdlib.h>", f"extern void *{_CLASS}[];"]
    versions: dict[str, list[str]] = {}
    for name, version, is_data in symbols:
        versions.setdefault(version, []).append(name)
        if name.startswith("_ZTI"):
            # What C++ knows of a type: Python's classes are made of it while torch is loaded.
            lines.append(f'void *{name}[] = {{&{_CLASS}[2], "{name[4:]}"}};')
        elif is_data:
            # The table of a class that is never made.
            lines.append(f"void *{name}[64] = {{0}};")
        elif name in _PLACES:
            lines.append(f"void *{name}(void) {{ static void *place; return &place; }}")
        elif name.startswith("_Z"):
            lines.append(f'void {name}(void) {{ fputs("{name}: no CUDA here\\n", stderr); abort(); }}')
        else:
            lines.append(f"int {name}(void) {{ return {_NO_DEVICE}; }}")
    source, target = out / f"{library.name}.c", out / library.name
    source.write_text("\n".join(lines) + "\n", encoding="ascii")
    script = out / f"{library.name}.map"
    versions.pop("", None)
    blocks = [f"{version} {{ global: {'; '.join(names)}; }};" for version, names in versions.items()]
    script.write_text("\n".join(blocks), encoding="ascii")
    command = [compiler, "-shared", "-fPIC", "-O1", "-w", f"-Wl,-soname,{library.name}", "-o", str(target)]
    if blocks:
        command.append(f"-Wl,--version-script={script}")
    subprocess.run([*command, str(source)], check=True)
    return target


def _asked(library: Path) -> set[tuple[str, str, bool]]:
    """(Name, version) of what a library needs from others; once as a function and once as data, since it says not."""
    found = re.findall(r"^\s+[Uuvw] ([^@\s]+)(?:@@?(\S+))?", _nm(library, "--undefined-only"), re.MULTILINE)
    return {(name, version, is_data) for name, version in found for is_data in (False, True)}


def _given(library: Path) -> set[tuple[str, str, bool]]:
    """(Name, version, is data) of what a library has."""
    found = re.findall(r"^\w+ (\w) ([^@\s]+)(?:@@?(\S+))?", _nm(library, "--defined-only"), re.MULTILINE)
    # A weak function may come from any library in C++: it is nobody's own.
    return {(name, version, kind in "BDRVuG") for kind, name, version in found if kind in "TBDRVG"}


def _nm(library: Path, which: str) -> str:
    return subprocess.run(
        ["nm", "-D", which, str(library)], capture_output=True, text=True, check=True
    ).stdout
