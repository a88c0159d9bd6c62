"""`studio doctor`: says what works on this machine, and what to send when something does not."""

from __future__ import annotations

import argparse

from studio.cli.command import FAILED, OK, Commands, Context


def add_parser(commands: Commands) -> None:
    """--report."""
    parser = commands.add_parser("doctor", help="say what works on this machine")
    parser.add_argument(
        "--report",
        action="store_true",
        help="print a fault report to copy: versions, devices, the last of the log; no sound, no personal names",
    )
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, __: Context) -> int:
    """Prints each finding as it is made, or the report."""
    from studio.services.machine.examination import examine_and_remember
    from studio.services.machine.fault_report import fault_report
    from studio.storage.paths import models_dir, resources_dir, user_data_dir

    if options.report:
        print(fault_report(user_data_dir()), end="")
        return OK
    failed = False
    for finding in examine_and_remember(models_dir(), resources_dir(), user_data_dir()):
        failed |= finding.status == "FAIL"
        print(f"{finding.status:<4}  {finding.name:<12} {finding.seen}", flush=True)
        if finding.todo:
            print(f"{'':<19}-> {finding.todo}")
    return FAILED if failed else OK
