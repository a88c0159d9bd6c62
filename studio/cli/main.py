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
from typing import TYPE_CHECKING

from studio.cli.options import make_parser
from studio.core.errors import JobCancelled, StudioError
from studio.core.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from studio.audio.wav import Encoding
    from studio.core.analysis import VocalAnalysis
    from studio.core.candidate import Candidate
    from studio.core.jobs import CancelToken
    from studio.services.exporting.export import ExportedCandidate
    from studio.services.generating.service import GenerationService
    from studio.services.vocal import Vocal

OK, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

ENCODINGS: dict[str, Encoding] = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}

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
        options = make_parser().parse_args(words)
    except SystemExit as exit_request:  # argparse has printed the help, or what was wrong
        return int(exit_request.code or 0)
    try:
        if options.command == "generate":
            return _generate(options, service)
        if options.command == "train":
            return _train(options)
        if options.command == "bench":
            return _bench(options)
        if options.command in ("vary", "regenerate"):
            return _change(options, service)
        if options.command == "import-fastsag":
            from studio.cli.import_fastsag import import_weights

            import_weights(options)
            return OK
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
    from studio.cli.progress import TerminalProgress
    from studio.core.analysis import Given
    from studio.core.controls import Controls
    from studio.core.engines import ENGINES
    from studio.core.jobs import CancelToken
    from studio.services.generating.engines import generation_service
    from studio.services.generating.generation_folder import FolderRequest, generate_to_folder
    from studio.storage.paths import models_dir, user_data_dir

    request = FolderRequest(
        vocal_path=options.vocal,
        out=options.out,
        candidates=options.candidates,
        seed=options.seed,
        given=Given(options.tempo, options.key, options.downbeat, options.meter, options.shift_beats),
        controls=Controls(
            style=options.style,
            density=options.density,
            chords=options.chords,
            energy=options.energy,
            instruments={
                stem: name
                for stem in INSTRUMENTS
                if (name := getattr(options, f"instrument_{stem}")) is not None
            },
            follow=options.follow,
        ),
        encoding=ENCODINGS[options.bits],
        overwrite=options.overwrite,
    )
    ENGINES[options.engine].check(request.controls)
    service = service or generation_service(
        options.engine,
        models_dir(),
        user_data_dir(),
        options.device,
        weights=options.weights,
        vocoder=options.vocoder,
    )
    cancel = CancelToken()
    finished: list[Path] = []

    with TerminalProgress(sys.stderr) as progress, _ctrl_c_cancels(cancel):

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
            progress.say(f"studio: Stopped with {_count(finished)} finished in {options.out}.")
            return INTERRUPTED
    print(
        f"{_count(finished)} in {options.out}, {report.real_time_factor:.2f} s of work for each second of music"
    )
    return OK


def _change(options: argparse.Namespace, service: GenerationService | None) -> int:
    from studio.cli.change import change
    from studio.core.jobs import CancelToken
    from studio.services.generating.service import GenerationService
    from studio.storage.paths import models_dir

    service = service or GenerationService(models_dir(), options.device)
    cancel = CancelToken()
    with _ctrl_c_cancels(cancel):
        try:
            made = change(options, ENCODINGS[options.bits], service, cancel, describe_candidate)
        except JobCancelled:
            print("studio: Stopped; candidates that were finished are whole.", file=sys.stderr)
            return INTERRUPTED
    print(f"{_count(made)} in {options.folder.resolve().parent}")
    return OK


def _count(candidates: Sequence[object]) -> str:
    return f"{len(candidates)} candidate{'' if len(candidates) == 1 else 's'}"


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
    return [*vocal.warnings, heard, *_doubt(analysis)]


def _doubt(analysis: VocalAnalysis) -> list[str]:
    """What to do about a tempo that nobody can be sure of."""
    if not analysis.unsure_of_tempo:
        return []
    tempi: list[float] = []  # readings may differ in their beats alone
    for reading in analysis.alternatives:
        if all(abs(reading.tempo_bpm / tempo - 1) > 0.02 for tempo in (analysis.tempo_bpm, *tempi)):
            tempi.append(reading.tempo_bpm)
    tries = [f"--tempo {tempo:.1f}" for tempo in tempi[:2]]
    return [
        f"Not sure of the beat: count along and give the tempo, perhaps {' or '.join(tries or ['--tempo BPM'])}"
    ]


def describe_candidate(candidate: Candidate, exported: ExportedCandidate) -> str:
    """One line a candidate: where, what, and that it was verified."""
    arrangement = candidate.arrangement
    if not arrangement.parts:
        untrained = candidate.settings.get("weights") == "untrained"
        what = "noise, for its weights are untrained" if untrained else "one sound without notes"
        return f"{exported.folder.name}: {arrangement.style}; {what}; {len(exported.checks)} files verified"
    band = ", ".join(part.instrument for part in arrangement.parts.values() if part.instrument != "none")
    chords = " ".join(chord.name(arrangement.key) for chord in arrangement.bar_chords()[:8])
    passed = sum(check == "PASS" for check in exported.checks.values())
    gain = f", all files lowered by {-exported.gain_db:.1f} dB" if exported.gain_db else ""
    settings = candidate.settings
    origin = f"{settings['change']} of {settings['parent']}; " if "parent" in settings else ""
    return f"{exported.folder.name}: {origin}{arrangement.style}; {band}; {chords} ...; {passed} files verified{gain}"


@contextlib.contextmanager
def _ctrl_c_cancels(cancel: CancelToken) -> Iterator[None]:
    """The first Ctrl+C asks the job to stop, so that what is being written gets finished; the second insists."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        # Nothing is printed here: the interrupted code may hold the lock of the stream.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancel.cancel()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _bench(options: argparse.Namespace) -> int:
    from studio.cli.bench import bench

    bench(options)
    return OK


def _train(options: argparse.Namespace) -> int:
    from studio.cli.train import train
    from studio.core.jobs import CancelToken

    cancel = CancelToken()
    with _ctrl_c_cancels(cancel):
        try:
            train(options, cancel)
        except JobCancelled:
            print("studio: Stopped; the same command goes on from here.", file=sys.stderr)
            return INTERRUPTED
    return OK


def _doctor() -> int:
    from studio.services.measuring.doctor import examine
    from studio.storage.paths import models_dir, resources_dir

    findings = []
    for finding in examine(models_dir(), resources_dir()):
        findings.append(finding)
        print(f"{finding.status:<4}  {finding.name:<12} {finding.seen}", flush=True)
        if finding.todo:
            print(f"{'':<19}-> {finding.todo}")
    return FAILED if any(finding.status == "FAIL" for finding in findings) else OK
