"""The order in which the bars of an ABC tune are played: repeats and endings unfolded into sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class AbcBar:
    """What stands between two bar lines; all times in quarters from the bar's start.

    Attributes:
        notes: onset, duration, MIDI pitch; a tied note is marked to continue the one before.
        chords: onset and symbol as written.
        key: the K: field in force.
    """

    key: str
    length: Fraction = Fraction(0)
    notes: list[tuple[Fraction, Fraction, int, bool]] = field(default_factory=list)
    chords: list[tuple[Fraction, str]] = field(default_factory=list)


@dataclass
class _Repeat:
    body: list[AbcBar] = field(default_factory=list)
    endings: dict[int, list[AbcBar]] = field(default_factory=dict)
    repeated: bool = False

    def play(self) -> list[list[AbcBar]]:
        if self.endings:
            return [self.body + self.endings[n] for n in sorted(self.endings)]
        if not self.body:
            return []
        return [self.body, self.body] if self.repeated else [self.body]


def unfold(items: list[AbcBar | str]) -> tuple[list[tuple[AbcBar, ...]], list[int]]:
    """Plays repeats and endings.

    Args:
        items: bars, and between them '|:', ':|', '||', 'ending 1' or 'ending 2'. A repeat without a beginning goes
            back to the last double bar.

    Returns:
        The sections in playing order, and a label for each: sections with the same music share it.
    """
    runs: list[_Repeat] = [_Repeat()]
    active: list[AbcBar] | None = None
    for item in items:
        run = runs[-1]
        if isinstance(item, AbcBar):
            if active is None and run.endings:  # music after the endings
                run = _Repeat()
                runs.append(run)
            (run.body if active is None else active).append(item)
        elif item.startswith("ending "):
            active = run.endings.setdefault(int(item[7:]), [])
        elif item == ":|":
            run.repeated = True
            active = None
            if not run.endings or max(run.endings) > 1:
                runs.append(_Repeat())
        elif item == "|:" or (item == "||" and not (run.endings and max(run.endings) == 1 and run.repeated)):
            active = None
            if run.body or run.endings:
                runs.append(_Repeat())
    known: dict[tuple[object, ...], int] = {}
    sections, labels = [], []
    for run in runs:
        for bars in run.play():
            shape = tuple(n for bar in bars[: max(1, len(bars) - 2)] for n in bar.notes)
            sections.append(tuple(bars))
            labels.append(known.setdefault(shape, len(known)))
    return sections, labels
