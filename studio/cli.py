"""The command line: the window's headless twin on the same services.

Exit codes: 0 done, 1 failed with one clear line, 2 wrong use, 130 stopped with Ctrl+C.
Everything heavy is imported when its command runs, so that --help answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from studio import __version__
from studio.core.errors import JobCancelled, StudioError

if TYPE_CHECKING:
    from studio.audio.wav import Encoding
    from studio.core.analysis import VocalAnalysis
    from studio.core.jobs import CancelToken
    from studio.core.music import Chord, Key, Meter
    from studio.core.request import Candidate
    from studio.services.export import ExportedCandidate
    from studio.services.generation import GenerationService
    from studio.services.vocal import Vocal

OK, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

ENCODINGS: dict[str, Encoding] = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}

T = TypeVar("T")
Number = TypeVar("Number", int, float)
OpenWindow = Callable[[Path | None, str], int]


def run(words: Sequence[str], open_window: OpenWindow, service: GenerationService | None = None) -> int:
    """Runs one command.

    Args:
        words: the command line without the program's name.
        open_window: opens the window on a vocal, a folder of results, or None, with a device.
        service: the generator; by default the bundled models on the device asked for.

    Returns:
        The exit code.
    """
    try:
        options = _parser().parse_args(words)
    except SystemExit as exit_request:  # argparse has printed the help, or what was wrong
        return int(exit_request.code or 0)
    try:
        if options.command == "generate":
            return _generate(options, service)
        if options.command == "doctor":
            return _doctor()
        return _app(options, open_window)
    except StudioError as error:
        print(f"studio: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("studio: stopped.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if options.traceback:
            traceback.print_exc()
        hint = "" if options.traceback else " (studio --traceback ... says where)"
        print(f"studio: Unexpected failure{hint}: {type(error).__name__}: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="studio", description="Backline: accompaniments for a vocal, made on this machine."
    )
    parser.add_argument("--version", action="version", version=f"Backline {__version__}")
    parser.add_argument("--traceback", action="store_true", help="say where an unexpected failure happened")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(command="app", path=None, device="auto")

    app = commands.add_parser("app", help="open the window (the default)")
    app.add_argument("path", nargs="?", type=Path, help="a vocal, or a folder of candidates, to open at once")
    _add_device(app)

    generate = commands.add_parser(
        "generate",
        help="make accompaniments for a vocal",
        description="Makes accompaniments for a vocal. Each candidate gets a folder with its stems, the band, the "
        "mix and the arrangement as MIDI. What is not given is estimated from the singing.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped with Ctrl+C (finished candidates are whole).",
    )
    generate.add_argument("vocal", type=Path, help="WAV, AIFF, FLAC, MP3 or OGG, 2 seconds to 10 minutes")
    generate.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    generate.add_argument(
        "--candidates", type=_number(int, 1, 8), default=4, metavar="N", help="1 to 8 (default 4)"
    )
    generate.add_argument(
        "--seed",
        type=_number(int, 0, 2**31 - 1),
        default=1,
        metavar="N",
        help="the same seed, the same music (default 1)",
    )
    generate.add_argument(
        "--tempo", type=_number(float, 30, 300), metavar="BPM", help="quarters a minute, 30 to 300"
    )
    generate.add_argument("--key", type=_key, metavar="KEY", help="such as 'A minor' or Bb")
    generate.add_argument("--meter", type=_meter, metavar="N/N", help="4/4, 3/4, 6/8 or 2/4")
    generate.add_argument(
        "--downbeat", type=_number(float, 0, 600), metavar="SECONDS", help="a moment where a bar begins"
    )
    generate.add_argument(
        "--style", type=_style, metavar="STYLE", help="such as 'pop ballad' (a wrong name lists all)"
    )
    generate.add_argument("--density", choices=("sparse", "medium", "busy"), help="how much is played")
    generate.add_argument(
        "--chords", type=_chords, metavar="CHORDS", help="one a bar, repeated to the end, such as 'Am F C G'"
    )
    generate.add_argument(
        "--bits", choices=("16", "24", "float"), default="24", help="sample format (default 24)"
    )
    generate.add_argument(
        "--overwrite",
        action="store_true",
        help="remove earlier candidates in DIR instead of moving them to DIR/earlier",
    )
    _add_device(generate)

    commands.add_parser("doctor", help="say what works on this machine")
    return parser


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: CUDA if present)",
    )


def _app(options: argparse.Namespace, open_window: OpenWindow) -> int:
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in screens):
        raise StudioError(
            "Cannot open the window",
            seen="no display (DISPLAY and WAYLAND_DISPLAY are empty)",
            expected="a graphical session",
            todo="Use 'studio generate' here, or start it from a desktop",
        )
    if options.path is not None and not options.path.exists():
        raise StudioError(f"Cannot open {options.path}", seen="no such file or folder", todo="Check the path")
    return open_window(options.path, options.device)


def _generate(options: argparse.Namespace, service: GenerationService | None) -> int:
    from studio.cli_progress import TerminalProgress
    from studio.core.analysis import Given
    from studio.core.jobs import CancelToken
    from studio.core.request import Controls
    from studio.services.generation import GenerationService
    from studio.services.generation_folder import FolderRequest, generate_to_folder
    from studio.storage.paths import models_dir

    request = FolderRequest(
        vocal_path=options.vocal,
        out=options.out,
        candidates=options.candidates,
        seed=options.seed,
        given=Given(options.tempo, options.key, options.downbeat, options.meter),
        controls=Controls(options.style, options.density, options.chords),
        encoding=ENCODINGS[options.bits],
        overwrite=options.overwrite,
    )
    service = service or GenerationService(models_dir(), options.device)
    cancel = CancelToken()
    finished: list[Path] = []

    with TerminalProgress(sys.stderr) as progress, _ctrl_c_cancels(cancel, progress.say):

        def on_analysis(vocal: Vocal, analysis: VocalAnalysis) -> None:
            for line in describe_analysis(vocal, analysis):
                progress.say(line)

        def on_exported(candidate: Candidate, exported: ExportedCandidate) -> None:
            finished.append(exported.folder)
            progress.say(describe_candidate(candidate, exported))

        try:
            report = generate_to_folder(
                request,
                service,
                on_step=progress.on_step,
                cancel=cancel,
                on_analysis=on_analysis,
                on_exported=on_exported,
            )
        except (JobCancelled, KeyboardInterrupt):
            progress.say(f"studio: stopped; {len(finished)} finished candidates in {options.out}.")
            return INTERRUPTED
    print(
        f"{len(finished)} candidates in {options.out} ({report.real_time_factor} s of work per second and candidate)"
    )
    return OK


def describe_analysis(vocal: Vocal, analysis: VocalAnalysis) -> list[str]:
    """What was heard, for the terminal; values that were given are marked so."""
    given, sure = analysis.given, analysis.confidence

    def value(text: str, was_given: bool, confidence: float) -> str:
        return f"{text} ({'given' if was_given else f'{confidence:.0%} sure'})"

    tempo = value(f"{analysis.tempo_bpm:.1f} bpm", given.tempo_bpm is not None, sure.tempo)
    meter = value(str(analysis.grid.meter), given.meter is not None, sure.downbeats)
    key = value(str(analysis.key), given.key is not None, sure.key)
    rate = f"{vocal.audio.sample_rate / 1000:g} kHz"
    heard = f"{vocal.name}: {analysis.duration_s:.1f} s, {rate}, {tempo}, {meter}, {key}, {len(analysis.notes)} notes"
    return [*vocal.warnings, heard]


def describe_candidate(candidate: Candidate, exported: ExportedCandidate) -> str:
    """One line a candidate: where, what, and that it was verified."""
    arrangement = candidate.arrangement
    band = ", ".join(part.instrument for part in arrangement.parts.values() if part.instrument != "none")
    chords = " ".join(chord.name(arrangement.key) for chord in arrangement.bar_chords()[:8])
    passed = sum(check == "PASS" for check in exported.checks.values())
    gain = f", all files lowered by {-exported.gain_db:.1f} dB" if exported.gain_db else ""
    return f"{exported.folder.name}: {arrangement.style}; {band}; {chords} ...; {passed} files verified{gain}"


@contextlib.contextmanager
def _ctrl_c_cancels(cancel: CancelToken, say: Callable[[str], None]) -> Iterator[None]:
    """The first Ctrl+C asks the job to stop, so that what is being written gets finished; the second insists."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancel.cancel()
        say("Stopping ... (Ctrl+C again to stop at once)")

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _doctor() -> int:
    from studio.services.doctor import examine
    from studio.storage.paths import models_dir, resources_dir

    findings = []
    for finding in examine(models_dir(), resources_dir()):
        findings.append(finding)
        print(f"{finding.status:<4}  {finding.name:<12} {finding.seen}", flush=True)
        if finding.todo:
            print(f"{'':<19}-> {finding.todo}")
    return FAILED if any(finding.status == "FAIL" for finding in findings) else OK


def _number(kind: type[Number], low: float, high: float) -> Callable[[str], Number]:
    """An argparse type: a number within bounds."""

    def parse(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return parse


def _parsed_by(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except StudioError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _key(text: str) -> Key:
    from studio.core.music import Key

    return _parsed_by(Key.parse, text)


def _meter(text: str) -> Meter:
    from studio.core.music import Meter

    return _parsed_by(Meter.parse, text)


def _chords(text: str) -> tuple[Chord, ...]:
    from studio.core.music import Chord

    chords = _parsed_by(Chord.parse_many, text)
    if not chords:
        raise argparse.ArgumentTypeError("no chords in it; give one a bar, such as 'Am F C G'")
    return chords


def _style(text: str) -> str:
    from studio.core.score import STYLES

    if text.lower() not in STYLES:
        raise argparse.ArgumentTypeError(f"there is no style {text!r}; choose from {', '.join(STYLES)}")
    return text.lower()
