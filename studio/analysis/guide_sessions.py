"""Sessions as guides: a DAWproject, a REAPER project. Their tempo map is taken as it is.

A session's timeline begins where the vocal does, unless the session says where the vocal lies: an item whose file has
the vocal's name. XML is refused with a document type, so that no entity is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

import numpy as np

from studio.analysis.guide_maps import (
    MOST_QUARTERS,
    check_tempos,
    last_at_each,
    last_signature_at_each,
    main_meter,
    unreadable,
)
from studio.core.guide import Guide, guide_of_tempos
from studio.core.language import tr


def guide_of_dawproject(xml: bytes, source: str, vocal: str = "") -> Guide:
    """The tempo map of a DAWproject's project.xml.

    Args:
        vocal: file name of the vocal; where an audio clip has it, the guide is counted from the clip's start.

    Raises:
        StudioError: no such XML, or none with a tempo.
    """
    root = _parse_xml(xml, source)
    tempo = _number(root.find("./Transport/Tempo"), "value")
    signature = root.find("./Transport/TimeSignature")
    automation = root.find("./Arrangement/TempoAutomation")
    points: list[tuple[float, float]] = []
    for point in [] if automation is None else list(automation):
        at, value = _number(point, "time"), _number(point, "value")
        if at is not None and value is not None:
            points.append((at, value))
    linear = automation is not None and any(p.get("interpolation") == "linear" for p in automation)
    points = last_at_each(sorted(points))
    if automation is not None and automation.get("timeUnit") == "seconds":
        points = _in_quarters(points)
    if linear:
        points = _ramps(points)
    if not points or points[0][0] > 0:
        points.insert(0, (0.0, tempo if tempo is not None else points[0][1] if points else 0.0))
    check_tempos(points, source)
    changes = [
        (at, int(n), int(d))
        for p in root.iterfind("./Arrangement/TimeSignatureAutomation/TimeSignaturePoint")
        if None not in (at := _number(p, "time"), n := _number(p, "numerator"), d := _number(p, "denominator"))
        and at is not None and n is not None and d is not None
    ]  # fmt: skip
    if not changes and signature is not None:
        changes = [(0.0, int(signature.get("numerator", "4")), int(signature.get("denominator", "4")))]
    first, meter = main_meter(changes, source)
    clip = next((c for c in root.iter("Clip") if vocal and _holds(c, vocal)), None)
    ends = [(_number(c, "time") or 0.0) + (_number(c, "duration") or 0.0) for c in root.iter("Clip")]
    end = min(max([*ends, *(at for at, _ in points), 16.0]), MOST_QUARTERS)
    guide = guide_of_tempos(points, end, meter=meter, source=source, downbeat=first)
    at = _number(clip, "time")
    if clip is None or at is None:
        return guide
    begin_s = float(np.interp(at / meter.beat_quarters, np.arange(len(guide.times_s)), guide.times_s))
    return guide.later(-begin_s)


def guide_of_rpp(text: str, source: str, vocal: str = "") -> Guide:
    """The tempo map of a REAPER project.

    Args:
        vocal: file name of the vocal; where an item plays it, the guide is counted from the start of the file.

    Raises:
        StudioError: a text that is no REAPER project, or without a tempo.
    """
    if not text.lstrip().startswith("<REAPER_PROJECT"):
        raise unreadable(source, tr("another kind of text"), tr("a REAPER project"))
    plain = re.search(r"^\s*TEMPO\s+([\d.]+)\s+(\d+)\s+(\d+)", text, re.MULTILINE)
    if not plain:
        raise unreadable(source, tr("no tempo in it"), tr("a REAPER project with a TEMPO line"))
    meter = (int(plain[2]), int(plain[3]))
    points: list[tuple[float, float, bool]] = []
    signatures = [(0.0, *meter)]
    envelope = re.search(r"<TEMPOENVEX(.*?)^\s*>", text, re.MULTILINE | re.DOTALL)
    for point in re.finditer(
        r"^\s*PT\s+([\d.]+)\s+([\d.]+)\s+(\d+)(?:\s+(\d+))?", envelope[1] if envelope else "", re.MULTILINE
    ):
        points.append((float(point[1]), float(point[2]), point[3] == "0"))
        if packed := int(point[4] or 0):
            signatures.append((float(point[1]), packed & 0xFFFF, packed >> 16))
    quarters = _quarters_of_rpp(points, float(plain[1]))
    check_tempos(quarters, source)
    in_quarters = [(_quarter_at(time_s, quarters), n, d) for time_s, n, d in signatures]
    first, main = main_meter(last_signature_at_each(in_quarters), source)
    ends = [float(m[1]) for m in re.finditer(r"^\s*POSITION\s+([\d.]+)", text, re.MULTILINE)]
    end = min(_quarter_at(max([*ends, 8.0]) + 8.0, quarters), MOST_QUARTERS)
    guide = guide_of_tempos(quarters, end, meter=main, source=source, downbeat=first)
    return guide.later(-_rpp_start_s(text, vocal)) if vocal else guide


# DAWproject


def _parse_xml(xml: bytes, source: str) -> ElementTree.Element:
    try:
        text = xml.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise unreadable(source, tr("XML with a document type"), tr("plain XML, as programs write it"))
        return ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as error:
        raise unreadable(
            source, tr("broken XML ({error})", error=error), tr("a DAWproject as a program wrote it")
        ) from error


def _number(element: ElementTree.Element | None, name: str) -> float | None:
    try:
        value = float(element.get(name, "")) if element is not None else np.nan
    except ValueError:
        return None
    return float(value) if np.isfinite(value) else None


def _holds(clip: ElementTree.Element, vocal: str) -> bool:
    return any(_same_file(file.get("path", ""), vocal) for file in clip.iter("File"))


def _ramps(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Linear changes in steps of a quarter."""
    out: list[tuple[float, float]] = []
    for (at, bpm), (stop, target) in pairwise(points):
        count = min(max(1, int(np.ceil(stop - at))), int(MOST_QUARTERS))
        shares = (np.arange(count) + 0.5) / count
        out += [(at + (stop - at) * k / count, bpm + (target - bpm) * float(shares[k])) for k in range(count)]
    return out + points[-1:]


def _in_quarters(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in seconds as points in quarters."""
    return _quarters_of_rpp([(at, bpm, False) for at, bpm in points], points[0][1]) if points else []


# REAPER


def _quarters_of_rpp(points: Sequence[tuple[float, float, bool]], tempo: float) -> list[tuple[float, float]]:
    """(seconds, bpm, whether it glides to the next) as (quarter, bpm); a glide in steps of an eighth of a second."""
    if not points or points[0][0] > 0:
        points = [(0.0, points[0][1] if points else tempo, False), *points]
    out: list[tuple[float, float]] = []
    quarter = 0.0
    for i, (at, bpm, glides) in enumerate(points):
        stop = points[i + 1][0] if i + 1 < len(points) else at
        target = points[i + 1][1] if i + 1 < len(points) else bpm
        count = min(max(1, round((stop - at) * 8)), 5000) if glides and target != bpm else 1
        for k in range(count):
            now = bpm + (target - bpm) * (k + 0.5) / count if count > 1 else bpm
            out.append((quarter, now))
            quarter += (stop - at) / count * now / 60.0
    return out


def _quarter_at(time_s: float, tempos: Sequence[tuple[float, float]]) -> float:
    """The quarter of a moment, by the tempo map (quarter, bpm)."""
    now_s = 0.0
    for (at, bpm), (stop, _) in pairwise(tempos):
        length_s = (stop - at) * 60.0 / bpm
        if now_s + length_s > time_s:
            return at + (time_s - now_s) * bpm / 60.0
        now_s += length_s
    return tempos[-1][0] + (time_s - now_s) * tempos[-1][1] / 60.0


def _rpp_start_s(text: str, vocal: str) -> float:
    """Where on the timeline the vocal's file begins; 0 where no item plays it."""
    for item in re.split(r"^\s*<ITEM\b", text, flags=re.MULTILINE)[1:]:
        file = re.search(r"^\s*FILE\s+(?:\"([^\"]*)\"|(\S+))", item, re.MULTILINE)
        if not file or not _same_file(file[1] or file[2], vocal):
            continue
        position = re.search(r"^\s*POSITION\s+([\d.]+)", item, re.MULTILINE)
        offset = re.search(r"^\s*SOFFS\s+([\d.]+)", item, re.MULTILINE)
        return float(position[1] if position else 0.0) - float(offset[1] if offset else 0.0)
    return 0.0


def _same_file(path: str, vocal: str) -> bool:
    name = PureWindowsPath(PurePosixPath(path).name).name
    return bool(name) and name.casefold() == vocal.casefold()
