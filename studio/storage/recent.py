"""The projects that were open lately, and the folders of earlier versions that became one: a JSON file of the user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json

_MOST = 60


@dataclass(frozen=True)
class RecentProject:
    """One project.

    Attributes:
        path: of its folder.
        vocal_sha256: of the vocal, by which its project is found again.
        opened_at: ISO 8601.
        imported_from: the folder of results or of an earlier session that it was made of; empty for none.
    """

    path: str
    title: str
    vocal_sha256: str = ""
    opened_at: str = ""
    candidates: int = 0
    imported_from: str = ""

    @property
    def is_there(self) -> bool:
        try:
            return Path(self.path).is_dir()
        except OSError:  # a name that no folder can have
            return False


@dataclass(frozen=True)
class _File:
    projects: tuple[RecentProject, ...] = ()


class RecentProjects:
    """Latest first. A file that is missing or damaged is an empty list: it is a convenience, and never in the way."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[RecentProject, ...]:
        try:
            return from_json(_File, self._path.read_bytes(), tr("the list of recent projects")).projects
        except (OSError, StudioError):
            return ()

    def add(self, project: RecentProject) -> None:
        """Puts one on top, in the place of what was known of it. Raises OSError when it cannot be kept."""
        known = self.read()
        before = next((other for other in known if other.path == project.path), None)
        if before is not None and not project.imported_from:
            project = replace(project, imported_from=before.imported_from)
        self._write((project, *(other for other in known if other.path != project.path)))

    def forget(self, path: str) -> None:
        """Takes one off the list. Raises OSError."""
        self._write(other for other in self.read() if other.path != path)

    def of_vocal(self, sha256: str) -> RecentProject | None:
        """The latest project of a vocal that is still there."""
        return next((p for p in self.read() if p.vocal_sha256 == sha256 and p.is_there), None)

    def imported(self, folder: Path) -> RecentProject | None:
        """The project that a folder of an earlier version became, if it is still there."""
        return next((p for p in self.read() if p.imported_from == str(folder) and p.is_there), None)

    def _write(self, projects: Iterable[RecentProject]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(self._path, to_json(_File(tuple(projects)[:_MOST])))
