"""A vocal enters here: open a file, then learn what is sung in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from studio.audio.file_bytes import shown
from studio.audio.files import read_vocal
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.scratch import ScratchFile
from studio.services.costs import Costs
from studio.services.forecast import Forecast
from studio.services.installation import libraries

#: From here on a recording is not kept in memory: three minutes of one channel.
_LARGE_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class Vocal:
    """An opened vocal.

    Attributes:
        name: file name without suffix, for titles.
        sha256: of the file's bytes, for manifests.
        encoding: sample format of the file, such as 'PCM_24'.
        warnings: sentences for the user; empty when nothing was odd.
    """

    audio: Audio
    path: Path
    name: str
    sha256: str
    encoding: str = "FLOAT"
    warnings: tuple[str, ...] = ()


def open_vocal(path: Path) -> Vocal:
    """Reads 2 seconds to 10 minutes of WAV, AIFF, FLAC, MP3 or OGG, from a file or a pipe; raises StudioError for
    anything else."""
    file = read_vocal(path)
    return Vocal(on_disk(file.audio), path, shown(path.stem), file.sha256, file.encoding, file.warnings)


def on_disk(audio: Audio) -> Audio:
    """A long recording as it waits on the disk, mapped; a short one as it is."""
    if audio.samples.nbytes < _LARGE_BYTES:
        return audio
    file = ScratchFile(audio.channels, audio.frames)
    file.write(0, audio.samples)
    return Audio(file.mapped(), audio.sample_rate)


def analyse_vocal(
    audio: Audio,
    given: Given | None = None,
    *,
    song: VocalAnalysis | None = None,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
    costs: Costs | None = None,
) -> VocalAnalysis:
    """Pitch, notes, beats, key and a harmonisation; values in `given`, or of the `song` sung over, are taken instead
    of estimated. With `costs` the progress tells what is left from its first report on, and the costs learn."""
    # Imported here: the pitch network's runtime takes a while to load, and the window must not wait for it.
    with libraries():
        from studio.analysis import analyse

    if costs is None:
        return analyse(audio, given, song=song, on_step=on_step, cancel=cancel)
    began = time.perf_counter()
    forecast = Forecast({"listen": costs.seconds("listen", audio.duration_s)})

    def step(progress: Progress) -> None:
        if on_step:
            on_step(forecast.update("listen", progress.fraction, progress.stage))

    analysis = analyse(audio, given, song=song, on_step=step, cancel=cancel)
    costs.learn("listen", time.perf_counter() - began, audio.duration_s)
    return analysis


def doubt_of_singing(analysis: VocalAnalysis) -> str:
    """A sentence for the user where nobody is heard to sing; empty where somebody is, or an instrument plays."""
    if analysis.heard == "nothing":
        return tr("No singing is heard in it, only noise or silence.")
    if analysis.heard == "unpitched":
        return tr(
            "No singing is heard in it, only a rhythm: the band can follow the beat, but the "
            "chords are made up."
        )
    return ""


def refuse_without_singing(name: str, analysis: VocalAnalysis) -> None:
    """Raises StudioError where there is nothing that a band could follow; a tempo that the user gave is enough."""
    if analysis.heard != "nothing" or analysis.given.tempo_bpm is not None:
        return
    raise StudioError(
        tr("No singing is heard in {name}", name=name),
        seen=tr("noise, a single pop or silence"),
        expected=tr("a voice, an instrument or at least a beat"),
        todo=tr(
            "Choose another recording; where you are sure, give its tempo and a band is made all the same"
        ),
    )
