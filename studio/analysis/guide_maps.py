"""What written guides share: tempo maps that can be, meters a band can play, and how to say that neither is there."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.music import Meter

#: Meters that are counted as another one with the same quarters.
_COUNTED_AS = {(2, 2): (4, 4), (12, 8): (6, 8)}
_SLOWEST_BPM, _FASTEST_BPM = 20.0, 400.0
#: Quarters of a guide at most: ten minutes at the fastest tempo.
MOST_QUARTERS = 4000.0


def meter_of(numerator: int, denominator: int, source: str) -> Meter:
    """A meter a band can play. Raises StudioError for others."""
    pair = _COUNTED_AS.get((numerator, denominator), (numerator, denominator))
    try:
        return Meter.parse(f"{pair[0]}/{pair[1]}")
    except StudioError as error:
        raise StudioError(
            tr("Cannot take the bars from {source}", source=source),
            seen=f"{numerator}/{denominator}",
            expected=tr("a meter the band plays: ") + ", ".join(f"{a}/{b}" for a, b in Meter.SUPPORTED),
            todo=tr("Give the meter that comes nearest, and the tempo, by hand"),
        ) from error


def main_meter(changes: Sequence[tuple[float, int, int]], source: str) -> tuple[int, Meter]:
    """The quarter of the first bar line of the meter that the song is in, and that meter.

    A shorter first bar, as programs write a pickup, is no meter of its own. A song that changes its meter later keeps
    the one that lasts longest; bar lines are then those of its first stretch.
    """
    if not changes:
        return 0, Meter(4, 4)
    lasting: dict[tuple[int, int], float] = {}
    for i, (at, numerator, denominator) in enumerate(changes):
        stop = changes[i + 1][0] if i + 1 < len(changes) else max(at + 16.0, 2.0 * at)
        key = (numerator, denominator)
        lasting[key] = lasting.get(key, 0.0) + stop - at
    chosen = max(lasting, key=lambda key: lasting[key])
    first = next(at for at, numerator, denominator in changes if (numerator, denominator) == chosen)
    return round(first), meter_of(*chosen, source)


def last_at_each(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of several points at one place the last."""
    return sorted(dict(points).items())


def last_signature_at_each(points: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    return [(at, *pair) for at, pair in sorted({round(at, 6): (n, d) for at, n, d in points}.items())]


def check_tempos(tempos: Sequence[tuple[float, float]], source: str) -> None:
    wrong = [bpm for _, bpm in tempos if not _SLOWEST_BPM <= bpm <= _FASTEST_BPM]
    if wrong:
        seen = tr("a tempo of {wrong:g}", wrong=wrong[0]) if wrong[0] else tr("no tempo in it")
        raise unreadable(
            source,
            seen,
            tr(
                "tempos from {slowest_bpm:g} to {fastest_bpm:g}",
                slowest_bpm=_SLOWEST_BPM,
                fastest_bpm=_FASTEST_BPM,
            ),
        )


def unreadable(source: str, seen: str, expected: str) -> StudioError:
    return StudioError(
        tr("Cannot take the beats from {source}", source=source),
        seen=seen,
        expected=expected,
        todo=tr("Export it again, or choose another"),
    )
