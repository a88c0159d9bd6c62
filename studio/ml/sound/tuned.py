"""How a band is tuned to a singer: pitched stems are played at 440 Hz on a stretched timeline, and their samples are
then taken for samples of another rate.

The networks only know 440 Hz. An excitation tuned away from it comes out in tune, but the mel model keeps the levels of
the bands where 440 Hz would lie: a saxophone half a semitone flat lost 7 dB. Played faster by 3 % at most, the sound is
the one that was learnt, and a vocoder without an excitation is tuned as well. The rate is a whole number of Hz (0.04
cents a step), so that every whole second falls on a sample and a part of a song can be made alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from studio.core.arrangement import STEMS, Arrangement, Note, Part

#: Stems without a tuning.
UNPITCHED = ("drums",)


@dataclass(frozen=True, eq=False)
class Section:
    """The stems of an arrangement that share a timeline.

    Attributes:
        stems: their names.
        sample_rate: what their samples are samples of, in Hz.
        arrangement: their notes, stretched so that they are in time at `sample_rate`; the other stems are silent.
    """

    stems: tuple[str, ...]
    sample_rate: int
    arrangement: Arrangement


def sections(arrangement: Arrangement, sample_rate: int, stems: Iterable[str] = STEMS) -> list[Section]:
    """The arrangement as the networks are to play it.

    Args:
        sample_rate: of the networks, in Hz.
        stems: those to play.

    Returns:
        A section for each timeline that is needed; just one at A = 440 Hz.
    """
    wanted = tuple(stems)
    tuned = round(sample_rate * 2.0 ** (arrangement.tuning_cents / 1200.0))
    rate_of = {stem: sample_rate if stem in UNPITCHED else tuned for stem in wanted}
    made = []
    for rate in dict.fromkeys(rate_of.values()):
        here = tuple(stem for stem in wanted if rate_of[stem] == rate)
        made.append(Section(here, rate, _alone(arrangement, here, rate / sample_rate)))
    return made


def _alone(arrangement: Arrangement, stems: tuple[str, ...], stretch: float) -> Arrangement:
    parts = {
        stem: Part(
            part.instrument, tuple(_stretched(n, stretch) for n in part.notes) if stem in stems else ()
        )
        for stem, part in arrangement.parts.items()
    }
    return replace(arrangement, parts=parts)


def _stretched(note: Note, by: float) -> Note:
    return note if by == 1.0 else replace(note, start_s=note.start_s * by, end_s=note.end_s * by)
