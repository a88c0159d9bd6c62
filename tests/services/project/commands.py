"""Random commands that fit a project, for tests that do many of them."""

from __future__ import annotations

import dataclasses
import random

from studio.core.analysis import Given
from studio.core.commands import (
    AddCandidate,
    AddTakes,
    BeginRequest,
    Command,
    EndRequest,
    Pick,
    Rename,
    SetBlind,
    SetChords,
    SetComp,
    SetGiven,
    SetLoop,
    SetMix,
    SetNotes,
    SetOpinion,
    UseAdapter,
)
from studio.core.controls import Controls
from studio.core.music import Chord, Key, Meter
from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.core.project import Begun, CandidateRecord, ChangeOrder, Loop, Project
from studio.core.takes import AudioRef, Comp, Take

FRAMES = 44100 * 3
SOUND = AudioRef("ab" * 32, "歌 🎤", ".wav", 44100, FRAMES, 1, "PCM_16", "/somewhere/歌 🎤.wav")


def beginning() -> Project:
    return Project(title="歌 🎤", vocal=SOUND)


def random_command(project: Project, chance: random.Random) -> Command:
    """One of every kind that the project allows now."""
    made = [
        SetGiven(
            Given(
                chance.choice((None, chance.uniform(30, 300))),
                chance.choice((None, Key(chance.randrange(12), "minor"))),
                chance.choice((None, chance.uniform(0, 3))),
                chance.choice((None, Meter(3, 4))),
                chance.choice((0.0, 0.5, -1.0)),
            )
        ),
        SetChords(
            chance.choice((None, Chord.parse_many("Am F C G"), Chord.parse_many("Bb Ebmaj7"))),
            chance.choice(((), Chord.parse_many("G"))),
        ),
        SetNotes("".join(chr(chance.choice((65, 233, 27468, 128512, 10, 34))) for _ in range(5))),
        SetMix(
            dataclasses.replace(
                project.mix,
                selected=chance.choice((None, *project.numbers)),
                balance=chance.uniform(-1, 1),
                soloed=frozenset(chance.sample(("drums", "bass", "vocal"), chance.randrange(3))),
                levels_db={"bass": chance.uniform(-40, 6)},
            )
        ),
        SetLoop(Loop(chance.choice((None, (chance.random(), 2.5))), chance.random() < 0.5)),
        Rename(chance.choice(("", "Lied", "歌"))),
        UseAdapter(chance.choice(("", "mine-03"))),
        AddTakes((Take(SOUND, chance.randrange(99), 44100, chance.randrange(-99, 44100)),)),
        BeginRequest(
            Begun("r", Controls(style="pop", instruments={"bass": "none"}), 4, 7, change=ChangeOrder(1, "near"))
        ),
        EndRequest(),
        AddCandidate(
            CandidateRecord(
                max(project.numbers, default=0) + 1, "01", Origin("ab" * 32, "x", seed=chance.randrange(2**31))
            )
        ),
    ]  # fmt: skip
    if project.takes:
        frames = project.vocal.frames if project.vocal is not None else FRAMES
        comp = (project.comp or Comp(frames)).choose(
            chance.randrange(frames), chance.randrange(frames), chance.randrange(len(project.takes) + 1)
        )
        made.append(SetComp(comp, "Hear take"))
    if project.numbers:
        number = chance.choice(project.numbers)
        opinion = Opinion(chance.random() < 0.5, chance.randrange(6), chance.choice(("", "gut\n“so”")), None)
        made += [SetOpinion(number, opinion, f"Rate {number}"), Pick(chance.choice((None, number)))]
        order = list(project.numbers)
        chance.shuffle(order)
        made.append(SetBlind(chance.choice((None, tuple(order)))))
    return chance.choice(made)
