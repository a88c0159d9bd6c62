"""What becomes of a candidate that is in the project: it is loaded, drawn and measured in the background."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.audio.source import Source
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.mapped_copy import copied
from studio.core.scratch import ScratchFile, release_pages
from studio.dsp.waveform import Waveform, outline
from studio.services.measuring.fit_report import FitReport, report_fit
from studio.services.measuring.levels import CandidateLevels, measure_levels
from studio.services.project.analyses import read_analysis
from studio.services.project.candidates import keep_fit, keep_levels, read_fit, read_levels
from studio.services.project.song import Song
from studio.ui.listening.playback import Playback
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.window.workspace import Workspace

#: Frames that are looked at at once.
_BLOCK = 1 << 20


class CandidateJobs(QObject):
    """Emits `measured` (number) when a fit report is there, `levelled` (number) when its levels are, and
    `stems_drawn` (number, waveforms by stem)."""

    measured = Signal(int)
    levelled = Signal(int)
    stems_drawn = Signal(int, object)

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        pictures: SpectrogramJobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._pictures = workspace, playback, pictures

    def show(self, song: Song, candidate: Candidate) -> None:
        """Gives a candidate its place in the player, its picture and its measures."""
        self._load(song, candidate)
        self._pictures.draw(candidate.number, band_of(candidate))
        self._measure(song, candidate)
        self.measure_levels(song, candidate)

    def measure_levels(self, song: Song, candidate: Candidate) -> None:
        """Loudness and true peak of the band, and of the mix with the vocal as it is now."""
        record, folder, vocal = song.project.record(candidate.number), song.folder, song.vocal

        def run(
            candidate: Candidate, /, *, on_step: StepCallback, cancel: CancelToken
        ) -> CandidateLevels | None:
            if folder is None:
                return None
            known = read_levels(folder, record.folder)
            if known is not None and known.vocal_sha256 == vocal.sha256:
                return known
            levels = measure_levels(candidate.stems, vocal.audio, vocal.sha256, cancel=cancel)
            with contextlib.suppress(OSError):  # measured again the next time
                keep_levels(folder, record.folder, levels)
            return levels

        def on_done(levels: CandidateLevels | None) -> None:
            if levels is not None and levels.vocal_sha256 == song.vocal.sha256:
                song.levels[candidate.number] = levels
                if song is self._workspace.song:
                    self.levelled.emit(candidate.number)

        self._workspace.runner.submit(
            "Measuring", run, candidate, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def draw_stems(self, song: Song, candidate: Candidate) -> None:
        """The outlines of the stems."""

        def run(
            stems: Mapping[str, Audio], /, *, on_step: StepCallback, cancel: CancelToken
        ) -> dict[str, Waveform]:
            drawn = {}
            for stem, audio in stems.items():
                cancel.check()
                drawn[stem] = outline(audio.mono(), audio.sample_rate)
                release_pages(audio.samples, 0, audio.frames)
            return drawn

        def on_done(drawn: dict[str, Waveform]) -> None:
            if song is self._workspace.song:
                self.stems_drawn.emit(candidate.number, drawn)

        self._workspace.runner.submit(
            "Drawing", run, candidate.stems, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def _load(self, song: Song, candidate: Candidate) -> None:
        player = self._playback.player

        def run(
            stems: Mapping[str, Audio], /, *, on_step: StepCallback, cancel: CancelToken
        ) -> dict[str, Source]:
            return {stem: player.prepare(stems[stem]) for stem in stems}

        def on_done(prepared: dict[str, Source]) -> None:
            if song is self._workspace.song:
                self._playback.add_candidate(candidate.number, prepared)

        self._workspace.runner.submit(
            "Loading", run, candidate.stems, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def _measure(self, song: Song, candidate: Candidate) -> None:
        record = song.project.record(candidate.number)
        folder = song.folder

        def run(candidate: Candidate, /, *, on_step: StepCallback, cancel: CancelToken) -> FitReport | None:
            if folder is None:
                return None
            known = read_fit(folder, record.folder)
            if known is not None:
                return known
            analysis = read_analysis(folder, record.origin.analysis)
            if analysis is None:
                return None
            fit = report_fit(candidate, analysis, cancel=cancel)
            with contextlib.suppress(OSError):  # measured again the next time
                keep_fit(folder, record.folder, fit)
            return fit

        def on_done(fit: FitReport | None) -> None:
            if fit is not None:
                song.fits[candidate.number] = fit
                if song is self._workspace.song:
                    self.measured.emit(candidate.number)

        self._workspace.runner.submit(
            "Measuring", run, candidate, on_done=on_done, on_failed=self._workspace.failed.emit
        )


def band_of(candidate: Candidate) -> Callable[[], Audio]:
    """The sum of a candidate's stems in one channel, made when called: on the disk, a block at a time."""

    def make() -> Audio:
        stems = [candidate.stems[stem] for stem in candidate.stems]
        if not stems:
            raise StudioError(f"Candidate {candidate.number} has no stems")
        frames = stems[0].frames
        band = ScratchFile(1, frames)
        for start in range(0, frames, _BLOCK):
            blocks = [copied(stem.samples, start, start + _BLOCK) for stem in stems]
            band.write(start, np.sum([block.mean(axis=0) for block in blocks], axis=0)[None])
            for stem in stems:
                release_pages(stem.samples, start, min(frames, start + _BLOCK))
        return Audio(band.mapped(), stems[0].sample_rate)

    return make
