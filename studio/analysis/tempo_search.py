"""Exhaustive search of a steady grid under the onsets of a voice: every tempo, every phase.

The evidence of a stretch of song is a surface over tempo (1 % steps) and phase: the log probability of its onsets
when each lies, within a singer's scatter, on a beat, an eighth or a sixteenth, or, the less clear it is, anywhere.
Scatter is in seconds, so that a fast grid, which catches everything, gains nothing by it. Surfaces of stretches of
4 s are cheap, and any steady tempo of the whole song is a line through them: its phase in each stretch follows from
its phase in the first. So tempi can be told apart as finely as a long song allows, and memory stays small.
A singer who drifts is a path through the surfaces instead (Viterbi).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST_BPM, HIGHEST_BPM = 50.0, 205.0
PHASES = 32
#: How late a vowel is heard after the beat it is sung on, in seconds: the middle on real voices with a band.
LAG_S = 0.015
#: How usual a tempo is: normal in octaves.
_USUAL_BPM, _TEMPO_SD = 100.0, 0.4
_STEP = 0.01
_STRETCH_S = 4.0
#: Trusts are rounded to these, so that their logarithms are looked up.
_TRUSTS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
_SCATTER_S = 0.04
#: How a singer may fill the beat: chance of the manner, and share of onsets on the four sixteenths of the beat.
#: Without the choice the same quarters would speak for half the tempo, of which they are eighths.
_MANNERS = (
    (0.25, (0.75, 0.03, 0.19, 0.03)),
    (0.40, (0.44, 0.06, 0.44, 0.06)),
    (0.25, (0.30, 0.20, 0.30, 0.20)),
    (0.10, (0.19, 0.03, 0.75, 0.03)),
)
_FINE = 256
#: Tempi that are tried for a whole song, at most about.
_MOST_TEMPI = 3000


def tempo_log_prior(bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How usual a tempo is, up to a constant."""
    return np.asarray(-0.5 * np.square(np.log2(bpm / _USUAL_BPM) / _TEMPO_SD))


@dataclass(frozen=True, eq=False)
class Onsets:
    """What rhythm is heard from.

    Attributes:
        times_s: float64 [N], sorted.
        trust: float64 [N], 0 to 1: the chance that an onset is one of the rhythm.
    """

    times_s: Floats
    trust: Floats

    def __len__(self) -> int:
        return len(self.times_s)


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Evidence of each stretch.

    Attributes:
        bpm: float64 [T].
        centres_s: float64 [W], middles of the stretches.
        values: float32 [W, T, PHASES, manners]: log probability, over that of onsets anywhere, when a beat lies
            p / PHASES of a beat after the middle of the stretch.
    """

    bpm: Floats
    centres_s: Floats
    values: NDArray[np.float32]


def _density(bpm: float) -> Floats:
    """Chance of an onset at each of _FINE places of a beat, over that of an onset anywhere, [_FINE, manners]."""
    place = np.arange(_FINE) / _FINE
    width = _SCATTER_S * bpm / 60.0
    bumps = []
    for index in range(4):
        distance = (place - index / 4 + 0.5) % 1.0 - 0.5
        bump = sum(np.exp(-0.5 * np.square((distance + turn) / width)) for turn in (-1, 0, 1))
        bumps.append(np.asarray(bump) / float(np.mean(bump)))
    return np.stack(bumps, axis=1) @ np.array([shares for _, shares in _MANNERS]).T


def over_manners(evidence: NDArray[np.floating]) -> Floats:
    """The evidence whatever the manner: the last axis of [..., manners] summed out."""
    chance = np.log([share for share, _ in _MANNERS])
    return np.asarray(np.logaddexp.reduce(evidence.astype(np.float64) + chance, axis=-1))


def search(
    onsets: Onsets,
    duration_s: float,
    tempo_bpm: float | None = None,
    *,
    around: tuple[float, float] | None = None,
) -> Surfaces:
    """The surfaces of a song.

    Args:
        tempo_bpm: a tempo that was given: it alone is tried, or what lies `around` it (lowest and highest, as shares
            of it); None tries all.
    """
    if tempo_bpm is not None and around is None:
        bpm = np.array([tempo_bpm])
    else:
        low, high = (LOWEST_BPM, HIGHEST_BPM)
        if tempo_bpm is not None and around is not None:
            low, high = (share * tempo_bpm for share in around)
        bpm = np.exp(np.arange(np.log(low), np.log(high), _STEP))
    density = np.stack([_density(b) for b in bpm])
    count = max(1, round(duration_s / _STRETCH_S))
    edges = np.linspace(0.0, duration_s, count + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    values = np.zeros((count, len(bpm), PHASES, len(_MANNERS)), dtype=np.float32)
    times = onsets.times_s - LAG_S
    stretch = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, count - 1)
    rows = np.arange(len(bpm))[:, None]
    phase = np.arange(PHASES) * (_FINE // PHASES)
    level = np.abs(onsets.trust[:, None] - _TRUSTS).argmin(axis=1)
    for k in np.unique(level):
        table = np.log(1.0 - _TRUSTS[k] + _TRUSTS[k] * density).astype(np.float32)
        for time, w in zip(times[level == k], stretch[level == k], strict=True):
            at = np.round((time - centres[w]) * bpm / 60.0 * _FINE).astype(np.int64)
            values[w] += table[rows, (at[:, None] - phase) % _FINE]
    return Surfaces(bpm, centres, values)


def steady(surfaces: Surfaces) -> tuple[Floats, Floats]:
    """Evidence of every exactly steady grid.

    Returns:
        Tempi [K], as fine as the length of the song can tell apart, and evidence [K, PHASES]: a beat lies p / PHASES
        of a beat after the middle of the song.
    """
    bpm, centres = surfaces.bpm, surfaces.centres_s
    span, middle = float(centres[-1] - centres[0]), float(centres[-1] + centres[0]) / 2
    if len(bpm) == 1:
        tempi = bpm
    else:
        # A step of tempo must not move the beats at the ends by more than four phases.
        fine = max(1, int(np.ceil(span / 2 * _STEP * HIGHEST_BPM / 60.0 * PHASES / 4)))
        tempi = np.exp(np.arange(np.log(bpm[0]), np.log(bpm[-1]) + _STEP / fine / 2, _STEP / fine))
    row = np.clip(np.round(np.log(tempi / bpm[0]) / _STEP).astype(np.int64), 0, len(bpm) - 1)
    if len(tempi) > _MOST_TEMPI:
        # A long song has too many: those are left whose stretches agree with them, each with a phase of its own.
        promise = surfaces.values.max(axis=(2, 3)).sum(axis=0, dtype=np.float64) + tempo_log_prior(bpm)
        kept = promise >= np.sort(promise)[-max(12, len(bpm) * _MOST_TEMPI // len(tempi))]
        tempi, row = tempi[kept[row]], row[kept[row]]
    total = np.zeros((len(tempi), PHASES, len(_MANNERS)), dtype=np.float32)
    index = np.arange(PHASES)
    for w, centre in enumerate(centres):
        # A beat p after the middle of the song lies this much later, in phases, seen from middle w.
        moved = np.round((middle - centre) * tempi / 60.0 * PHASES).astype(np.int64)
        total += surfaces.values[w][row[:, None], (index + moved[:, None]) % PHASES]
    return tempi, over_manners(total)


def follow(surfaces: Surfaces, bend: float = 0.02) -> tuple[Floats, Floats, float]:
    """The likeliest path of tempo and phase through the stretches.

    Args:
        bend: usual relative change of tempo from one stretch to the next.

    Returns:
        Tempo [W] and phase [W] (of a beat after the middle) of each stretch, and the evidence of the path, its
        changes paid for.
    """
    bpm, centres, values = surfaces.bpm, surfaces.centres_s, over_manners(surfaces.values)
    count, tempi = values.shape[0], len(bpm)
    reach = 6
    moves = np.arange(-reach, reach + 1)
    price = -0.5 * np.square(moves * _STEP / bend)
    slack = np.arange(-4, 5)
    slack_price = -0.5 * np.square(slack / 1.5)
    value = values[0] + tempo_log_prior(bpm)[:, None]
    back: list[tuple[NDArray[np.int16], NDArray[np.int16]]] = []
    phase = np.arange(PHASES)
    for w in range(1, count):
        gap = float(centres[w] - centres[w - 1])
        # First the beat itself slips by a few phases, then the tempo bends.
        slipped = np.stack(
            [np.roll(value, -extra, axis=1) + fee for extra, fee in zip(slack, slack_price, strict=True)]
        )
        slip = slipped.argmax(axis=0)
        slipped = slipped.max(axis=0)
        best = np.full((tempi, PHASES), -np.inf)
        from_t = np.zeros((tempi, PHASES), dtype=np.int16)
        from_p = np.zeros((tempi, PHASES), dtype=np.int16)
        for move, cost in zip(moves.tolist(), price.tolist(), strict=True):
            source = np.arange(max(0, -move), min(tempi, tempi - move))
            here = source + move
            # A beat p after the last middle is seen p - gap * tempo after this one.
            turn = np.round(gap * np.sqrt(bpm[here] * bpm[source]) / 60.0 * PHASES).astype(np.int64)
            origin = (phase[None, :] + turn[:, None]) % PHASES
            candidate = slipped[source[:, None], origin] + cost
            better = candidate > best[here]
            best[here] = np.where(better, candidate, best[here])
            from_t[here] = np.where(better, source[:, None], from_t[here])
            before = (origin + slack[slip[source[:, None], origin]]) % PHASES
            from_p[here] = np.where(better, before, from_p[here])
        back.append((from_t, from_p))
        value = best + values[w]
    t, p = (int(x) for x in np.unravel_index(int(value.argmax()), value.shape))
    evidence = float(value.max())
    path = [(t, p)]
    for from_t, from_p in reversed(back):
        t, p = int(from_t[t, p]), int(from_p[t, p])
        path.append((t, p))
    path.reverse()
    return bpm[[t for t, _ in path]], np.array([p for _, p in path]) / PHASES, evidence
