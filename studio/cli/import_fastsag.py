"""`studio import-fastsag`: the public weights of FastSAG, taken in once."""

from __future__ import annotations

import argparse
import sys

from studio.core.errors import StudioError


def import_weights(options: argparse.Namespace) -> None:
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
