"""The marks of an export, read again by the library of the standard's makers: they hold, and the vocal has none."""

from __future__ import annotations

from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.mix import VOCAL
from studio.services.exporting.proof_rules import Check, ProofManifest
from studio.services.provenance.credentials import read_credentials
from studio.services.provenance.inspecting import has_mark
from studio.services.provenance.marking import SIGNED

HOLDS, BARE = later("carries credentials that hold"), later("carries no mark of a machine")


def prove_marks(folder: Path, manifest: ProofManifest) -> list[Check]:
    """Of the files that the manifest says are signed, and of the vocal."""
    checks = []
    for name, entry in manifest.files.items():
        if entry.content_credentials == SIGNED:
            checks.append(_holds(folder / name))
        elif entry.role == VOCAL and (folder / name).exists():
            marked = has_mark(folder / name)
            checks.append(Check(name, tr(BARE), not marked, tr("a mark") if marked else tr("none")))
    return checks


def _holds(path: Path) -> Check:
    try:
        found = read_credentials(path, None)
    except StudioError as error:
        return Check(path.name, tr(HOLDS), False, error.seen or error.what)
    if found is None:
        return Check(path.name, tr(HOLDS), False, tr("none"))
    return Check(path.name, tr(HOLDS), found.intact, tr(SIGNED) if found.intact else ", ".join(found.codes))
