"""Sample-rate conversion with an exact length, because stems must line up to the sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from studio.core.audio import Audio, Samples


def resample(audio: Audio, sample_rate: int, *, frames: int | None = None) -> Audio:
    """Converts once, at soxr's very high quality (linear phase, so nothing moves in time).

    Args:
        audio: any rate.
        sample_rate: the rate wanted, in Hz.
        frames: the length wanted; by default round(T * ratio). The end is cut or filled with zeros to match.

    Returns:
        Audio of exactly that length; the same object when nothing changes.
    """
    wanted = round(audio.frames * sample_rate / audio.sample_rate) if frames is None else frames
    samples = audio.samples
    if sample_rate != audio.sample_rate and audio.frames:
        converted = soxr.resample(samples.T, audio.sample_rate, sample_rate, quality="VHQ")
        samples = np.ascontiguousarray(np.asarray(converted, dtype=np.float32).T)
    have = samples.shape[1]
    if have > wanted:
        samples = samples[:, :wanted]
    elif have < wanted:
        samples = np.pad(samples, ((0, 0), (0, wanted - have)))
    if samples is audio.samples and sample_rate == audio.sample_rate:
        return audio
    return Audio(samples, sample_rate)


def resample_blocks(blocks: Iterable[Samples], from_hz: int, to_hz: int, *, frames: int) -> Iterator[Samples]:
    """Like `resample`, block by block: the same samples as in one piece.

    Args:
        blocks: float32 [C, n], one after the other; at least one.
        frames: the length wanted in all.

    Yields:
        float32 [C, n], together `frames` long.
    """
    done, channels = 0, 1
    for block in _converted(blocks, from_hz, to_hz):
        channels = block.shape[0]
        block = block[:, : frames - done]
        done += block.shape[1]
        if block.shape[1]:
            yield block
    if done < frames:
        yield np.zeros((channels, frames - done), dtype=np.float32)


def _converted(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    if from_hz == to_hz:
        yield from blocks
        return
    stream: soxr.ResampleStream | None = None
    for block in blocks:
        if stream is None:
            stream = soxr.ResampleStream(from_hz, to_hz, len(block), dtype="float32", quality="VHQ")
            none_left = np.zeros((0, len(block)), dtype=np.float32)
        yield stream.resample_chunk(np.ascontiguousarray(block.T)).reshape(-1, len(block)).T
    if stream is not None:
        yield stream.resample_chunk(none_left, last=True).reshape(-1, none_left.shape[1]).T
