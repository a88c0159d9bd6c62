"""Measures recorded bands for `studio bench sound`: mean and spread of each figure, and how far one is from the rest.

    python -m studio.training.evaluate.record_figures --out studio/services/measuring/record_figures.json DIR ...

Only these few numbers of all recordings together are kept; nothing of a recording is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from studio.dsp.sound_figures import RECORD_FIGURES, distance, sound_figures

_SOUNDS = (".wav", ".flac", ".mp3", ".ogg")


def summary(rows: Sequence[Mapping[str, float]]) -> dict[str, object]:
    """Mean and standard deviation of each figure, and the mean distance of each row from those of the others."""

    def spread(of: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
        return {
            name: {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}
            for name in RECORD_FIGURES
            for values in [[row[name] for row in of]]
        }

    apart = [distance(row, spread([*rows[:i], *rows[i + 1 :]])) for i, row in enumerate(rows)]
    return {"clips": len(rows), "figures": spread(rows), "distance": float(np.mean(apart))}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for folder in options.folders:
        for path in sorted(p for p in folder.iterdir() if p.suffix in _SOUNDS):
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            rows.append(sound_figures(np.ascontiguousarray(samples.T), rate))
    rounded = json.loads(json.dumps(summary(rows)), parse_float=lambda text: round(float(text), 3))
    options.out.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
