"""What a user last chose for exports, kept as one line of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct, json

from studio.audio.wav import Encoding
from studio.services.exporting.contents import CLICK, ROLES
from studio.storage.json_file import BadFile, decoded

Which = Literal["this", "favourites", "picked", "chosen", "all"]


@dataclass(frozen=True)
class ExportSettings:
    """Of the next export, whatever the song.

    Attributes:
        which: the candidates: the one asked for, a choice that is made each time, or those that were liked.
        roles: the files, of contents.ROLES.
        by_template: names by the template; else short ones.
        lower_vocal: see levels.
    """

    which: Which = "this"
    roles: frozenset[str] = frozenset(ROLES) - {CLICK}
    encoding: Encoding = "PCM_24"
    by_template: bool = True
    lower_vocal: bool = False

    def text(self) -> str:
        """For the user's settings file."""
        kept = _Kept(self.which, sorted(self.roles), self.encoding, self.by_template, self.lower_vocal)
        return json.encode(kept).decode()


class _Kept(Struct):
    which: Which
    roles: list[str]
    encoding: Encoding
    by_template: bool
    lower_vocal: bool


def settings_from(text: str) -> ExportSettings:
    """What `text` kept; the default where nothing, or nothing that can be read, was kept."""
    try:
        kept = decoded(text.encode(), _Kept, "export settings")
    except BadFile:
        return ExportSettings()
    roles = frozenset(kept.roles) & frozenset(ROLES)
    if not roles:
        return ExportSettings()
    return ExportSettings(kept.which, roles, kept.encoding, kept.by_template, kept.lower_vocal)


def chosen_numbers(
    which: Which,
    numbers: Sequence[int],
    *,
    this: int | None,
    favourites: Sequence[int],
    picked: int | None,
    chosen: Sequence[int] = (),
) -> tuple[int, ...]:
    """The candidates of a choice, in their order.

    Args:
        numbers: all there are.
    """
    groups: Mapping[Which, Sequence[int | None]] = {
        "this": (this,),
        "favourites": favourites,
        "picked": (picked,),
        "chosen": chosen,
        "all": numbers,
    }
    return tuple(number for number in numbers if number in groups[which])
