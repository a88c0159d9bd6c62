"""The list of recent projects is never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.storage.recent import RecentProject, RecentProjects


def test_latest_first_and_each_once(tmp_path: Path) -> None:
    recent = RecentProjects(tmp_path / "new" / "recent.json")
    for name in ("a", "b", "a"):
        recent.add(
            RecentProject(str(tmp_path / name), name, "ab", imported_from="old" if name == "b" else "")
        )
    assert [project.title for project in recent.read()] == ["a", "b"]
    assert recent.of_vocal("ab") is None, "no such folder"
    (tmp_path / "b").mkdir()
    found = recent.of_vocal("ab")
    assert found is not None
    assert (found.title, recent.imported(Path("old"))) == ("b", found)
    recent.add(RecentProject(str(tmp_path / "b"), "B"))
    assert recent.read()[0].imported_from == "old", "what a project was made of stays known"
    recent.forget(str(tmp_path / "b"))
    assert [project.title for project in recent.read()] == ["a"]


@pytest.mark.parametrize("path", ["x" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have_is_a_project_that_is_not_there(tmp_path: Path, path: str) -> None:
    content = {"projects": [{"path": path, "title": "T", "vocal_sha256": "ab"}]}
    (tmp_path / "recent.json").write_text(json.dumps(content))
    recent = RecentProjects(tmp_path / "recent.json")
    assert [project.title for project in recent.read()] == ["T"]
    assert recent.of_vocal("ab") is None


@pytest.mark.parametrize("content", ["{", "[]", '{"projects": [3]}', "[" * 100_000])
def test_a_damaged_list_is_an_empty_one_and_is_written_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "recent.json").write_text(content)
    recent = RecentProjects(tmp_path / "recent.json")
    assert recent.read() == ()
    recent.add(RecentProject("/p", "P"))
    assert [project.title for project in recent.read()] == ["P"]
