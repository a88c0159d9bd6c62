"""`studio generate`: a vocal in, a folder of accompaniments out."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.command import INTERRUPTED, OK, WRONG_USE, Commands, Context, count, ctrl_c_cancels
from studio.cli.describe import describe_analysis, describe_beats, describe_candidate
from studio.cli.options import (
    ENCODINGS,
    add_making,
    chords,
    energy,
    folder,
    instrument,
    key,
    meter,
    number,
    quarters,
    style,
    tuning,
)
from studio.core.errors import JobCancelled
from studio.core.instruments import INSTRUMENTS
from studio.core.music import PLAYED_BPM

if TYPE_CHECKING:
    from studio.core.analysis import VocalAnalysis
    from studio.core.candidate import Candidate
    from studio.core.grid import BeatGrid
    from studio.services.exporting.export import ExportedCandidate
    from studio.services.vocal import Vocal


def add_parser(commands: Commands) -> None:
    """A vocal, a folder, and wishes."""
    parser = commands.add_parser(
        "generate",
        help="make accompaniments for a vocal",
        description="Makes accompaniments for a vocal. Each candidate gets a folder with its stems, the band, the "
        "mix and the arrangement as MIDI. What is not given is estimated from the singing. Where the beat is in "
        "doubt, the candidates are made to the likeliest readings of it, so that their tempo and bar lines may differ, "
        "and only those of one reading can be bred or put together: give --tempo and --downbeat, and all have it.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped with Ctrl+C (finished candidates are whole).",
    )
    parser.add_argument(
        "vocal",
        type=Path,
        nargs="?",
        help="WAV, AIFF, FLAC, MP3 or OGG, 2 seconds to 10 minutes; with --ticket only where no project here has it",
    )
    parser.add_argument(
        "--ticket",
        type=Path,
        metavar="FILE",
        help="a stem, band or mix that was exported: its candidate is made again, and no other wishes count",
    )
    parser.add_argument("--out", type=folder, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--engine",
        choices=("band", "fastsag"),
        default="band",
        help="band (default), or fastsag: the system of arXiv 2405.07682, imported once; one sound, no wishes",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="with --engine fastsag: a model of your own training, or 'untrained' to try the way with noise",
    )
    parser.add_argument(
        "--vocoder",
        type=Path,
        metavar="FILE",
        help="with the band model: a public bigvgan_v2_44khz_128band_512x instead of its own vocoder",
    )
    parser.add_argument(
        "--tempo", type=number(float, *PLAYED_BPM), metavar="BPM", help="quarters a minute, 30 to 300"
    )
    parser.add_argument("--key", type=key, metavar="KEY", help="such as 'A minor' or Bb")
    parser.add_argument("--meter", type=meter, metavar="N/N", help="4/4, 3/4, 6/8, 2/4, 5/4 or 7/8")
    parser.add_argument(
        "--downbeat", type=number(float, 0, 600), metavar="SECONDS", help="a moment where a bar begins"
    )
    parser.add_argument(
        "--shift-beats",
        type=quarters,
        default=0.0,
        metavar="QUARTERS",
        help="move the bar lines so many quarters later, or earlier with a minus: 1, 2 ...; with halves, as 0.5, the "
        "beats move too",
    )
    parser.add_argument(
        "--guide",
        type=Path,
        metavar="FILE",
        help="a click, drums, a guitar, a rough mix, a MIDI file, a .dawproject or a .rpp that begins with the vocal: "
        "beats, bars and chords are taken from it",
    )
    time = parser.add_mutually_exclusive_group()
    time.add_argument(
        "--steady", dest="drift", action="store_const", const=False, help="one exact tempo throughout"
    )
    time.add_argument(
        "--drift",
        action="store_const",
        const=True,
        help="beats that follow the singer, for one without a click",
    )
    parser.add_argument(
        "--tuning",
        type=tuning,
        metavar="A",
        help="what the band is tuned to: the hertz of A, 415 to 466 such as 442, or cents above 440 Hz, -100 to 100 "
        "such as -32 (default: the singer's tuning)",
    )
    parser.add_argument(
        "--style", type=style, metavar="STYLE", help="such as 'pop ballad' (a wrong name lists all)"
    )
    parser.add_argument("--density", choices=("sparse", "medium", "busy"), help="how much is played")
    parser.add_argument(
        "--energy",
        type=energy,
        metavar="LEVELS",
        help="hush, low, medium or high; several, such as 'low medium high', are spread over the song",
    )
    parser.add_argument(
        "--follow",
        choices=("loose", "normal", "close"),
        help="how closely chords, accents and fills keep to what is sung (default normal)",
    )
    parser.add_argument(
        "--sound",
        choices=("auto", "recorded", "network"),
        default="auto",
        help="who plays: recorded instruments wherever there are any, the network, or for each stem what measured "
        "better (auto, default)",
    )
    for stem in INSTRUMENTS:
        parser.add_argument(
            f"--{stem}",
            dest=f"instrument_{stem}",
            type=instrument(stem),
            metavar="INSTRUMENT",
            help=f"instrument of the {stem}, or none (a wrong name lists all)",
        )
    parser.add_argument(
        "--chords",
        type=chords,
        metavar="CHORDS",
        help="one a bar from the first full bar on, repeated, such as 'Am F C G'; those of a pickup first, in "
        "brackets: '(G) C F'",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="remove earlier candidates in DIR instead of moving them to DIR/earlier",
    )
    add_making(parser, candidates=4)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Analyses, generates, exports; says what was heard and what was made."""
    if options.ticket is not None:
        from studio.cli.ticket import generate_again

        return generate_again(options, context)
    if options.vocal is None:
        print("studio generate: a vocal is needed, or --ticket FILE", file=sys.stderr)
        return WRONG_USE
    from studio.cli.progress import TerminalProgress
    from studio.core.analysis import Given
    from studio.core.controls import Controls
    from studio.core.engines import ENGINES
    from studio.core.jobs import CancelToken
    from studio.core.request import GenerationRequest
    from studio.services.exporting.output_folder import check_writable
    from studio.services.generating.engines import generation_service
    from studio.services.generating.generation_folder import FolderRequest, generate_to_folder
    from studio.services.listening.guides import read_guide
    from studio.services.listening.hints import find_hints, with_hints
    from studio.storage.paths import models_dir, user_data_dir

    wishes = Controls(
        style=options.style,
        density=options.density,
        chords=options.chords[0] if options.chords else None,
        energy=options.energy,
        instruments={
            stem: name for stem in INSTRUMENTS if (name := getattr(options, f"instrument_{stem}")) is not None
        },
        follow=options.follow,
        sound=None if options.sound == "auto" else options.sound,
    )
    # What cannot be is refused before anything is read or heard.
    ENGINES[options.engine].check(wishes)
    service = context.service or generation_service(
        options.engine,
        models_dir(),
        user_data_dir(),
        options.device,
        weights=options.weights,
        vocoder=options.vocoder,
    )
    check_writable(options.out)
    given = Given(
        options.tempo,
        options.key,
        options.downbeat,
        options.meter,
        options.shift_beats,
        options.drift,
        options.tuning,
    )
    if options.guide is not None:
        guide = read_guide(options.guide, vocal=options.vocal, meter=options.meter, tempo_bpm=options.tempo)
        given = replace(given, guide=guide, key=given.key or guide.key)
    given, told = with_hints(given, find_hints(options.vocal))
    request = FolderRequest(
        vocal_path=options.vocal,
        out=options.out,
        candidates=options.candidates,
        seed=options.seed,
        given=given,
        controls=wishes,
        pickup=options.chords[1] if options.chords else (),
        encoding=ENCODINGS[options.bits],
        overwrite=options.overwrite,
    )
    cancel = CancelToken()
    finished: list[Path] = []
    grids: dict[int, BeatGrid] = {}
    several = False

    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):

        def on_analysis(vocal: Vocal, analysis: VocalAnalysis) -> None:
            nonlocal several
            for line in (*told, *describe_analysis(vocal, analysis)):
                progress.say(line)
            asked = GenerationRequest(
                vocal.audio, analysis, request.candidates, request.seed, request.controls
            )
            several = len(set(asked.readings)) > 1

        def on_exported(candidate: Candidate, exported: ExportedCandidate) -> None:
            finished.append(exported.folder)
            grids[candidate.number] = candidate.arrangement.grid
            progress.say(describe_candidate(candidate, exported, several=several))

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
            progress.say(f"studio: Stopped with {count(finished)} finished in {options.out}.")
            return INTERRUPTED
    beats = describe_beats(grids)
    if beats:
        print(beats)
    print(
        f"{count(finished)} in {options.out}, {report.real_time_factor:.2f} s of work for each second of music"
    )
    return OK
