"""Where an accompaniment comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.controls import Controls
from studio.core.names import is_file_name

#: The engine of a candidate that was put together from others.
COMP = "comp"


@dataclass(frozen=True)
class Origin:
    """What a candidate was made from. It travels with the candidate: nobody looks it up later.

    Attributes:
        vocal_sha256: of the sound that was accompanied, see `AudioRef`.
        analysis: the name under which the project keeps how that sound was heard.
        controls: what was wished for.
        number_in_request: from 1; with `seed` it says which noise was drawn.
        models: SHA-256 by model name.
        parent, change: the number of the candidate it was made out of, and how, in words.
        other_parent: the number of the second one, of a child of two.
        request: which request it belongs to.
        made_at: ISO 8601, with the zone.
    """

    vocal_sha256: str
    analysis: str
    controls: Controls = field(default_factory=Controls)
    seed: int = 1
    number_in_request: int = 1
    engine: str = "band"
    models: Mapping[str, str] = field(default_factory=dict)
    adapter: str = ""
    parent: int | None = None
    change: str = ""
    request: str = ""
    made_at: str = ""
    program: str = ""
    other_parent: int | None = None

    def __post_init__(self) -> None:
        if not is_file_name(self.analysis):
            raise ValueError("an analysis of a name that no file has")
