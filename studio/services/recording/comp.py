"""A comp as a vocal: rendered, and kept beside the recordings it is made of."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from studio.audio.wav import write_wav
from studio.services.recording.takes import TakeSet
from studio.services.vocal import Vocal


def write_comp(takes: TakeSet, original: Vocal, folder: Path) -> Vocal:
    """The vocal that a comp describes, in one float WAV a song, written anew each time; the original when all is its.

    Raises:
        StudioError: a take is gone, or the folder is full.
    """
    if takes.is_base:
        return original
    audio = takes.render()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"comp {original.sha256[:8]} {original.name}.wav"
    write_wav(path, audio, encoding="FLOAT")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return dataclasses.replace(original, audio=audio, path=path, sha256=sha256, encoding="FLOAT", warnings=())
