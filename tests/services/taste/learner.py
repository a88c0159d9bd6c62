"""An engine that learns without a network; apart from the tests, so that a child process imports no torch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.pipeline import Run
from studio.ml.adapting.clips import AdapterReport, AdapterTraining, Check
from tests.services.band import ToneEngine
from tests.services.taste.adapter_files import BASE, write_adapter

STEPS = 40


class LearningEngine(ToneEngine):
    """Takes a step each hundredth of a second, and remembers on the disk how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self._using: dict[str, str] = {}

    @property
    def model_hashes(self) -> Mapping[str, str]:  # type: ignore[override]
        return {**BASE, **self._using}

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]:
        if path is not None and not path.exists():
            raise StudioError("The adapter is missing")
        self._using = {} if path is None else {"adapter": path.name, "adapter_strength": f"{strength:.2f}"}
        return self.model_hashes

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        training.folder.mkdir(parents=True, exist_ok=True)
        count = training.folder / "count"
        done = int(count.read_text()) if count.exists() else 0
        while done < STEPS:
            run.pause.wait(run.cancel)
            done += 1
            count.write_text(str(done))
            run.step("Learning", done / STEPS)
            time.sleep(0.01)
        write_adapter(training.folder / "adapter.safetensors", int(training.note or 0))
        fit = training.note != "13"
        checks = (Check("more silence", 0.0 if fit else 0.5, 0.02, fit),)
        n = len(training.clips)
        return AdapterReport(
            "", BASE, "adapter", n, 1, STEPS, STEPS, "finished", 1.0, "cpu", True, ("busier",), checks
        )


def load_learner(models: Path, device: str) -> LearningEngine:
    return LearningEngine()
