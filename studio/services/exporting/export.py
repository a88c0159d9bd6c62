"""A candidate on disk: stems a DAW can trust, the arrangement as MIDI, and where it all came from.

Choices: every PCM stem is first put on the integer grid (with dither where that loses something), and band
and mix are sums of those, so that what a DAW sums is the exported band bit for bit. Levels are left alone,
except that one common gain is taken from everything when any PCM file would pass -1 dBTP. The folder is
built under a temporary name, read back with another reader, and renamed: a candidate is whole or absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import studio
from studio.audio.wav import Encoding
from studio.core.analysis import VocalAnalysis
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.dsp.loudness import SILENCE_DB, to_db
from studio.services.exporting.daw_project import write_daw_project
from studio.services.exporting.export_audio import Measured, Tracks, verify_files
from studio.services.exporting.export_midi import write_midi
from studio.services.exporting.reaper_project import write_reaper_project
from studio.services.exporting.recipe_file import write_recipe
from studio.services.exporting.report import analysis_json
from studio.services.exporting.session import Session, Track, session_of
from studio.services.measuring.originality import (
    NOTHING_NEAR,
    Nearest,
    exported_songs,
    lines_of,
    nearest,
    tune_of,
)
from studio.services.provenance.marking import Level, Marks, mark_files, remember
from studio.services.provenance.ticket import Ticket, ticket_of
from studio.services.vocal import Vocal
from studio.storage.atomic import free_folder, named, new_folder, sweep_parts, sync_all, write_json
from studio.storage.paths import user_data_dir

__all__ = ["ExportRequest", "ExportedCandidate", "export_candidate", "free_folder"]

SCHEMA_VERSION = 1
CEILING_DBTP = -1.0
#: Room for what dither and rounding may add.
_CEILING_MARGIN_DB = 0.01
LICENCE = (
    "Made with Backline (MIT) and the models bundled with it. The card of each model in models/ lists its "
    "training data and their licences. Recorded instruments that are heard in it are named under `recordings`: those "
    "under CC BY ask for that credit wherever the music is published. Rights in the vocal stay with their holder."
)


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """One candidate to write.

    Attributes:
        parent: folder that gets `candidate_NN`; made when missing.
        seed, models: of the request that made the candidate: its seed, and SHA-256 by model name.
    """

    parent: Path
    vocal: Vocal
    analysis: VocalAnalysis
    candidate: Candidate
    seed: int
    models: Mapping[str, str]
    encoding: Encoding = "PCM_24"


@dataclass(frozen=True)
class ExportedCandidate:
    """What was written.

    Attributes:
        gain_db: the common gain, 0.0 when none was needed.
        checks: 'PASS' by file name: read back, and equal to what was meant to the last bit.
        marks: what each generated file says of its origin.
        nearest: the tune that the band is most like.
    """

    folder: Path
    gain_db: float
    checks: Mapping[str, str]
    marks: Marks = field(default_factory=lambda: Marks(""))
    nearest: Nearest = NOTHING_NEAR


def export_candidate(
    request: ExportRequest,
    *,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
    on_whole: Callable[[], None] | None = None,
) -> ExportedCandidate:
    """Writes, verifies and names one candidate folder; `_v02` and so on is added where the name is taken.

    Args:
        on_whole: called once everything is on the disk and verified, before the folder gets its name.

    Raises:
        StudioError: stems that do not match the vocal, a folder that cannot be written, or a file that does
            not read back as it was written. Nothing is left behind then, nor on JobCancelled.
    """
    name = f"candidate_{request.candidate.number:02d}"
    _check_stems(request)
    lines = lines_of(request.candidate.arrangement)
    near = nearest(lines, exported_songs(user_data_dir()), request.vocal.name)
    tracks = Tracks(request.vocal.audio, request.candidate.stems)

    def step(done: float) -> None:
        if cancel:
            cancel.check()
        if on_step:
            on_step(Progress("Writing stems", done))

    measured = tracks.measure(lambda done: step(0.4 * done))
    highest = max(m.true_peak_db for m in measured.values())
    ceiling = request.encoding != "FLOAT" and highest > CEILING_DBTP
    gain_db = CEILING_DBTP - _CEILING_MARGIN_DB - highest if ceiling else 0.0
    sweep_parts(request.parent, deep=False)
    with new_folder(
        request.parent / name,
        f"Cannot write {name}",
        expected=f"a writable folder with free space: {request.parent}",
        todo="Free some space or choose another folder",
    ) as temporary:
        sums = tracks.write(
            temporary, request.encoding, gain_db, measured, lambda done: step(0.4 + 0.3 * done)
        )
        # Before they are read back: what is verified is what will be there.
        ticket = _ticket(request)
        marks = mark_files(
            temporary,
            {
                file_name: Level(_raised(m.loudness_lufs, gain_db), _raised(m.true_peak_db, gain_db))
                for file_name, m in measured.items()
            },
            ticket,
            user_data_dir(),
            vocal_file=request.vocal.path,
            on_step=lambda done: step(0.7 + 0.1 * done),
        )
        checks = verify_files(temporary, sums, request.encoding, lambda done: step(0.8 + 0.2 * done))
        write_midi(
            temporary / "arrangement.mid", request.candidate.arrangement, request.vocal.audio.duration_s
        )
        session = _session(request, measured)
        write_daw_project(temporary / "session.dawproject", session)
        write_reaper_project(temporary / "session.rpp", session)
        levels = {
            file_name: {
                "peak_dbfs": round(_raised(to_db(m.peak), gain_db), 2),
                "true_peak_dbtp": round(_raised(m.true_peak_db, gain_db), 2),
                "loudness_lufs": round(_raised(m.loudness_lufs, gain_db), 2),
                "channels": m.channels,
                "check": checks[file_name],
                **marks.of(file_name),
            }
            for file_name, m in measured.items()
        }
        write_json(
            temporary / "manifest.json",
            {
                **_manifest(request, gain_db),
                "ticket": marks.ticket,
                "nearest_tune": near.as_json,
                "files": levels,
            },
        )
        if request.candidate.recipe is not None:
            write_recipe(temporary, request.candidate.recipe)
        sync_all(temporary)
        if on_whole:
            on_whole()
        folder = named(temporary, request.parent / name)
    # What is exported stands, whether or not it can be remembered.
    problem = remember(folder, measured, ticket, tune_of(lines), user_data_dir())
    marks = replace(marks, problem=problem)
    return ExportedCandidate(folder, gain_db, checks, marks, near)


def _ticket(request: ExportRequest) -> Ticket:
    return ticket_of(
        request.candidate,
        request.analysis,
        vocal_sha256=request.vocal.sha256,
        vocal_name=request.vocal.name,
        vocal=request.vocal.audio,
        seed=request.seed,
        models=request.models,
    )


def _session(request: ExportRequest, measured: Mapping[str, Measured]) -> Session:
    """Vocal and stems, each on a track; band and mix are what they sum to."""
    vocal = request.vocal.audio
    tracks = tuple(
        Track(name, f"{name}.wav", measured[f"{name}.wav"].channels)
        for name in ("vocal", *request.candidate.stems)
    )
    return session_of(
        request.vocal.name, request.candidate.arrangement, tracks, vocal.sample_rate, vocal.duration_s
    )


def _raised(level_db: float, gain_db: float) -> float:
    """A level after the common gain; silence stays silence."""
    return level_db + gain_db if level_db > SILENCE_DB else level_db


def _check_stems(request: ExportRequest) -> None:
    """Raises StudioError for stems that do not match the vocal."""
    vocal = request.vocal.audio
    for stem, audio in request.candidate.stems.items():
        if (audio.frames, audio.sample_rate) != (vocal.frames, vocal.sample_rate):
            raise StudioError(
                f"Cannot export candidate {request.candidate.number}",
                seen=f"{stem} of {audio.frames} frames at {audio.sample_rate} Hz",
                expected=f"the vocal's {vocal.frames} frames at {vocal.sample_rate} Hz",
                todo="Generate it again",
            )


def _manifest(request: ExportRequest, gain_db: float) -> dict[str, object]:
    vocal, candidate = request.vocal, request.candidate
    arrangement = candidate.arrangement
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": f"Backline {studio.__version__}",
        "ai_generated": True,
        "licence": candidate.settings.get("licence", LICENCE),
        "candidate": candidate.number,
        "seed": request.seed,
        "settings": dict(candidate.settings),
        "models": dict(request.models),
        "vocal": {
            "name": vocal.name,
            "sha256": vocal.sha256,
            "sample_rate": vocal.audio.sample_rate,
            "frames": vocal.audio.frames,
            "channels": vocal.audio.channels,
        },
        "tempo_bpm": round(arrangement.grid.tempo_bpm, 3),
        "meter": str(arrangement.grid.meter),
        "key": str(arrangement.key),
        "tuning_cents": round(arrangement.tuning_cents, 2),
        "style": arrangement.style,
        "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
        "bar_chords": [chord.name(arrangement.key) for chord in arrangement.bar_chords()],
        "beat_chords": [chord.name(arrangement.key) for chord in arrangement.chords],
        "beats_s": [round(t, 6) for t in arrangement.grid.times_s],
        "analysis": analysis_json(request.analysis),
        "encoding": request.encoding,
        "common_gain_db": round(gain_db, 3),
    }
