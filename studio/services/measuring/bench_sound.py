"""Listening without ears: figures of the bundled bands' sound, and what a change has done to them.

Bands for sung songs that everybody can make again; of each, the figures of dsp.sound_figures by stem and for the mix.
Whole mixes are set beside recorded bands, of which `record_figures.json` keeps the mean and spread of each figure (see
training.evaluate.record_figures). Two files are compared figure by figure: what moves further than its tolerance is
told, and whether for the worse.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from studio.analysis import analyse
from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.grid import STEPS_PER_BEAT
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.dsp.resample import resample
from studio.dsp.sound_figures import FIGURES, distance, sound_figures
from studio.services.measuring.synthetic_singer import sing_song

MIX = "mix"
#: Seeds of the singer, and seconds of each song.
_SINGERS, _SECONDS = (501, 502, 503), 20.0
#: Rate of the vocals, and so of the bands.
_RATE = 44100
#: By figure: how far it may move from one file to the next, and the side that is worse (-1 less, 1 more, 0 none is).
TOLERANCES: Mapping[str, tuple[float, int]] = {
    "level": (1.5, 0),
    "movement": (0.7, -1),
    "crest": (1.5, -1),
    "silence": (0.04, 1),
    "width": (0.08, -1),
    "low": (1.5, 0),
    "middle": (1.5, 0),
    "high": (2.0, -1),
    "air": (3.0, -1),
    "onsets": (0.6, 0),
    "repeats": (0.08, 1),
    "scatter": (3.0, 0),
}
#: What is wrong whatever was before: figure, side, bound, in words.
ALARMS: tuple[tuple[str, int, float, str], ...] = (
    ("repeats", 1, 0.97, "every bar is the very sound of one before it"),
    ("silence", 1, 0.98, "silent throughout"),
    ("movement", -1, 0.3, "at one loudness throughout"),
    ("scatter", -1, 2.5, "strokes exactly on the grid, as no player has them"),
    ("crest", -1, 4.0, "as flat as a brick"),
)
#: How much further from the recorded bands the mix may get.
_DISTANCE_TOLERANCE = 0.15


@lru_cache(maxsize=1)
def record_figures() -> Mapping[str, Any]:
    """Of recorded bands: `clips`, `figures` (mean and sd by figure) and `distance` (of one from the others)."""
    file = Path(__file__).with_name("record_figures.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class BandFigures:
    """Of one band: the figures of each stem that sounds, and of the mix under MIX."""

    name: str
    figures: Mapping[str, Mapping[str, float]]

    @property
    def distance(self) -> float:
        """From recorded bands, see dsp.sound_figures.distance."""
        return distance(self.figures[MIX], record_figures()["figures"])


def figures_of(name: str, candidate: Candidate) -> BandFigures:
    """The figures of a candidate that was played."""
    grid = candidate.arrangement.grid
    steps = grid.time_of(np.arange(grid.beats * STEPS_PER_BEAT) / STEPS_PER_BEAT)
    bar = grid.meter.quarters_per_bar * STEPS_PER_BEAT
    sounds = {stem: candidate.stems[stem] for stem in STEMS if stem in candidate.stems}
    rate = next(iter(sounds.values())).sample_rate
    arrays = {stem: np.asarray(audio.samples, dtype=np.float32) for stem, audio in sounds.items()}
    mix = np.asarray(sum(arrays.values()), dtype=np.float32)
    found = {stem: sound_figures(array, rate, steps, bar) for stem, array in {**arrays, MIX: mix}.items()}
    silent = {stem for stem, part in candidate.arrangement.parts.items() if not part.notes}
    return BandFigures(name, {stem: f for stem, f in found.items() if stem not in silent})


def bench_sound(models_dir: Path, device: str, on_step: Callable[[str], None]) -> list[BandFigures]:
    """Bands of the bundled model for three sung songs, two for each. Raises StudioError for missing weights."""
    from studio.ml.engine import load_engine

    engine = load_engine(models_dir, device)
    made: list[BandFigures] = []
    for seed in _SINGERS:
        on_step(f"Playing to singer {seed}")
        song = sing_song(seed, _SECONDS)
        audio = resample(song.audio, _RATE)
        request = GenerationRequest(audio, analyse(audio), 2, seed)

        def keep(candidate: Candidate, singer: int = seed) -> None:
            style = candidate.arrangement.style
            made.append(figures_of(f"singer {singer}, {candidate.number}: {style}", candidate))

        engine.generate(request, Run(on_candidate=keep))
    return made


def means(bands: Sequence[BandFigures]) -> dict[str, dict[str, float]]:
    """The mean of each figure, by stem, over the bands that have it."""
    out: dict[str, dict[str, float]] = {}
    for stem in (*STEMS, MIX):
        rows = [band.figures[stem] for band in bands if stem in band.figures]
        out[stem] = {
            name: float(np.mean([row[name] for row in rows if name in row]))
            for name in FIGURES
            if any(name in row for row in rows)
        }
    return out


def content_of(bands: Sequence[BandFigures]) -> dict[str, Any]:
    """What the file holds: the means, and the bands one by one."""
    return {
        "sound": means(bands),
        "distance": float(np.mean([band.distance for band in bands])),
        "bands": {band.name: {"distance": band.distance, "stems": dict(band.figures)} for band in bands},
    }


def describe(content: Mapping[str, Any]) -> list[str]:
    """The table to print, and what is alarming in any band."""
    records = record_figures()
    columns = (*STEMS, MIX)
    lines = [f"{'':<10}" + "".join(f"{c:>10}" for c in columns) + f"{'recorded':>16}"]
    for name, what in FIGURES.items():
        cells = "".join(_cell(content["sound"][c].get(name)) for c in columns)
        known = records["figures"].get(name)
        beside = f"{known['mean']:.2f} +- {known['sd']:.2f}" if known else ""
        lines.append(f"{name:<10}{cells}{beside:>16}  {what}")
    lines.append(
        f"Distance of the mix from {records['clips']} recorded bands: {content['distance']:.2f} "
        f"(one of them from the others: {records['distance']:.2f})"
    )
    return [*lines, *alarms(content)]


def alarms(content: Mapping[str, Any]) -> list[str]:
    """What is wrong with a stem of a band, whatever was before."""
    return [
        f"! {name}, {stem}: {words} ({figure} {figures[figure]:.2f})"
        for name, band in content["bands"].items()
        for stem, figures in band["stems"].items()
        for figure, side, bound, words in ALARMS
        if figure in figures and side * (figures[figure] - bound) > 0
    ]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Lines to print for every figure that moved further than its tolerance, and those that are for the worse."""
    lines, worse = [], []
    for stem in (*STEMS, MIX):
        for name, (tolerance, side) in TOLERANCES.items():
            old, new = (content["sound"].get(stem, {}).get(name) for content in (before, after))
            if old is None or new is None or abs(new - old) <= tolerance:
                continue
            bad = side * (new - old) > 0
            lines.append(f"{stem:<10}{name:<10}{old:>9.2f} -> {new:<9.2f}{'worse' if bad else 'changed'}")
            if bad:
                worse.append(lines[-1])
    old, new = before["distance"], after["distance"]
    lines.append(f"distance from recorded bands {old:.2f} -> {new:.2f}")
    if new - old > _DISTANCE_TOLERANCE:
        worse.append(lines[-1])
    known = set(alarms(before))
    worse += [line for line in alarms(after) if line not in known]
    return [*lines, *(line for line in worse if line not in lines)], worse


def read_content(path: Path) -> dict[str, Any]:
    """A file that `studio bench sound --json` wrote. Raises StudioError for another."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sound, _bands, _distance = content["sound"], content["bands"], float(content["distance"])
        if not all(isinstance(v, int | float) for stem in sound.values() for v in stem.values()):
            raise ValueError("figures that are no numbers")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudioError(
            f"Cannot compare {path.name}",
            seen=str(error) or type(error).__name__,
            expected="a file written by studio bench sound --json",
        ) from error
    return dict(content)


def _cell(value: float | None) -> str:
    return f"{'-':>10}" if value is None else f"{value:>10.2f}"
