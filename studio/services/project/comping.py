"""Comps of candidates, kept: in a project as a candidate that can be taken back, in a folder of results beside the
others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import studio
from studio.audio.wav import Encoding
from studio.core.band_comp import make_comp
from studio.core.band_ranges import BandComp
from studio.core.candidate import Candidate
from studio.core.commands import AddComp
from studio.core.counting import told_since
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.origin import COMP
from studio.core.project import CandidateRecord, Project
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.output_folder import check_writable
from studio.services.project import song
from studio.services.project.analyses import analysis_name, read_analysis
from studio.services.project.candidates import read_candidate, write_candidate
from studio.services.project.document import now
from studio.services.project.opening import open_project
from studio.services.project.results import next_number, open_results
from studio.storage.project_folder import ProjectFolder

#: First bar and last as the ruler counts them, and the candidate that plays there.
Range = tuple[int, int, int]


def write_band_comp(
    folder: ProjectFolder,
    project: Project,
    comp: BandComp,
    candidates: Mapping[int, Candidate],
    number: int,
    *,
    cancel: CancelToken | None = None,
) -> tuple[CandidateRecord, Candidate]:
    """Makes a comp and writes it among the project's candidates; the document is told by `AddComp`.

    Raises:
        StudioError: candidates that do not go together, or no room.
    """
    origins = [project.record(n).origin for n in comp.numbers]
    if len({origin.vocal_sha256 for origin in origins}) > 1:
        raise StudioError(
            tr("These candidates cannot be put together"),
            seen=tr("accompaniments of two versions of the vocal"),
            expected=tr("candidates of one"),
        )
    made = make_comp(comp, candidates, number)
    first, *others = comp.numbers
    origin = replace(
        origins[0],
        number_in_request=1,
        engine=COMP,
        models=made.models or {name: sha for one in origins for name, sha in one.models.items()},
        parent=first,
        other_parent=others[0] if others else None,
        change=str(made.settings["change"]),
        request="",
        made_at=now(),
        program=studio.__version__,
    )
    return write_candidate(folder, made, origin, cancel=cancel)


def comp_from(base: Candidate, ranges: Sequence[Range]) -> BandComp:
    """A comp: the base everywhere but in some bars.

    Raises:
        StudioError: for bars that it does not have, and where one candidate would have all.
    """
    grid = base.arrangement.grid
    comp = BandComp(grid.bars, ((0, base.number),))
    for low, high, number in ranges:
        start, end = low - 1 + grid.first_bar, high + grid.first_bar
        if not 0 <= start < end <= grid.bars:
            raise StudioError(
                tr("Cannot make the comp"),
                seen=tr("bars {low}-{high}", low=low, high=high),
                expected=tr(
                    "bars {first_bar} to {bars}",
                    first_bar=1 - grid.first_bar,
                    bars=grid.bars - grid.first_bar,
                ),
            )
        comp = comp.choose(start, end, number)
    if len(comp.numbers) < 2:
        raise StudioError(
            tr("Cannot make the comp"),
            seen=tr("candidate {number} alone in all bars", number=comp.numbers[0]),
            expected=tr("bars of two candidates or more"),
        )
    return comp


def comp_in_project(path: Path, base: int, ranges: Sequence[Range]) -> tuple[int, str, list[str]]:
    """Adds a comp to a project; its number, what it is in words, and a sentence for each candidate in it that was made
    to another beat than the song has now. Raises StudioError."""
    opened = open_project(path)
    document, folder = opened.document, opened.folder
    try:
        project = document.project
        wanted = {base, *(number for _, _, number in ranges)}
        candidates = {
            n: read_candidate(folder, project.record(n).folder)[1] for n in wanted if n in project.numbers
        }
        _check_there(wanted, candidates, project.numbers, path)
        number = song.next_number(document)
        comp = comp_from(candidates[base], ranges)
        record, made = write_band_comp(folder, project, comp, candidates, number)
        document.do(AddComp(record))
        return number, str(made.settings["change"]), _told_beats(folder, project, comp, candidates)
    finally:
        close = getattr(document.keeper, "close", None)
        if close is not None:
            close()


def _told_beats(
    folder: ProjectFolder, project: Project, comp: BandComp, candidates: Mapping[int, Candidate]
) -> list[str]:
    """Nothing where nobody knows how the song is counted now: it is listened to when it is opened."""
    sung = project.record(comp.numbers[0]).origin.vocal_sha256
    try:
        name = analysis_name(sung, project.vocal.sha256 if project.vocal is not None else sung, project.given)
        analysis = read_analysis(folder, name)
    except StudioError:
        analysis = None
    counted = None if analysis is None else analysis.grid
    told = (told_since(n, candidates[n].arrangement.grid, counted) for n in comp.numbers)
    return [sentence for sentence in told if sentence]


def comp_in_folder(
    folder: Path,
    base: int,
    ranges: Sequence[Range],
    encoding: Encoding,
    *,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
) -> tuple[Candidate, ExportedCandidate]:
    """Adds a comp to a folder of results. Raises StudioError, JobCancelled."""
    check_writable(folder)
    results = open_results(folder, cancel=cancel)
    candidates = {candidate.number: candidate for candidate in results.candidates}
    _check_there({base, *(number for _, _, number in ranges)}, candidates, tuple(candidates), folder)
    made = make_comp(comp_from(candidates[base], ranges), candidates, next_number(folder))
    seed, models = results.made_with[base]
    request = ExportRequest(
        folder, results.vocal, results.analyses[base], made, seed, made.models or models, encoding
    )
    return made, export_candidate(request, on_step=on_step, cancel=cancel)


def _check_there(
    wanted: set[int], candidates: Mapping[int, Candidate], there: Sequence[int], path: Path
) -> None:
    missing = sorted(wanted - set(candidates))
    if missing:
        raise StudioError(
            tr("There is no candidate {missing} in {name}", missing=missing[0], name=path.name),
            expected=tr("one of {names}", names=", ".join(map(str, sorted(there)))),
        )
