"""A guide beside the vocal: whatever the file is, its beats, its bars, and its chords where it has them."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.analysis.guide_beats import hear_guide
from studio.analysis.guide_midi import guide_of_midi
from studio.analysis.guide_sessions import guide_of_dawproject, guide_of_rpp
from studio.analysis.heard_chords import chroma, hear_chords
from studio.analysis.pitch import resample_mono
from studio.audio.file_bytes import FORMATS, error_text
from studio.audio.files import read_file
from studio.core.errors import StudioError
from studio.core.guide import MIDI, Guide
from studio.core.language import later, tr
from studio.core.music import Meter
from studio.services.listening.hints import find_hints

_KINDS = later("a guide: sound ({formats}), MIDI (.mid), or a session of a DAW (.dawproject, .rpp)")
_MOST_BYTES = 64 << 20


def read_guide(
    path: Path, *, vocal: Path | None = None, meter: Meter | None = None, tempo_bpm: float | None = None
) -> Guide:
    """What a guide tells.

    Args:
        path: a click, drums, a guitar or a rough mix as WAV, AIFF, FLAC, MP3 or OGG, beginning where the vocal begins;
            a MIDI file, a .dawproject or a .rpp.
        vocal: the vocal's file, to be looked for in a session.
        meter, tempo_bpm: what is known of the song, for a guide that is heard; its own tags and name come next.

    Raises:
        StudioError: a file that cannot be read, or in which no beats are found.
    """
    suffix, name = path.suffix.lower(), path.name
    try:
        if suffix in MIDI:
            return guide_of_midi(_bytes_of(path), name)
        if suffix == ".rpp":
            text = _bytes_of(path).decode("utf-8", errors="replace")
            return guide_of_rpp(text, name, vocal.name if vocal else "")
        if suffix == ".dawproject":
            return guide_of_dawproject(_project_xml(path), name, vocal.name if vocal else "")
    except OSError as error:
        raise StudioError(
            tr("Cannot read {name}", name=name),
            seen=error_text(error),
            expected=tr("a file you may read"),
            todo=tr("Check the path, or choose another file"),
        ) from error
    return _heard(path, meter, tempo_bpm)


def _heard(path: Path, meter: Meter | None, tempo_bpm: float | None) -> Guide:
    try:
        audio = read_file(path).audio
    except StudioError as error:
        if FORMATS not in error.expected:
            raise
        raise StudioError(
            error.what, seen=error.seen, expected=tr(_KINDS, formats=FORMATS), todo=error.todo
        ) from error
    if tempo_bpm is None:
        tempo_bpm = next((hint.tempo_bpm for hint in find_hints(path) if hint.tempo_bpm), None)
    guide = hear_guide(audio, path.name, meter=meter, tempo_bpm=tempo_bpm)
    beats = np.asarray(guide.times_s)
    size = guide.meter.quarters_per_bar
    chords = hear_chords(chroma(resample_mono(audio)), beats, size, guide.downbeat)
    return replace(guide, chords=chords)


def _bytes_of(path: Path) -> bytes:
    if path.stat().st_size > _MOST_BYTES:
        raise _too_large(path)
    return path.read_bytes()


def _project_xml(path: Path) -> bytes:
    """project.xml of a .dawproject, which is a ZIP archive."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("project.xml") as file:
            xml = file.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise StudioError(
            tr("Cannot take the beats from {name}", name=path.name),
            seen=tr("no project.xml in it ({error})", error=error),
            expected=tr("a DAWproject as a program wrote it"),
            todo=tr("Export it again, or choose another"),
        ) from error
    if len(xml) > _MOST_BYTES:
        raise _too_large(path)
    return xml


def _too_large(path: Path) -> StudioError:
    return StudioError(
        tr("Cannot take the beats from {name}", name=path.name),
        seen=tr("more than 64 MB of text"),
        expected=tr("a session's tempo map"),
        todo=tr("Export a MIDI file with the tempo map instead"),
    )
