"""A project's own copy of its vocal: the file, or the sound as it was opened where the file is another one by now.

A song has a folder from the first thing that is done to it, not from when it is opened. By then a drive may be
unplugged, or a DAW may have bounced over the file; the window still has every sample. Such a sound is kept as a 32-bit
float WAV, which holds them all exactly, and goes on under the SHA-256 of the file that was opened: candidates, analyses
and the list of recent songs know it by that.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.audio.wav import write_wav
from studio.core.takes import AudioRef
from studio.services.vocal import Vocal, open_vocal
from studio.storage.project_folder import ProjectFolder, as_opened_of, file_sha256


def keep_vocal(folder: ProjectFolder, vocal: Vocal, ref: AudioRef) -> bool:
    """Takes the vocal into the project; False where it was the sound that was kept, for want of the file.

    Raises:
        OSError, StudioError: neither can be written.
    """
    try:
        folder.keep_audio(vocal.path, ref)
    except (OSError, ValueError):
        if _is_as_it_was(vocal):
            raise  # it is the folder that fails: the sound would need more room still
        write_wav(folder.as_opened_path(ref), vocal.audio, encoding="FLOAT")
        return False
    return True


def open_kept(path: Path) -> Vocal:
    """A sound of a project's audio folder, under the SHA-256 that it is known by. Raises StudioError."""
    vocal, sha256 = open_vocal(path), as_opened_of(path)
    return replace(vocal, sha256=sha256) if sha256 else vocal


def _is_as_it_was(vocal: Vocal) -> bool:
    try:
        return file_sha256(vocal.path) == vocal.sha256
    except OSError:
        return False
