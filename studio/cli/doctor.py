"""`studio doctor`: says what works on this machine."""

from __future__ import annotations

import argparse

from studio.cli.command import FAILED, OK, Commands, Context


def add_parser(commands: Commands) -> None:
    """No options."""
    commands.add_parser("doctor", help="say what works on this machine").set_defaults(execute=run)


def run(_: argparse.Namespace, __: Context) -> int:
    """Prints each finding as it is made."""
    from studio.services.machine.doctor import examine
    from studio.storage.paths import models_dir, resources_dir

    findings = []
    for finding in examine(models_dir(), resources_dir()):
        findings.append(finding)
        print(f"{finding.status:<4}  {finding.name:<12} {finding.seen}", flush=True)
        if finding.todo:
            print(f"{'':<19}-> {finding.todo}")
    return FAILED if any(finding.status == "FAIL" for finding in findings) else OK
