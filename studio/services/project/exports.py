"""Exports without a window: of a project, or of a folder of candidates, what is to be written of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.export_names import SongNames
from studio.core.jobs import CancelToken
from studio.core.language import tr
from studio.services.exporting.contents import Contents
from studio.services.exporting.export import ExportRequest
from studio.services.exporting.output_folder import check_writable
from studio.services.exporting.settings import ExportSettings, chosen_numbers
from studio.services.project.candidates import read_candidate
from studio.services.project.opening import open_project
from studio.services.project.results import open_results
from studio.services.project.song import ExportJob, export_request
from studio.storage.project_folder import is_project


@dataclass(frozen=True)
class ExportOrder:
    """What is asked for.

    Attributes:
        source: a project, a folder with candidate_01 and so on, or one of those.
        numbers: of the candidates; empty where `settings.which` says it.
        artist, title: for the names; None for those of the project.
    """

    source: Path
    parent: Path
    settings: ExportSettings
    numbers: Sequence[int] = ()
    artist: str | None = None
    title: str | None = None


def export_requests(order: ExportOrder, cancel: CancelToken | None = None) -> list[ExportRequest]:
    """One request a candidate.

    Raises:
        StudioError: nothing there, or no such candidates.
    """
    check_writable(order.parent)
    return _of_project(order) if is_project(order.source) else _of_results(order, cancel)


def _of_project(order: ExportOrder) -> list[ExportRequest]:
    opened = open_project(order.source, read_only=True)
    project = opened.document.project
    there = project.numbers
    favourites = [number for number in there if project.opinion(number).favourite]
    numbers = _numbers(order, there, favourites, project.picked)
    title = project.title if order.title is None else order.title
    artist = project.artist if order.artist is None else order.artist
    made = []
    for number in numbers:
        record, candidate = read_candidate(opened.folder, project.record(number).folder)
        job = ExportJob(opened.folder, record, candidate, title, {}, order.parent, order.settings, artist)
        made.append(export_request(job))
    return made


def _of_results(order: ExportOrder, cancel: CancelToken | None) -> list[ExportRequest]:
    results = open_results(order.source, cancel=cancel)
    there = {candidate.number: candidate for candidate in results.candidates}
    title = results.vocal.name if order.title is None else order.title
    settings = order.settings
    return [
        ExportRequest(
            order.parent,
            results.vocal,
            results.analyses[number],
            there[number],
            *results.made_with[number],
            settings.encoding,
            Contents(settings.roles),
            SongNames(order.artist or "", title, settings.by_template),
            settings.lower_vocal,
        )
        for number in _numbers(order, sorted(there), (), None)
    ]


def _numbers(
    order: ExportOrder,
    there: Sequence[int],
    favourites: Sequence[int],
    picked: int | None,
) -> tuple[int, ...]:
    which = "chosen" if order.numbers else order.settings.which
    found = chosen_numbers(
        which, there, this=None, favourites=favourites, picked=picked, chosen=order.numbers
    )
    missing = sorted(set(order.numbers) - set(there))
    if missing or not found:
        wanted = ", ".join(map(str, missing)) if missing else which
        raise StudioError(
            tr("Cannot export from {name}", name=order.source.name),
            seen=tr("no such candidate: {wanted}", wanted=wanted)
            if missing
            else tr("no candidates for '{wanted}'", wanted=wanted),
            expected=tr("candidates {names}", names=", ".join(map(str, there)))
            if there
            else tr("a folder with candidates"),
        )
    return found
