"""Learns how melodies sit in a bar: the step tables that beat tracking reads (studio/analysis/rhythm_prior.json).

    python -m studio.training.evaluate.fit_rhythm_prior --lieder DIR --nottingham DIR

For each meter it counts, over many melodies, how often a note on one sixteenth of the bar is followed by the next
note d sixteenths later. Sources: the OpenScore Lieder Corpus (CC0), the Nottingham tunes (traditional) and songs of our
own factory. Each stretch of melody counts for at most `_CAP` notes, so that long songs do not outvote the others.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.analysis.meter_prior import LONGEST_STEP, TABLE_PATH, smooth_steps
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter
from studio.training.collections.lieder import lieder_skeletons
from studio.training.collections.nottingham import nottingham_skeletons
from studio.training.songs.skeleton import MelodyNote
from studio.training.songs.song_skeletons import make_skeleton

_CAP = 200
_FACTORY_SONGS = 1500


def melodies(lieder: Path, nottingham: Path) -> Iterator[tuple[Meter, Sequence[MelodyNote]]]:
    """Every melody of the three sources with the meter it is written in.

    The Nottingham tunes are dances: they teach the meters that songs have little of, and leave 4/4 to songs.
    """
    for song in lieder_skeletons(lieder):
        yield song.meter, song.melody
    for tune in nottingham_skeletons(nottingham):
        if tune.meter != Meter(4, 4):
            yield tune.meter, tune.melody
    for number in range(_FACTORY_SONGS):
        song = make_skeleton(np.random.default_rng(number))
        yield song.meter, song.melody


def count_steps(notes: Sequence[MelodyNote], meter: Meter) -> NDArray[np.float64]:
    """How often each step follows each place, [places, LONGEST_STEP + 1]; notes off the sixteenths are left out."""
    places = meter.quarters_per_bar * STEPS_PER_BEAT
    exact = np.array([note.start for note in notes]) * STEPS_PER_BEAT
    sixteenth = np.round(exact).astype(np.int64)
    on_grid = np.abs(exact - sixteenth) < 0.02
    step = np.diff(sixteenth)
    use = on_grid[:-1] & on_grid[1:] & (step >= 0) & (step <= LONGEST_STEP)
    counts = np.zeros((places, LONGEST_STEP + 1))
    np.add.at(counts, (sixteenth[:-1][use] % places, step[use]), 1.0)
    return counts * min(1.0, _CAP / max(float(counts.sum()), 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lieder", type=Path, required=True)
    parser.add_argument("--nottingham", type=Path, required=True)
    folders = parser.parse_args()
    totals: dict[str, NDArray[np.float64]] = {}
    for meter, notes in melodies(folders.lieder, folders.nottingham):
        counts = count_steps(notes, meter)
        totals[str(meter)] = totals.get(str(meter), np.zeros_like(counts)) + counts
    tables = {
        name: {
            "place": np.round(np.log((counts.sum(axis=1) + 1) / (counts.sum(axis=1) + 1).sum()), 3).tolist(),
            "step": np.round(smooth_steps(counts, Meter.parse(name)), 3).tolist(),
        }
        for name, counts in sorted(totals.items())
    }
    TABLE_PATH.write_text(json.dumps(tables, separators=(",", ":")) + "\n", encoding="utf-8")
    for name, counts in totals.items():
        print(f"{name}: {counts.sum():.0f} steps")


if __name__ == "__main__":
    main()
