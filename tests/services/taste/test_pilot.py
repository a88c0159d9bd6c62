"""The pilot kit: nothing private in it, a set in another order for each person, answers brought together once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from studio.core.commands import Judge, SetNotes
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.core.screen import Verdict
from studio.services.project.clips import clip_band
from studio.services.project.document import State
from studio.services.project.opening import open_project
from studio.services.project.store import ProjectStore, write_snapshot
from studio.services.taste.pilot import CSV, collect, export_kits, make_screens, screens_of
from studio.services.taste.pilot_report import report_of, text_of, write_report
from studio.services.taste.screens import ScreenMaker, ScreenOrder
from studio.services.vocal import open_vocal
from studio.storage.taste_file import Answer
from studio.taste.exclusion import LEAST_SHOWN
from tests.services.band import ToneEngine, make_vocal
from tests.services.taste.song import RATE, SECONDS, make_song


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song with five screens, the last of which repeats the first, votes, and notes that concern nobody."""
    folder = tmp_path_factory.mktemp("pilot")
    from studio.audio.wav import write_wav

    write_wav(folder / "secret.wav", make_vocal(SECONDS, level=0.2, rate=RATE).audio, encoding="FLOAT")
    song = make_song(folder, vocal=open_vocal(folder / "secret.wav"))
    assert song.context.folder is not None
    assert song.project.vocal is not None
    song.context.folder.keep_audio(folder / "secret.wav", song.project.vocal)
    maker = ScreenMaker(ToneEngine())
    for place in range(1, 6):
        screen = maker.make(song.context, ScreenOrder(place, "b1", place))
        song.add(screen)
        song.vote(screen, screen.keys)
    song.do(SetNotes("my secret note"))
    write_snapshot(song.context.folder, State(song.project, entry=99))
    return song.context.folder.path


def export(project: Path, out: Path, people: int = 2) -> tuple[Path, ...]:
    return export_kits(
        screens_of(project), out, people=people, title="Study", on_step=lambda _: None, cancel=CancelToken()
    )


def vote(kit: Path, best: Sequence[str] = ("base", "exploit", "child", "different", "anchor")) -> None:
    """Votes on every screen, the best by role; the order of keys decides among equals."""
    opened = open_project(kit)
    for screen in opened.document.project.screens:
        ranked = sorted(screen.clips, key=lambda clip: (best.index(clip.role), clip.key))
        heard = dict.fromkeys(screen.keys, 8.0)
        opened.document.do(Judge(screen.number, Verdict(ranked[0].key, ranked[-1].key, heard_s=heard)))
    assert isinstance(opened.document.keeper, ProjectStore)
    opened.document.keeper.close()


def test_a_kit_opens_with_its_screens_and_nothing_else_of_the_song(project: Path, tmp_path: Path) -> None:
    first, second = export(project, tmp_path)
    assert [first.name, second.name] == ["Study 1.backline", "Study 2.backline"]
    orders = []
    for kit in (first, second):
        opened = open_project(kit)
        made = opened.document.project
        assert opened.notices == ()
        assert (made.title, made.verdicts, made.notes, made.candidates) == ("Study", {}, "", ())
        assert len(made.screens) == 5
        (again,) = (screen for screen in made.screens if screen.repeat_of is not None)
        assert again.repeat_of is not None
        assert sorted(made.screen(again.repeat_of).keys) == sorted(again.keys)
        assert made.vocal is not None
        vocal = open_vocal(opened.folder.audio_path(made.vocal))
        for screen in made.screens:
            start, end = screen.phrase_s
            assert 0 < start < end < vocal.audio.duration_s
            assert np.abs(vocal.audio.samples[:, round(start * RATE) : round(end * RATE)]).max() > 0.1
            band = clip_band(opened.folder, screen.keys[0])
            assert band.duration_s == pytest.approx(end - start, abs=1e-3)
        assert isinstance(opened.document.keeper, ProjectStore)
        opened.document.keeper.close()
        content = b"".join(path.read_bytes() for path in kit.rglob("*") if path.is_file())
        assert b"secret" not in content
        assert make_vocal(SECONDS, level=0.2, rate=RATE).sha256.encode() not in content
        orders.append([screen.keys for screen in made.screens])
    assert orders[0] != orders[1]
    assert {frozenset(keys) for keys in orders[0]} == {frozenset(keys) for keys in orders[1]}
    with pytest.raises(StudioError, match="there already"):
        export(project, tmp_path)


def test_answers_are_brought_together_once_and_told_by_generation(project: Path, tmp_path: Path) -> None:
    kits = export(project, tmp_path / "kits")
    vote(kits[0])
    vote(kits[1], best=("exploit", "child", "different", "base", "anchor"))
    named = [("ann", kits[0]), ("ben", kits[1])]
    collected = collect(named, tmp_path / "answers")
    assert collected.people == {"ann": 5, "ben": 5}
    before = (tmp_path / "answers" / CSV).read_bytes()
    collect(named, tmp_path / "answers")
    assert (tmp_path / "answers" / CSV).read_bytes() == before
    assert before.decode().count("\n") == 1 + 2 * 5 * 4
    report = write_report(tmp_path / "answers")
    assert report.people == {"ann": 5, "ben": 5}
    base = report.arms[0]
    assert base.name == "unchanged model"
    assert base.score.count == 2 * 4  # the repeat is not counted
    assert -0.5 < base.score.mean < 1.0
    assert base.score.low is not None
    assert base.score.low < base.score.mean
    text = (tmp_path / "answers" / "report.md").read_text()
    assert "| unchanged model |" in text
    assert "| ann | 5 | " in text
    with pytest.raises(StudioError, match="no kit"):
        collect([("x", tmp_path)], tmp_path / "answers")
    with pytest.raises(StudioError, match="no answers"):
        write_report(tmp_path / "kits")


def answer(person: str, number: int, best: str, worst: str, generation: int = 1) -> Answer:
    roles = {f"{number}-{role}": role for role in ("base", "exploit", "anchor")}
    said = Verdict(
        f"{number}-{best}", f"{number}-{worst}", stars={f"{number}-{best}": 5},
        heard_s=dict.fromkeys(roles, 9.0),
    )  # fmt: skip
    return Answer(person, "song", f"2026-01-{number:02d}", f"s{number}", roles, said, generation=generation)


def test_scores_and_shares_by_hand() -> None:
    mine = [answer("a", n, "exploit", "anchor") for n in range(1, 4)] + [answer("a", 4, "base", "exploit")]
    report = report_of({"a": mine})
    base, chosen, anchor = report.arms
    assert (base.score.mean, chosen.score.mean, anchor.score.mean) == (0.25, 0.5, -0.75)
    assert chosen.name == "generation 1, chosen by taste"
    assert chosen.against_base is not None
    assert (chosen.against_base.mean, chosen.against_base.count) == (0.75, 4)
    assert base.against_base is None
    assert chosen.stars is not None
    assert chosen.stars.mean == 5.0
    assert anchor.stars is None
    assert "| 75% [" in text_of(report)
    assert "| a | 4 | no repeats |" in text_of(report)  # nothing was measured
    low, high = chosen.score.low, chosen.score.high
    assert low is not None
    assert high is not None
    assert -1.0 <= low < 0.5 < high <= 1.0


def test_the_interval_of_many_people_holds_the_truth_and_narrows() -> None:
    rng = np.random.default_rng(5)

    def people(count: int) -> dict[str, list[Answer]]:
        """Each names the exploit best on six of ten screens, the base on four."""
        return {
            f"p{i}": [
                answer(f"p{i}", n + 1, *(("exploit", "anchor") if best < 0.6 else ("base", "anchor")))
                for n, best in enumerate(rng.random(10))
            ]
            for i in range(count)
        }

    widths = []
    for count in (3, 24):
        chosen = next(a for a in report_of(people(count)).arms if "chosen" in a.name)
        assert chosen.score.low is not None
        assert chosen.score.high is not None
        assert chosen.score.low < 0.6 < chosen.score.high
        widths.append(chosen.score.high - chosen.score.low)
    assert widths[1] < 0.6 * widths[0]


def test_whoever_calls_the_anchor_the_best_is_left_out_and_told() -> None:
    bad = [answer("bad", n, "anchor", "base") for n in range(1, LEAST_SHOWN + 1)]
    good = [answer("good", n, "exploit", "anchor") for n in range(1, LEAST_SHOWN + 1)]
    report = report_of({"bad": bad, "good": good})
    assert list(report.people) == ["good"]
    assert "made for another voice" in report.left_out["bad"]
    assert next(a for a in report.arms if a.name.startswith("anchor")).score.mean == -1.0
    assert "| bad |  | " in text_of(report)


def test_screens_can_be_made_for_a_pilot_alone(project: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    source = make_screens(
        project, ScreenMaker(ToneEngine()), 2, tmp_path / "work", generation=3,
        on_step=lambda _: None, cancel=CancelToken(),
    )  # fmt: skip
    assert [screen.generation for screen in source.screens] == [3, 3]
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    kits = export_kits(source, tmp_path / "out", on_step=lambda _: None, cancel=CancelToken())
    assert len(screens_of(kits[0]).screens) == 2


def test_a_project_without_screens_has_none_to_give(tmp_path: Path) -> None:
    song = make_song(tmp_path)
    assert song.context.folder is not None
    with pytest.raises(StudioError, match="--make"):
        screens_of(song.context.folder.path)
    with pytest.raises(StudioError, match="no project"):
        screens_of(tmp_path / "nowhere")
