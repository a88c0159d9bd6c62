"""Varying and regenerating without a window: an exported candidate in, new candidate folders beside it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from studio.audio.wav import Encoding
from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.pipeline import Run
from studio.core.request import Regenerate, Vary
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.generating.requests import change_request
from studio.services.generating.service import GenerationService
from studio.services.project.results import open_results


@dataclass(frozen=True)
class FolderChange:
    """One change of the candidate in `folder`; the new ones get the next free numbers beside it.

    Attributes:
        distance: of a variation, see core.request.DISTANCES; None regenerates.
        bars: first and last bar to regenerate as the ruler counts them, from 1; None for the whole song.
        stems, new_chords: see core.request.Regenerate.
    """

    folder: Path
    distance: str | None = None
    bars: tuple[int, int] | None = None
    stems: tuple[str, ...] = STEMS
    new_chords: bool = False
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
    if not (request.folder / "manifest.json").exists():
        raise StudioError(
            f"Cannot change {request.folder}",
            seen="no manifest.json in it" if request.folder.is_dir() else "no such folder",
            expected="the folder of one candidate, such as results/candidate_02",
            todo="Name one of the candidate folders that 'studio generate' or an export wrote",
        )
    results = open_results(request.folder, cancel=cancel)
    parent = results.candidates[0]
    if parent.recipe is None and results.warnings:
        raise StudioError(
            f"Cannot change {request.folder}",
            seen=results.warnings[0],
            expected="recipe.json as it was written",
            todo="Generate again, and change one of the new candidates",
        )
    analysis = results.analyses[parent.number]
    folder = request.folder.resolve().parent

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
            results.vocal.audio,
            analysis,
            _change(request, parent),
            candidates=request.candidates,
            seed=request.seed,
        ),
        Run(cancel, on_step, keep),
    )


def next_number(folder: Path) -> int:
    """The lowest number above those of all candidate folders."""
    names = (re.match(r"candidate_(\d+)", path.name) for path in folder.iterdir())
    return max((int(found[1]) for found in names if found), default=0) + 1


def _change(request: FolderChange, parent: Candidate) -> Vary | Regenerate:
    if request.distance is not None:
        return Vary(parent, request.distance)
    bars = request.bars
    if bars is not None:
        offset = parent.arrangement.grid.first_bar - 1
        bars = (bars[0] + offset, bars[1] + offset)
    change = Regenerate(parent, bars, request.stems, request.new_chords)
    _ = change.beats, change.columns  # wrong bars and stems are said before anything is loaded
    return change
