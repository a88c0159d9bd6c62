"""Where things lie in a project's folder, `Song.backline`. All names in it are relative: it can be moved and zipped.

project.json     the last snapshot: what the journal amounts to
journal.jsonl    every command since the beginning, or since the last compaction
audio/           the vocal, takes and comps by content: SHA-256 and suffix; `.opened.wav` where the file was gone
analyses/        how a vocal was heard, by name
candidates/NN/   stems as they were made, and candidate.json
screens/KEY/     clips of the blind rating by their key: the band's sound, and clip.json
ratings.db       everything that was ever said of the candidates
lock.json        who has it open
view.json        where it was left: playhead, what is in sight, clips heard and not voted on
"""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.takes import AudioRef
from studio.storage.atomic import replacing

SUFFIX = ".backline"
#: Of a vocal's sound without its file, after the SHA-256 that the file had.
_AS_OPENED = ".opened.wav"
#: Below the limit of every file system, with room for a number behind and a temporary name around it.
_MOST_NAME_BYTES = 180
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


class FolderGone(StudioError):
    """The folder of a project that is open was moved or renamed by somebody else, or its disk was pulled out."""


class ProjectFolder:
    """The paths of one project."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def snapshot(self) -> Path:
        return self.path / "project.json"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def audio(self) -> Path:
        return self.path / "audio"

    @property
    def candidates(self) -> Path:
        return self.path / "candidates"

    @property
    def screens(self) -> Path:
        return self.path / "screens"

    @property
    def analyses(self) -> Path:
        return self.path / "analyses"

    def audio_path(self, ref: AudioRef) -> Path:
        """Where a sound is kept, or would be."""
        return self.audio / f"{ref.sha256}{ref.suffix}"

    def as_opened_path(self, ref: AudioRef) -> Path:
        """Where its sound is kept when its file was gone."""
        return self.audio / f"{ref.sha256}{_AS_OPENED}"

    def kept(self, ref: AudioRef) -> Path | None:
        """The sound in this project; None where it is not there."""
        return next((p for p in (self.audio_path(ref), self.as_opened_path(ref)) if p.exists()), None)

    def make(self) -> None:
        """Makes the folders that are missing. Raises OSError."""
        for folder in (self.path, self.audio, self.candidates, self.analyses):
            folder.mkdir(parents=True, exist_ok=True)

    def require(self) -> None:
        """Raises FolderGone where the folder is gone from its place, before anything is written to it: made anew, it
        would have a part of the song, while the journal goes on in the folder that was moved."""
        if not self.path.is_dir():
            raise FolderGone(
                tr("The project's folder is not where it was"),
                seen=tr("no folder {path}", path=self.path),
                expected=tr("the folder of the song that is open"),
                todo=tr("Move it back, under its name, then save (Ctrl+S); rename it while it is closed"),
            )

    def keep_audio(self, source: Path, ref: AudioRef) -> Path:
        """Copies a sound in, unless it is there. Raises OSError; ValueError where the file is no longer what it was;
        FolderGone."""
        self.require()
        target = self.audio_path(ref)
        if target.exists():
            return target
        self.audio.mkdir(exist_ok=True)
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
            if file_sha256(temporary) != ref.sha256:
                raise ValueError(f"{source} has changed since it was opened")
        return target


def as_opened_of(path: Path) -> str:
    """The SHA-256 of the file whose sound this is; "" where it is a file as it came."""
    return path.name.removesuffix(_AS_OPENED) if path.name.endswith(_AS_OPENED) else ""


def is_project(path: Path) -> bool:
    """Whether a folder is, or was meant as, a project."""
    return path.is_dir() and any((path / name).exists() for name in ("project.json", "journal.jsonl"))


def free_project(parent: Path, title: str) -> Path:
    """A folder for a new project: the song's name in its own script, with a number where it is taken."""
    name = file_name(title) or "Song"
    path, count = parent / f"{name}{SUFFIX}", 1
    while path.exists():
        count += 1
        path = parent / f"{name} {count}{SUFFIX}"
    return path


def file_name(title: str) -> str:
    """A title as a file name: Unicode NFC, without what some system forbids, not too long; "" where nothing is left."""
    name = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", title.encode("utf-8", "replace").decode()))
    name = " ".join(name.split()).strip(". ")
    while len(name.encode("utf-8")) > _MOST_NAME_BYTES:
        name = name[:-1].rstrip(". ")
    return f"{name}_" if _RESERVED.match(name) else name


def file_sha256(path: Path) -> str:
    """Of a file's bytes. Raises OSError."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def find_audio(ref: AudioRef, folders: tuple[Path, ...]) -> Path | None:
    """A file of this content in one of the folders (not below); None where there is none.

    Only files of the same suffix are looked into, the one of the same name first.
    """
    named = Path(ref.found_at) if ref.found_at else None
    places = [named] if named is not None else []
    for folder in folders:
        if folder.is_dir():
            found = sorted(folder.glob(f"*{ref.suffix}"), key=lambda p: (p.stem != ref.name, p.name))
            places += found[:200]
    for path in places:
        try:
            if path.is_file() and file_sha256(path) == ref.sha256:
                return path
        except OSError:
            continue
    return None
