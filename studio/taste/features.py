"""What a taste is told in: sixteen numbers of an arrangement and its sound, each with words a musician uses.

Few on purpose: with a dozen screens every further feature costs more certainty than it adds (arXiv 2506.04852 leaves
open what its raters heard). Thirteen are read from the notes and always there; three need the sound. All are in units
of the bundled model's own scatter among the candidates of one vocal, so that 1 is a difference one meets every day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import BAND, Arrangement, Note
from studio.core.audio import Audio
from studio.core.instruments import instrument
from studio.taste.texture import texture_of

#: Names in the order of every array of features; the last three need the sound.
NAMES: tuple[str, ...] = (
    "drums", "bass", "chords", "lead", "fullness", "length", "register", "colour", "major", "offbeat", "force",
    "guitars", "electric", "brightness", "weight", "punch",
)  # fmt: skip
FROM_SOUND: tuple[str, ...] = ("brightness", "weight", "punch")

#: What less and more of a feature is called.
WORDS: Mapping[str, tuple[str, str]] = {
    "drums": ("sparser drums", "busier drums"),
    "bass": ("a calmer bass", "a livelier bass"),
    "chords": ("fewer strokes of the chords", "more strokes of the chords"),
    "lead": ("less of a lead", "more of a lead"),
    "fullness": ("a thinner band", "a fuller band"),
    "length": ("short, plucked notes", "long, held notes"),
    "register": ("lower playing", "higher playing"),
    "colour": ("plain triads", "coloured chords"),
    "major": ("darker keys", "brighter keys"),
    "offbeat": ("playing on the beat", "playing off the beat"),
    "force": ("softer playing", "harder playing"),
    "guitars": ("other instruments than guitars", "guitars"),
    "electric": ("acoustic instruments", "electric and electronic instruments"),
    "brightness": ("a darker sound", "a brighter sound"),
    "weight": ("a lighter low end", "a heavier low end"),
    "punch": ("a soft, even sound", "a punchy sound"),
}

#: Mean and scatter of each raw measure among the candidates of one vocal, of the bundled model: those of the notes
#: over 376 arrangements of 14 synthetic vocals, those of the sound over 12 bands of three.
_SCALE: Mapping[str, tuple[float, float]] = {
    "drums": (1.22, 0.493),
    "bass": (0.669, 0.271),
    "chords": (0.686, 0.316),
    "lead": (0.362, 0.281),
    "fullness": (1.6, 0.374),
    "length": (-0.403, 0.974),
    "register": (56.9, 4.17),
    "colour": (0.136, 0.186),
    "major": (0.468, 0.157),
    "offbeat": (0.371, 0.195),
    "force": (79.0, 12.1),
    "guitars": (0.344, 0.372),
    "electric": (0.346, 0.301),
    "brightness": (8.97, 0.65),
    "weight": (-0.263, 0.129),
    "punch": (0.0939, 0.0346),
}

_ELECTRIC_WORDS = (
    "electr", "synth", "808", "fm ", "power", "driven", "distorted", "acid", "sub ", "pad", "square", "saw", "sine",
    "clean guitar", "rock organ", "lead guitar", "clavinet",
)  # fmt: skip
_GUITARS = ("nylon guitar", "steel guitar", "clean guitar", "driven guitar", "lead guitar")
_COLOURED = ("7", "maj7", "min7", "sus4", "dim")
_MAJOR = ("maj", "7", "maj7")
#: Spectra of the sound are taken every so many seconds, from blocks of twice the length.
_BLOCK_S = 0.05


def features_of(
    arrangement: Arrangement,
    stems: Mapping[str, Audio] | None = None,
    *,
    span_s: tuple[float, float] | None = None,
) -> dict[str, float]:
    """Features of a phrase, by name, in units of the usual scatter, and its texture (studio.taste.texture).

    Args:
        arrangement: of the phrase, or of the song it lies in.
        stems: at the level they are mixed with; without them the features of FROM_SOUND are left out.
        span_s: the phrase within the arrangement and the stems; None for all of it.
    """
    raw = _of_notes(arrangement, span_s)
    if stems:
        raw |= _of_sound(_mixed(stems, span_s))
    return _scaled(raw) | texture_of(arrangement, span_s)


def features_of_sound(audio: Audio) -> dict[str, float]:
    """Features of FROM_SOUND of any music, such as what a user dropped in."""
    return _scaled(_of_sound(audio))


def as_row(features: Mapping[str, float]) -> NDArray[np.float64]:
    """float64 [16] in the order of NAMES; what is not known counts as usual, 0. Far outliers are drawn in to 4."""
    row = np.array([features.get(name, 0.0) for name in NAMES])
    return np.clip(np.nan_to_num(row), -4.0, 4.0)


def as_rows(features: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """float64 [n, 16]."""
    return np.array([as_row(each) for each in features]).reshape(len(features), len(NAMES))


def _scaled(raw: Mapping[str, float]) -> dict[str, float]:
    return {name: (value - _SCALE[name][0]) / _SCALE[name][1] for name, value in raw.items()}


def _of_notes(arrangement: Arrangement, span_s: tuple[float, float] | None) -> dict[str, float]:
    grid = arrangement.grid
    first, last = span_s or (grid.times_s[0], grid.times_s[-1])
    beat_s = grid.beat_s
    beats = max((last - first) / beat_s, 1.0)
    notes = {
        stem: [note for note in part.notes if first <= note.start_s < last]
        for stem, part in arrangement.parts.items()
    }
    drums, bass = notes.get("drums", []), notes.get("bass", [])
    harmony, lead = notes.get("harmony", []), notes.get("lead", [])
    pitched, every = [*bass, *harmony, *lead], [*drums, *bass, *harmony, *lead]
    upper = [*harmony, *lead]
    quarters = [c for c, at in zip(arrangement.chords, grid.times_s, strict=False) if first <= at < last]
    sounding = [c for c in quarters if c.root is not None]
    playing = [(s, part.instrument) for s, part in arrangement.parts.items() if notes[s]]
    tuneful = [(s, name) for s, name in playing if s in ("harmony", "lead")]
    return {
        # Densities grow by ratio: from one note a beat to two is as far as from two to four.
        "drums": float(np.log1p(len(drums) / beats)),
        "bass": float(np.log1p(len(bass) / beats)),
        "chords": float(np.log1p(_strokes(harmony) / beats)),
        "lead": float(np.log1p(_strokes(lead) / beats)),
        "fullness": float(np.log1p(sum(n.end_s - n.start_s for n in pitched) / (beats * beat_s))),
        "length": _mean([np.log2(max(n.end_s - n.start_s, 0.02) / beat_s) for n in pitched]),
        "register": _mean([n.pitch for n in upper], [n.end_s - n.start_s for n in upper], 62.0),
        "colour": _mean([c.quality in _COLOURED for c in sounding]),
        "major": _mean([c.quality in _MAJOR for c in sounding], usual=0.5),
        "offbeat": float(np.mean(_are_off(grid.beat_of([n.start_s for n in every])))) if every else 0.0,
        "force": _mean([n.velocity for n in every], usual=70.0),
        "guitars": _mean([name in _GUITARS or instrument(s, name).like in _GUITARS for s, name in tuneful]),
        "electric": _mean([_is_electric(stem, name) for stem, name in playing]),
    }


def _mean(values: Sequence[float], weights: Sequence[float] | None = None, usual: float = 0.0) -> float:
    if not len(values) or (weights is not None and sum(weights) <= 0):
        return usual
    return float(np.average(values, weights=weights))


def _strokes(notes: Sequence[Note]) -> int:
    """Notes struck together, within 40 ms, count once."""
    starts = np.sort([n.start_s for n in notes])
    return int(len(starts) and 1 + (np.diff(starts) > 0.04).sum())


def _are_off(beats: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which notes lie nearer to another sixteenth than to the beat."""
    return np.round(beats * 4) % 4 != 0


def _is_electric(stem: str, name: str) -> bool:
    like = instrument(stem, name).like
    return any(word in f"{name} {like}" for word in _ELECTRIC_WORDS)


def _mixed(stems: Mapping[str, Audio], span_s: tuple[float, float] | None) -> Audio:
    sounds = [stems[BAND]] if BAND in stems else list(stems.values())
    rate = sounds[0].sample_rate
    first, last = (0, sounds[0].frames) if span_s is None else (max(0, round(t * rate)) for t in span_s)
    return Audio(np.sum([s.samples[:, first:last] for s in sounds], axis=0, dtype=np.float32), rate)


def _of_sound(audio: Audio) -> dict[str, float]:
    """Raw measures that do not depend on the level."""
    mono = audio.samples.mean(axis=0, dtype=np.float64)
    hop = max(1, round(_BLOCK_S * audio.sample_rate))
    count = len(mono) // hop - 1
    if count < 2 or not np.any(mono):
        return {}
    blocks = np.stack([mono[i * hop : (i + 2) * hop] for i in range(count)]) * np.hanning(2 * hop)
    power = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
    hz = np.fft.rfftfreq(2 * hop, 1 / audio.sample_rate)
    total = power.sum(axis=1)
    heard = total > 1e-4 * total.max()
    octave = np.log2(np.maximum(hz, 20.0))
    # Pink weighting: an octave counts as an octave, or everything would be bass.
    pink = power * hz
    centre = (pink @ octave)[heard] / np.maximum(pink.sum(axis=1)[heard], 1e-30)
    level = np.log10(total + 1e-6 * total.max())
    return {
        "brightness": float(centre.mean()),
        "weight": float(np.log10(power[:, hz < 160].sum() / power.sum() + 1e-6)),
        "punch": float(np.maximum(np.diff(level), 0).mean()),
    }
