"""Marks on an export that is written and not yet named: bext, Content Credentials, and the user's own list of exports.

The vocal is what somebody sang: it gets no mark, and keeps the bext that it came with. A file that cannot be marked is
exported all the same, and the manifest says why it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import studio
from studio.audio.bext import Broadcast, is_rf64, packed, raw_broadcast, read_broadcast, write_broadcast
from studio.audio.mono import read_mono
from studio.core.arrangement import BAND, STEMS
from studio.core.errors import StudioError
from studio.core.language import in_english, later, tr
from studio.core.mix import VOCAL
from studio.core.tune_print import Prints
from studio.dsp.sound_print import PRINT_RATE, sound_print
from studio.services.provenance import ticket as tickets
from studio.services.provenance.credentials import GENERATED, MIXED, Claim, sign
from studio.services.provenance.local_key import own_key
from studio.services.provenance.ticket import Ticket, ticket_id
from studio.storage.exports import ExportedSong, Exports

#: As bext names us; a reference begins with the other.
ORIGINATOR, REFERENCE = "Backline", "backline:"
_TOO_LARGE = later("Content Credentials cannot be put into files beyond 4 GiB (RF64) yet")
SIGNED = later("locally signed, not publicly trusted")
_MIX, _CLICK = "mix", "click"
#: What a model made; a click is counted, and a vocal sung.
GENERATED_ROLES = (*STEMS, BAND, _MIX)


@dataclass(frozen=True)
class Sounding:
    """A file of sound as it was written: what it holds (exporting.contents.SOUNDS), LUFS and dBTP."""

    role: str
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


@dataclass(frozen=True)
class Marks:
    """What was marked.

    Attributes:
        ticket: its id.
        states: by the name of each generated file, SIGNED or why it is not.
        problem: why nothing was remembered for `studio inspect`; empty where it was.
    """

    ticket: str
    states: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def of(self, name: str, role: str) -> dict[str, object]:
        """What the manifest says of a file's origin."""
        if role not in GENERATED_ROLES:
            return {"ai_generated": role not in (VOCAL, _CLICK)}
        return {
            "ai_generated": True,
            "digital_source_type": source_type(role),
            "content_credentials": self.states.get(name, "none"),
        }

    @property
    def warning(self) -> str:
        """Which files are not marked, and why; empty where all are."""
        unmarked = {name: state for name, state in self.states.items() if state != SIGNED}
        if not unmarked:
            return ""
        why = tr(next(iter(unmarked.values())).removeprefix("none: "))
        return f"Not marked as made by a machine: {', '.join(sorted(unmarked))}. {why}"


def source_type(role: str) -> str:
    """IPTC's word for the origin of a generated file."""
    return MIXED if role == _MIX else GENERATED


@in_english()
def mark_files(
    folder: Path,
    sounds: Mapping[str, Sounding],
    ticket: Ticket,
    data_dir: Path,
    *,
    vocal_file: Path | None = None,
    on_step: Callable[[float], None] = lambda _: None,
) -> Marks:
    """Marks the WAVs of a folder in their place.

    Args:
        sounds: by file name, those that were written.
        data_dir: of the user, with the key.
        vocal_file: what was opened; its bext, where it has one, is the exported vocal's, and all files stand where it
            says that the vocal does.

    Raises:
        StudioError, OSError: no room for a bext. Credentials that cannot be made are no error.
    """
    made_at = datetime.now().astimezone()
    identity, content = ticket_id(ticket), tickets.packed(ticket)
    source = raw_broadcast(vocal_file) if vocal_file is not None else None
    position = read_broadcast(vocal_file) if vocal_file is not None and source is not None else None
    time_reference = position.time_reference if position else 0
    try:
        key, refused = own_key(data_dir), ""
    except StudioError as error:
        key, refused = None, str(error)
    states: dict[str, str] = {}
    for done, (name, sound) in enumerate(sounds.items()):
        on_step(done / len(sounds))
        path = folder / name
        if sound.role not in GENERATED_ROLES:
            if sound.role == VOCAL and source is not None:
                write_broadcast(path, source)
            elif sound.role != VOCAL and time_reference:
                write_broadcast(
                    path, packed(Broadcast(sound.role, ORIGINATOR, time_reference=time_reference))
                )
            continue
        write_broadcast(
            path,
            packed(
                Broadcast(
                    description=f"{sound.role}, generated by Backline {studio.__version__} (AI)",
                    originator=ORIGINATOR,
                    reference=f"{REFERENCE}{identity}",
                    date=f"{made_at:%Y-%m-%d}",
                    time=f"{made_at:%H:%M:%S}",
                    time_reference=time_reference,
                    loudness_lufs=sound.loudness_lufs,
                    true_peak_dbtp=sound.true_peak_dbtp,
                )
            ),
        )
        if key is None:
            states[name] = f"none: {refused}"
            continue
        if is_rf64(path):
            states[name] = f"none: {tr(_TOO_LARGE)}"
            continue
        claim = Claim(
            title=f"{ticket.vocal_name}: {sound.role}",
            source_type=source_type(sound.role),
            version=studio.__version__,
            when=made_at.isoformat(timespec="seconds"),
            ticket_id=identity,
            ticket=content,
        )
        try:
            sign(path, claim, key)
            states[name] = SIGNED
        except StudioError as error:
            states[name] = f"none: {error}"
    return Marks(identity, states)


def remember(
    folder: Path, sounds: Mapping[str, Sounding], ticket: Ticket, tune: Prints, data_dir: Path
) -> str:
    """Puts an export on the user's list, so that its files are known again without their marks, and its tune is.

    Returns:
        Why it could not be; empty when it was.
    """
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    song = ExportedSong(
        ticket_id(ticket),
        now,
        ticket.vocal_name,
        ticket.number,
        tickets.packed(ticket),
        tune,
    )
    try:
        prints = [
            (sound.role, sound_print(read_mono(folder / name, PRINT_RATE)))
            for name, sound in sounds.items()
            if sound.role == VOCAL or sound.role in GENERATED_ROLES
        ]
        with Exports(data_dir) as exports:
            exports.add(song, prints)
    except (StudioError, OSError) as error:
        return str(error)
    return ""
