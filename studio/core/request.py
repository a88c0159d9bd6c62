"""What is asked of the generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.controls import NETWORK, RECORDED, RENDERERS, Controls
from studio.core.errors import StudioError
from studio.core.instruments import choices
from studio.core.language import tr
from studio.core.other_instrument import playable

#: How far a variation may go.
DISTANCES = ("near", "far")
#: What a child can have of either parent. `style`: style, density and swing. `chords`: chords and energy. The stems:
#: what is played, and the instrument. `sound`: the players' hands (timing, velocities) and the noise in the sound.
GENES = ("style", "chords", "drums", "bass", "harmony", "lead", "sound")
#: Where a gene can come from: a parent, both (drawn from noise between theirs), or neither.
SOURCES = ("a", "b", "blend", "new")
#: So many candidates one request can arrange, and so many of them it can play.
MOST_ARRANGED, MOST_PLAYED = 16, 8


@dataclass(frozen=True, eq=False)
class Vary:
    """Ask for relatives of a candidate: `near` keeps style, instruments, chords and most phrases, `far` need not."""

    parent: Candidate
    distance: str = "near"

    @property
    def is_near(self) -> bool:
        return self.distance == "near"

    def __str__(self) -> str:
        return f"{self.distance} variation"


@dataclass(frozen=True, eq=False)
class Regenerate:
    """Ask for a part of a candidate anew; every sample and note outside stays what it was.

    Attributes:
        bars: first and last bar of the candidate's grid, both included; None for the whole song.
        stems: the stems to make anew.
        new_chords: whether the chords of those bars may change; harmony, bass and lead must then all be made anew.
    """

    parent: Candidate
    bars: tuple[int, int] | None = None
    stems: tuple[str, ...] = STEMS
    new_chords: bool = False

    def __str__(self) -> str:
        what = "new band" if set(self.stems) == set(STEMS) else f"new {', '.join(self.stems)}"
        if self.bars is not None:
            first, last = (bar - self.parent.arrangement.grid.first_bar + 1 for bar in self.bars)
            what += f" in bar {first}" if first == last else f" in bars {first} to {last}"
        return what + (", new chords" if self.new_chords else "")

    @property
    def beats(self) -> tuple[int, int]:
        """First quarter of the part and the one past its last. Raises StudioError for bars that are not there."""
        grid = self.parent.arrangement.grid
        if self.bars is None:
            return 0, grid.beats
        first, last = self.bars
        if not 0 <= first <= last < grid.bars:
            raise StudioError(
                tr("There are no such bars"),
                seen=tr(
                    "{first} to {last}", first=first - grid.first_bar + 1, last=last - grid.first_bar + 1
                ),
                expected=tr(
                    "bars from {first_bar} to {bars}, the first not after the last",
                    first_bar=1 - grid.first_bar,
                    bars=grid.bars - grid.first_bar,
                ),
            )
        size = grid.meter.quarters_per_bar
        return first * size, min((last + 1) * size, grid.beats)

    @property
    def columns(self) -> tuple[str, ...]:
        """What of the score is made anew, by names of core.score.COLUMNS. Raises StudioError for impossible wishes."""
        _check_there_are(self.stems)
        if not self.new_chords:
            return self.stems
        missing = [stem for stem in STEMS[1:] if stem not in self.stems]
        if missing:
            raise StudioError(
                tr("Cannot change the chords alone"),
                seen=tr("{names} to be kept", names=", ".join(missing)),
                expected=tr("bass, harmony and lead made anew with them"),
                todo=tr("Choose these stems too, or keep the chords"),
            )
        return ("chord", "energy", *self.stems)


@dataclass(frozen=True, eq=False)
class Reinstrument:
    """Ask for one stem of a candidate on another instrument or by another player: the same notes, see
    core.other_instrument. Every sample of the other stems stays what it was.

    Attributes:
        instrument: one of core.instruments that the stem has.
        sound: who is to play it, of core.controls.RENDERERS; None for who plays it now, or the network where there are
            no recordings of the instrument.
    """

    parent: Candidate
    stem: str
    instrument: str
    sound: str | None = None
    #: It is played in the whole song, see `Regenerate`.
    bars: ClassVar[None] = None

    def __post_init__(self) -> None:
        if self.sound not in (None, *RENDERERS):
            raise ValueError("a sound that there is not")

    @property
    def stems(self) -> tuple[str, ...]:
        """See `Regenerate`."""
        return (self.stem,)

    def __str__(self) -> str:
        sounds = {None: "", RECORDED: ", recorded", NETWORK: ", by the network"}
        return f"{self.stem} on {self.instrument}{sounds[self.sound]}"

    @property
    def sound_now(self) -> str:
        """Who plays the stem of the parent, of RENDERERS. Raises StudioError for a parent without a recipe."""
        return recipe_of(self.parent).renderers.get(self.stem, NETWORK)

    def check(self) -> None:
        """Raises StudioError for what cannot be, or is already. Whether there are recordings the engine knows."""
        now = self.sound_now
        _check_there_are(self.stems)
        stem, part = tr(self.stem), self.parent.arrangement.parts[self.stem]
        if not part.is_heard:
            heard = [tr(s) for s, other in self.parent.arrangement.parts.items() if other.is_heard]
            raise StudioError(
                tr("The {stem} of candidate {number} is silent", stem=stem, number=self.parent.number),
                expected=tr("a stem that plays: {names}", names=", ".join(heard)),
                todo=tr("Regenerate that stem: then it gets notes"),
            )
        names, able = ([e.name for e in some] for some in (choices(self.stem)[1:], playable(self.stem, part)))
        if self.instrument not in names:
            raise StudioError(
                tr("There is no such instrument for {stem}", stem=stem),
                seen=repr(self.instrument),
                expected=tr("one of ") + ", ".join(names),
            )
        if self.instrument not in able:
            raise StudioError(
                tr("The {instrument} cannot play this part", instrument=tr(self.instrument)),
                seen=tr("chords, on an instrument of one note at a time"),
                expected=tr("one of ") + ", ".join(able),
            )
        if self.instrument == part.instrument and self.sound in (None, now):
            raise StudioError(
                tr("That is how candidate {number} is played already", number=self.parent.number),
                seen=str(self),
                todo=tr("Choose another instrument, or another sound"),
            )

    def wishes(self, before: Controls) -> Controls:
        """The parent's wishes, as they are now: a wish for the stem's instrument is this one."""
        if self.stem not in before.instruments:
            return before
        return replace(before, instruments={**before.instruments, self.stem: self.instrument})


@dataclass(frozen=True, eq=False)
class Breed:
    """Ask for children of two candidates of one vocal on one grid.

    Bass, harmony and lead are written relative to chord and tonic, so a part of one parent follows the other's chords.

    Attributes:
        parents: a and b. The child's grid, key and tuning are a's.
        genes: where each gene comes from, of SOURCES; those that are not named are drawn for each child, a or b.
        mutation: share of the phrases of the stems, 0 to 1, that are drawn anew.
    """

    parents: tuple[Candidate, Candidate]
    genes: Mapping[str, str] = field(default_factory=dict)
    mutation: float = 0.0

    def __post_init__(self) -> None:
        if not set(self.genes) <= set(GENES) or not set(self.genes.values()) <= set(SOURCES):
            raise ValueError("a gene that there is not")
        if self.genes.get("sound") == "blend":
            raise ValueError("a blend of two seeds")
        if not 0.0 <= self.mutation <= 1.0:
            raise ValueError("a mutation outside 0 to 1")

    @property
    def parent(self) -> Candidate:
        """The one whose grid, key and tuning the children have."""
        return self.parents[0]

    def genes_of(self, seed: int, candidate: int) -> dict[str, str]:
        """Every gene's source in the child of that number, from 0, of a request of that seed.

        A child has of both parents what is heard most (chords and stems), where that is left open.
        """
        drawn = np.random.default_rng([seed, candidate, 41]).integers(0, 2, len(GENES))
        genes = {
            gene: self.genes.get(gene, "ab"[side]) for gene, side in zip(GENES, drawn.tolist(), strict=True)
        }
        heard = GENES[1:-1]
        open_ = [gene for gene in heard if gene not in self.genes]
        if open_ and len({genes[gene] for gene in heard}) == 1:
            other = "b" if genes[heard[0]] == "a" else "a"
            genes[open_[(seed + candidate) % len(open_)]] = other
        return genes

    def __str__(self) -> str:
        a, b = (str(parent.number) for parent in self.parents)
        names = {"a": f"of {a}", "b": f"of {b}", "blend": "between both", "new": "new"}
        told = [f"{gene} {names[self.genes[gene]]}" for gene in GENES if gene in self.genes]
        return f"child of {a} and {b}" + (f": {', '.join(told)}" if told else "")


#: What can be made out of earlier candidates.
Change = Vary | Regenerate | Reinstrument | Breed
#: Those that play some stems anew and leave the others alone.
PlayedAnew = Regenerate | Reinstrument


@dataclass(frozen=True, eq=False)
class GenerationRequest:
    """One job for the generator. The same request gives the same samples on the same device.

    Attributes:
        vocal: the whole vocal, any rate, mono or stereo.
        candidates: how many accompaniments, 1 to MOST_ARRANGED, of which `only` leaves at most MOST_PLAYED.
        engine: name of the engine that is to do it, see core.engines.
        only: the numbers, from 1, of the candidates that are wanted of them; None for all. Each is what it would be
            among all.
        change: what to make out of an earlier candidate instead of a new one. The grid and key of `analysis` are
            the parent's then, and `controls` what the parent was asked for.
    """

    vocal: Audio
    analysis: VocalAnalysis
    candidates: int = 4
    seed: int = 1
    controls: Controls = field(default_factory=Controls)
    change: Change | None = None
    engine: str = "band"
    only: frozenset[int] | None = None

    def wants(self, candidate: int) -> bool:
        """Whether the candidate of that number, from 1, is to be made."""
        return self.only is None or candidate in self.only

    @property
    def played(self) -> int:
        """How many candidates are to be made."""
        return sum(self.wants(number) for number in range(1, self.candidates + 1))

    @property
    def readings(self) -> tuple[int, ...]:
        """Which reading of the vocal each candidate takes: 0 is the chosen one, k the k-th of its alternatives.

        Where nobody can be sure of the beat, the candidates are shared out by how likely the readings are (largest
        remainders), the likeliest first; so one of four is right far more often than one alone. Chords that were
        given stand in the bars of the chosen reading.
        """
        heard = self.analysis
        spread = heard.unsure_of_tempo and not self.controls.chords and self.change is None
        if not spread or not heard.alternatives or self.candidates < 1:
            return (0,) * self.candidates
        chances = [
            max(c, 1e-6) for c in (heard.confidence.beats, *(r.confidence for r in heard.alternatives))
        ]
        wanted = [self.candidates * chance / sum(chances) for chance in chances]
        counts = [int(share) for share in wanted]
        by_remainder = sorted(range(len(wanted)), key=lambda k: counts[k] - wanted[k])
        for k in by_remainder[: self.candidates - sum(counts)]:
            counts[k] += 1
        if counts[0] == 0:
            most = max(range(len(counts)), key=lambda k: (counts[k], k))
            counts[most] -= 1
            counts[0] = 1
        return tuple(k for k, count in enumerate(counts) for _ in range(count))

    def analysis_of(self, candidate: int) -> VocalAnalysis:
        """How the vocal is counted for a candidate, numbered from 1: see `readings`."""
        taken = self.readings[candidate - 1] if 1 <= candidate <= self.candidates else 0
        return self.analysis.read_as(self.analysis.alternatives[taken - 1]) if taken else self.analysis


def _check_there_are(stems: tuple[str, ...]) -> None:
    if not stems or any(stem not in STEMS for stem in stems):
        raise StudioError(
            tr("There is no such stem"),
            seen=", ".join(stems) or tr("none"),
            expected=", ".join(STEMS),
        )
