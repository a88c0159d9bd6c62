"""Audio on the disk: what is written is read, wherever it was put, and a mapping lives as long as it is held."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from studio.core.scratch import ScratchFile, ScratchStems

NOISE = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)


def test_what_is_written_in_any_order_is_read_back() -> None:
    file = ScratchFile(2, 1000)
    for start in (600, 0, 300):
        file.write(start, NOISE[:, start : start + 400])
    np.testing.assert_array_equal(file.read(0, 1000), NOISE)
    np.testing.assert_array_equal(file.mapped(), NOISE)
    np.testing.assert_array_equal(np.concatenate(list(file.blocks(333)), axis=1), NOISE)


def test_what_was_not_written_is_silence_and_nothing_lies_past_the_end() -> None:
    file = ScratchFile(2, 900)
    file.write(800, NOISE[:, :400])
    assert not file.read(0, 800).any()
    np.testing.assert_array_equal(file.read(800, 2000), NOISE[:, :100])
    assert file.mapped().shape == (2, 900)


def test_a_stem_is_the_same_while_it_is_held_and_gone_when_let_go() -> None:
    file = ScratchFile(2, 1000)
    file.write(0, NOISE)
    stems = ScratchStems({"bass": file}, 44100)
    audio = stems["bass"]
    assert stems["bass"] is audio
    seen = weakref.ref(audio)
    del audio
    gc.collect()
    assert seen() is None
    np.testing.assert_array_equal(stems["bass"].samples, NOISE)
    assert list(stems) == ["bass"]
