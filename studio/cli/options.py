"""The words of the command line: what may be written, what it is turned into, and what is said when it is wrong."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio import __version__
from studio.core.errors import StudioError
from studio.core.instruments import INSTRUMENTS, choices

if TYPE_CHECKING:
    from studio.core.music import Chord, Key, Meter

T = TypeVar("T")
Number = TypeVar("Number", int, float)


def make_parser() -> argparse.ArgumentParser:
    """The commands app, generate, bench, train and doctor; no command is app."""
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
        "--engine",
        choices=("band", "fastsag"),
        default="band",
        help="band (default), or fastsag: the system of arXiv 2405.07682, imported once; one sound, no wishes",
    )
    generate.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="with --engine fastsag: a model of your own training, or 'untrained' to try the way with noise",
    )
    generate.add_argument(
        "--vocoder",
        type=Path,
        metavar="FILE",
        help="with the band model: a public bigvgan_v2_44khz_128band_512x instead of its own vocoder",
    )
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
        "--shift-beats",
        type=_number(float, -8, 8),
        default=0.0,
        metavar="QUARTERS",
        help="move the bar lines later, or earlier with a minus; with halves the beats move too",
    )
    generate.add_argument(
        "--style", type=_style, metavar="STYLE", help="such as 'pop ballad' (a wrong name lists all)"
    )
    generate.add_argument("--density", choices=("sparse", "medium", "busy"), help="how much is played")
    generate.add_argument(
        "--energy",
        type=_energy,
        metavar="LEVELS",
        help="hush, low, medium or high; several, such as 'low medium high', are spread over the song",
    )
    generate.add_argument(
        "--follow",
        choices=("loose", "normal", "close"),
        help="how closely the chords keep to what is sung (default normal)",
    )
    for stem in INSTRUMENTS:
        generate.add_argument(
            f"--{stem}",
            dest=f"instrument_{stem}",
            type=_instrument(stem),
            metavar="INSTRUMENT",
            help=f"instrument of the {stem}, or none (a wrong name lists all)",
        )
    generate.add_argument(
        "--chords",
        type=_chords,
        metavar="CHORDS",
        help="one a bar from the first bar on, repeated, such as 'Am F C G'",
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

    vary = commands.add_parser(
        "vary",
        help="make relatives of a candidate",
        description="Makes new candidates that resemble one, beside its folder. Nothing there is changed.",
    )
    vary.add_argument(
        "--distance",
        choices=("near", "far"),
        default="near",
        help="near keeps style, instruments and most notes (the default); far keeps less",
    )
    regenerate = commands.add_parser(
        "regenerate",
        help="make bars or stems of a candidate anew",
        description="Makes some bars, some stems, or both of a candidate anew, in new folders beside it. All samples "
        "and notes outside stay as they are.",
    )
    regenerate.add_argument(
        "--bars",
        type=_bars,
        metavar="A-B",
        help="such as 5-8, or 5, as the window counts them (default: all)",
    )
    regenerate.add_argument(
        "--stem",
        action="append",
        choices=tuple(INSTRUMENTS),
        dest="stems",
        help="the stem to make anew, once for each (default: all)",
    )
    regenerate.add_argument("--new-chords", action="store_true", help="let the chords of the bars change too")
    for change in (vary, regenerate):
        change.add_argument(
            "folder",
            type=Path,
            metavar="CANDIDATE",
            help="folder of a candidate, such as results/candidate_02",
        )
        change.add_argument(
            "--candidates", type=_number(int, 1, 8), default=1, metavar="N", help="1 to 8 (default 1)"
        )
        change.add_argument(
            "--seed", type=_number(int, 0, 2**31 - 1), default=1, metavar="N", help="another one, other music"
        )
        change.add_argument(
            "--bits", choices=("16", "24", "float"), default="24", help="sample format (default 24)"
        )
        _add_device(change)

    _add_bench(
        commands.add_parser("bench", help="measure speed and memory on this machine", description=_BENCH)
    )
    _add_train(commands.add_parser("train", help="make the bundled models anew", description=_TRAIN))
    _add_import(
        commands.add_parser(
            "import-fastsag", help="take in the public weights of FastSAG", description=_IMPORT
        )
    )
    commands.add_parser("doctor", help="say what works on this machine")
    return parser


_TRAIN = (
    "Makes the bundled models: songs (scores and melodies), sounds (rendered stems), vocoder, mel, arrangement, "
    "export (weights, model cards, manifest), or all in this order. Every stage can be stopped with Ctrl+C; the "
    "same command goes on where it was. Logs, checkpoints and previews lie in the run's folder."
)


_BENCH = (
    "Runs the whole main job on a vocal (by default the demo vocal), repeated or cut to each length, and prints the "
    "time by stage, the cost of several candidates against one, and the peak memory."
)


def _add_bench(bench: argparse.ArgumentParser) -> None:
    bench.add_argument(
        "words",
        nargs="*",
        metavar="[engines] [VOCAL]",
        help="the word 'engines' to set the band model beside FastSAG and an autoregressive yardstick; WAV, AIFF, "
        "FLAC, MP3 or OGG",
    )
    bench.add_argument(
        "--seconds", nargs="+", type=_number(float, 2, 600), default=(30.0, 120.0, 600.0), metavar="N",
        help="lengths; candidates are compared at the first (default 30 120 600)",
    )  # fmt: skip
    bench.add_argument(
        "--candidates", nargs="+", type=_number(int, 1, 8), default=(1, 4), metavar="N",
        help="numbers of candidates to compare (default 1 4)",
    )  # fmt: skip
    bench.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    _add_device(bench)


_IMPORT = (
    "Checks a fastsag.pt tensor by tensor, asks for your agreement to the licence of MERT inside it, and converts it "
    "to safetensors in your data folder. A file that does not fit is refused, and nothing is written."
)


def _add_import(importing: argparse.ArgumentParser) -> None:
    importing.add_argument(
        "checkpoint", type=Path, help="fastsag.pt, or a model of studio.training.runs.train_fastsag"
    )
    importing.add_argument(
        "--bigvgan",
        type=Path,
        metavar="FILE",
        help="a public BigVGAN (24 kHz, 100 bands) instead of the one inside",
    )
    importing.add_argument(
        "--semantic-to-mel",
        choices=("perceiver", "resize"),
        default="perceiver",
        help="how it was trained (default perceiver, as the public weights most likely were)",
    )
    importing.add_argument("--accept-licence", action="store_true", help="agree without being asked")


def _add_train(train: argparse.ArgumentParser) -> None:
    stages = ("songs", "sounds", "vocoder", "mel", "arrangement", "export", "all")
    train.add_argument("stage", choices=stages)
    train.add_argument("--run", type=Path, required=True, metavar="DIR", help="folder of the run")
    train.add_argument(
        "--preset", choices=("cpu", "gpu"), default="cpu", help="sizes: two cores, or one data-centre GPU"
    )
    train.add_argument(
        "--models", type=Path, metavar="DIR", help="where export writes (default: the bundled)"
    )
    train.add_argument("--nottingham", type=Path, metavar="DIR", help="folder of the Nottingham ABC files")
    train.add_argument("--lieder", type=Path, metavar="DIR", help="folder of the OpenScore Lieder (mxl)")
    train.add_argument("--start", type=Path, metavar="FILE", help="weights of an earlier run to begin from")
    train.add_argument("--seed", type=_number(int, 0, 2**31 - 1), default=0, metavar="N")
    train.add_argument("--compile", action="store_true", help="compile the networks' blocks (torch.compile)")
    sizes = train.add_argument_group("instead of what the preset says")
    sizes.add_argument("--songs", type=_number(int, 1, 10**6), metavar="N", help="songs of the corpus")
    sizes.add_argument("--sounds", type=_number(int, 1, 10**5), metavar="N", help="songs that are rendered")
    sizes.add_argument("--steps", type=_number(int, 1, 10**7), metavar="N", help="training steps")
    sizes.add_argument("--batch", type=_number(int, 1, 4096), metavar="N", help="crops in a batch")
    sizes.add_argument(
        "--save-every", type=_number(int, 1, 10**6), metavar="N", help="steps from save to save"
    )
    sizes.add_argument("--device", choices=("cpu", "cuda"))
    sizes.add_argument(
        "--workers", type=_number(int, 1, 256), metavar="N", help="processes (default: a core each)"
    )
    sizes.add_argument("--threads", type=_number(int, 1, 256), metavar="N", help="threads of the networks")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: CUDA if present)",
    )


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


def _energy(text: str) -> tuple[str, ...]:
    from studio.core.controls import ENERGIES

    levels = tuple(text.lower().split())
    wrong = [level for level in levels if level not in ENERGIES]
    if wrong or not levels:
        raise argparse.ArgumentTypeError(f"{text!r} is not one or more of {', '.join(ENERGIES)}")
    return levels


def _instrument(stem: str) -> Callable[[str], str]:
    """An argparse type: an instrument of a stem, or none."""

    def parse(text: str) -> str:
        names = [entry.name for entry in choices(stem)]
        if text.lower() not in names:
            raise argparse.ArgumentTypeError(
                f"the {stem} stem has no {text!r}; choose from {', '.join(names)}"
            )
        return text.lower()

    return parse


def _bars(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of bars; write 5-8, or 5 for one bar")
    return first, last


def _style(text: str) -> str:
    from studio.core.score import STYLES

    if text.lower() not in STYLES:
        raise argparse.ArgumentTypeError(f"there is no style {text!r}; choose from {', '.join(STYLES)}")
    return text.lower()
