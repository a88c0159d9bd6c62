"""The whole main job without a window: a vocal file in, a folder of verified candidates and report.json out.

A candidate is exported as soon as the generator hands it over, so whatever ends the run early, what was finished is
whole. Earlier results in the folder step aside when the first new one is on the disk and verified, not before; where
they are to be overwritten they are removed when all new ones stand, and stay aside when something failed.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.audio.file_bytes import error_text, shown
from studio.audio.wav import Encoding
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import JobCancelled, StudioError
from studio.core.giving import check as check_given
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.music import Chord, Key
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.core.workload import ARRANGING
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.output_folder import check_writable
from studio.services.exporting.recipe_file import controls_json
from studio.services.exporting.report import Report, analysis_json, peak_memory_bytes, write_report
from studio.services.forecast import LOAD, Forecast
from studio.services.generating.service import GenerationService
from studio.services.vocal import (
    Vocal,
    analyse_vocal,
    doubt_of_singing,
    open_vocal,
    refuse_without_singing,
)
from studio.storage.atomic import free_folder


@dataclass(frozen=True)
class FolderRequest:
    """One run. Existing results in `out` go to `out/earlier`; with `overwrite` they are removed in the end.

    `controls.chords` start on the first full bar (`BeatGrid.first_bar`), as they do in the window; `pickup` are
    those of the last bars before it.
    """

    vocal_path: Path
    out: Path
    candidates: int = 4
    seed: int = 1
    given: Given = field(default_factory=Given)
    controls: Controls = field(default_factory=Controls)
    pickup: tuple[Chord, ...] = ()
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
    check_writable(request.out)
    began = time.perf_counter()
    vocal = open_vocal(request.vocal_path)
    open_s = time.perf_counter() - began
    check_given(
        {"tempo_bpm": request.given.tempo_bpm, "downbeat_s": request.given.downbeat_s}, vocal.audio.duration_s
    )
    service.check_memory(vocal.audio.duration_s, request.candidates)
    forecast = _forecast(request, service, vocal.audio)
    # Loaded first: a missing model or device is said before anyone waits for the analysis.
    stages_s = {"load models": service.load(on_step=lambda p: on_step(forecast.update(LOAD, 0.0, p.stage)))}
    on_step(forecast.update(LOAD, 1.0, tr("Listening")))
    started = time.perf_counter() - open_s
    analysis = analyse_vocal(
        vocal.audio,
        request.given,
        on_step=lambda p: on_step(
            forecast.update("listen", p.fraction, tr("Listening"), remaining_s=p.remaining_s)
        ),
        cancel=cancel,
        costs=service.costs,
    )
    stages_s["analysis"] = time.perf_counter() - started
    doubt = doubt_of_singing(analysis)
    if doubt:
        vocal = replace(vocal, warnings=(*vocal.warnings, doubt))
    if on_analysis:
        on_analysis(vocal, analysis)
    refuse_without_singing(vocal.name, analysis)
    aside = _Aside(request.out)
    exported: list[Mapping[str, object]] = []
    export_s = 0.0

    def keep(candidate: Candidate) -> None:
        nonlocal export_s
        began = time.perf_counter()
        forecast.skip()
        writing = tr(
            "Writing candidate {number} of {candidates}",
            number=candidate.number,
            candidates=request.candidates,
        )
        # All but the last are written while the next is played, and take longer for it.
        last = candidate.number == request.candidates
        stage = "write last" if last else "write"
        on_step(forecast.update(stage, 0.0, writing))
        order = ExportRequest(
            request.out,
            vocal,
            generation.analysis_of(candidate.number),
            candidate,
            request.seed,
            service.model_hashes,
            request.encoding,
        )
        try:
            result = export_candidate(order, on_whole=None if exported else aside.take)
        except StudioError:
            if not exported:
                aside.give_back()
            raise
        exported.append(_candidate_json(candidate, result))
        took_s = time.perf_counter() - began
        export_s += took_s
        if last:
            service.costs.learn("write", took_s, vocal.audio.duration_s)
        done = 1.0 if last else candidate.number / (request.candidates - 1)
        on_step(forecast.update(stage, done, writing))
        if on_exported:
            on_exported(candidate, result)

    def finish(status: str) -> Report:
        work_s = time.perf_counter() - started
        report = Report(
            vocal={
                "name": vocal.name,
                "path": str(vocal.path.absolute()),
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
        controls = replace(controls, chords=analysis.grid.in_bars(controls.chords, request.pickup))
    generation = GenerationRequest(vocal.audio, analysis, request.candidates, request.seed, controls)

    def step(progress: Progress) -> None:
        left_s = progress.remaining_s
        on_step(forecast.update("make", progress.fraction, progress.stage, remaining_s=left_s))

    try:
        result = service.generate(generation, Run(cancel, step, keep))
    except BaseException as error:
        with contextlib.suppress(OSError):  # the failure itself is what is to be said
            finish("cancelled" if isinstance(error, JobCancelled | KeyboardInterrupt) else "failed")
        raise
    stages_s.update({name: s for name, s in result.stages_s.items() if name not in stages_s})
    try:
        report = finish("done")
        if request.overwrite:
            aside.remove()
    except OSError as error:
        raise StudioError(
            tr("Cannot write the report in {out}", out=shown(str(request.out))),
            seen=error_text(error),
            expected=tr("a writable folder with free space; the candidates in it are whole"),
            todo=tr("Free some space or choose another folder"),
        ) from error
    return report


def _forecast(request: FolderRequest, service: GenerationService, vocal: Audio) -> Forecast:
    """Of the whole run, as far as it can be known before anything was heard."""
    costs, length_s = service.costs, vocal.duration_s
    work = length_s * request.candidates * (1 + ARRANGING)
    return Forecast(
        {
            LOAD: 0.0 if service.loaded else costs.seconds("load"),
            "listen": costs.seconds("listen", length_s),
            "make": costs.seconds("make", work),
            "write": costs.seconds("write", length_s * (request.candidates - 1)),
            "write last": costs.seconds("write", length_s),
        }
    )


class _Aside:
    """Earlier results of ours in a folder, and where they stepped aside to; what is not ours stays."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder: Path | None = None

    def take(self) -> None:
        """Moves them to `earlier`, or the first free name like it: all of them, or none. Raises OSError."""
        ours = [f for f in sorted(self._out.glob("candidate_*")) if (f / "manifest.json").exists()]
        ours += [f for f in [self._out / "report.json"] if f.exists()]
        if not ours:
            return
        folder = free_folder(self._out / "earlier")
        folder.mkdir()
        moved: list[Path] = []
        try:
            for path in ours:
                path.rename(folder / path.name)
                moved.append(path)
        except OSError:
            for path in moved:
                (folder / path.name).rename(path)
            folder.rmdir()
            raise
        self._folder = folder

    def give_back(self) -> None:
        """Moves them back where nothing new came: it was whole, and could not get its name."""
        folder, self._folder = self._folder, None
        if folder is None or any(self._out.glob("candidate_*")):
            return
        with contextlib.suppress(OSError):  # they are whole where they are
            for path in list(folder.iterdir()):
                path.rename(self._out / path.name)
            folder.rmdir()

    def remove(self) -> None:
        """For good. Raises OSError."""
        if self._folder is not None:
            shutil.rmtree(self._folder)


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
        "ticket": exported.marks.ticket,
        "nearest_tune": exported.nearest.as_json,
    }


def _settings_json(request: FolderRequest, key: Key) -> dict[str, object]:
    return {
        "candidates": request.candidates,
        "encoding": request.encoding,
        **controls_json(request.controls, key),
        **({"pickup": [chord.name(key) for chord in request.pickup]} if request.pickup else {}),
    }
