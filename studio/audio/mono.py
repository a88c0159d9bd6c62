"""One channel of a sound file at a low rate, for looking at rather than listening to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

from studio.audio.file_bytes import FORMATS, error_text, shown
from studio.audio.quiet import opened_quietly
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.dsp.resample import resample

_BLOCK_FRAMES = 1 << 18


def read_mono(path: Path, sample_rate: int, *, max_s: float = 3600.0) -> Audio:
    """The mean of all channels at another rate, of at most so much of the file.

    Raises:
        StudioError: for a file that cannot be read.
    """
    parts: list[Samples] = []
    try:
        with opened_quietly(lambda: sf.SoundFile(path)) as source:
            rate, left = int(source.samplerate), int(max_s * source.samplerate)
            while left > 0:
                block = source.read(min(left, _BLOCK_FRAMES), dtype="float32", always_2d=True)
                if not len(block):
                    break
                left -= len(block)
                parts.append(np.nan_to_num(block.mean(axis=1, dtype=np.float32))[None])
    except (OSError, sf.LibsndfileError, ValueError, MemoryError) as error:
        raise StudioError(
            tr("Cannot read {name}", name=shown(path.name)),
            seen=error_text(error),
            expected=tr("{formats} data", formats=FORMATS),
        ) from error
    return resample(
        Audio(np.concatenate(parts or [np.zeros((1, 0), dtype=np.float32)], axis=1), rate), sample_rate
    )
