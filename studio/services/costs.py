"""What work costs on this machine: shipped defaults, corrected by every request that was worked off."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from studio.core.engines import FASTSAG
from studio.storage.costs import FILE_NAME, read_costs, write_costs

Kind = Literal["load", "listen", "make", "write"]

#: Seconds on two quiet cores (docs/measurements.md): of loading an engine; of listening to a second of a vocal; of
#: making a unit of core.workload; of writing a second of a candidate.
DEFAULTS: Mapping[Kind, float] = {"load": 5.0, "listen": 0.02, "make": 0.1, "write": 0.03}
_OF_FASTSAG: Mapping[Kind, float] = {"load": 8.0, "make": 8.5}

#: Share of a new measurement in what is remembered, as a mean of logarithms.
_LEARNING = 0.5
#: Further than so many times off, a peak of memory is no measure.
_MOST_MEMORY = 3.0
#: Less work than this, in units, is no measure: it is mostly overhead.
_LEAST = 4.0


class Costs:
    """Seconds by kind of work. Several threads may ask and learn.

    Args:
        path: where they are remembered; None remembers them for this object's life.
        engine: loading and making are remembered for each engine and device.
    """

    def __init__(self, path: Path | None = None, engine: str = "band", device: str = "auto") -> None:
        self._path, self.engine, self._device = path, engine, device
        self._lock = threading.Lock()
        self._known = read_costs(path) if path else {}

    @staticmethod
    def of_user(data_dir: Path, engine: str = "band", device: str = "auto") -> Costs:
        """Those remembered in a user's data folder."""
        return Costs(data_dir / FILE_NAME, engine, device)

    def seconds(self, kind: Kind, amount: float = 1.0) -> float:
        """What so much of the work is expected to take."""
        default = DEFAULTS[kind]
        if self.engine == FASTSAG.name:
            default = _OF_FASTSAG.get(kind, default)
        with self._lock:
            return amount * self._known.get(self._name(kind), default)

    def learn(self, kind: Kind, seconds: float, amount: float = 1.0) -> None:
        """Work was done, and took so long."""
        if seconds <= 0.0 or (kind != "load" and amount < _LEAST):
            return
        before = self.seconds(kind)
        with self._lock:
            # Another window may have learnt meanwhile.
            known = read_costs(self._path) if self._path else self._known
            learnt = math.log(before) * (1 - _LEARNING) + math.log(seconds / amount) * _LEARNING
            self._known = {**known, self._name(kind): math.exp(learnt)}
            if self._path:
                write_costs(self._path, self._known)

    @property
    def memory_factor(self) -> float:
        """What requests took of memory here, over what services.memory expects of them."""
        with self._lock:
            known = self._known.get(f"memory {self.engine} {self._device}", 1.0)
        return min(_MOST_MEMORY, max(1.0 / _MOST_MEMORY, known))

    def learn_memory(self, factor: float) -> None:
        """A request took so many times what was expected of it."""
        if not 1.0 / _MOST_MEMORY <= factor <= _MOST_MEMORY:
            return  # no figure of ours: a process that did other things, or a system that counts otherwise
        with self._lock:
            known = read_costs(self._path) if self._path else self._known
            self._known = {**known, f"memory {self.engine} {self._device}": factor}
            if self._path:
                write_costs(self._path, self._known)

    def _name(self, kind: Kind) -> str:
        return f"{kind} {self.engine} {self._device}" if kind in ("load", "make") else kind
