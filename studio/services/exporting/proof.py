"""An export that is proved: every file is read again by other readers than wrote it, and each rule is PASS or FAIL.

Everything is judged from the folder alone, so that an export can be proved again years later, on another disk. Chunks,
Broadcast Wave fields and where the samples lie are wavinfo's to say, the samples are then read as plain numbers; MIDI
is read by mido, the session files by XML and by the rules of REAPER's text, credentials by their
makers' library. Nothing here is shared with the writers.
"""

from __future__ import annotations

from pathlib import Path

from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr, trn
from studio.services.exporting.proof_audio import prove_audio
from studio.services.exporting.proof_marks import prove_marks
from studio.services.exporting.proof_midi import prove_midi
from studio.services.exporting.proof_rules import FAIL, PASS, Check, read_manifest
from studio.services.exporting.proof_session import prove_sessions


def prove(
    folder: Path, *, on_step: StepCallback | None = None, cancel: CancelToken | None = None
) -> tuple[Check, ...]:
    """Reads an exported folder again.

    Raises:
        StudioError: a folder without a manifest to prove it by.
        JobCancelled: soon after `cancel`.
    """
    manifest = read_manifest(folder)

    def step(done: float) -> None:
        if cancel:
            cancel.check()
        if on_step:
            on_step(Progress(tr("Verifying"), done))

    checks = prove_audio(folder, manifest, step)
    checks += prove_midi(folder, manifest)
    checks += prove_sessions(folder, manifest)
    checks += prove_marks(folder, manifest)
    order = list(manifest.files)
    return tuple(sorted(checks, key=lambda check: order.index(check.file)))


def by_file(checks: tuple[Check, ...]) -> dict[str, str]:
    """PASS or FAIL of each file."""
    states: dict[str, str] = {}
    for check in checks:
        states[check.file] = FAIL if FAIL in (check.state, states.get(check.file)) else PASS
    return states


def summary(checks: tuple[Check, ...]) -> str:
    """'42 rules, all PASS' or how many failed."""
    failed = sum(not check.passed for check in checks)
    return (
        trn("{count} rule, {failed} FAIL", "{count} rules, {failed} FAIL", len(checks), failed=failed)
        if failed
        else trn("{count} rule, PASS", "{count} rules, all PASS", len(checks))
    )
