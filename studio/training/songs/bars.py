"""The bars of a song as its band sees them: their place in the form, their energy, where the singer rests."""

from __future__ import annotations

from dataclasses import dataclass

from studio.training.songs.skeleton import Skeleton


@dataclass(frozen=True)
class Bar:
    """A bar in its place in the form.

    Attributes:
        first: its first sixteenth in the song; steps: sixteenths it lasts.
        section: index of the section; name: its name; place: bars since the section began; length: its bars.
        energy: level 0 to 3 of most of its beats; next_energy: of the following bar (the last bar: its own).
        resting: a line of the singer has just ended: silence in the bar's second half, not before it.
    """

    first: int
    steps: int
    section: int
    name: str
    place: int
    length: int
    energy: int
    next_energy: int
    resting: bool

    @property
    def ends_section(self) -> bool:
        return self.place == self.length - 1


def read_form(skeleton: Skeleton) -> list[Bar]:
    """The bars of a song. Bars outside every section count as a verse of their own."""
    quarters = skeleton.meter.quarters_per_bar
    count = skeleton.beats // quarters
    owner = [(-1, "verse", 0, count)] * count
    for index, section in enumerate(skeleton.sections):
        for bar in range(max(section.first_bar, 0), min(section.first_bar + section.bars, count)):
            owner[bar] = (index, section.name, section.first_bar, section.bars)
    energy = [sorted(skeleton.energy[b * quarters : (b + 1) * quarters])[quarters // 2] for b in range(count)]
    sung = _sung_halves(skeleton, count)
    bars = []
    for b, (index, name, first, length) in enumerate(owner):
        length = min(length, count - first)
        following = energy[min(b + 1, count - 1)]
        resting = not sung[2 * b + 1] and (sung[2 * b] or (b > 0 and sung[2 * b - 1]))
        first_step, steps = b * quarters * 4, quarters * 4
        bars.append(Bar(first_step, steps, index, name, b - first, length, energy[b], following, resting))
    return bars


def _sung_halves(skeleton: Skeleton, bars: int) -> list[bool]:
    """Whether anything is sung in each half bar, but for a sixteenth hanging over."""
    half = skeleton.meter.quarters_per_bar / 2
    sung = [False] * (2 * bars)
    for note in skeleton.melody:
        for index in range(max(int((note.start + 0.25) // half), 0), 2 * bars):
            if index * half > note.end - 0.25:
                break
            sung[index] = True
    return sung
