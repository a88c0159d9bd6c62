"""Replay material for personal adapters: crops of the corpus's songs whose tunes come from the licensed collections.

The melody is sung as a disturbed singer would (songs.disturb), as in the training of the arrangement model; one crop a
song, so that a small file holds many tunes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.errors import StudioError
from studio.core.music import Key
from studio.ml.adapting.replay import Replay, save_replay
from studio.ml.arrangement.model import places, song_features
from studio.training.collections.corpus import Song, read_songs
from studio.training.runs.sources import COLLECTIONS
from studio.training.runs.train_arrangement import CROP_BEATS, MelodyBook, split

#: Crops at most: about 2.7 MB.
MOST_CROPS = 480


def write_replay(run: Path, path: Path, most: int = MOST_CROPS) -> dict[str, Any]:
    """Writes crops of the run's songs; returns their entry for the manifest, without hash and size.

    Raises:
        StudioError: for a run without songs of the collections.
    """
    songs = read_songs(run / "songs")
    kept, _ = split(len(songs))
    chosen = [songs[i] for i in kept if songs[i].source in COLLECTIONS and len(songs[i].score.tokens) >= CROP_BEATS]
    if not chosen:
        raise StudioError(
            "There is nothing to replay", seen=f"no songs of {' or '.join(COLLECTIONS)} in {run}",
            todo="run 'studio train songs' with --nottingham and --lieder first",
        )  # fmt: skip
    chosen = chosen[:most]
    save_replay(_crops(chosen), path)
    sources = [name for name in COLLECTIONS if any(song.source == name for song in chosen)]
    return {"crops": len(chosen), "beats": CROP_BEATS, "songs": len(chosen), "sources": [*sources, "grooves"]}


def _crops(songs: Sequence[Song]) -> Replay:
    book = MelodyBook(songs)
    tokens, melody, place, wide = [], [], [], []
    for index, song in enumerate(songs):
        rng = np.random.default_rng([17, index])
        bar, beats = song.meter.quarters_per_bar, len(song.score.tokens)
        start = bar * int(rng.integers(0, (beats - CROP_BEATS) // bar + 1))
        rows = slice(start, start + CROP_BEATS)
        features, tempo_bpm = book.features(index, 0)
        tokens.append(song.score.tokens[rows])
        melody.append(features[rows].astype(np.float32))
        place.append(places(song.meter, CROP_BEATS).numpy())
        wide.append(song_features(tempo_bpm, Key(0, song.key.mode)).numpy())
    globals_ = np.stack([song.score.globals for song in songs])
    return Replay(np.stack(tokens), globals_, np.stack(melody), np.stack(place), np.stack(wide))
