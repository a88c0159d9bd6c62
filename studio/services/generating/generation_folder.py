"""The whole main job without a window: a vocal file in, a folder of verified candidates and report.json out.

A candidate is exported as soon as the generator hands it over, so whatever ends the run early, what was finished is
whole. Earlier results in the folder are moved aside rather than lost, and only once there is a new one to put down.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.audio.wav import Encoding
from studio.core.analysis import Given, VocalAnalysis
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.music import Key
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate, free_folder
from studio.services.exporting.report import Report, analysis_json, peak_memory_bytes, write_report
from studio.services.generating.recipe_file import controls_json
from studio.services.generating.service import GenerationService
from studio.services.vocal import Vocal, analyse_vocal, open_vocal

#: Share of all work that listening to the vocal takes, for progress.
_ANALYSIS_SHARE = 0.08


@dataclass(frozen=True)
class FolderRequest:
    """One run. Existing results in `out` go to `out/earlier`, or are removed with `overwrite`.

    `controls.chords` start on the first full bar (`BeatGrid.first_bar`), as they do in the window.
    """

    vocal_path: Path
    out: Path
    candidates: int = 4
    seed: int = 1
    given: Given = field(default_factory=Given)
    controls: Controls = field(default_factory=Controls)
    encoding: Encoding = "PCM_24"
    overwrite: bool = False


def generate_to_folder(
    request: FolderRequest,
    service: GenerationService,
    *,
    on_step: StepCallback,
    cancel: CancelToken,
    on_analysis: Callable[[Vocal, VocalAnalysis], None] | None = None,
    on_exported: Callable[[Candidate, ExportedCandidate], None] | None = None,
) -> Report:
    """Opens, analyses, generates, exports, reports.

    Args:
        on_analysis: called once with what was opened and what was heard in it.
        on_exported: called for each candidate once its folder is whole.

    Raises:
        StudioError, JobCancelled: a report of the candidates finished before is written where there are any.
    """
    _check_writable(request.out)
    began = time.perf_counter()
    vocal = open_vocal(request.vocal_path)
    open_s = time.perf_counter() - began
    # Loaded first: a missing model or device is said before anyone waits for the analysis.
    stages_s = {"load models": service.load(on_step=on_step)}
    started = time.perf_counter() - open_s
    on_step(Progress("Listening", 0.0))
    analysis = analyse_vocal(
        vocal.audio,
        request.given,
        on_step=lambda p: on_step(Progress("Listening", _ANALYSIS_SHARE * p.fraction)),
        cancel=cancel,
    )
    stages_s["analysis"] = time.perf_counter() - started
    if on_analysis:
        on_analysis(vocal, analysis)
    exported: list[Mapping[str, object]] = []
    export_s = 0.0

    def keep(candidate: Candidate) -> None:
        nonlocal export_s
        began = time.perf_counter()
        if not exported:
            _clear(request.out, request.overwrite)
        result = export_candidate(
            ExportRequest(
                request.out,
                vocal,
                generation.analysis_of(candidate.number),
                candidate,
                request.seed,
                service.model_hashes,
                request.encoding,
            )
        )
        exported.append(_candidate_json(candidate, result))
        export_s += time.perf_counter() - began
        if on_exported:
            on_exported(candidate, result)

    def finish(status: str) -> Report:
        work_s = time.perf_counter() - started
        report = Report(
            vocal={
                "name": vocal.name,
                "path": str(vocal.path.resolve()),
                "sha256": vocal.sha256,
                "duration_s": round(vocal.audio.duration_s, 6),
                "sample_rate": vocal.audio.sample_rate,
                "channels": vocal.audio.channels,
                "warnings": list(vocal.warnings),
            },
            analysis=analysis_json(analysis),
            device=service.device,
            stages_s={name: round(seconds, 3) for name, seconds in (stages_s | {"export": export_s}).items()},
            candidates=exported,
            real_time_factor=round(work_s / vocal.audio.duration_s / len(exported), 4) if exported else None,
            peak_memory_bytes=peak_memory_bytes(),
            models=dict(service.model_hashes),
            seed=request.seed,
            settings=_settings_json(request, analysis.key),
            status=status,
        )
        if exported:
            write_report(request.out, report)
        return report

    controls = request.controls
    if controls.chords:
        controls = replace(controls, chords=analysis.grid.in_bars(controls.chords))
    generation = GenerationRequest(vocal.audio, analysis, request.candidates, request.seed, controls)

    def step(progress: Progress) -> None:
        on_step(Progress(progress.stage, _ANALYSIS_SHARE + (1 - _ANALYSIS_SHARE) * progress.fraction))

    try:
        result = service.generate(generation, Run(cancel, step, keep))
    except BaseException as error:
        finish("cancelled" if isinstance(error, JobCancelled | KeyboardInterrupt) else "failed")
        raise
    stages_s.update({name: s for name, s in result.stages_s.items() if name not in stages_s})
    return finish("done")


def _check_writable(out: Path) -> None:
    """Says so before the work rather than after it."""
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return
    raise StudioError(
        f"Cannot write to {out}",
        seen=f"{nearest} is a file" if nearest.is_file() else f"no permission to write in {nearest}",
        expected="a folder that can be written, or made",
        todo="Choose another folder with --out",
    )


def _clear(out: Path, overwrite: bool) -> None:
    """Takes earlier results of ours out of the way; folders that are not ours stay."""
    earlier = [f for f in sorted(out.glob("candidate_*")) if (f / "manifest.json").exists()]
    earlier += [f for f in [out / "report.json"] if f.exists()]
    if not earlier:
        return
    if overwrite:
        for path in earlier:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return
    aside = free_folder(out / "earlier")
    aside.mkdir()
    for path in earlier:
        path.rename(aside / path.name)


def _candidate_json(candidate: Candidate, exported: ExportedCandidate) -> dict[str, object]:
    arrangement = candidate.arrangement
    return {
        "folder": exported.folder.name,
        "number": candidate.number,
        "style": arrangement.style,
        "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
        "bar_chords": [chord.name(arrangement.key) for chord in arrangement.bar_chords()],
        "notes": {stem: len(part.notes) for stem, part in arrangement.parts.items()},
        "common_gain_db": round(exported.gain_db, 3),
        "checks": dict(exported.checks),
    }


def _settings_json(request: FolderRequest, key: Key) -> dict[str, object]:
    return {
        "candidates": request.candidates,
        "encoding": request.encoding,
        **controls_json(request.controls, key),
    }
