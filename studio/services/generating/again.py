"""A request restored: from a marked file, or one that the user's list knows, back to the vocal and to the sound."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from studio.audio.wav import Encoding
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.pipeline import Run
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.output_folder import check_writable
from studio.services.generating.service import GenerationService
from studio.services.provenance.inspecting import inspect_file
from studio.services.provenance.ticket import Ticket, plan_of, sound_sha256
from studio.services.vocal import Vocal, open_vocal
from studio.storage.project_folder import ProjectFolder, as_opened_of, file_sha256
from studio.storage.recent import RecentProject

_WHAT = later("Cannot make it again")


@dataclass(frozen=True, eq=False)
class Restored:
    """A ticket with the vocal that it was made for, and where the ticket came from."""

    ticket: Ticket
    vocal: Vocal


def ticket_in(file: Path, data_dir: Path) -> Ticket:
    """The ticket of a file: its own, or that of the export that it sounds like. Raises StudioError for none."""
    found = inspect_file(file, data_dir)
    if found.ticket is None:
        raise StudioError(
            tr("{name} has no ticket", name=file.name),
            seen=tr("a file of which this is known: {verdict}", verdict=found.verdict),
            expected=tr("a stem, band or mix as Backline exported it"),
            todo=tr("Choose an exported file, or generate from the vocal"),
        )
    return found.ticket


def find_vocal(ticket: Ticket, projects: Iterable[RecentProject], near: Iterable[Path] = ()) -> Path | None:
    """The vocal by its hash: among files that may be it, then in the projects that are known here."""
    for path in near:
        with contextlib.suppress(OSError, StudioError):
            if path.is_file() and _is_it(open_vocal(path), ticket):
                return path
    return next((path for project in projects for path in _kept(project, ticket)), None)


def project_of(ticket: Ticket, projects: Iterable[RecentProject]) -> RecentProject | None:
    """The latest project that has the vocal; None where none has."""
    return next((project for project in projects if next(_kept(project, ticket), None)), None)


def _kept(project: RecentProject, ticket: Ticket) -> Iterator[Path]:
    """The vocal in a project's folder, where it is there."""
    if not project.is_there:
        return
    for path in sorted(ProjectFolder(Path(project.path)).audio.glob(f"{ticket.vocal_sha256}.*")):
        with contextlib.suppress(OSError):
            if as_opened_of(path) or file_sha256(path) == ticket.vocal_sha256:
                yield path


def beside(file: Path) -> list[Path]:
    """Where the vocal of an exported file may lie: in its folder, and where the run's report says that it was."""
    found = [file.parent / "vocal.wav"]
    try:
        report = json.loads((file.parent.parent / "report.json").read_text(encoding="utf-8"))
        found.append(Path(report["vocal"]["path"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return found


def restored(ticket: Ticket, vocal_file: Path | None) -> Restored:
    """The ticket with its vocal, opened.

    Raises:
        StudioError: without a vocal, or with another one.
    """
    name = ticket.vocal_name
    if vocal_file is None:
        raise StudioError(
            tr(_WHAT),
            seen=tr("no project or file here with the vocal {name}", name=name),
            expected=tr(
                "the very file that was accompanied (SHA-256 {vocal_sha256} …)",
                vocal_sha256=ticket.vocal_sha256[:12],
            ),
            todo=tr("Give the vocal too"),
        )
    vocal = open_vocal(vocal_file)
    if not _is_it(vocal, ticket):
        raise StudioError(
            tr(_WHAT),
            seen=tr("{name} is another file than the vocal {name_2}", name=vocal_file.name, name_2=name),
            expected=tr(
                "the very file that was accompanied (SHA-256 {vocal_sha256} …)",
                vocal_sha256=ticket.vocal_sha256[:12],
            ),
            todo=tr("Choose that file, or a copy with the very same samples"),
        )
    return Restored(ticket, replace(vocal, name=name, sha256=ticket.vocal_sha256))


def _is_it(vocal: Vocal, ticket: Ticket) -> bool:
    """Whether it is the file that was accompanied, or one with its samples: vocal.wav beside the stems is one where no
    common gain was taken."""
    return vocal.sha256 == ticket.vocal_sha256 or sound_sha256(vocal.audio) == ticket.vocal_sound


def other_models(ticket: Ticket, service: GenerationService) -> list[str]:
    """Names of the models that are not those the candidate was made with: then it may come out otherwise."""
    there = service.model_hashes
    return sorted(name for name in {*ticket.models, *there} if ticket.models.get(name) != there.get(name))


def play_again(
    found: Restored,
    service: GenerationService,
    run: Run,
    parent: Path,
    encoding: Encoding = "PCM_24",
    on_models: Callable[[list[str]], None] = lambda _: None,
) -> ExportedCandidate:
    """Plays a ticket's band again and exports it.

    Args:
        on_models: told which models differ, once they are loaded.

    Raises:
        StudioError: for a ticket without notes. JobCancelled.
    """
    ticket, vocal = found.ticket, found.vocal
    plan = plan_of(ticket)
    check_writable(parent)
    service.load(on_step=run.on_step)
    on_models(other_models(ticket, service))
    made: list[Candidate] = []
    service.play(vocal.audio, [plan], replace(run, on_candidate=made.append))
    request = ExportRequest(
        parent, vocal, ticket.analysis, made[0], ticket.seed, dict(service.model_hashes), encoding
    )  # fmt: skip
    return export_candidate(request, on_step=run.on_step, cancel=run.cancel)
