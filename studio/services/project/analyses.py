"""How a project's vocals were heard, kept: what was heard once is never heard otherwise when the song is opened again.

An analysis is named after what it was made from (the sound, the sound it was sung over, what the user gave), and a name
that is taken stays taken: a later version of the program that hears better does so in new songs, and where something
new is given.
"""

from __future__ import annotations

import hashlib

from studio.core.analysis import Given, VocalAnalysis
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json
from studio.storage.project_folder import ProjectFolder


def analysis_name(vocal_sha256: str, base_sha256: str, given: Given) -> str:
    """The name of the analysis of a sound, with the vocal before all takes and what the user gave."""
    content = "\n".join((vocal_sha256, base_sha256)).encode() + to_json(given)
    return hashlib.sha256(content).hexdigest()[:24]


def keep_analysis(folder: ProjectFolder, name: str, analysis: VocalAnalysis) -> None:
    """Keeps an analysis, unless one of that name is there. Raises StudioError when it cannot be written."""
    path = folder.analyses / f"{name}.json"
    if path.exists():
        return
    folder.require()
    try:
        folder.analyses.mkdir(exist_ok=True)
        write_bytes(path, to_json(analysis))
    except OSError as error:
        raise StudioError(
            tr("Cannot keep what was heard"),
            seen=error.strerror or str(error),
            expected=tr("room in {path}", path=folder.path),
        ) from error


def read_analysis(folder: ProjectFolder, name: str) -> VocalAnalysis | None:
    """The analysis of that name; None where there is none.

    Raises:
        StudioError: for one that is damaged.
    """
    try:
        content = (folder.analyses / f"{name}.json").read_bytes()
    except OSError:
        return None
    return from_json(VocalAnalysis, content, tr("an analysis of {name}", name=folder.path.name))
