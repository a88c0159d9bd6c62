"""`studio pilot`: screens for other people to rate, their answers brought together, and what they say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.command import INTERRUPTED, OK, Commands, Context, ctrl_c_cancels
from studio.cli.options import add_device, folder, number
from studio.core.amounts import many
from studio.core.errors import JobCancelled


def add_parser(commands: Commands) -> None:
    """Export, collect, report."""
    parser = commands.add_parser(
        "pilot",
        help="let other people rate: export screens, collect answers, report",
        description="Lets other people rate accompaniments, blind. A kit is a folder that opens in their Backline; "
        "it holds the phrases that are sung, the screens and nothing else of the song.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="write a kit for each person")
    export.add_argument("source", type=Path, metavar="SOURCE", help="a project, or with --make a vocal")
    export.add_argument("--out", type=folder, required=True, metavar="DIR", help="folder for the kits")
    export.add_argument(
        "--people", type=number(int, 1, 200), default=1, metavar="N", help="how many (default 1)"
    )
    export.add_argument("--title", default="", help="what the kits are called (default: the project's title)")
    export.add_argument(
        "--sitting", default="", metavar="KEY", help="only the screens of one sitting of the project"
    )
    export.add_argument(
        "--make",
        type=number(int, 2, 60),
        metavar="N",
        help="make so many new screens instead of the project's own",
    )
    export.add_argument(
        "--adapter", metavar="ID", help="with --make: let this personal model compete with the bundled one"
    )
    export.add_argument(
        "--generation", type=number(int, 0, 99), metavar="N",
        help="how many trainings that model has behind it (default 1 with --adapter, else 0)",
    )  # fmt: skip
    add_device(export)
    export.set_defaults(execute=_export)
    collect = actions.add_parser("collect", help="bring the answers of several kits together")
    collect.add_argument(
        "kits", nargs="+", metavar="KIT", help="kits that were voted on, as a folder or NAME=folder"
    )
    collect.add_argument("--out", type=folder, required=True, metavar="DIR", help="folder for the answers")
    collect.set_defaults(execute=_collect)
    report = actions.add_parser("report", help="how each generation fared, with intervals")
    report.add_argument("folder", type=Path, metavar="DIR", help="where the answers were collected")
    report.set_defaults(execute=_report)


def _export(options: argparse.Namespace, context: Context) -> int:
    import tempfile

    from studio.cli.progress import TerminalProgress
    from studio.core.jobs import CancelToken
    from studio.services.exporting.output_folder import check_writable
    from studio.services.generating.engines import generation_service
    from studio.services.taste.adapters import AdapterShelf, shelf_folder
    from studio.services.taste.pilot import export_kits, make_screens, screens_of
    from studio.services.taste.screens import ScreenMaker
    from studio.storage.paths import models_dir, user_data_dir

    check_writable(options.out)  # screens may be made for an hour before anything is written there
    cancel = CancelToken()
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):
        try:
            with tempfile.TemporaryDirectory(prefix="backline-pilot-") as place:
                if options.make:
                    service = context.service or generation_service(
                        "band", models_dir(), user_data_dir(), options.device
                    )
                    generation = options.generation
                    if options.adapter:
                        service.use_adapter(AdapterShelf(shelf_folder(user_data_dir())).path(options.adapter))
                        service.load(on_step=progress.on_step)
                        if service.adapter_problem is not None:  # else the bundled model would play for it
                            raise service.adapter_problem
                        generation = 1 if generation is None else generation
                    source = make_screens(
                        options.source, ScreenMaker(service), options.make, Path(place), generation=generation or 0,
                        on_step=progress.on_step, cancel=cancel,
                    )  # fmt: skip
                else:
                    source = screens_of(options.source, options.sitting)
                kits = export_kits(
                    source, options.out, people=options.people, title=options.title,
                    on_step=progress.on_step, cancel=cancel,
                )  # fmt: skip
        except JobCancelled:
            progress.say("studio: Stopped; kits that were finished are whole.")
            return INTERRUPTED
    print(f"{many(len(kits), 'kit')} of {many(len(source.screens), 'screen')} in {options.out}")
    return OK


def _collect(options: argparse.Namespace, context: Context) -> int:
    from studio.services.taste.pilot import collect

    kits = []
    for text in options.kits:
        name, equals, path = text.partition("=")
        kits.append((name, Path(path)) if equals and name else (Path(text).resolve().stem, Path(text)))
    collected = collect(kits, options.out)
    for sentence in collected.told:
        print(sentence)
    votes, people = sum(collected.people.values()), len(collected.people)
    if not votes:
        print("Nobody has voted yet: nothing was collected.")
        return OK
    print(f"{many(votes, 'vote')} of {many(people, 'person', 'people')} in {options.out}")
    return OK


def _report(options: argparse.Namespace, context: Context) -> int:
    from studio.services.taste.pilot_report import REPORT, text_of, write_report

    print(text_of(write_report(options.folder)))
    print(f"Written to {options.folder / REPORT}")
    return OK
