from __future__ import annotations

from pathlib import Path

import pytest

from studio.storage import paths


def test_bundled_folders_are_at_the_repository_root() -> None:
    root = Path(__file__).parents[2]
    assert paths.resources_dir() == root / "resources"
    assert paths.models_dir() == root / "models"


def test_a_frozen_application_looks_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path), raising=False)
    assert paths.models_dir() == tmp_path / "models"


def test_user_folders_exist() -> None:
    assert paths.user_data_dir().is_dir()
    assert paths.user_config_dir().is_dir()
