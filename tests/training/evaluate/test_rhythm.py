"""What the report of the rhythm counts."""

import numpy as np

from studio.core.analysis import VocalNote
from studio.core.music import Key, Meter
from studio.training.collections.pop909 import PopSong
from studio.training.evaluate.rhythm import Heard, excerpt, hear, report

#: A bar of a tune in quarters and eighths at 90 bpm, in C.
BAR = ((0, 1, 60), (1, 0.5, 64), (1.5, 0.5, 62), (2, 1, 67), (3, 0.5, 65), (3.5, 0.5, 64))
BEAT_S = 60 / 90


def _song() -> PopSong:
    notes = tuple(
        VocalNote((4 * bar + at) * BEAT_S, (4 * bar + at + 0.9 * length) * BEAT_S, float(pitch))
        for bar in range(12)
        for at, length, pitch in BAR
    )
    beats = np.arange(49) * BEAT_S
    return PopSong(3, notes, beats, np.arange(49) % 4 == 0, Meter(4, 4), (), ((0.0, Key(0, "major")),))


def test_a_plain_tune_is_heard_right() -> None:
    heard = hear(_song())
    assert heard.right
    assert heard.beat_f > 0.9
    assert heard.near_key
    assert heard.meter


def test_an_excerpt_is_the_same_every_time_and_scattered() -> None:
    first, second = excerpt(_song()), excerpt(_song())
    assert first == second
    starts = np.array([n.start_s for n in first]) / (BEAT_S / 2)
    off_ms = 1000 * np.abs(starts - np.round(starts)) * BEAT_S / 2
    assert 5 < off_ms.mean() < 40


def test_the_report_counts_doubt_of_wrong_and_right_beats() -> None:
    def heard(ratio: float, beat_f: float, others: float, chance: float) -> Heard:
        return Heard(ratio, beat_f, 0.25, (beat_f, others), True, True, True, 0.7, (chance, 0.1))

    lines = report(
        [
            heard(1.0, 0.9, 0.5, 0.9),
            heard(1.0, 0.9, 0.5, 0.5),
            heard(2.0, 0.6, 0.9, 0.5),
            heard(1.5, 0.2, 0.3, 0.9),
        ]
    )
    figures = {name: float(value) for name, value in (line.split(": ") for line in lines.splitlines())}
    assert figures["tempo"] == 0.5
    assert figures["tempo, octave errors apart"] == 0.75
    assert figures["beats right (F .75 or more)"] == 0.5
    assert figures["best beat F of four readings"] == 0.75
    assert figures["beats right in one of four readings"] == 0.75
    assert figures["wrong beats that are doubted"] == 0.5
    assert figures["right beats that are doubted"] == 0.5
