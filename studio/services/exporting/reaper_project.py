"""session.rpp: the session for REAPER, as text that names the files beside it."""

from __future__ import annotations

from pathlib import Path

import studio
from studio.services.exporting.session import Session, bpm
from studio.storage.atomic import write_bytes

#: A tempo that holds until the next point.
_SQUARE = 1
#: Of Unix time zero: the file says nothing of when it was written, so that equal sessions are equal files.
_WRITTEN = 0


def write_reaper_project(path: Path, session: Session) -> None:
    """Writes the file beside the audio it names. Raises OSError."""
    write_bytes(path, ("\n".join(_lines(session)) + "\n").encode("utf-8"))


def _lines(session: Session) -> list[str]:
    _, numerator, denominator = session.meters[0]
    lines = [
        f'<REAPER_PROJECT 0.1 "7.0/Backline {studio.__version__}" {_WRITTEN}',
        f"  TITLE {quoted(session.title)}",
        f"  SAMPLERATE {session.sample_rate} 1 0",
        f"  TEMPO {bpm(session.tempos[0][1])!r} {numerator} {denominator}",
        # Items keep their length when the tempo is changed.
        "  TIMELOCKMODE 0",
        "  <TEMPOENVEX",
        "    ACT 1 -1",
        "    VIS 0 0 1",
        "    DEFSHAPE 1 -1 -1",
        *(f"    {point}" for point in _tempo_points(session)),
        "  >",
        *(
            f"  MARKER {number} {session.seconds(tick)!r} {quoted(name)} 0"
            for number, (tick, name) in enumerate(session.chords, 1)
        ),
    ]
    for track in session.tracks:
        lines += [
            "  <TRACK",
            f"    NAME {quoted(track.name)}",
            f"    VOLPAN {track.volume!r} 0 -1 -1 1",
            "    MUTESOLO 0 0 0",
            f"    NCHAN {max(2, track.channels)}",
            # 0: the items of this track are in seconds, not in beats.
            "    BEAT 0",
            "    <ITEM",
            "      POSITION 0",
            f"      LENGTH {session.duration_s!r}",
            "      LOOP 0",
            f"      NAME {quoted(track.name)}",
            "      SOFFS 0",
            "      PLAYRATE 1 1 0 -1 0 0.0025",
            "      <SOURCE WAVE",
            f"        FILE {quoted(track.file)}",
            "      >",
            "    >",
            "  >",
        ]
    return [*lines, ">"]


def _tempo_points(session: Session) -> list[str]:
    """PT seconds, quarters a minute, shape, and where the meter changes, denominator * 65536 + numerator."""
    meters = {tick: denominator << 16 | numerator for tick, numerator, denominator in session.meters}
    tempos = dict(session.tempos)
    points, micros = [], session.tempos[0][1]
    for tick in sorted({*meters, *tempos}):
        micros = tempos.get(tick, micros)
        points.append(
            f"PT {session.seconds(tick)!r} {bpm(micros)!r} {_SQUARE} {meters.get(tick, 0)} 0 {int(tick in meters)}"
        )
    return points


def quoted(text: str) -> str:
    """A word of the file: in quotes that it does not hold itself; control characters end a line and are left out."""
    text = "".join(c for c in text if c >= " ").encode("utf-8", "replace").decode()
    for quote in "\"'`":
        if quote not in text:
            return f"{quote}{text}{quote}"
    return f"`{text.replace('`', chr(39))}`"
