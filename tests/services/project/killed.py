"""Kills a process at random moments of its work on a project, and looks at what the next start finds.

    python -m tests.services.project.killed --count 200 --seed 1

A process with everything loaded forks one child a trial. The child corrects, records, chooses takes, generates, rates,
makes screens and votes on them, notes, undoes, saves and exports without a pause, and says after each step, over a
pipe, which state it has told its user. It is killed in the middle. Then the project is opened as the next start would,
and must be at the state that was told last, or the one after it; what is told counts, so nothing told may be missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import select
import signal
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.audio.wav import write_wav
from studio.core.audio import Audio
from studio.core.commands import (
    AddCandidate,
    AddComp,
    AddScreen,
    AddTakes,
    BeginRequest,
    EndRequest,
    SetComp,
)
from studio.core.controls import Controls
from studio.core.origin import Origin
from studio.core.project import Begun, Project
from studio.core.takes import Comp, choose_take, last_whole
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.project.analyses import keep_analysis
from studio.services.project.candidates import read_candidate, write_candidate
from studio.services.project.clips import KeptClip, clip_band, read_clip, write_clip
from studio.services.project.document import State, replay
from studio.services.project.opening import create_project, open_project, read_state
from studio.services.project.song import open_ref, ref_of
from studio.services.project.store import ProjectStore, snapshot_json, state_from_json
from studio.services.recording.comp import keep_takes, write_comp
from studio.services.recording.recording import Recorded
from studio.services.recording.takes import takes_of
from studio.services.vocal import open_vocal
from studio.storage.atomic import sweep_parts
from studio.storage.journal import read_journal
from studio.storage.project_folder import ProjectFolder, file_sha256
from studio.storage.ratings import RatingsFile
from studio.storage.recordings import RecordingNote, write_note
from tests.services.band import make_analysis, make_candidate, make_recipe
from tests.services.project.commands import random_command, random_screen, random_vote

RATE, SECONDS = 8000, 2.0
#: The steps, and how often each is taken.
STEPS = {
    "command": 8,
    "undo": 3,
    "redo": 1,
    "record": 1,
    "comp": 2,
    "generate": 1,
    "screen": 1,
    "vote": 3,
    "export": 1,
    "save": 1,
    "reopen": 1,
}


def digest(state: State) -> str:
    """One value for all that is kept of a project, undo and redo included."""
    content = json.dumps(_in_order(snapshot_json(state)), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _in_order(value: Any) -> Any:
    """The same with its sets sorted: two equal sets may be written in different orders."""
    if isinstance(value, dict):
        sets = ("soloed", "muted")
        return {k: sorted(v) if k in sets else _in_order(v) for k, v in value.items()}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


class Worker:
    """The child: works on a project until it is killed.

    Args:
        tell: says which state the user was told.
    """

    def __init__(self, folder: Path, outside: Path, chance: random.Random, tell: int) -> None:
        self._outside, self._chance, self._tell = outside, chance, tell
        opened = open_project(folder)
        self._folder, self._document = opened.folder, opened.document
        assert opened.document.project.vocal is not None
        self._base = open_ref(opened.folder, opened.document.project.vocal)
        self._doing = ""

    def work(self) -> None:
        names, weights = list(STEPS), list(STEPS.values())
        while True:
            self._doing = self._chance.choices(names, weights)[0]
            getattr(self, self._doing)()
            self.told()

    def told(self) -> None:
        state = self._document.state
        line = json.dumps({"entry": state.entry, "digest": digest(state), "doing": self._doing}) + "\n"
        os.write(self._tell, line.encode())

    def command(self) -> None:
        command = random_command(self._document.project, self._chance)
        while isinstance(
            command, AddCandidate | AddComp | AddTakes | AddScreen
        ):  # those have files here, and steps of their own
            command = random_command(self._document.project, self._chance)
        self._document.do(command)

    def undo(self) -> None:
        self._document.undo()

    def redo(self) -> None:
        self._document.redo()

    def save(self) -> None:
        assert isinstance(self._document.keeper, ProjectStore)
        self._document.keeper.save()

    def reopen(self) -> None:
        """Closes as the window does, and starts again."""
        assert isinstance(self._document.keeper, ProjectStore)
        self._document.keeper.close()
        self._document = open_project(self._folder.path).document

    def record(self) -> None:
        path = self._outside / f"take {self._chance.random()}.wav"
        note = RecordingNote(RATE, start=self._chance.randrange(RATE), finished=True)
        samples = np.random.default_rng(self._chance.randrange(2**31)).normal(0, 0.1, (1, RATE))
        write_note(path, note)
        write_wav(path, Audio(samples.astype(np.float32), RATE), encoding="FLOAT")
        takes = keep_takes(Recorded(path, note, takes_of(path, note, RATE), RATE), self._folder)
        self._document.do(AddTakes(takes))
        self.told()
        known = self._document.project.takes
        number = last_whole(known, len(takes))
        take = known[number - 1]
        comp = self._document.project.comp or Comp(self._base.audio.frames)
        self._document.do(SetComp(choose_take(comp, known, number, take.start_s, take.end_s, RATE)))

    def comp(self) -> None:
        project = self._document.project
        if not project.takes or any(not self._folder.audio_path(t.sound).exists() for t in project.takes):
            return
        number = self._chance.randrange(len(project.takes) + 1)
        comp = project.comp or Comp(self._base.audio.frames)
        start = self._chance.uniform(0, SECONDS)
        self._document.do(SetComp(choose_take(comp, project.takes, number, start, SECONDS, RATE)))
        comp = self._document.project.comp or comp
        write_comp(comp, project.takes, self._base, self._folder, self._folder.audio_path)

    def generate(self) -> None:
        document, key = self._document, str(self._chance.random())
        analysis = make_analysis(SECONDS)
        document.do(BeginRequest(Begun(key, Controls(style="pop"), 2, 1)))
        self.told()
        keep_analysis(self._folder, key, analysis)
        for number_in_request in (1, 2):
            number = max(document.project.numbers, default=0) + 1
            candidate = make_candidate(self._base, analysis, number)
            origin = Origin(self._base.sha256, key, number_in_request=number_in_request, request=key)
            document.do(AddCandidate(write_candidate(self._folder, candidate, origin)[0]))
            self.told()
        document.do(EndRequest())

    def screen(self) -> None:
        """Makes a screen as ScreenMaker does: clips first, then it is told; now and then one made ahead is not told."""
        number = len(self._document.project.screens) + 1
        screen = replace(random_screen(number, self._chance), phrase_s=(0.0, SECONDS))
        analysis = make_analysis(SECONDS)
        for clip in screen.clips:
            made = make_candidate(self._base, analysis, self._chance.randrange(1, 99))
            kept = KeptClip(
                clip.key,
                clip.role,
                clip.origin,
                screen.phrase_s,
                replace(made, recipe=make_recipe(made)),
                analysis,
            )
            write_clip(self._folder, kept, made.stems["bass"])
        if self._chance.random() < 0.8:
            self._document.do(AddScreen(screen))

    def vote(self) -> None:
        if self._document.project.screens:
            self._document.do(random_vote(self._document.project, self._chance))

    def export(self) -> None:
        records = self._document.project.candidates
        if not records:
            return
        candidate = read_candidate(self._folder, self._chance.choice(records).folder)[1]
        request = ExportRequest(
            self._outside / "exports", self._base, make_analysis(SECONDS), candidate, 1, {}, "PCM_16"
        )
        export_candidate(request)


def trial(folder: Path, outside: Path, seed: int) -> str:
    """One child, killed; returns what it was doing. Raises AssertionError for anything that was lost."""
    chance = random.Random(seed)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            Worker(folder, outside, chance, writing).work()
        except BaseException as error:
            os.write(writing, (json.dumps({"error": repr(error)}) + "\n").encode())
            os._exit(1)
    os.close(writing)
    if chance.random() > 0.1:  # the others are killed while they open
        select.select([reading], [], [], 30.0)
    time.sleep(chance.uniform(0.0, 0.2))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as file:
        told = [json.loads(line) for line in file.read().splitlines()]
    errors = [line["error"] for line in told if "error" in line]
    assert not errors, errors
    check(ProjectFolder(folder), outside, told[-1] if told else None)
    return str(told[-1]["doing"]) if told else "opening"


def check(folder: ProjectFolder, outside: Path, told: dict[str, object] | None) -> None:
    """What the next start finds."""
    before, damage = read_state(folder)
    assert not damage, damage
    if told is not None:
        assert digest(state_at(folder, int(str(told["entry"])))) == told["digest"]
        assert before.entry >= int(str(told["entry"]))
    opened = open_project(folder.path)
    state = opened.document.state
    # At most candidates that were whole are added.
    assert state.done == before.done
    assert state.undone == before.undone
    assert set(state.project.numbers) >= set(before.project.numbers)
    keeper = opened.document.keeper
    assert isinstance(keeper, ProjectStore)
    keeper.close()
    assert read_state(folder)[0] == state
    for record in state.project.candidates:
        kept, candidate = read_candidate(folder, record.folder)
        assert kept == record
        assert all(np.isfinite(candidate.stems[stem].samples).all() for stem in candidate.stems)
    # Clips of screens that were passed over may be gone; none is there that no screen names.
    named = {key for screen in state.project.screens for key in screen.keys}
    kept_clips = {path.name for path in folder.screens.glob("*")}
    assert kept_clips <= named
    for key in kept_clips:
        assert read_clip(folder, key).key == key
        assert np.isfinite(clip_band(folder, key).samples).all()
    for take in state.project.takes:
        path = folder.audio_path(take.sound)
        assert file_sha256(path) == take.sound.sha256
    assert ratings_are_whole(folder)
    sweep_parts(outside)  # as the next export and the next start do
    left = [p for p in (*folder.path.rglob("*"), *outside.rglob("*")) if p.name.endswith(".part")]
    assert not left, left
    for export in outside.glob("exports/candidate_*"):
        assert json.loads((export / "manifest.json").read_text())["candidate"]


def state_at(folder: ProjectFolder, entry: int) -> State:
    """The state after an entry, from the journal alone."""
    state: State | None = None
    for line in read_journal(folder.journal).entries:
        if "snapshot" in line:
            state = state_from_json(line["snapshot"], "the journal")
        elif state is not None and state.entry < entry:
            state = replay(state, line)
    assert state is not None
    assert state.entry == entry, f"told {entry}, kept {state.entry}"
    return state


def ratings_are_whole(folder: ProjectFolder) -> bool:
    """Every saying of the journal is in the database."""
    said = [
        int(line["entry"])
        for line in read_journal(folder.journal).entries
        if "do" in line and not {"SetOpinion", "Pick", "Judge"}.isdisjoint(line["do"])
    ]
    if not said:
        return True
    ratings = RatingsFile(folder.path / "ratings.db")
    try:
        return {s.entry for s in ratings.read()} | {v.entry for v in ratings.votes()} >= set(said)
    finally:
        ratings.close()


def run(count: int, seed: int, folder: Path) -> Counter[str]:
    """Kills `count` children; returns how often it was in the middle of what."""
    chance = random.Random(seed)
    outside = folder / "outside"
    (outside / "exports").mkdir(parents=True)
    vocal_path = folder / "歌.wav"
    t = np.arange(round(RATE * SECONDS)) / RATE
    write_wav(
        vocal_path,
        Audio((0.2 * np.sin(2 * np.pi * 220 * t))[None].astype(np.float32), RATE),
        encoding="PCM_16",
    )
    seen: Counter[str] = Counter()
    project: Path | None = None
    for number in range(count):
        if project is None or number % 25 == 0:  # a new song now and then: journals stay short
            vocal = open_vocal(vocal_path)
            state = State(Project(title=f"歌 {number}", vocal=ref_of(vocal)))
            store = create_project(folder / "projects", state)
            store.folder.keep_audio(vocal_path, ref_of(vocal))
            store.close()
            project = store.folder.path
        seen[trial(project, outside, chance.randrange(2**31))] += 1
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = run(options.count, options.seed, Path(folder))
    print(f"{sum(seen.values())} killed: " + ", ".join(f"{n} after {what}" for what, n in seen.most_common()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
