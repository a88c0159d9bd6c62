"""What simulated listeners hear: measures of the played notes that the learner does not have.

None is computed like a feature of studio.taste.features: these look at a piano roll of 20 ms frames, at the
autocorrelation of the beats, at intervals, at partials, and at what the singer does meanwhile. A learner that is told
with the very features that decide would only measure itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import STEMS, Arrangement, Note
from studio.core.instruments import instrument

HIDDEN: tuple[str, ...] = (
    "pulse", "roughness", "thickness", "tonal spread", "sheen", "repetition", "room", "beside the voice", "depth",
    "answering", "leaps", "hits", "winds and strings", "keys",
)  # fmt: skip
FRAME_S = 0.02
#: How bright a drum is, as a MIDI pitch of about the same centre.
_KICKS, _HATS = (35, 36), (42, 44, 46, 49, 51, 52, 53, 54, 55, 57, 59, 69, 70, 82)
_ROUGH = {1: 1.0, 2: 0.5, 6: 0.4, 10: 0.25, 11: 0.7}
Array = NDArray[np.float64]


def heard_of(arrangement: Arrangement, analysis: VocalAnalysis) -> Array:
    """float64 [14] in the order of HIDDEN, raw; `standards` brings them to one scale."""
    frames = max(2, int(np.ceil(analysis.duration_s / FRAME_S)))
    rolls = {
        stem: _roll(arrangement.parts[stem].notes if stem in arrangement.parts else (), frames)
        for stem in STEMS
    }
    pitched = np.maximum.reduce([rolls["bass"], rolls["harmony"], rolls["lead"]])
    strikes = _strikes([n for part in arrangement.parts.values() for n in part.notes], frames)
    sung = np.zeros(frames, dtype=bool)
    for note in analysis.notes:
        sung[int(note.start_s / FRAME_S) : int(note.end_s / FRAME_S)] = True
    sung_strikes = np.zeros(frames)
    for onset in analysis.onsets_s:
        if 0 <= onset < analysis.duration_s:
            sung_strikes[int(onset / FRAME_S)] = 1.0
    upper = np.asarray((rolls["harmony"] + rolls["lead"]).any(axis=1))
    led = np.asarray(rolls["lead"].any(axis=1))
    top = np.where(pitched.any(axis=1), 127 - pitched[:, ::-1].argmax(axis=1), -1)
    line = top[np.flatnonzero(np.diff(top)) + 1]
    line = line[line >= 0]
    energy = _energies(arrangement)
    total = max(sum(energy.values()), 1e-9)
    classes = np.bincount(np.arange(128) % 12, weights=pitched.sum(axis=0), minlength=12) + 1e-9
    classes /= classes.sum()
    programs = {stem: _program(arrangement, stem) for stem in ("harmony", "lead")}
    return np.array(
        [
            _autocorrelation(strikes, arrangement.grid.beat_s / FRAME_S),
            _roughness(pitched),
            float((pitched > 0).sum(axis=1).mean()),
            float(-(classes * np.log(classes)).sum()),
            sum(pitch * e for pitch, e in energy.items()) / total,
            _autocorrelation(strikes, arrangement.grid.beat_s * 4 / FRAME_S),
            1.0 - float(np.mean(upper[sung]) if sung.any() else np.mean(upper)),
            float(np.mean(led[sung])) if sung.any() else 0.0,
            sum(e for pitch, e in energy.items() if pitch < 48) / total,
            _together(strikes, sung_strikes),
            float(np.abs(np.diff(line)).mean()) if len(line) > 1 else 0.0,
            float(np.percentile(strikes, 98)),
            float(sum(40 <= (p or 0) < 80 for p in programs.values())),
            float(sum(p is not None and p < 24 for p in programs.values())),
        ]
    )


def standards(heard: Sequence[Sequence[Array]]) -> tuple[Array, Array]:
    """Mean over all, and standard deviation within a vocal, [14] each; `heard` by vocal."""
    every = np.concatenate([np.stack(list(each)) for each in heard])
    within = np.mean([np.stack(list(each)).var(axis=0) for each in heard], axis=0)
    return every.mean(axis=0), np.sqrt(within) + 1e-6


def _roll(notes: Sequence[Note], frames: int) -> Array:
    """Velocities from 0 to 1 by frame and pitch, [frames, 128]."""
    roll = np.zeros((frames, 128))
    for note in notes:
        first, last = int(max(note.start_s, 0.0) / FRAME_S), int(np.ceil(note.end_s / FRAME_S))
        part = roll[first : max(last, first + 1), note.pitch]
        np.maximum(part, note.velocity / 127, out=part)
    return roll


def _strikes(notes: Sequence[Note], frames: int) -> Array:
    out = np.zeros(frames)
    for note in notes:
        frame = int(note.start_s / FRAME_S)
        if 0 <= frame < frames:
            out[frame] += (note.velocity / 127) ** 2
    return np.convolve(out, [0.25, 0.5, 1.0, 0.5, 0.25], mode="same")


def _autocorrelation(strikes: Array, lag: float) -> float:
    shift = round(lag)
    a = strikes - strikes.mean()
    if shift >= len(a) // 2 or not a.any():
        return 0.0
    return float((a[shift:] * a[:-shift]).mean() / (a**2).mean())


def _roughness(pitched: Array) -> float:
    """Sharp intervals between what sounds together, by frame, over the number of pairs."""
    sounding = (pitched > 0).astype(np.float64)
    sharp = sum(w * (sounding[:, k:] * sounding[:, :-k]).sum() for k, w in _ROUGH.items())
    count = sounding.sum(axis=1)
    return float(sharp / max((count * (count - 1) / 2).sum(), 1.0))


def _energies(arrangement: Arrangement) -> dict[float, float]:
    """Loudness times length by pitch, four partials a note, drums where they ring."""
    out: dict[float, float] = {}
    for stem, part in arrangement.parts.items():
        for note in part.notes:
            loud = (note.velocity / 127) ** 2
            if stem == "drums":
                centre = 36.0 if note.pitch in _KICKS else 112.0 if note.pitch in _HATS else 84.0
                out[centre] = out.get(centre, 0.0) + 0.12 * loud
                continue
            length = min(note.end_s - note.start_s, 1.5)
            for partial, share in ((0, 1.0), (12, 0.5), (19, 0.3), (24, 0.2)):
                pitch = float(note.pitch + partial)
                out[pitch] = out.get(pitch, 0.0) + share * loud * length
    return out


def _together(band: Array, voice: Array) -> float:
    """Correlation of the band's strokes with the singer's onsets."""
    wide = np.convolve(voice, np.ones(5), mode="same")
    if band.std() < 1e-9 or wide.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(band, wide)[0, 1])


def _program(arrangement: Arrangement, stem: str) -> int | None:
    part = arrangement.parts.get(stem)
    return instrument(stem, part.instrument).program if part and part.notes else None
