"""`studio export`: candidates of a project or a folder as files for a DAW; and the proof of an export."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import cast

from studio.cli.command import (
    FAILED,
    INTERRUPTED,
    OK,
    WRONG_USE,
    Commands,
    Context,
    count,
    ctrl_c_cancels,
)
from studio.cli.describe import credits_lines
from studio.cli.options import ENCODINGS
from studio.core.amounts import many
from studio.core.errors import JobCancelled, StudioError

_GROUPS = ("all", "favourites", "picked")


def add_parser(commands: Commands) -> None:
    """A source, which candidates, which files, and how they are written."""
    parser = commands.add_parser(
        "export",
        help="write candidates as stems, MIDI and DAW sessions, or verify an export",
        description="Writes candidates of a project (Song.backline) or of a folder of results: stems, band, mix, "
        "MIDI and sessions, named by artist, song, candidate, stem, tempo, key and format. Every file is read back. "
        "With --verify nothing is written: an export is read again, rule by rule.",
        epilog="Example: studio export Song.backline --out stems --candidates favourites --bits 24",
    )
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="a project, a folder of candidates, or an export"
    )
    parser.add_argument(
        "--verify", action="store_true", help="read an export again; exit code 1 if a rule fails"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the exported folders")
    parser.add_argument(
        "--candidates",
        type=_candidates,
        default="all",
        metavar="WHICH",
        help="all, favourites, picked, or numbers such as 1,3 (default all)",
    )
    parser.add_argument(
        "--stems",
        type=_stems,
        metavar="LIST",
        help="such as drums,bass (default: all), or none",
    )
    for name in ("vocal", "band", "mix", "midi", "sessions"):
        parser.add_argument(f"--no-{name}", action="store_true", help=f"without {name}")
    parser.add_argument("--click", action="store_true", help="a click on the beats too")
    parser.add_argument("--bits", choices=tuple(ENCODINGS), default="24", help="sample format (default 24)")
    parser.add_argument(
        "--lower-vocal",
        action="store_true",
        help="lower the vocal file too where the mix is too loud (it is left alone otherwise)",
    )
    parser.add_argument("--artist", metavar="NAME", help="for the names (default: the project's)")
    parser.add_argument("--title", metavar="NAME", help="for the names (default: the project's)")
    parser.add_argument("--short", action="store_true", help="short names, such as drums.wav")
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Exports, or verifies. Raises StudioError for a folder that is not what it should be."""
    if options.verify:
        return _verify(options.path)
    if options.out is None:
        print("studio export: --out DIR says where to write", file=sys.stderr)
        return WRONG_USE
    return _export(options)


def _export(options: argparse.Namespace) -> int:
    from studio.cli.progress import TerminalProgress
    from studio.core.arrangement import BAND, STEMS
    from studio.core.jobs import CancelToken
    from studio.services.exporting.contents import CLICK, DAW_PROJECT, MIDI, MIX, REAPER
    from studio.services.exporting.export import export_candidate
    from studio.services.exporting.levels import Levels
    from studio.services.exporting.proof import summary
    from studio.services.exporting.settings import ExportSettings, Which
    from studio.services.project.exports import ExportOrder, export_requests

    without = {
        role
        for name, roles in {
            "vocal": ("vocal",), "band": (BAND,), "mix": (MIX,), "midi": (MIDI,), "sessions": (DAW_PROJECT, REAPER),
        }.items()
        if getattr(options, f"no_{name}")
        for role in roles
    }  # fmt: skip
    roles = {
        "vocal",
        BAND,
        MIX,
        MIDI,
        DAW_PROJECT,
        REAPER,
        *(STEMS if options.stems is None else options.stems),
        *([CLICK] if options.click else []),
    }
    group = cast("Which", options.candidates if isinstance(options.candidates, str) else "chosen")
    settings = ExportSettings(
        group, frozenset(roles - without), ENCODINGS[options.bits], not options.short, options.lower_vocal
    )
    numbers = () if isinstance(options.candidates, str) else options.candidates
    order = ExportOrder(options.path, options.out, settings, numbers, options.artist, options.title)
    cancel, done = CancelToken(), []
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):
        try:
            for request in export_requests(order, cancel):
                number = request.candidate.number

                def say_levels(levels: Levels, number: int = number) -> None:
                    progress.say(f"Candidate {number}: {levels.text}")

                exported = export_candidate(
                    request, on_step=progress.on_step, cancel=cancel, on_levels=say_levels
                )
                done.append(exported)
                progress.say(
                    f"{exported.folder.name}: {many(len(exported.files), 'file')}, {summary(exported.proof)}"
                )
                for line in credits_lines(exported):
                    progress.say(line)
        except JobCancelled:
            progress.say("studio: Stopped; what was exported is whole.")
            return INTERRUPTED
    print(f"{count(done)} in {options.out.resolve()}")
    return OK


def _verify(path: Path) -> int:
    from studio.services.exporting.proof import prove, summary

    folders = (
        [path]
        if (path / "manifest.json").exists()
        else sorted(p.parent for p in path.glob("*/manifest.json"))
    )
    if not folders:
        raise StudioError(
            f"Nothing to verify in {path}",
            seen=_instead_of_an_export(path),
            expected="a folder that Backline exported, with its manifest.json, or a folder of such folders",
            todo="Name the folder of the export; studio export SOURCE --out FOLDER makes one",
        )
    failed = False
    for folder in folders:
        checks = prove(folder)
        for check in checks:
            print(f"{check.state}  {check.file}: {check.rule} ({check.found})")
        print(f"{folder.name}: {summary(checks)}")
        failed = failed or not all(check.passed for check in checks)
    return FAILED if failed else OK


def _instead_of_an_export(path: Path) -> str:
    from studio.storage.project_folder import SUFFIX

    if not path.exists():
        return "nothing of that name"
    if not path.is_dir():
        return "a file"
    if path.suffix == SUFFIX:
        return "a project, which is no export itself"
    return "no manifest.json in it, nor in a folder in it"


def _candidates(text: str) -> str | tuple[int, ...]:
    """An argparse type: a group, or numbers."""
    if text in _GROUPS:
        return text
    try:
        numbers = tuple(int(word) for word in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_GROUPS)}, and no list such as 1,3")
    return numbers


def _stems(text: str) -> tuple[str, ...]:
    """An argparse type: stems by name."""
    from studio.core.arrangement import STEMS  # loads numpy, which no help needs

    words = [word.strip() for word in text.split(",") if word.strip() and word.strip() != "none"]
    wrong = [word for word in words if word not in STEMS]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(STEMS)}")
    return tuple(stem for stem in STEMS if stem in words)
