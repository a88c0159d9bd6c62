"""A finding in words for people, and as JSON for programs."""

from __future__ import annotations

from studio.services.provenance.credentials import GENERATED, MIXED
from studio.services.provenance.inspecting import (
    ALTERED,
    DAMAGED,
    FOREIGN,
    INTACT,
    MARK_GONE,
    UNKNOWN,
    VOCAL,
    Finding,
)
from studio.services.provenance.ticket import Ticket, ticket_id

_KINDS = {GENERATED: "made by a machine", MIXED: "made by a machine, mixed with a recording"}
_HEADS = {
    ALTERED: "Made with Backline, and changed since: it is not what was signed.",
    DAMAGED: "It has a mark that does not hold: damaged, or not what it claims to be.",
    FOREIGN: "Made elsewhere: its mark is whole, and not one of Backline's.",
    UNKNOWN: "Nothing is known of it: no mark, and nothing exported here sounds like it.",
}


def headline(finding: Finding) -> str:
    """One sentence or two."""
    match = finding.match
    if finding.verdict == INTACT:
        own = finding.credentials is not None and finding.credentials.own_key
        where = "on this computer" if own else "on another computer, or with a key that is gone"
        return f"Made with Backline {where}; intact since it was exported."
    if finding.verdict == VOCAL and match is not None:
        return f"Not made here: it sounds like the vocal {match.song.title}, which was only accompanied."
    if finding.verdict == MARK_GONE:
        if match is not None and not finding.reference:
            return (
                f"Mark gone: it sounds like {match.name} of candidate {match.song.number} for {match.song.title}, "
                "which Backline made here; it was converted or edited since."
            )
        return "Mark gone: its text says that Backline made it, which nothing proves any more."
    return _HEADS[finding.verdict]


def facts(finding: Finding) -> list[tuple[str, str]]:
    """Name and value, in the order to be read."""
    rows: list[tuple[str, str]] = []
    credentials, match, ticket = finding.credentials, finding.match, finding.ticket
    if credentials is not None:
        signer = credentials.signer or "cannot be told"
        rows += [("Signed by", f"{signer} (this computer's key)" if credentials.own_key else signer)]
        rows += [("Signed with", credentials.program)] if credentials.program else []
        rows += [("Signed at", credentials.when)] if credentials.when else []
        source = credentials.source_type
        rows += [("Origin", _KINDS.get(source, source))] if source else []
        rows += [("What failed", ", ".join(credentials.codes))] if credentials.codes else []
    if match is not None:
        rows.append(("Sounds like", f"{match.name}, exported {match.song.at}"))
        rows.append(("Likeness", f"{1 - finding.likeness.errors:.0%} of the bits of its print agree"))
    if finding.ticket_id:
        rows.append(("Ticket", finding.ticket_id))
    if ticket is not None:
        rows += [*request_facts(ticket), ("Told by", finding.ticket_from)]
    return rows


def request_facts(ticket: Ticket) -> list[tuple[str, str]]:
    """What was asked for, as a ticket has it."""
    controls = ticket.controls
    wishes = {
        "style": controls.style, "density": controls.density, "energy": " ".join(controls.energy or ()),
        "follow": controls.follow, "sound": controls.sound,
        "chords": " ".join(chord.name(ticket.analysis.key) for chord in (controls.chords or ())[:8]),
        **controls.instruments,
    }  # fmt: skip
    wanted = ", ".join(f"{name} {value}" for name, value in wishes.items() if value)
    of = f" of {ticket.candidates}" if ticket.candidates else ""
    rows = [
        ("Vocal", f"{ticket.vocal_name} (SHA-256 {ticket.vocal_sha256[:12]} …)"),
        ("Request", f"candidate {ticket.number}{of}, seed {ticket.seed}"),
        ("Wishes", wanted or "none: all was left to the model"),
        ("Program", f"Backline {ticket.program}, {ticket.engine} engine"),
        (
            "Models",
            ", ".join(f"{name} {sha[:8]}" for name, sha in sorted(ticket.models.items())) or "not told",
        ),
    ]
    return [*rows, ("Made out of", ticket.change)] if ticket.change else rows


def as_json(finding: Finding) -> dict[str, object]:
    """The same for programs; names stay as they are from version to version."""
    credentials, match, ticket = finding.credentials, finding.match, finding.ticket
    return {
        "file": str(finding.path),
        "verdict": finding.verdict,
        "told": headline(finding),
        "ticket": finding.ticket_id or None,
        "credentials": None if credentials is None else {
            "intact": credentials.intact,
            "altered": credentials.altered,
            "own_key": credentials.own_key,
            "publicly_trusted": False,
            "signer": credentials.signer,
            "program": credentials.program,
            "digital_source_type": credentials.source_type,
            "signed_at": credentials.when,
            "failures": list(credentials.codes),
        },
        "sounds_like": None if match is None else {
            "file": match.name,
            "title": match.song.title,
            "candidate": match.song.number,
            "exported_at": match.song.at,
            "bit_errors": round(finding.likeness.errors, 4),
            "offset_s": round(finding.likeness.offset_s, 3),
        },
        "request": None if ticket is None else {
            "ticket": ticket_id(ticket),
            "vocal": {"name": ticket.vocal_name, "sha256": ticket.vocal_sha256},
            "seed": ticket.seed,
            "candidate": ticket.number,
            "candidates": ticket.candidates or None,
            "engine": ticket.engine,
            "models": dict(ticket.models),
            "adapter": ticket.models.get("adapter"),
            "program": ticket.program,
            "change": ticket.change or None,
            "can_be_repeated": ticket.is_exact,
        },
    }  # fmt: skip
