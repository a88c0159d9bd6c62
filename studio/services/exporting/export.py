"""A candidate on disk: stems a DAW can trust, the arrangement as MIDI, and where it all came from.

Choices: every PCM stem is first put on the integer grid (with dither where that loses something), and band
and mix are sums of those, so that what a DAW sums is the exported band bit for bit. Levels are left alone but for the
one common gain of studio.services.exporting.levels. The folder is built under a temporary name, read back with other
readers, and renamed: a candidate is whole or absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import studio
from studio.audio.wav import Encoding
from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import BAND, STEMS
from studio.core.candidate import Candidate, check_stems
from studio.core.errors import StudioError
from studio.core.export_names import SongNames
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.mix import VOCAL
from studio.dsp.loudness import SILENCE_DB, to_db
from studio.services.exporting.contents import (
    CLICK,
    DAW_PROJECT,
    MIDI,
    MIX,
    REAPER,
    SOUNDS,
    Contents,
    file_names,
    folder_name,
)
from studio.services.exporting.credits import credits_due, recordings_heard, write_credits
from studio.services.exporting.daw_project import write_daw_project
from studio.services.exporting.export_audio import Measured, Planned, Tracks, Written
from studio.services.exporting.export_midi import write_midi
from studio.services.exporting.levels import Levels, levels_of
from studio.services.exporting.proof import by_file, prove
from studio.services.exporting.proof_rules import Check
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
from studio.services.provenance.marking import Marks, Sounding, mark_files, remember
from studio.services.provenance.ticket import Ticket, ticket_of
from studio.services.vocal import Vocal
from studio.storage.atomic import free_folder, named, new_folder, sweep_parts, sync_all, write_json
from studio.storage.paths import user_data_dir

__all__ = ["ExportRequest", "ExportedCandidate", "export_candidate", "free_folder", "measure_levels"]

SCHEMA_VERSION = 1
LICENCE = (
    "Made with Backline (MIT) and the models bundled with it. The card of each model in models/ lists its "
    "training data and their licences. Recorded instruments that are heard in it are named under `recordings`: those "
    "under CC BY ask for that credit wherever the music is published. Rights in the vocal stay with their holder."
)


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """One candidate to write.

    Attributes:
        parent: folder that gets the candidate's; made when missing.
        seed, models: of the request that made the candidate: its seed, and SHA-256 by model name.
        contents: which files.
        names: what their names are made of; None for short names in `candidate_NN`.
        lower_vocal: whether the vocal file is lowered too, where the level demands it.
    """

    parent: Path
    vocal: Vocal
    analysis: VocalAnalysis
    candidate: Candidate
    seed: int
    models: Mapping[str, str]
    encoding: Encoding = "PCM_24"
    contents: Contents = field(default_factory=Contents)
    names: SongNames | None = None
    lower_vocal: bool = False


@dataclass(frozen=True)
class ExportedCandidate:
    """What was written.

    Attributes:
        gain_db: the common gain, 0.0 when none was needed.
        checks: 'PASS' or 'FAIL' by file name.
        levels: what was done about levels.
        proof: every rule of every file.
        files: the name of each file by what it holds, see contents.ROLES.
        marks: what each generated file says of its origin.
        nearest: the tune that the band is most like.
        credits: whom to name where it is published; they are in CREDITS.txt in the folder.
    """

    folder: Path
    gain_db: float
    checks: Mapping[str, str]
    levels: Levels | None = None
    proof: tuple[Check, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    marks: Marks = field(default_factory=lambda: Marks(""))
    nearest: Nearest = NOTHING_NEAR
    credits: tuple[str, ...] = ()


def measure_levels(
    request: ExportRequest, *, on_step: StepCallback | None = None, cancel: CancelToken | None = None
) -> Levels:
    """What `export_candidate` will do about levels, before it is asked to. Raises as it does."""
    _check_stems(request)
    measured = _tracks(request).measure(_stepper(on_step, cancel, tr("Measuring")))
    return levels_of(measured, request.encoding, lower_vocal=request.lower_vocal)


def export_candidate(
    request: ExportRequest,
    *,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
    on_whole: Callable[[], None] | None = None,
    on_levels: Callable[[Levels], None] | None = None,
) -> ExportedCandidate:
    """Writes, proves and names one candidate folder; `_v02` and so on is added where the name is taken.

    Args:
        on_whole: called once everything is on the disk and proved, before the folder gets its name.
        on_levels: called with what is done about levels, before anything is written.

    Raises:
        StudioError: stems that do not match the vocal, a folder that cannot be written, or a file that does
            not read back as it was written. Nothing is left behind then, nor on JobCancelled.
    """
    candidate, vocal = request.candidate, request.vocal
    name = folder_name(request.names, candidate.number, candidate.arrangement)
    _check_stems(request)
    lines, ticket, data_dir = lines_of(candidate.arrangement), _ticket(request), user_data_dir()
    near = nearest(lines, exported_songs(data_dir), ticket)
    tracks = _tracks(request)
    step = _stepper(on_step, cancel, tr("Writing stems"))
    measured = tracks.measure(lambda done: step(0.35 * done))
    levels = levels_of(measured, request.encoding, lower_vocal=request.lower_vocal)
    if on_levels:
        on_levels(levels)
    files, planned = _plan(request, levels, measured)
    sweep_parts(request.parent, deep=False)
    with new_folder(
        request.parent / name,
        tr("Cannot write {name}", name=name),
        expected=tr("a writable folder with free space: {parent}", parent=request.parent),
        todo=tr("Free some space or choose another folder"),
    ) as temporary:
        written = tracks.write(
            temporary, planned, request.encoding, measured, lambda done: step(0.35 + 0.3 * done),
            gain_db=levels.gain_db, vocal_file_db=levels.vocal_file_db,
        )  # fmt: skip
        # Before they are read back: what is proved is what will be there.
        sounds = {plan.name: _sounding(role, measured.get(role), levels) for role, plan in planned.items()}
        marks = mark_files(
            temporary, sounds, ticket, data_dir, vocal_file=vocal.path, on_step=lambda done: step(0.65 + 0.05 * done)
        )  # fmt: skip
        if MIDI in files:
            write_midi(temporary / files[MIDI], candidate.arrangement, vocal.audio.duration_s)
        session = _session(request, files, planned, levels)
        if DAW_PROJECT in files:
            write_daw_project(temporary / files[DAW_PROJECT], session)
        if REAPER in files:
            write_reaper_project(temporary / files[REAPER], session)
        if candidate.recipe is not None:
            write_recipe(temporary, candidate.recipe)
        manifest = {**_manifest(request, levels), "ticket": marks.ticket, "nearest_tune": near.as_json}
        recordings = recordings_heard(candidate.settings, files)
        if recordings:
            write_credits(temporary, recordings)
            manifest["credits"] = list(credits_due(recordings))
        entries = {
            file: {
                **_entry(role, planned.get(role), measured.get(role), written.get(role), levels),
                **marks.of(file, role),
            }
            for role, file in files.items()
        }
        write_json(temporary / "manifest.json", {**manifest, "files": entries})
        proof = prove(temporary, on_step=lambda progress: step(0.7 + 0.3 * progress.fraction), cancel=cancel)
        _refuse_failures(request.parent, proof)
        checks = by_file(proof)
        entries = {file: {**entry, "check": checks[file]} for file, entry in entries.items()}
        write_json(temporary / "manifest.json", {**manifest, "files": entries})
        sync_all(temporary)
        if on_whole:
            on_whole()
        folder = named(temporary, request.parent / name)
    # What is exported stands, whether or not it can be remembered.
    problem = remember(folder, sounds, ticket, tune_of(lines), data_dir)
    marks = replace(marks, problem=problem)
    return ExportedCandidate(
        folder, levels.gain_db, checks, levels, proof, files, marks, near, credits_due(recordings)
    )


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


def _sounding(role: str, measured: Measured | None, levels: Levels) -> Sounding:
    """A file of sound as its bext tells of it; of the click no level was measured."""
    if measured is None:
        return Sounding(role)
    gain_db = levels.vocal_file_db if role == VOCAL else levels.gain_db
    return Sounding(role, _raised(measured.loudness_lufs, gain_db), _raised(measured.true_peak_db, gain_db))


def _tracks(request: ExportRequest) -> Tracks:
    return Tracks(request.vocal.audio, request.candidate.stems, request.candidate.arrangement.grid)


def _stepper(on_step: StepCallback | None, cancel: CancelToken | None, stage: str) -> Callable[[float], None]:
    def step(done: float) -> None:
        if cancel:
            cancel.check()
        if on_step:
            on_step(Progress(stage, done))

    return step


def _plan(
    request: ExportRequest, levels: Levels, measured: Mapping[str, Measured]
) -> tuple[dict[str, str], dict[str, Planned]]:
    """The name of every file by role, and how those of sound are written."""
    roles = request.contents.of(request.candidate.stems)
    encodings: dict[str, Encoding] = dict.fromkeys(SOUNDS, request.encoding)
    if levels.vocal_as_float:
        encodings[VOCAL] = "FLOAT"
    candidate, rate = request.candidate, request.vocal.audio.sample_rate
    files = file_names(roles, request.names, candidate.number, candidate.arrangement, rate, encodings)
    channels = {CLICK: 1, **{role: m.channels for role, m in measured.items()}}
    planned = {
        role: Planned(file, encodings[role], channels[role]) for role, file in files.items() if role in SOUNDS
    }
    return files, planned


def _session(
    request: ExportRequest, files: Mapping[str, str], planned: Mapping[str, Planned], levels: Levels
) -> Session:
    """Vocal and stems, each on a track, or the band where no stem was wanted; what was not exported is not there."""
    vocal = request.vocal.audio
    stems = [stem for stem in STEMS if stem in planned] or [role for role in (BAND, MIX) if role in planned][
        :1
    ]
    sounds = stems if stems == [MIX] else [role for role in (VOCAL, *stems) if role in planned]
    volume = 10 ** (levels.vocal_in_mix_db / 20)
    tracks = tuple(
        Track(role, files[role], planned[role].channels, volume if role == VOCAL else 1.0) for role in sounds
    )
    return session_of(
        _title(request), request.candidate.arrangement, tracks, vocal.sample_rate, vocal.duration_s
    )


def _title(request: ExportRequest) -> str:
    return (request.names.title if request.names else "") or request.vocal.name


def _entry(
    role: str, plan: Planned | None, measured: Measured | None, written: Written | None, levels: Levels
) -> dict[str, object]:
    """A file in the manifest."""
    entry: dict[str, object] = {"role": role}
    if plan is not None and written is not None:
        entry |= {"encoding": plan.encoding, "channels": plan.channels, "samples_sha256": written.sha256}
    if measured is not None:
        gain_db = levels.vocal_file_db if role == VOCAL else levels.gain_db
        entry |= {
            "peak_dbfs": round(_raised(to_db(measured.peak), gain_db), 2),
            "true_peak_dbtp": round(_raised(measured.true_peak_db, gain_db), 2),
            "loudness_lufs": round(_raised(measured.loudness_lufs, gain_db), 2),
        }
    return entry


def _refuse_failures(parent: Path, proof: tuple[Check, ...]) -> None:
    """Raises StudioError where a file is not what was written."""
    failed = [check for check in proof if not check.passed]
    if failed:
        raise StudioError(
            tr("The export to {parent} did not verify", parent=parent),
            seen="; ".join(
                tr("{file}: not so: it {rule} ({found})", file=check.file, rule=check.rule, found=check.found)
                for check in failed[:3]
            ),
            expected=tr("every file to read back as it was written"),
            todo=tr("Check the disk, or export to another one"),
        )


def _raised(level_db: float, gain_db: float) -> float:
    """A level after the common gain; silence stays silence."""
    return level_db + gain_db if level_db > SILENCE_DB else level_db


def _check_stems(request: ExportRequest) -> None:
    """Raises StudioError for stems that do not match the vocal."""
    check_stems(
        request.candidate.stems,
        request.vocal.audio,
        what=tr("Cannot export candidate {number}", number=request.candidate.number),
        todo=tr("Generate it again"),
    )


def _manifest(request: ExportRequest, levels: Levels) -> dict[str, object]:
    vocal, candidate = request.vocal, request.candidate
    arrangement = candidate.arrangement
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": f"Backline {studio.__version__}",
        "ai_generated": True,
        "licence": candidate.settings.get("licence", LICENCE),
        "artist": request.names.artist if request.names else "",
        "title": _title(request),
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
        "common_gain_db": levels.gain_db,
        "vocal_file_gain_db": levels.vocal_file_db,
        "vocal_in_mix_db": levels.vocal_in_mix_db,
        "levels": levels.text,
    }
