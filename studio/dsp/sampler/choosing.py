"""Which recording plays a note: the layer by loudness, the take in turn, the string by where the hand is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from studio.dsp.sampler.samples import Sample, SampleSet

#: Semitones that a recording may be moved, and further where there is none so near.
NEAR, FAR = 3.0, 12.0


def relative_db(velocity: float, range_db: float) -> float:
    """How far below the loudest stroke a velocity lies; -`range_db` at velocity 32."""
    return range_db * float(np.log2(max(velocity, 1.0) / 127.0)) / 1.989


class Chooser:
    """Chooses among the recordings of one articulation, and remembers what was played.

    Args:
        set: the instrument.
        articulation: names of the articulations taken; all but releases and noises by default.
        keep_levels: share of the level that a recording has by its pitch, that stays: an instrument is not equally loud
            all over; single recordings that stand out are brought back.
    """

    def __init__(self, set: SampleSet, articulation: Iterable[str] | None = None) -> None:
        wanted = None if articulation is None else frozenset(articulation)
        self._samples = [
            s
            for s in set.samples
            if s.pitch is not None
            and (
                s.articulation not in ("release", "muted_noise")
                if wanted is None
                else s.articulation in wanted
            )
        ]
        if not self._samples:
            raise ValueError(f"{set.name} has no recordings of {articulation}")
        self._pitches = np.array([s.pitch for s in self._samples])
        layers = np.array([s.layer for s in self._samples])
        levels = np.array([s.attack_db for s in self._samples])
        medians = {k: float(np.median(levels[layers == k])) for k in np.unique(layers)}
        self.top_db = max(medians.values())
        #: How far each layer lies below the loudest.
        self._layer_db = np.array([min(medians[k] - self.top_db, 0.0) for k in layers])
        trend = np.polyfit(self._pitches, levels - np.array([medians[k] for k in layers]), 1)
        self._trend = np.polyval(trend, self._pitches)
        self._turn: dict[tuple[int, int], int] = defaultdict(int)
        self._last: dict[int, Sample] = {}

    def choose(
        self, pitch: int, below_db: float, chance: float, hand: float | None = None, bright_db: float = 0.0
    ) -> tuple[Sample, float]:
        """A recording for a note, and the gain in dB that gives it its level.

        Args:
            pitch: MIDI, sounding.
            below_db: see `relative_db`.
            chance: 0 to 1; a note between two layers takes either, the nearer one more often.
            hand: pitch about which the hand plays on the neck: far above a note, the note is played high up on a
                thicker string, which is the recording of a lower note moved up. None for instruments without strings
                to choose from.
            bright_db: the layer is that of a note so much louder: records prefer a hard stroke turned down.
        """
        away = np.abs(self._pitches - pitch)
        reach = max(NEAR if hand is not None else 1.0, float(away.min()) + 0.6)
        near = away <= reach
        distance = np.abs(self._layer_db - min(below_db + bright_db, 0.0))
        # The two layers about the level, each as likely as it is near.
        layers = sorted(
            {(float(d), float(v)) for d, v in zip(distance[near], self._layer_db[near], strict=True)}
        )
        pick = layers[0][1]
        if len(layers) > 1 and layers[1][0] < 12.0:
            share = layers[1][0] / max(layers[0][0] + layers[1][0], 1e-9)
            pick = layers[0][1] if chance < share**2 / (share**2 + (1 - share) ** 2) else layers[1][1]
        indices = np.flatnonzero(near & (self._layer_db == pick))
        cost = away[indices].copy()
        if hand is not None:
            above = self._pitches[indices] > pitch + 0.5
            cost += np.where(above, 1.0, 0.0) if hand > pitch + 3 else np.where(above, 0.3, 0.5)
        order = indices[np.argsort(cost, kind="stable")]
        best = order[cost[np.argsort(cost, kind="stable")] <= cost.min() + 0.6]
        if len(best) == 1 and len(order) > 1 and cost[np.argsort(cost, kind="stable")][1] < 2.0:
            best = order[:2]  # a neighbour's recording is the second take
        key = (pitch, round(pick))
        turn = self._turn[key]
        self._turn[key] = turn + 1
        at = best[turn % len(best)]
        sample = self._samples[at]
        if len(best) > 1 and self._last.get(pitch) is sample:
            at = best[(turn + 1) % len(best)]
            sample = self._samples[at]
        self._last[pitch] = sample
        return sample, below_db + float(self._trend[at]) - sample.attack_db
