"""What is known of the adapters on a shelf: each with its report, and which is in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.taste.sequential import BlindTest

#: `candidate`: to be tested; `kept`: was in use, or came from elsewhere; `rejected`: lost, or was not fit to be tested.
State = Literal["candidate", "kept", "promoted", "rejected"]


@dataclass(frozen=True)
class ShelfEntry:
    """One adapter.

    Attributes:
        id: names its folder; `sha256` is that of its file.
        base: SHA-256 by model name of what it belongs to.
        made_at: ISO 8601.
        report: studio.ml.adapting.clips.AdapterReport as plain values; empty for one that was imported.
        test: the blind test against what was in use, so far.
    """

    id: str
    sha256: str
    state: State
    base: Mapping[str, str]
    made_at: str = ""
    note: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    test: BlindTest = field(default_factory=BlindTest)

    def belongs_to(self, hashes: Mapping[str, str]) -> bool:
        """Whether it was trained on these models; else its ratings serve to train another."""
        return all(hashes.get(name) == wanted for name, wanted in self.base.items())


@dataclass(frozen=True)
class ShelfState:
    """What `shelf.json` says. `before` are the ids that were in use, the latest last; None is the base."""

    promoted: str | None = None
    strength: float = 1.0
    before: tuple[str | None, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict)
    tests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    running: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ShelfState:
        return cls(
            values["promoted"], float(values["strength"]), tuple(values["before"]), dict(values["states"]),
            {key: tuple(outcomes) for key, outcomes in values["tests"].items()}, tuple(values["running"]),
        )  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        return {
            "promoted": self.promoted, "strength": self.strength, "before": list(self.before),
            "states": dict(self.states), "tests": {k: list(v) for k, v in self.tests.items()},
            "running": list(self.running),
        }  # fmt: skip
