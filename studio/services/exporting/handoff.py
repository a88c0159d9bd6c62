"""Files of a candidate that are ready to be dragged out or pasted: an export in a folder of the project's own.

The whole set is written once, as an export would write it, under the same names; whoever asks for one stem gets that
file. All its files share one gain, the vocal too, whatever was chosen for exports: files that are dropped on tracks
have no session beside them whose fader would lower the vocal, and at unity they must be balanced as they were heard.
The files stay: a DAW may play them from where they are. Other settings or another title are another set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.export_names import SongNames
from studio.services.exporting.contents import CLICK, ROLES
from studio.services.exporting.credits import FILE_NAME as CREDITS
from studio.services.exporting.proof_rules import read_manifest
from studio.services.exporting.settings import ExportSettings

#: In a project's folder.
FOLDER = "handoff"
_ROLES = frozenset(ROLES) - {CLICK}
#: What a set has: one that an earlier version wrote, without the credits of all it is made of, is written anew.
_FORM = "3"


@dataclass(frozen=True)
class ReadyFiles:
    """What is there of one candidate.

    Attributes:
        files: by role.
        gain_db: what all files of sound were lowered by, 0.0 or less.
        credits: the file of credits, where some are due.
    """

    files: dict[str, Path]
    gain_db: float = 0.0
    credits: Path | None = None

    def of(self, roles: Sequence[str]) -> tuple[Path, ...]:
        """Those of some roles that there are, in that order."""
        return tuple(self.files[role] for role in roles if role in self.files)


def handoff_settings(settings: ExportSettings) -> ExportSettings:
    """An export's settings for a set that has everything, at one level."""
    return replace(settings, which="this", roles=_ROLES, lower_vocal=True)


def handoff_parent(
    root: Path, candidate_folder: str, vocal_sha256: str, names: SongNames, settings: ExportSettings
) -> Path:
    """Where the set of a candidate lies, or would.

    Args:
        root: the folder of all sets.
        candidate_folder: of the candidate in the project.
    """
    whole = handoff_settings(settings)
    said = "\n".join([_FORM, candidate_folder, vocal_sha256, names.artist, names.title, whole.text()])
    return root / f"{candidate_folder}-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:10]}"


def ready_files(parent: Path) -> ReadyFiles | None:
    """The set in a folder of `handoff_parent`; None where none is there, or not all of it any more."""
    for folder in sorted(parent.glob("*/")) if parent.is_dir() else ():
        if not (folder / "manifest.json").is_file():
            continue
        try:
            manifest = read_manifest(folder)
        except StudioError:  # damaged: it is written anew
            continue
        files = {entry.role: folder / name for name, entry in manifest.files.items()}
        if all(path.is_file() for path in files.values()):
            noted = folder / CREDITS if manifest.credits else None
            if noted is None or noted.is_file():
                return ReadyFiles(files, manifest.common_gain_db, noted)
    return None
