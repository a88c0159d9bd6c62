"""The queue between the callback and the writer: order, wrap-around, refusal, two threads at once."""

from __future__ import annotations

import threading

import numpy as np

from studio.audio.ring import Ring


def ramp(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)[:, None]


def test_gives_back_what_was_put_in_across_the_end_of_its_memory() -> None:
    ring = Ring(10, 1)
    out = np.empty((10, 1), np.float32)
    assert ring.write(ramp(0, 7))
    assert ring.read(out[:5]) == 5
    assert ring.write(ramp(7, 8))
    assert ring.waiting == 10
    assert ring.read(out) == 10
    assert np.array_equal(out, ramp(5, 10))
    assert ring.read(out) == 0


def test_refuses_a_block_that_does_not_fit_and_keeps_the_rest() -> None:
    ring = Ring(10, 1)
    assert ring.write(ramp(0, 8))
    assert not ring.write(ramp(8, 3))
    out = np.empty((10, 1), np.float32)
    assert ring.read(out) == 8
    assert np.array_equal(out[:8], ramp(0, 8))


def test_one_writer_and_one_reader_lose_and_disturb_nothing() -> None:
    ring, total = Ring(997, 1), 20_000
    got: list[np.ndarray] = []

    def read() -> None:
        out, count = np.empty((300, 1), np.float32), 0
        while count < total:
            size = ring.read(out)
            got.append(out[:size].copy())
            count += size

    reader = threading.Thread(target=read)
    reader.start()
    at = 0
    while at < total:
        size = min(64 + at % 97, total - at)
        at += size if ring.write(ramp(at, size)) else 0
    reader.join()
    assert np.array_equal(np.concatenate(got), ramp(0, total))
