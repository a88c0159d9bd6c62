"""Tuning of singers who are not at 440 Hz."""

from __future__ import annotations

import pytest

from studio.core.analysis import VocalNote
from studio.core.tuning import tuning_offset


@pytest.mark.parametrize("offset", [-0.4, -0.1, 0.0, 0.3])
def test_a_common_offset_is_found(offset: float) -> None:
    notes = [VocalNote(i, i + 0.8, 60 + 2 * i + offset) for i in range(6)]
    assert tuning_offset(notes) == pytest.approx(offset, abs=1e-6)


def test_no_notes_no_offset() -> None:
    assert tuning_offset([]) == 0.0
