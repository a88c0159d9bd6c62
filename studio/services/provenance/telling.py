"""A finding in words for people, and as JSON for programs."""

from __future__ import annotations

from studio.core.change_words import told_change
from studio.core.language import in_english, later, tr
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

_KINDS = {GENERATED: later("made by a machine"), MIXED: later("made by a machine, mixed with a recording")}
_HEADS = {
    ALTERED: later("Made with Backline, and changed since: it is not what was signed."),
    DAMAGED: later("It has a mark that does not hold: damaged, or not what it claims to be."),
    FOREIGN: later("Made elsewhere: its mark is whole, and not one of Backline's."),
    UNKNOWN: later("Nothing is known of it: no mark, and nothing exported here sounds like it."),
}


def headline(finding: Finding) -> str:
    """One sentence or two."""
    match = finding.match
    if finding.verdict == INTACT:
        own = finding.credentials is not None and finding.credentials.own_key
        where = tr("on this computer") if own else tr("on another computer, or with a key that is gone")
        return tr("Made with Backline {where}; intact since it was exported.", where=where)
    if finding.verdict == VOCAL and match is not None:
        return tr(
            "Not made here: it sounds like the vocal {title}, which was only accompanied.",
            title=match.song.title,
        )
    if finding.verdict == MARK_GONE:
        if match is not None and not finding.reference:
            return tr(
                "Mark gone: it sounds like {name} of candidate {number} for {title}, which Backline "
                "made here; it was converted or edited since.",
                name=match.name,
                number=match.song.number,
                title=match.song.title,
            )
        return tr("Mark gone: its text says that Backline made it, which nothing proves any more.")
    return tr(_HEADS[finding.verdict])


def facts(finding: Finding) -> list[tuple[str, str]]:
    """Name and value, in the order to be read."""
    rows: list[tuple[str, str]] = []
    credentials, match, ticket = finding.credentials, finding.match, finding.ticket
    if credentials is not None:
        signer = credentials.signer or tr("cannot be told")
        rows += [
            (
                tr("Signed by"),
                tr("{signer} (this computer's key)", signer=signer) if credentials.own_key else signer,
            )
        ]
        rows += [(tr("Signed with"), credentials.program)] if credentials.program else []
        rows += [(tr("Signed at"), credentials.when)] if credentials.when else []
        source = credentials.source_type
        rows += [(tr("Origin"), tr(_KINDS.get(source, source)))] if source else []
        rows += [(tr("What failed"), ", ".join(credentials.codes))] if credentials.codes else []
    if match is not None:
        rows.append((tr("Sounds like"), tr("{name}, exported {at}", name=match.name, at=match.song.at)))
        rows.append(
            (
                tr("Likeness"),
                tr("{errors:.0%} of the bits of its print agree", errors=1 - finding.likeness.errors),
            )
        )
    if finding.ticket_id:
        rows.append((tr("Ticket"), finding.ticket_id))
    if ticket is not None:
        rows += [*request_facts(ticket), (tr("Told by"), tr(finding.ticket_from))]
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
    wanted = ", ".join(f"{tr(name)} {tr(value)}" for name, value in wishes.items() if value)
    of = tr(" of {candidates}", candidates=ticket.candidates) if ticket.candidates else ""
    rows = [
        (tr("Vocal"), f"{ticket.vocal_name} (SHA-256 {ticket.vocal_sha256[:12]} …)"),
        (
            tr("Request"),
            tr("candidate {number}{of}, seed {seed}", number=ticket.number, of=of, seed=ticket.seed),
        ),
        (tr("Wishes"), wanted or tr("none: all was left to the model")),
        (
            tr("Program"),
            tr("Backline {program}, {engine} engine", program=ticket.program, engine=ticket.engine),
        ),
        (
            tr("Models"),
            ", ".join(f"{name} {sha[:8]}" for name, sha in sorted(ticket.models.items())) or tr("not told"),
        ),
    ]
    return [*rows, (tr("Made out of"), told_change(ticket.change))] if ticket.change else rows


@in_english()
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
