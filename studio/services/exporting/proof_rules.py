"""What a proof is made of: one rule of one file, and what manifest.json says an export must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.json_file import BadFile, read_json

PASS, FAIL = "PASS", "FAIL"


@dataclass(frozen=True)
class Check:
    """One rule of one file.

    Attributes:
        file: its name in the folder.
        rule: what it must be, in words.
        passed: whether it is.
        found: what was found, in words and figures.
    """

    file: str
    rule: str
    passed: bool
    found: str

    @property
    def state(self) -> str:
        return PASS if self.passed else FAIL


class FileEntry(Struct):
    """A file of a manifest, as far as it is needed here."""

    role: str
    channels: Annotated[int, Meta(ge=0, le=64)] = 0
    encoding: str = ""
    samples_sha256: str = ""
    content_credentials: str = ""


class VocalEntry(Struct):
    frames: Annotated[int, Meta(ge=0, le=2**40)]
    sample_rate: Annotated[int, Meta(ge=1, le=10**6)]


class ProofManifest(Struct):
    """What manifest.json says an export must be."""

    vocal: VocalEntry
    files: dict[str, FileEntry]
    encoding: str
    beats_s: tuple[float, ...]
    tempo_bpm: float = 0.0
    meter: str = "4/4"
    vocal_in_mix_db: Annotated[float, Meta(ge=-300.0, le=300.0)] = 0.0
    common_gain_db: Annotated[float, Meta(ge=-300.0, le=300.0)] = 0.0
    credits: tuple[str, ...] = ()
    schema_version: int = 1

    def name_of(self, role: str) -> str | None:
        """The file of a role."""
        return next((name for name, entry in self.files.items() if entry.role == role), None)


def read_manifest(folder: Path) -> ProofManifest:
    """Raises StudioError where there is none, or one that cannot be proved by."""
    try:
        manifest = read_json(folder / "manifest.json", ProofManifest)
    except BadFile as error:
        raise StudioError(
            tr("Cannot verify {name}", name=folder.name),
            seen=str(error),
            expected=tr("a folder that this version of Backline exported"),
            todo=tr("Export it again"),
        ) from error
    for name in manifest.files:
        if Path(name).name != name or name in (".", "..") or "\\" in name:
            raise StudioError(
                tr("Cannot verify {name}", name=folder.name),
                seen=tr("a file named {name!r}", name=name[:60]),
                expected=tr("files in the folder"),
            )
    return manifest


def text_of(error: Exception) -> str:
    """Why a file could not be read, in a few words."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
