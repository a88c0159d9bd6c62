"""`studio import-fastsag`: the public weights of FastSAG, taken in once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.command import OK, Commands, Context
from studio.core.errors import StudioError

_IMPORT = (
    "Checks a fastsag.pt tensor by tensor, asks for your agreement to the licence of MERT inside it, and converts it "
    "to safetensors in your data folder. A file that does not fit is refused, and nothing is written."
)


def add_parser(commands: Commands) -> None:
    """The checkpoint, and how it was trained."""
    parser = commands.add_parser(
        "import-fastsag", help="take in the public weights of FastSAG", description=_IMPORT
    )
    parser.add_argument(
        "checkpoint", type=Path, help="fastsag.pt, or a model of studio.training.runs.train_fastsag"
    )
    parser.add_argument(
        "--bigvgan",
        type=Path,
        metavar="FILE",
        help="a public BigVGAN (24 kHz, 100 bands) instead of the one inside",
    )
    parser.add_argument(
        "--semantic-to-mel",
        choices=("perceiver", "resize"),
        default="perceiver",
        help="how it was trained (default perceiver, as the public weights most likely were)",
    )
    parser.add_argument("--accept-licence", action="store_true", help="agree without being asked")
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, _: Context) -> int:
    """Checks, asks, converts, and says what is there now. Raises StudioError; nothing was written then."""
    from studio.cli.progress import TerminalProgress
    from studio.services.generating.import_fastsag import import_fastsag
    from studio.storage.paths import user_data_dir

    def agree(terms: str) -> bool:
        print(terms)
        if options.accept_licence:
            return True
        if not sys.stdin.isatty():
            raise StudioError(
                "FastSAG was not imported", seen="nobody to ask", expected="your agreement to these terms",
                todo="Read them, then add --accept-licence",
            )  # fmt: skip
        return input("Do you agree, and use it only non-commercially? Type yes: ").strip().lower() == "yes"

    with TerminalProgress(sys.stderr) as progress:
        imported = import_fastsag(
            options.checkpoint,
            user_data_dir(),
            agree=agree,
            bigvgan=options.bigvgan,
            semantic_to_mel=options.semantic_to_mel,
            on_step=progress.on_step,
        )
    for part, count in imported.parameters.items():
        print(f"{part:<24} {count / 1e6:8.2f} M")
    print(f"{imported.path}, SHA-256 {imported.sha256}")
    if imported.untrained:
        print("These weights are untrained: what they make is noise.")
    print("Use it with: studio generate vocal.wav --engine fastsag --out DIR")
    return OK
