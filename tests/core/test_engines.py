"""What each engine can be asked for."""

from __future__ import annotations

import pytest

from studio.core.controls import Controls
from studio.core.engines import BAND_MODEL, FASTSAG, asked_for
from studio.core.errors import StudioError

WISHES = Controls(style="pop", energy=("low",), instruments={"bass": "none"})


def test_only_what_was_wished_counts() -> None:
    assert asked_for(Controls()) == []
    assert set(asked_for(WISHES)) == {"style", "energy", "instruments"}


def test_each_refused_wish_is_named() -> None:
    BAND_MODEL.check(WISHES)
    FASTSAG.check(Controls())
    with pytest.raises(StudioError) as error:
        FASTSAG.check(WISHES)
    assert all(name in str(error.value) for name in ("style", "energy", "instruments", "band model"))


def test_what_is_not_heeded_is_left_out() -> None:
    assert BAND_MODEL.heeded(WISHES) == WISHES
    assert FASTSAG.heeded(WISHES) == Controls()
