"""Random commands that fit a project, for tests that do many of them."""

from __future__ import annotations

import dataclasses
import random

from studio.core.analysis import Given
from studio.core.band_ranges import BandComp
from studio.core.commands import (
    AddCandidate,
    AddComp,
    AddScreen,
    AddTakes,
    BeginRequest,
    Command,
    EndRequest,
    Judge,
    Pick,
    PutOffRequest,
    Rename,
    SetBandComp,
    SetBlind,
    SetChords,
    SetComp,
    SetCredits,
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
from studio.core.screen import ROLES, Clip, Screen, Verdict
from studio.core.takes import AudioRef, Comp, Take

FRAMES = 44100 * 3
SOUND = AudioRef("ab" * 32, "歌 🎤", ".wav", 44100, FRAMES, 1, "PCM_16", "/somewhere/歌 🎤.wav")

CHANGES = (
    ChangeOrder(1, "near"),
    ChangeOrder(1, bars=(0, 2), stems=("drums", "bass")),
    ChangeOrder(1, stems=("harmony",), instrument="piano", sound="recorded"),
)


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
        SetCredits(chance.choice(("", "歌手 🎤")), chance.choice(("", "歌"))),
        UseAdapter(chance.choice(("", "mine-03"))),
        AddTakes((Take(SOUND, chance.randrange(99), 44100, chance.randrange(-99, 44100)),)),
        BeginRequest(
            Begun("r", Controls(style="pop", instruments={"bass": "none"}), 4, 7, change=chance.choice(CHANGES))
        ),
        EndRequest(),
        *([PutOffRequest()] if project.begun is not None else []),
        AddCandidate(
            CandidateRecord(
                max(project.numbers, default=0) + 1, "01", Origin("ab" * 32, "x", seed=chance.randrange(2**31))
            )
        ),
    ]  # fmt: skip
    made.append(AddScreen(random_screen(len(project.screens) + 1, chance)))
    if project.screens:
        made.append(random_vote(project, chance))
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
        parts = tuple((4 * place, other) for place, other in enumerate(order[:3]))
        made.append(SetBandComp(chance.choice((None, BandComp(16, parts)))))
        joined = Origin("ab" * 32, "x", seed=chance.randrange(2**31))
        # A number that nothing gets while the comp is taken back, as Song.next_number sees to.
        made.append(AddComp(CandidateRecord(chance.randrange(1000, 10**9), "comp", joined)))
    return chance.choice(made)


def random_screen(number: int, chance: random.Random) -> Screen:
    clips = tuple(
        Clip(
            f"{chance.randrange(2**64):016x}",
            chance.choice(ROLES),
            Origin("ab" * 32, "x", seed=chance.randrange(2**31), number_in_request=k + 1),
            {"onset density": chance.uniform(-3, 3)},
            chance.choice(((), ("0a", "0b"))),
            chance.choice(({}, {"drums": "0a", "chords": "new"})),
            chance.uniform(-6, 6),
        )
        for k in range(4)
    )
    start = chance.uniform(0, 2)
    repeats = chance.choice((None, chance.randrange(1, number))) if number > 1 else None
    return Screen(
        number, "s", (start, start + 8.0), clips, repeats, chance.randrange(3), "2026-01-01T00:00:00Z"
    )


def random_vote(project: Project, chance: random.Random) -> Judge:
    screen = chance.choice(project.screens)
    best, worst, other, _ = chance.sample(screen.keys, 4)
    heard = {key: chance.uniform(0, 20) for key in screen.keys}
    plays = {key: chance.randrange(5) for key in screen.keys}
    verdict = chance.choice(
        (
            None,
            Verdict(tie=True, heard_s=heard, plays=plays, took_s=30.5),
            Verdict(none_usable=True, worst=worst),
            Verdict(best, worst, stars={best: 5, other: chance.randrange(1, 6)}, heard_s=heard, plays=plays),
        )
    )
    return Judge(screen.number, verdict)
