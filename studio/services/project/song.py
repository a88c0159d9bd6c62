"""The song on the desk: the open document, and the sounds and measurements that follow from it.

What the user did is in the document alone; everything here can be had again from it and from the project's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.core.analysis import VocalAnalysis
from studio.core.candidate import Candidate
from studio.core.commands import AddComp
from studio.core.export_names import SongNames
from studio.core.language import tr
from studio.core.music import Chord
from studio.core.names import is_file_name
from studio.core.project import CandidateRecord, Project
from studio.core.takes import AudioRef
from studio.services.exporting.contents import Contents
from studio.services.exporting.export import ExportRequest
from studio.services.exporting.settings import ExportSettings
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.levels import CandidateLevels
from studio.services.project.analyses import analysis_name, read_analysis
from studio.services.project.document import Document
from studio.services.project.opening import sound_path
from studio.services.project.vocal_file import open_kept
from studio.services.vocal import Vocal
from studio.storage.codec import damaged
from studio.storage.project_folder import ProjectFolder
from studio.storage.view_state import ViewState


@dataclass(eq=False)
class Song:
    """Changed on the main thread only.

    Attributes:
        folder: None until something was done that is worth keeping.
        base: the vocal before all takes; `vocal` is the one that is heard, as the comp says.
        analysis: of `vocal`, with the user's values where there are any; None until it is done.
        analysis_name: under which the project keeps it; while something newer is listened to, not `wanted_analysis`.
        candidates, fits, levels: by number; a fit report comes some time after its candidate, its levels after that.
        view: how it was looked at when it was left.
    """

    document: Document
    folder: ProjectFolder | None
    base: Vocal
    vocal: Vocal
    analysis: VocalAnalysis | None = None
    analysis_name: str = ""
    candidates: dict[int, Candidate] = field(default_factory=dict)
    fits: dict[int, FitReport] = field(default_factory=dict)
    levels: dict[int, CandidateLevels] = field(default_factory=dict)
    view: ViewState = field(default_factory=ViewState)

    @property
    def project(self) -> Project:
        return self.document.project

    @property
    def wanted_analysis(self) -> str:
        """The name of the analysis of the vocal that is heard, with what the user says of it now."""
        return analysis_name(self.vocal.sha256, self.base.sha256, self.project.given)

    @property
    def is_heard(self) -> bool:
        """Whether the analysis is of now: not while the vocal is listened to again."""
        return self.analysis is not None and self.analysis_name == self.wanted_analysis

    @property
    def poor(self) -> set[int]:
        """The candidates with problems in their fit report."""
        return {number for number, fit in self.fits.items() if fit.problems}

    @property
    def next_number(self) -> int:
        """Of a new candidate: not that of a comp that was taken back, which may come again."""
        return next_number(self.document)

    def bar_chords(self) -> tuple[Chord, ...]:
        """One chord for each bar of the grid; empty while there is none."""
        if self.analysis is None:
            return ()
        return self.project.bar_chords(self.analysis.grid, self.analysis.chords)


def next_number(document: Document) -> int:
    """See `Song.next_number`."""
    undone = (step.command for step in document.state.undone)
    back = [command.record.number for command in undone if isinstance(command, AddComp)]
    return max([*document.project.numbers, *back], default=0) + 1


def ref_of(vocal: Vocal) -> AudioRef:
    """A vocal as the project knows it."""
    audio, suffix = vocal.audio, _text(vocal.path.suffix)
    suffix = suffix if is_file_name(suffix) else ""
    return AudioRef(
        vocal.sha256, _text(vocal.name), suffix, audio.sample_rate, audio.frames, audio.channels, vocal.encoding,
        _text(str(vocal.path)),
    )  # fmt: skip


def _text(name: str) -> str:
    """A name that can be kept: bytes of an old file system that are no characters become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def open_ref(folder: ProjectFolder, ref: AudioRef) -> Vocal:
    """A project's sound, read. Raises StudioError where it is gone, or no longer what it was."""
    vocal = open_kept(sound_path(folder, ref))
    if vocal.sha256 != ref.sha256:
        raise damaged(f"{ref.name}{ref.suffix}", ValueError("another file of that name"))
    return replace(vocal, name=ref.name)


@dataclass(frozen=True, eq=False)
class ExportJob:
    """One candidate to export, with the vocal and the analysis it was made for: not those of today.

    Attributes:
        at_hand: vocals that are open, by SHA-256.
    """

    folder: ProjectFolder
    record: CandidateRecord
    candidate: Candidate
    title: str
    at_hand: Mapping[str, Vocal]
    parent: Path
    settings: ExportSettings = ExportSettings()  # noqa: RUF009  # immutable
    artist: str = ""


def export_request(job: ExportJob) -> ExportRequest:
    """What to write. Reads files; raises StudioError where one of them is gone, FolderGone where all are."""
    job.folder.require()
    origin = job.record.origin
    vocal = job.at_hand.get(origin.vocal_sha256)
    if vocal is None:
        found = next(iter(sorted(job.folder.audio.glob(f"{origin.vocal_sha256}.*"))), None)
        if found is None:
            raise damaged(
                tr("the vocal of candidate {number}", number=job.record.number),
                FileNotFoundError("it is gone"),
            )
        vocal = replace(open_kept(found), name=job.title)
    analysis = read_analysis(job.folder, origin.analysis)
    if analysis is None:
        raise damaged(
            tr("what was heard for candidate {number}", number=job.record.number),
            FileNotFoundError("it is gone"),
        )
    settings = job.settings
    return ExportRequest(
        job.parent,
        vocal,
        analysis,
        job.candidate,
        origin.seed,
        origin.models,
        settings.encoding,
        Contents(settings.roles),
        SongNames(job.artist, job.title, settings.by_template),
        settings.lower_vocal,
    )


def export_job(song: Song, number: int, parent: Path, settings: ExportSettings) -> ExportJob:
    """The order to export a candidate of a song that is open, and has a folder."""
    assert song.folder is not None
    at_hand = {vocal.sha256: vocal for vocal in (song.base, song.vocal)}
    project = song.project
    return ExportJob(
        song.folder, project.record(number), song.candidates[number], project.title, at_hand, parent, settings,
        project.artist,
    )  # fmt: skip
