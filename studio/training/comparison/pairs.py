"""The material of the comparison: songs of the corpus as pairs of a sung vocal and the teacher's band.

    python -m studio.training.comparison.pairs --songs runs/one/songs --out DIR --count 300

Scores and melodies are those the bundled models learnt from; the band is played by the SoundFonts that taught them,
driven and mixed as the product mixes. DIR holds `vocals` and `accompaniments`, files of the same names at 24 kHz mono,
which `studio.training.runs.train_fastsag` takes as well. A pair depends on its number alone.
"""

from __future__ import annotations

import argparse
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import soundfile

from studio.core.audio import Audio
from studio.core.grid import BeatGrid
from studio.core.music import Key
from studio.core.perform import perform
from studio.core.score import Score
from studio.dsp.band_mix import active_rms, mix_band, stem_gains
from studio.dsp.drive import drive, drive_of
from studio.dsp.resample import resample
from studio.ml.fastsag.config import CONTRACT
from studio.training.collections.corpus import Song, read_songs
from studio.training.comparison.sung import sing
from studio.training.runs.parallel import map_items
from studio.training.songs.disturb import disturb
from studio.training.songs.skeleton import MelodyNote

#: Quarters of a pair, and the singer's usual level against which the band is set.
_BEATS = 40
_VOCAL_RMS = 0.1
_LEAD_IN_S = 0.05


@lru_cache(maxsize=1)
def _songs(folder: Path) -> list[Song]:
    return read_songs(folder)


def busiest_stretch(song: Song, beats: int) -> int:
    """The first quarter, on a bar line, of the stretch in which most is sung."""
    bar, total = song.meter.quarters_per_bar, len(song.score.tokens)
    starts = range(0, max(1, total - beats + 1), bar)
    return max(starts, key=lambda first: sum(first <= n.start < first + beats for n in song.melody))


def write_pair(songs: Path, out: Path, number: int) -> None:
    """Pair `number`: song `number` of the corpus in a random key."""
    from studio.training.sounds.render import SAMPLE_RATE, render

    song, rng = _songs(songs)[number], np.random.default_rng([17, number])
    first = busiest_stretch(song, _BEATS)
    tokens = song.score.tokens[first : first + _BEATS]
    beat_s, shift = 60.0 / song.tempo_bpm, int(rng.integers(-5, 7))
    grid = BeatGrid(tuple(_LEAD_IN_S + i * beat_s for i in range(len(tokens) + 1)), song.meter)
    key = Key((song.key.tonic + shift) % 12, song.key.mode)
    arrangement = perform(Score(tokens, song.score.globals), grid, key, seed=number)
    frames = int(grid.times_s[-1] * SAMPLE_RATE)
    dry = {
        stem: drive(sound, drive_of(stem, arrangement.parts[stem].instrument))
        for stem, sound in render(arrangement, frames).items()
    }
    mixed = mix_band(dry, SAMPLE_RATE, stem_gains(dry, vocal_rms=_VOCAL_RMS))
    band = sum(stem.mean(axis=0) for stem in mixed.values())
    melody = [
        MelodyNote(n.start - first, min(n.end - first, len(tokens)), n.pitch + shift)
        for n in song.melody
        if first <= n.start < first + len(tokens)
    ]
    rate = CONTRACT.sample_rate
    accompaniment = resample(Audio(np.asarray(band)[None], SAMPLE_RATE), rate).samples[0]
    notes = disturb(melody, rng, tempo_bpm=song.tempo_bpm, severity=float(rng.uniform(0.0, 0.4)))
    vocal = sing(notes, rng, len(accompaniment), rate)
    vocal *= np.float32(_VOCAL_RMS / max(active_rms(vocal), 1e-3))
    for name, samples in (("accompaniments", accompaniment), ("vocals", vocal)):
        soundfile.write(out / name / f"{number:05d}.flac", np.clip(samples, -1.0, 1.0), rate)


def write_pairs(songs: Path, out: Path, count: int, *, workers: int = 1) -> None:
    """The first `count` pairs; those that exist are kept."""
    for name in ("vocals", "accompaniments"):
        (out / name).mkdir(parents=True, exist_ok=True)
    missing = [n for n in range(count) if not (out / "vocals" / f"{n:05d}.flac").exists()]
    for number, _ in map_items(partial(write_pair, songs, out), missing, workers):
        if number % 20 == 0:
            print(f"pair {number:05d}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=Path, required=True, help="song corpus, of 'studio train songs'")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    write_pairs(options.songs, options.out, options.count, workers=options.workers)


if __name__ == "__main__":
    main()
