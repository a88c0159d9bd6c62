"""What can be done to a project: each command is a value that says what shall be, and how to get back.

Choices of the user can be undone. Facts (a take was sung, a candidate was made) cannot, and a view (what is heard, the
loop, a blind comparison) is only kept: taking back a rating must not move the faders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar

from studio.core.analysis import Given
from studio.core.band_ranges import BandComp
from studio.core.language import later, retold
from studio.core.mix import Mix
from studio.core.music import Chord
from studio.core.opinion import NO_OPINION, Opinion, blind_label
from studio.core.project import Begun, CandidateRecord, Loop, Project
from studio.core.screen import Screen, Verdict
from studio.core.takes import BASE, AudioRef, Comp, Take

#: What commands call themselves, in English as the journal keeps it, with what the window makes out of it.
_TEXTS = (
    later("Take the pick back from {name}"),
    later("Pick {name}"),
    later("No favourite: {name}"),
    later("Favourite: {name}"),
    later("Hide {name}"),
    later("Show {name}"),
    later("Rate {name}"),
    later("Note on {name}"),
    later("Hear take {number}"),
    later("Hear the old vocal"),
    later("Take {number}"),
    later("Vote on screen {number}"),
    later("Candidate {number} in the comp"),
    later("Leave the comp"),
    later("Comp: candidate {number}"),
    later("candidate {name}"),
)

_LETTERED = re.compile(r"(.*candidate )([A-Z]+)")


def told(text: str) -> str:
    """What a command calls itself, in the user's language."""
    return retold(text, _TEXTS)


def text_now(command: Command, inverse: Command, project: Project) -> str:
    """What a command that was done calls itself in the project as it is now.

    What was said in a blind comparison is kept with the letter the candidate had; once it is over, or in another order,
    the letter says nothing, and the number stands in its place.
    """
    number = next(
        (c.number for c in (command, inverse) if isinstance(c, SetOpinion | Pick) and c.number is not None),
        None,
    )
    lettered = _LETTERED.fullmatch(command.text)
    if number is None or lettered is None:
        return command.text
    blind = project.blind or ()
    if number in blind and blind_label(blind.index(number)) == lettered[2]:
        return command.text
    return f"{lettered[1]}{number}"


@dataclass(frozen=True)
class Command:
    """One change. Subclasses are pure: the same project and command give the same project."""

    #: Words for a menu ('Hide candidate 2'); empty for what is not undone.
    undoable: ClassVar[bool] = False

    def apply(self, project: Project) -> Project:
        """The project after it. Raises ValueError where it does not fit, and nothing has happened then."""
        raise NotImplementedError

    def inverse(self, before: Project) -> Command:
        """What puts back what this changes of `before`, and nothing else. For choices only."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """What it is called in Undo."""
        return ""


def apply(project: Project, command: Command) -> Project:
    """The project after a command.

    Raises:
        ValueError: for a command that does not fit this project.
    """
    return command.apply(project)


# Choices


@dataclass(frozen=True)
class SetGiven(Command):
    """The user's tempo, key, meter, downbeat."""

    given: Given
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        return replace(project, given=self.given)

    def inverse(self, before: Project) -> Command:
        return SetGiven(before.given)

    @property
    def text(self) -> str:
        return later("Tempo, key or bar lines")


@dataclass(frozen=True)
class SetChords(Command):
    """The user's progression from the first full bar on, or None for the model's own; and what is in the pickup."""

    chords: tuple[Chord, ...] | None
    pickup: tuple[Chord, ...] = ()
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        return replace(project, chords=self.chords or None, pickup=self.pickup if self.chords else ())

    def inverse(self, before: Project) -> Command:
        return SetChords(before.chords, before.pickup)

    @property
    def text(self) -> str:
        return later("Chords")


@dataclass(frozen=True)
class SetComp(Command):
    """Which take is heard where; None for the vocal there was."""

    comp: Comp | None
    what: str = later("Choice of takes")
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        known = range(BASE, len(project.takes) + 1)
        if self.comp is not None and (project.vocal is None or self.comp.frames != project.vocal.frames):
            raise ValueError("a comp of another length than the vocal")
        if self.comp is not None and any(number not in known for _, number in self.comp.parts):
            raise ValueError("a comp of takes that there are not")
        return replace(project, comp=self.comp)

    def inverse(self, before: Project) -> Command:
        return SetComp(before.comp, self.what)

    @property
    def text(self) -> str:
        return self.what


@dataclass(frozen=True)
class SetOpinion(Command):
    """What the listener says of a candidate."""

    number: int
    opinion: Opinion
    what: str = later("Rating")
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        _check(project, self.number)
        opinions = {n: o for n, o in project.opinions.items() if n != self.number}
        if self.opinion != NO_OPINION:
            opinions[self.number] = self.opinion
        return replace(project, opinions=dict(sorted(opinions.items())))

    def inverse(self, before: Project) -> Command:
        return SetOpinion(self.number, before.opinion(self.number), self.what)

    @property
    def text(self) -> str:
        return self.what


@dataclass(frozen=True)
class Pick(Command):
    """The winner, or None."""

    number: int | None
    what: str = later("Pick")
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        if self.number is not None:
            _check(project, self.number)
        return replace(project, picked=self.number)

    def inverse(self, before: Project) -> Command:
        return Pick(before.picked, self.what)

    @property
    def text(self) -> str:
        return self.what


@dataclass(frozen=True)
class SetNotes(Command):
    """A text about the song."""

    notes: str
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        return replace(project, notes=self.notes)

    def inverse(self, before: Project) -> Command:
        return SetNotes(before.notes)

    @property
    def text(self) -> str:
        return later("Notes on the song")


@dataclass(frozen=True)
class SetBandComp(Command):
    """Which candidate shall play in which bars, or None to leave that."""

    comp: BandComp | None
    what: str = later("Comp of candidates")
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        for number in self.comp.numbers if self.comp else ():
            _check(project, number)
        return replace(project, band_comp=self.comp)

    def inverse(self, before: Project) -> Command:
        return SetBandComp(before.band_comp, self.what)

    @property
    def text(self) -> str:
        return self.what


@dataclass(frozen=True)
class AddComp(Command):
    """A comp of candidates is one of its own now; taken back, its files stay, so that it can come again."""

    record: CandidateRecord
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        return AddCandidate(self.record).apply(project)

    def inverse(self, before: Project) -> Command:
        return RemoveCandidate(self.record.number)

    @property
    def text(self) -> str:
        return f"Comp: candidate {self.record.number}"


@dataclass(frozen=True)
class RemoveCandidate(Command):
    """Takes a comp back, and what was said of it and heard of it."""

    number: int

    def apply(self, project: Project) -> Project:
        _check(project, self.number)
        number, mix, draft = self.number, project.mix, project.band_comp
        return replace(
            project,
            candidates=tuple(record for record in project.candidates if record.number != number),
            opinions={n: opinion for n, opinion in project.opinions.items() if n != number},
            picked=None if project.picked == number else project.picked,
            mix=replace(mix, selected=None) if mix.selected == number else mix,
            blind=None if project.blind is None else tuple(n for n in project.blind if n != number),
            band_comp=None if draft is not None and number in draft.numbers else draft,
        )


@dataclass(frozen=True)
class SetCredits(Command):
    """Who sings, and what the song is called."""

    artist: str
    title: str
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        return replace(project, artist=self.artist, title=self.title)

    def inverse(self, before: Project) -> Command:
        return SetCredits(before.artist, before.title)

    @property
    def text(self) -> str:
        return later("Artist and title")


@dataclass(frozen=True)
class Judge(Command):
    """What is said of a screen, or None to say nothing of it."""

    screen: int
    verdict: Verdict | None
    undoable: ClassVar[bool] = True

    def apply(self, project: Project) -> Project:
        try:
            screen = project.screen(self.screen)
        except KeyError as error:
            raise ValueError(f"no screen {self.screen}") from error
        verdicts = {n: v for n, v in project.verdicts.items() if n != self.screen}
        if self.verdict is not None:
            if not self.verdict.fits(screen):
                raise ValueError("a verdict on clips of another screen")
            verdicts[self.screen] = self.verdict
        return replace(project, verdicts=dict(sorted(verdicts.items())))

    def inverse(self, before: Project) -> Command:
        return Judge(self.screen, before.verdicts.get(self.screen))

    @property
    def text(self) -> str:
        return f"Vote on screen {self.screen}"


# Views: kept, not undone


@dataclass(frozen=True)
class SetMix(Command):
    """What is heard."""

    mix: Mix

    def apply(self, project: Project) -> Project:
        if self.mix.selected is not None:
            _check(project, self.mix.selected)
        return replace(project, mix=self.mix)


@dataclass(frozen=True)
class SetLoop(Command):
    """The loop and the punch points."""

    loop: Loop

    def apply(self, project: Project) -> Project:
        return replace(project, loop=self.loop)


@dataclass(frozen=True)
class SetBlind(Command):
    """The order of a blind comparison of all candidates, or None to end it."""

    order: tuple[int, ...] | None

    def apply(self, project: Project) -> Project:
        if self.order is not None and sorted(self.order) != sorted(project.numbers):
            raise ValueError("a blind order must name every candidate once")
        return replace(project, blind=self.order)


# Facts


@dataclass(frozen=True)
class SetVocal(Command):
    """The vocal of an empty project."""

    vocal: AudioRef
    title: str
    given: Given = field(default_factory=Given)

    def apply(self, project: Project) -> Project:
        if project.vocal is not None:
            raise ValueError("the project has a vocal")
        return replace(project, vocal=self.vocal, title=self.title, given=self.given)


@dataclass(frozen=True)
class Rename(Command):
    """The song's title."""

    title: str

    def apply(self, project: Project) -> Project:
        return replace(project, title=self.title)


@dataclass(frozen=True)
class AddTakes(Command):
    """Takes were sung."""

    takes: tuple[Take, ...]

    def apply(self, project: Project) -> Project:
        return replace(project, takes=(*project.takes, *self.takes))


@dataclass(frozen=True)
class AddCandidate(Command):
    """A candidate was finished and its files stand."""

    record: CandidateRecord

    def apply(self, project: Project) -> Project:
        number = self.record.number
        if number in project.numbers or number < 1:
            raise ValueError(f"a second candidate {number}")
        blind = None if project.blind is None else (*project.blind, number)
        candidates = sorted((*project.candidates, self.record), key=lambda record: record.number)
        return replace(project, candidates=tuple(candidates), blind=blind)


@dataclass(frozen=True)
class AddScreen(Command):
    """A screen was made and its clips stand."""

    screen: Screen

    def apply(self, project: Project) -> Project:
        number = self.screen.number
        if number != len(project.screens) + 1:
            raise ValueError(f"screen {number} after {len(project.screens)}")
        if self.screen.repeat_of is not None and not 1 <= self.screen.repeat_of < number:
            raise ValueError("a repeat of a screen that there is not")
        return replace(project, screens=(*project.screens, self.screen))


@dataclass(frozen=True)
class BeginRequest(Command):
    """A request was begun, or one that was put off is gone on with."""

    begun: Begun

    def apply(self, project: Project) -> Project:
        return replace(project, begun=self.begun, put_off=_without(project.put_off, self.begun))


@dataclass(frozen=True)
class EndRequest(Command):
    """The request ended: done, stopped or failed, and its rest is not wanted."""

    def apply(self, project: Project) -> Project:
        return replace(project, begun=None)


@dataclass(frozen=True)
class PutOffRequest(Command):
    """The rest of a request that was cut off is not wanted now; others may be begun before it is."""

    def apply(self, project: Project) -> Project:
        if project.begun is None:
            raise ValueError("no request to put off")
        put_off = (*_without(project.put_off, project.begun), project.begun)
        return replace(project, begun=None, put_off=put_off)


def _without(requests: tuple[Begun, ...], begun: Begun) -> tuple[Begun, ...]:
    return tuple(other for other in requests if other.key != begun.key)


@dataclass(frozen=True)
class UseAdapter(Command):
    """The personal model in use; empty for none."""

    adapter: str

    def apply(self, project: Project) -> Project:
        return replace(project, adapter=self.adapter)


#: Every command by its name, as the journal writes it.
COMMANDS: dict[str, type[Command]] = {
    kind.__name__: kind
    for kind in (
        SetGiven, SetChords, SetComp, SetOpinion, Pick, SetNotes, SetMix, SetLoop, SetBlind, SetVocal, Rename,
        AddTakes, AddCandidate, BeginRequest, EndRequest, PutOffRequest, UseAdapter, AddScreen, Judge, SetCredits,
        SetBandComp, AddComp, RemoveCandidate,
    )
}  # fmt: skip


def _check(project: Project, number: int) -> None:
    if number not in project.numbers:
        raise ValueError(f"no candidate {number}")
