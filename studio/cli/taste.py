"""`studio taste`: what the program has learnt of your taste, your ratings, and the personal models made of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.command import INTERRUPTED, OK, Commands, Context, ctrl_c_cancels
from studio.cli.options import add_device, number
from studio.core.amounts import many
from studio.core.errors import JobCancelled

if TYPE_CHECKING:
    from studio.services.taste.adapters import AdapterShelf
    from studio.services.taste.ratings import TasteRatings


def add_parser(commands: Commands) -> None:
    """What can be done with a taste."""
    parser = commands.add_parser(
        "taste",
        help="your ratings, what was learnt from them, and personal models",
        description="What was learnt of your taste, your ratings, and the personal models made of them. All of it lies "
        "on this machine, and nothing is sent anywhere.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="what is known of a listener's taste, in words")
    _add_listener(show)
    show.set_defaults(execute=_show)
    export = actions.add_parser("export", help="all ratings as CSV, a row for each clip of each screen")
    export.add_argument("file", type=Path, metavar="FILE.csv")
    export.set_defaults(execute=_export)
    forget = actions.add_parser("forget", help="delete ratings for good")
    what = forget.add_mutually_exclusive_group(required=True)
    what.add_argument("--listener", metavar="NAME", help="all that one listener said")
    what.add_argument("--song", metavar="TITLE", help="all that was said of one song")
    what.add_argument("--all", action="store_true", help="everything")
    forget.add_argument("--yes", action="store_true", help="do not ask at the terminal")
    forget.set_defaults(execute=_forget)
    train = actions.add_parser("train", help="train a personal model on the ratings")
    _add_listener(train)
    train.add_argument(
        "--method",
        choices=("adapter", "paper"),
        default="adapter",
        help="adapter (default): small and near the base; paper: the whole model, as arXiv 2506.04852 does",
    )
    add_device(train)
    train.set_defaults(execute=_train)
    adapters = actions.add_parser("adapters", help="the personal models there are")
    adapters.set_defaults(execute=_adapters)
    rollback = actions.add_parser("rollback", help="go back to what was in use before")
    rollback.set_defaults(execute=_rollback)
    strength = actions.add_parser("strength", help="how much of the personal model is heard")
    strength.add_argument("percent", type=number(int, 0, 100), metavar="PERCENT", help="0 to 100")
    strength.set_defaults(execute=_strength)


def _add_listener(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listener", default="me", metavar="NAME", help="whose (default: yours)")


def _ratings() -> TasteRatings:
    from studio.services.taste.ratings import TasteRatings
    from studio.storage.paths import user_data_dir

    return TasteRatings.of_user(user_data_dir())


def _shelf() -> AdapterShelf:
    from studio.services.taste.adapters import AdapterShelf, shelf_folder
    from studio.storage.paths import user_data_dir

    return AdapterShelf(shelf_folder(user_data_dir()))


def _show(options: argparse.Namespace, context: Context) -> int:
    from studio.taste.model import learn

    judgements = _ratings().judgements(options.listener)
    if not judgements:
        print("Nothing was rated yet: rate some screens in the program.")
        return OK
    taste = learn(judgements)
    screens = sum(judgement.blind for judgement in judgements)
    songs = len({judgement.song for judgement in judgements})
    print(
        f"{many(screens, 'screen')} and {many(len(judgements) - screens, 'other answer')}, of {many(songs, 'song')}"
    )
    for statement in taste.explain():
        print(f"  {statement}")
    if not taste.enough:
        print("Too little to go by alone: rate a few more screens.")
    for sentence in taste.told:
        print(sentence)
    return OK


def _export(options: argparse.Namespace, context: Context) -> int:
    rows = _ratings().export_csv(options.file)
    print(f"{many(rows, 'row')} in {options.file}")
    return OK


def _is_meant() -> bool:
    """Asks, as the window does, where somebody sits at the terminal; a script says what it means."""
    if not sys.stdin.isatty():
        return True
    try:
        return input("Delete these ratings for good? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _forget(options: argparse.Namespace, context: Context) -> int:
    from studio.core.errors import StudioError

    ratings = _ratings()
    song = ""
    if options.song is not None:
        known = ratings.songs()
        song = next((key for key, title in known if options.song in (title, key)), "")
        if not song:
            raise StudioError(
                "No such song was rated",
                seen=options.song,
                expected=", ".join(title for _, title in known) or "none yet",
            )
    if not options.yes and not _is_meant():
        print("Nothing was deleted.")
        return OK
    gone = ratings.delete(listener=options.listener or "", song=song)
    told = _shelf().retire() if gone.answers else ""
    for sentence in (*gone.told, told):
        if sentence:
            print(sentence)
    return OK


def _train(options: argparse.Namespace, context: Context) -> int:
    from studio.cli.progress import TerminalProgress
    from studio.core.jobs import CancelToken
    from studio.core.pipeline import Run
    from studio.ml.adapting.clips import TrainingSettings
    from studio.services.generating.engines import generation_service
    from studio.services.taste.lesson import make_lesson
    from studio.services.taste.training import train_adapter
    from studio.storage.paths import models_dir, user_data_dir
    from studio.taste.model import learn

    service = context.service or generation_service("band", models_dir(), user_data_dir(), options.device)
    ratings, shelf = _ratings(), _shelf()
    taste = learn(ratings.judgements(options.listener))
    lesson = make_lesson(ratings, taste, options.listener, method=options.method)
    cancel = CancelToken()
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):
        try:
            learned = train_adapter(
                service, shelf, lesson, models_dir(), Run(cancel, progress.on_step),
                settings=TrainingSettings(method=options.method),
            )  # fmt: skip
        except JobCancelled:
            progress.say("studio: Stopped. The same command goes on where it was.")
            return INTERRUPTED
    print(f"{learned.entry.id}: {learned.told}")
    return OK


def _adapters(options: argparse.Namespace, context: Context) -> int:
    shelf = _shelf()
    entries = shelf.list()
    if not entries:
        print("There is no personal model yet: studio taste train")
    for entry in entries:
        use = f", in use at {shelf.strength:.0%}" if entry.id == shelf.promoted else ""
        method = entry.report.get("method", "from elsewhere")
        print(f"{entry.id}  {entry.made_at[:16]}  {entry.state}{use}  {method}  {entry.note}".rstrip())
        if entry.test.outcomes:
            print(f"    {entry.test.told}")
    return OK


def _rollback(options: argparse.Namespace, context: Context) -> int:
    shelf = _shelf()
    if shelf.promoted is None:
        print("The bundled model is in use; there is nothing to go back to.")
        return OK
    back = shelf.rollback()
    print(f"In use: {back or 'the bundled model'}")
    return OK


def _strength(options: argparse.Namespace, context: Context) -> int:
    shelf = _shelf()
    shelf.set_strength(options.percent / 100)
    print(f"Strength {options.percent} %" + ("" if shelf.promoted else "; no personal model is in use"))
    return OK
