"""A program that is not whole says so, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.services import installation
from studio.services.generating.engines import load_fastsag_engine
from studio.services.generating.service import load_bundled_engine
from studio.services.vocal import analyse_vocal


@pytest.mark.parametrize(
    ("module", "use"),
    [
        ("studio.ml.engine", lambda audio: load_bundled_engine(Path("models"), "cpu")),
        ("studio.ml.fastsag.engine", lambda audio: load_fastsag_engine(Path("fastsag"), "cpu")),
        ("studio.analysis", lambda audio: analyse_vocal(audio)),
    ],
)
def test_a_package_that_cannot_be_loaded_is_told_with_what_to_do(
    module: str, use: Callable[[Audio], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # its import fails, as that of a broken library does
    with pytest.raises(StudioError, match=r"cannot be loaded.*ModuleNotFoundError.*run\.py doctor"):
        use(Audio(np.zeros((1, 44100), dtype=np.float32), 44100))


def test_a_packaged_program_is_not_told_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "is_packaged", lambda: True)
    assert "Unpack" in installation.how_to_repair()
