"""Floats to integers: quantisation with triangular dither, and the test that none is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def is_on_grid(samples: NDArray[np.float32], bits: int) -> bool:
    """True when every sample already is a whole number of `bits`-bit steps within range.

    A 16 or 24-bit recording that nothing has touched, or digital silence, is: it needs no dither and can be
    written bit for bit.
    """
    steps = samples * np.float32(2 ** (bits - 1))
    return bool((steps == np.rint(steps)).all() and (steps < 2 ** (bits - 1)).all() and (samples >= -1).all())


def quantise(
    samples: NDArray[np.float32], bits: int, dither: np.random.Generator | None = None
) -> NDArray[np.int32]:
    """Full scale 1.0 -> integers of `bits` bits, clipped at the ends of the range.

    Args:
        samples: any shape.
        bits: 16 or 24.
        dither: source of triangular (TPDF) noise of +-1 LSB, added before rounding: the error then has
            neither mean nor variance that follows the signal (Lipshitz, Wannamaker, Vanderkooy 1992). Samples
            that are whole steps already stay what they are.

    Returns:
        int32, shaped like `samples`.
    """
    full_scale = 2 ** (bits - 1)
    if dither is None:
        steps: NDArray[np.floating] = samples * np.float32(full_scale)  # exact: a power of two
    else:
        steps = np.multiply(samples, full_scale, dtype=np.float64)
        noise = dither.random(samples.shape, dtype=np.float32)
        noise -= dither.random(samples.shape, dtype=np.float32)
        # Nothing to round, nothing to hide: what was read from a file and is written again with a new part in it is
        # the same outside the part, and digital silence stays silent.
        noise[steps == np.rint(steps)] = 0.0
        steps += noise
    np.rint(steps, out=steps)
    np.maximum(steps, -full_scale, out=steps)
    np.minimum(steps, full_scale - 1, out=steps)
    return steps.astype(np.int32)
