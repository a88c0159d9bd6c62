"""The corpus on disk: songs come back as they were written, and each depends on its number alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.arrangement import STEMS
from studio.core.instruments import INSTRUMENTS, SOUNDS, choices, instrument
from studio.core.music import Meter
from studio.core.score import STYLES, Score
from studio.training.collections import corpus
from studio.training.players.grooves import load_grooves


def test_songs_survive_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "SONGS_PER_SHARD", 3)
    corpus.write_songs(tmp_path, 6)
    songs = corpus.read_songs(tmp_path)
    assert len(songs) == 6
    assert {song.source for song in songs} == {"factory"}
    grooves = list(load_grooves().values())
    for number, song in enumerate(songs):
        made = corpus.make_song(number, grooves)
        np.testing.assert_array_equal(song.score.tokens, made.score.tokens)
        np.testing.assert_array_equal(song.score.globals, made.score.globals)
        assert (song.key, song.meter, song.tempo_bpm) == (made.key, made.meter, made.tempo_bpm)
        assert [n.pitch for n in song.melody] == [n.pitch for n in made.melody]
        assert song.grid().beats == len(song.score.tokens)


def test_existing_shards_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "SONGS_PER_SHARD", 2)
    corpus.write_songs(tmp_path, 2)
    before = (tmp_path / "songs_0000.npz").stat().st_mtime_ns
    corpus.write_songs(tmp_path, 4)
    assert (tmp_path / "songs_0000.npz").stat().st_mtime_ns == before
    assert len(corpus.read_songs(tmp_path)) == 4


def test_every_meter_has_styles_to_choose_from() -> None:
    styles = corpus.styles_by_meter()
    assert set(styles) == {f"{a}/{b}" for a, b in Meter.WRITTEN}
    assert all(len(names) >= 8 and set(names) <= set(STYLES) for names in styles.values())


def test_other_instruments_keep_absent_stems_absent() -> None:
    song = corpus.make_song(1, list(load_grooves().values()))
    changed, _ = corpus.other_instruments(song.score, np.random.default_rng(0), share=1.0)
    np.testing.assert_array_equal(changed.tokens, song.score.tokens)
    np.testing.assert_array_equal(changed.globals[3:] == 0, song.score.globals[3:] == 0)


def test_every_instrument_is_drawn_and_stands_for_the_player_it_is_like() -> None:
    song = corpus.make_song(1, list(load_grooves().values()))
    full = Score(song.score.tokens, np.array([0, 1, 0, 1, 1, 1, 1]))
    seen = set()
    for seed in range(300):
        changed, sounds = corpus.other_instruments(full, np.random.default_rng(seed))
        for stem, index in zip(STEMS, changed.globals[3:], strict=True):
            player = INSTRUMENTS[stem][index]
            seen.add((stem, sounds.get(stem, player.name)))
            if stem in sounds:
                assert instrument(stem, sounds[stem]).like == player.name
    assert seen == {(stem, entry.name) for stem in STEMS for entry in choices(stem)[1:]}


def test_a_model_knows_the_sounds_that_were_all_heard() -> None:
    names = [(stem, entry.name) for stem, entry in SOUNDS]
    assert corpus.known_sounds(set()) == 0
    assert corpus.known_sounds({*names[:5], names[7]}) == 5
    assert corpus.known_sounds({*names, ("bass", "finger bass")}) == len(SOUNDS)
