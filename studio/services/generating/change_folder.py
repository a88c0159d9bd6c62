"""Candidates changed and bred without a window: exported candidates in, new folders beside them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.audio.wav import Encoding
from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.counting import check_parents
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.core.request import Breed, Change, Regenerate, Reinstrument, Vary
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.output_folder import check_writable
from studio.services.generating.requests import change_request
from studio.services.generating.service import GenerationService
from studio.services.project.results import Results, next_number, open_results
from studio.storage.project_folder import is_project


@dataclass(frozen=True)
class FolderChange:
    """One change of the candidate in `folder`; the new ones get the next free numbers beside it.

    Attributes:
        distance: of a variation, see core.request.DISTANCES; None for another change.
        instrument: another one for the only one of `stems`, played by `sound`, see core.request.Reinstrument; None
            regenerates.
        bars: first and last bar to regenerate as the ruler counts them, from 1; None for the whole song.
        stems, new_chords: see core.request.Regenerate.
    """

    folder: Path
    distance: str | None = None
    bars: tuple[int, int] | None = None
    stems: tuple[str, ...] = STEMS
    new_chords: bool = False
    instrument: str | None = None
    sound: str | None = None
    candidates: int = 1
    seed: int = 1
    encoding: Encoding = "PCM_24"


@dataclass(frozen=True)
class FolderBreed:
    """Children of two candidates in `folder`; they get the next free numbers there.

    Attributes:
        parents: their numbers.
        genes: by gene of core.request.GENES, where it comes from: a parent's number, 'blend' or 'new'. What is not
            named is drawn for each child.
        mutation: see core.request.Breed.
    """

    folder: Path
    parents: tuple[int, int]
    genes: Mapping[str, str] = field(default_factory=dict)
    mutation: float = 0.0
    candidates: int = 1
    seed: int = 1
    encoding: Encoding = "PCM_24"


def change_in_folder(
    request: FolderChange,
    service: GenerationService,
    *,
    on_step: StepCallback,
    cancel: CancelToken,
    on_exported: Callable[[Candidate, ExportedCandidate], None],
) -> None:
    """Opens the candidate, makes the new ones and exports each as soon as it is whole.

    Args:
        on_exported: called for each new candidate once its folder is whole.

    Raises:
        StudioError: no single candidate there, one without a recipe, or bars that it does not have.
        JobCancelled: what was exported before is whole.
    """
    _refuse_project(
        request.folder,
        tr("Cannot change {folder}", folder=request.folder),
        tr("the folder of one candidate, such as results/candidate_02"),
    )
    if not (request.folder / "manifest.json").exists():
        raise StudioError(
            tr("Cannot change {folder}", folder=request.folder),
            seen=tr("no manifest.json in it") if request.folder.is_dir() else tr("no such folder"),
            expected=tr("the folder of one candidate, such as results/candidate_02"),
            todo=tr("Name one of the candidate folders that 'studio generate' or an export wrote"),
        )
    results = _opened(request.folder, cancel)
    _make(results, _change(request, results.candidates[0]), request.folder.resolve().parent, request, service,
          on_step=on_step, cancel=cancel, on_exported=on_exported)  # fmt: skip


def _refuse_project(folder: Path, what: str, expected: str) -> None:
    """What a project has is changed in the window, or exported first."""
    if is_project(folder):
        raise StudioError(
            what,
            seen=tr("a project"),
            expected=expected,
            todo=tr("Export it first: studio export {folder} --out FOLDER, or Ctrl+E", folder=folder),
        )


def breed_in_folder(
    request: FolderBreed,
    service: GenerationService,
    *,
    on_step: StepCallback,
    cancel: CancelToken,
    on_exported: Callable[[Candidate, ExportedCandidate], None],
) -> None:
    """Opens both parents, makes their children and exports each as soon as it is whole.

    Args:
        on_exported: called for each child once its folder is whole.

    Raises:
        StudioError: no such candidates, one twice or without a recipe, or two that were made for other beats or another
            vocal.
        JobCancelled: what was exported before is whole.
    """
    _refuse_project(
        request.folder,
        tr("Cannot breed candidates of {folder}", folder=request.folder),
        tr("a folder with candidate_01 and so on, as 'studio generate' and exports write them"),
    )
    if len(set(request.parents)) < 2:
        raise StudioError(
            tr("Cannot breed candidate {number} with itself", number=request.parents[0]),
            expected=tr("the numbers of two candidates"),
            todo=tr("Name two; a variation of one is made by 'studio vary'"),
        )
    folder = request.folder.resolve()
    opened = []
    for number in request.parents:
        path = folder / f"candidate_{number:02d}"
        if not (path / "manifest.json").exists():
            raise StudioError(
                tr("There is no candidate {number} in {folder}", number=number, folder=request.folder),
                expected=tr(
                    "a folder with candidate_01 and so on, as 'studio generate' and exports write them"
                ),
            )
        opened.append(_opened(path, cancel))
    a, b = opened
    if a.vocal.sha256 != b.vocal.sha256:
        raise StudioError(
            tr(
                "Cannot breed candidates {parents} and {parents_2}",
                parents=request.parents[0],
                parents_2=request.parents[1],
            ),
            seen=tr("accompaniments of two different vocals"),
            expected=tr("two of one vocal"),
        )
    genes = {gene: _source(gene, source, request.parents) for gene, source in request.genes.items()}
    change = Breed((a.candidates[0], b.candidates[0]), genes, request.mutation)
    check_parents(change)
    _make(a, change, folder, request, service, on_step=on_step, cancel=cancel, on_exported=on_exported)


def _opened(folder: Path, cancel: CancelToken) -> Results:
    """One candidate that has its recipe, if there is one to have. Raises StudioError."""
    results = open_results(folder, cancel=cancel)
    if results.candidates[0].recipe is None and results.warnings:
        raise StudioError(
            tr("Cannot change {folder}", folder=folder),
            seen=results.warnings[0],
            expected=tr("recipe.json as it was written"),
            todo=tr("Generate again, and change one of the new candidates"),
        )
    return results


def _make(
    results: Results,
    change: Change,
    folder: Path,
    request: FolderChange | FolderBreed,
    service: GenerationService,
    *,
    on_step: StepCallback,
    cancel: CancelToken,
    on_exported: Callable[[Candidate, ExportedCandidate], None],
) -> None:
    check_writable(folder)
    analysis = results.analyses[change.parent.number]

    def keep(candidate: Candidate) -> None:
        numbered = replace(candidate, number=next_number(folder))
        exported = export_candidate(
            ExportRequest(
                folder,
                results.vocal,
                analysis,
                numbered,
                request.seed,
                service.model_hashes,
                request.encoding,
            )
        )
        on_exported(numbered, exported)

    service.generate(
        change_request(
            results.vocal.audio, analysis, change, candidates=request.candidates, seed=request.seed
        ),
        Run(cancel, on_step, keep),
    )


def _source(gene: str, source: str, parents: tuple[int, int]) -> str:
    """A gene's source as core.request.Breed names it: a number of a parent, 'blend' or 'new'."""
    if source.isdigit() and int(source) in parents:
        return "ab"[parents.index(int(source))]
    if source not in ("blend", "new") or (gene, source) == ("sound", "blend"):
        raise StudioError(
            tr("The {gene} cannot come from there", gene=gene),
            seen=source,
            expected=f"{parents[0]}, {parents[1]}, " + ("new" if gene == "sound" else tr("blend or new")),
        )
    return source


def _change(request: FolderChange, parent: Candidate) -> Vary | Regenerate | Reinstrument:
    if request.distance is not None:
        return Vary(parent, request.distance)
    if request.instrument is not None:
        (stem,) = request.stems
        return Reinstrument(parent, stem, request.instrument, request.sound)
    bars = request.bars
    if bars is not None:
        offset = parent.arrangement.grid.first_bar - 1
        bars = (bars[0] + offset, bars[1] + offset)
    change = Regenerate(parent, bars, request.stems, request.new_chords)
    _ = change.beats, change.columns  # wrong bars and stems are said before anything is loaded
    return change
