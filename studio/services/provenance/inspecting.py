"""What is known of a sound file: whether it was made here, with which request, and whether it is still what it was.

In the order of what can be believed: signed credentials, which bind the file; then the plain words of a bext, which
anybody can write; then the sound itself, compared with what this computer exported, which finds a file whose marks a
converter dropped. A file of which none of these tells anything may come from anywhere, and that is what is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.audio.bext import chunks, read_broadcast
from studio.audio.mono import read_mono
from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.mix import VOCAL as VOCAL_SOUND
from studio.dsp.sound_print import PRINT_RATE, UNLIKE, Likeness, likeness, sound_print
from studio.services.provenance import ticket as tickets
from studio.services.provenance.credentials import Credentials, read_credentials
from studio.services.provenance.local_key import LocalKey, read_key
from studio.services.provenance.marking import ORIGINATOR, REFERENCE
from studio.services.provenance.ticket import Ticket
from studio.storage.exports import NAME, ExportedSound, Exports

#: What is found, as one word for machines.
INTACT, ALTERED, DAMAGED, MARK_GONE, VOCAL, FOREIGN, UNKNOWN = (
    "intact", "altered", "damaged", "mark gone", "not made here", "made elsewhere", "nothing known",
)  # fmt: skip
#: Below this share of wrong bits two sounds are one: measured in docs/marks.md.
SAME_SOUND = 0.22


@dataclass(frozen=True, eq=False)
class Finding:
    """What is known of a file.

    Attributes:
        verdict: one of INTACT, ALTERED, DAMAGED, MARK_GONE, VOCAL, FOREIGN, UNKNOWN.
        credentials: None where it has none.
        reference: the ticket's id as bext gives it; empty where it gives none.
        match: the export that sounds like it, where one was looked for and found, and how alike they are.
        ticket: of the candidate; None where it cannot be had.
        ticket_from: 'the file' or 'the list of exports'.
    """

    path: Path
    verdict: str
    credentials: Credentials | None = None
    reference: str = ""
    match: ExportedSound | None = None
    likeness: Likeness = UNLIKE
    ticket: Ticket | None = None
    ticket_from: str = ""

    @property
    def ticket_id(self) -> str:
        if self.credentials is not None and self.credentials.ours:
            return self.credentials.ticket_id
        found = self.match.song.ticket if self.match is not None and self.verdict != VOCAL else ""
        return self.reference or found


def inspect_file(path: Path, data_dir: Path) -> Finding:
    """Looks at a file; changes nothing.

    Raises:
        StudioError: for a file that is not there, or cannot be read as sound.
    """
    if not path.is_file():
        raise StudioError(
            tr("Cannot look at {name}", name=path.name),
            seen=tr("a folder") if path.is_dir() else tr("no such file"),
            expected=tr("a sound file"),
        )
    key = _key(data_dir)
    credentials = read_credentials(path, key)
    reference = _reference(path)
    if credentials is not None and credentials.ours:
        verdict = INTACT if credentials.intact else ALTERED if credentials.altered else DAMAGED
        ticket, where = _ticket(credentials, data_dir)
        return Finding(path, verdict, credentials, reference, ticket=ticket, ticket_from=where)
    match, like = _heard_before(path, data_dir)
    if match is not None and match.name == VOCAL_SOUND and not reference:
        return Finding(path, VOCAL, credentials, match=match, likeness=like)
    if match is not None or reference:
        song = _remembered(reference or (match.song.ticket if match else ""), data_dir)
        where = later("the list of exports") if song is not None else ""
        return Finding(path, MARK_GONE, credentials, reference, match, like, song, where)
    if credentials is not None:
        return Finding(path, FOREIGN if credentials.intact else DAMAGED, credentials)
    return Finding(path, UNKNOWN)


def _key(data_dir: Path) -> LocalKey | None:
    try:
        return read_key(data_dir)
    except StudioError:  # then no mark can be told to be this computer's
        return None


def _reference(path: Path) -> str:
    broadcast = read_broadcast(path)
    if (
        broadcast is None
        or broadcast.originator != ORIGINATOR
        or not broadcast.reference.startswith(REFERENCE)
    ):
        return ""
    return broadcast.reference.removeprefix(REFERENCE)


def _ticket(credentials: Credentials, data_dir: Path) -> tuple[Ticket | None, str]:
    """Out of the file where it carries one that reads, else from the user's list."""
    if credentials.ticket and (credentials.intact or credentials.altered):  # what was signed is whole in both
        try:
            return tickets.unpacked(credentials.ticket), later("the file")
        except StudioError:
            pass
    known = _remembered(credentials.ticket_id, data_dir)
    return known, later("the list of exports") if known is not None else ""


def _remembered(identity: str, data_dir: Path) -> Ticket | None:
    if not identity or not (data_dir / NAME).exists():
        return None
    try:
        with Exports(data_dir) as exports:
            song = exports.song(identity)
        return tickets.unpacked(song.request) if song is not None else None
    except StudioError:
        return None


def _heard_before(path: Path, data_dir: Path) -> tuple[ExportedSound | None, Likeness]:
    """The export that sounds most like a file, if it is the same sound."""
    print_ = sound_print(read_mono(path, PRINT_RATE))
    best, nearest = UNLIKE, None
    if not (data_dir / NAME).exists():
        return nearest, best
    with Exports(data_dir) as exports:
        for sound in exports.sounds():
            like = likeness(print_, sound.print)
            if like.errors < best.errors:
                best, nearest = like, sound
    return (nearest, best) if best.errors < SAME_SOUND else (None, UNLIKE)


def has_mark(path: Path) -> bool:
    """Whether a file says that Backline made it, whatever that is worth: a look at its chunks, and no more."""
    try:
        with path.open("rb") as handle:
            signed = any(chunk.name == b"C2PA" for chunk in chunks(handle))
    except OSError:
        return False
    return signed or bool(_reference(path))
