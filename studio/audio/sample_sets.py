"""The recorded instruments that ship: each a ZIP file, stored, of OGG Vorbis recordings beside an index.json.

The index says what a set is called, whose it is and under which licence, and lists its samples as
dsp.sampler.samples.Sample has them. Recordings are decoded when a note first asks for them.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.dsp.sampler.samples import RATE, Sample, SampleSet

SUFFIX = ".zip"
INDEX = "index.json"


class SampleEntry(msgspec.Struct, omit_defaults=True):
    """See dsp.sampler.samples.Sample."""

    name: str
    articulation: str
    layer: int
    take: int
    attack_db: float
    seconds: float
    pitch: float | None = None
    piece: str = ""
    attack_s: float = 0.0


class SetIndex(msgspec.Struct):
    """index.json of a set."""

    title: str
    licence: str
    attribution: str
    origin: str
    samples: list[SampleEntry]


@dataclass(frozen=True, eq=False)
class InstalledSets:
    """What was found.

    Attributes:
        sets: by name; the names of dsp.sampler.recipes.
        attribution: of each set, with its licence, in one line.
        sha256: of all of them together; empty where there are none.
    """

    sets: Mapping[str, SampleSet]
    attribution: Mapping[str, str]
    sha256: str


def open_sets(folder: Path) -> InstalledSets:
    """Opens every set of a folder; none where there is no such folder.

    Raises:
        StudioError: for a set that is damaged.
    """
    sets: dict[str, SampleSet] = {}
    attribution: dict[str, str] = {}
    digest = hashlib.sha256()
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        index, read = _opened(path)
        sets[path.stem] = SampleSet(
            path.stem, [Sample(**msgspec.structs.asdict(s)) for s in index.samples], read
        )
        attribution[path.stem] = f"{index.attribution} ({index.licence})"
        # Names and lengths stand for the recordings, whose own check sums the ZIP file keeps.
        digest.update(msgspec.json.encode(index) + read.checks)
    return InstalledSets(sets, attribution, digest.hexdigest() if sets else "")


class _Reader:
    """The recordings of one file, for any thread."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._path, self._file, self._lock = path, file, threading.Lock()
        self.checks = b"".join(entry.CRC.to_bytes(4, "big") for entry in file.infolist())

    def __call__(self, name: str) -> NDArray[np.float32]:
        try:
            with self._lock:
                encoded = self._file.read(name)
            samples, rate = soundfile.read(io.BytesIO(encoded), dtype="float32", always_2d=True)
        except (KeyError, OSError, zipfile.BadZipFile, soundfile.SoundFileError) as error:
            raise _damaged(self._path, f"{name}: {error}") from error
        if rate != RATE:
            raise _damaged(self._path, tr("{name} of {rate} Hz", name=name, rate=rate))
        return np.ascontiguousarray(samples.T)


def _opened(path: Path) -> tuple[SetIndex, _Reader]:
    try:
        file = zipfile.ZipFile(path)
        index = msgspec.json.decode(file.read(INDEX), type=SetIndex)
    except (KeyError, OSError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise _damaged(path, str(error)) from error
    return index, _Reader(path, file)


def _damaged(path: Path, what: str) -> StudioError:
    return StudioError(
        tr("The recorded instrument {stem} cannot be read", stem=path.stem),
        seen=what,
        expected=tr("a ZIP file of OGG recordings as it came with Backline"),
        todo=tr("Install Backline again"),
    )
