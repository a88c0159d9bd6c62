"""Measures who plays when a style is named, and how far four candidates for it differ.

    python -m studio.training.evaluate.styles --models models --out FILE VOCAL ...

Each vocal is arranged in each style, four candidates from each of some seeds, nothing else being asked for; nothing is
played. Whether an instrument is usual in a style is told by core.style_instruments. A line of FILE is one request;
those that FILE has already are not made again. At the end the table is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from studio.analysis import analyse
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.controls import Controls
from studio.core.instruments import SOUNDS
from studio.core.request import GenerationRequest
from studio.core.score import COLUMNS
from studio.core.style_instruments import is_usual
from studio.ml.arrangement.arranging import Arranged, Arranger, load_arranger
from studio.ml.device import choose_device

#: Twelve styles of all kinds.
STYLES = (
    "pop", "piano ballad", "rock", "folk", "soul", "funk", "hip-hop", "synth-pop", "reggae", "bossa nova",
    "jazz swing", "cinematic",
)  # fmt: skip
_CANDIDATES = 4


@dataclass(frozen=True)
class Obedience:
    """Of the bands of one style.

    Attributes:
        bands: how many.
        usual: by stem, the share of bands in which it is played by a usual instrument, or left out where that is usual.
        heard: share of the instruments that play at least one note.
        instruments: mean number of different instruments among four candidates, of a stem.
        unlike: mean share of the tokens in which two of four candidates differ.
    """

    bands: int
    usual: Mapping[str, float]
    heard: float
    instruments: float
    unlike: float


def row_of(style: str, made: Sequence[Arranged]) -> dict[str, Any]:
    """One request as FILE keeps it: who plays in each candidate, whether they are heard, how unlike the scores are."""
    columns = slice(COLUMNS["drums"].start, COLUMNS["lead"].stop)
    pairs = combinations([arranged.recipe.score.tokens[:, columns] for arranged in made], 2)
    return {
        "style": style,
        "players": [{s: a.arrangement.parts[s].instrument for s in STEMS} for a in made],
        "heard": [{s: bool(a.arrangement.parts[s].notes) for s in STEMS} for a in made],
        "unlike": float(np.mean([(one != other).mean() for one, other in pairs])),
    }


def obedience(rows: Sequence[Mapping[str, Any]]) -> Obedience:
    """What the requests of one style come to."""
    style = rows[0]["style"]
    bands = [players for row in rows for players in row["players"]]
    heard = [
        sounds
        for row in rows
        for players, sounding in zip(row["players"], row["heard"], strict=True)
        for stem, sounds in sounding.items()
        if players[stem] != "none"
    ]
    return Obedience(
        len(bands),
        {stem: float(np.mean([is_usual(style, stem, band[stem]) for band in bands])) for stem in STEMS},
        float(np.mean(heard)),
        float(np.mean([len({p[stem] for p in row["players"]}) for row in rows for stem in STEMS])),
        float(np.mean([row["unlike"] for row in rows])),
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: a row a style, and one of them all."""
    lines = ["| style | bands | drums | bass | harmony | lead | all | heard | different of four | unlike |"]
    lines.append("|---" * 10 + "|")
    found = []
    for style in dict.fromkeys(row["style"] for row in rows):
        found.append(obedience([row for row in rows if row["style"] == style]))
        lines.append(_line(style, found[-1]))
    every = Obedience(
        sum(o.bands for o in found),
        {stem: float(np.mean([o.usual[stem] for o in found])) for stem in STEMS},
        *(float(np.mean([getattr(o, name) for o in found])) for name in ("heard", "instruments", "unlike")),
    )
    return "\n".join([*lines, _line("all", every)])


def _line(name: str, o: Obedience) -> str:
    usual = " | ".join(f"{o.usual[stem]:.2f}" for stem in STEMS)
    mean = float(np.mean(list(o.usual.values())))
    return f"| {name} | {o.bands} | {usual} | {mean:.2f} | {o.heard:.2f} | {o.instruments:.2f} | {o.unlike:.2f} |"


def measure(
    arranger: Arranger, vocals: Sequence[Path], styles: Sequence[str], seeds: Sequence[int], out: Path
) -> list[dict[str, Any]]:
    """The rows of all requests; those that are missing in `out` are made and added to it."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    done = {(row["style"], row["vocal"], row["seed"]) for row in rows}
    for path in vocals:
        wanted = [(style, seed) for style in styles for seed in seeds if (style, path.stem, seed) not in done]
        if not wanted:
            continue
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        audio = Audio(np.ascontiguousarray(samples.T), rate)
        # All candidates on one grid, so that they can be compared.
        analysis = replace(analyse(audio), alternatives=())
        for style, seed in wanted:
            request = GenerationRequest(audio, analysis, _CANDIDATES, seed, Controls(style=style))
            made = arranger.arrange(request, on_step=lambda: None)
            rows.append({**row_of(style, made), "vocal": path.stem, "seed": seed})
            with out.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vocals", type=Path, nargs="+")
    parser.add_argument("--models", type=Path, required=True, help="folder with arrangement.safetensors")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--styles", nargs="*", default=STYLES)
    parser.add_argument("--seeds", type=int, nargs="*", default=(1, 2, 3))
    options = parser.parse_args()
    arranger = load_arranger(options.models / "arrangement.safetensors", choose_device("cpu"), SOUNDS)
    print(table(measure(arranger, options.vocals, options.styles, options.seeds, options.out)), flush=True)


if __name__ == "__main__":
    main()
