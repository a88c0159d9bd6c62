"""The engines one can choose, and what each can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from studio.core.arrangement import BAND, STEMS
from studio.core.change_words import told_change
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.request import Change


@dataclass(frozen=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        stems: of its candidates.
        controls: names of the fields of `Controls` it heeds.
        changes: whether it can vary a candidate or make a part of it anew.
        why_not: the reason for what it cannot do, as a sentence for users.
    """

    name: str
    title: str
    stems: tuple[str, ...]
    controls: frozenset[str]
    changes: bool
    why_not: str = ""

    def why_not_heeded(self, *names: str) -> str:
        """The reason for not heeding these controls; "" when it heeds them all."""
        return "" if self.controls.issuperset(names) else tr(self.why_not)

    def heeded(self, controls: Controls) -> Controls:
        """The wishes with those left out that this engine does not heed."""
        return Controls(**{name: getattr(controls, name) for name in self.controls})

    def check(self, controls: Controls, change: Change | None = None) -> None:
        """Raises StudioError naming every wish this engine cannot fulfil."""
        refused = [name for name in asked_for(controls) if name not in self.controls]
        if change is not None and not self.changes:
            refused.append(told_change(str(change)))
        if refused:
            raise StudioError(
                tr("{title} cannot do that", title=tr(self.title)),
                seen=", ".join(refused),
                expected=tr(self.why_not),
                todo=tr("Leave these wishes out, or choose the band model"),
            )


def asked_for(controls: Controls) -> Sequence[str]:
    """The names of the controls that are not left to the engine."""
    return [field.name for field in fields(controls) if getattr(controls, field.name)]


BAND_MODEL = EngineKind(
    "band", later("Band model"), STEMS, frozenset(f.name for f in fields(Controls)), changes=True
)
FASTSAG = EngineKind(
    "fastsag",
    "FastSAG",
    (BAND,),
    frozenset(),
    changes=False,
    why_not=later(
        "FastSAG answers to the sound of the voice alone and makes the whole band as one "
        "sound: there are no stems, notes, chords, style or instruments to choose"
    ),
)
#: In the place of FastSAG's weights: the paper's networks with random ones.
UNTRAINED = Path("untrained")


def check_fastsag_weights(path: Path) -> None:
    """Raises StudioError where they are not there: known without torch, before any work."""
    if path != UNTRAINED and not path.is_file():
        raise StudioError(
            tr("FastSAG's weights are not on this machine"),
            seen=tr("no file {path}", path=path),
            expected=tr("fastsag.pt of its authors, or a model of your own training, imported once"),
            todo=tr("Type: studio import-fastsag fastsag.pt"),
        )


ENGINES = {kind.name: kind for kind in (BAND_MODEL, FASTSAG)}
