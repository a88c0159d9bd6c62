"""A recording taken into a project, and a comp as a vocal.

Choices: neighbours in a comp are cross-faded at equal power, since two performances are never in phase; inside a
stretch every sample is the take's own. A comp is kept by its content: a candidate that was made for it finds it again,
whatever was chosen since.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from studio.audio.files import read_audio
from studio.audio.wav import write_wav
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.takes import BASE, AudioRef, Comp, Take
from studio.dsp.resample import resample
from studio.services.recording.recording import Recorded
from studio.services.vocal import Vocal
from studio.storage.atomic import part_path
from studio.storage.project_folder import ProjectFolder, file_sha256

CROSSFADE_S = 0.01

#: Says where the sound of a take can be read.
FindSound = Callable[[AudioRef], Path]


def keep_takes(recorded: Recorded, folder: ProjectFolder) -> tuple[Take, ...]:
    """Takes a finished recording into a project.

    Raises:
        StudioError: no room for it; the recording stays where it was made.
    """
    path = recorded.path
    folder.require()
    try:
        ref = AudioRef(
            file_sha256(path), path.stem, path.suffix, recorded.note.sample_rate, recorded.frames,
            read_audio(path).channels, "FLOAT", str(path),
        )  # fmt: skip
        target = folder.audio_path(ref)
        if not target.exists():
            try:
                os.link(path, target)  # a finished recording is never written to again: one copy is enough
            except OSError:
                folder.keep_audio(path, ref)
    except (OSError, ValueError) as error:
        raise StudioError(
            tr("Cannot keep the take in the project"),
            seen=getattr(error, "strerror", None) or str(error),
            expected=tr("room in {path}", path=folder.path),
            todo=tr("Nothing is lost: the recording is {path}", path=path),
        ) from error
    return tuple(Take(ref, take.first, take.frames, take.start) for take in recorded.takes)


def place_take(take: Take, path: Path, frames: int, sample_rate: int) -> Audio:
    """A take where it was sung, silence around it: `frames` at `sample_rate`.

    It is put on a timeline at its own rate first, so that converting moves nothing. A little of what the file holds
    before and after comes along, for the crossfades.
    """
    heard = read_audio(path).samples
    margin = round(CROSSFADE_S * take.sound.sample_rate)
    length = round(frames * take.sound.sample_rate / sample_rate)
    low = max(take.first - margin, 0, take.first - take.start)
    high = min(take.first + take.frames + margin, heard.shape[1])
    at = take.start + low - take.first
    timeline = np.zeros((len(heard), length), np.float32)
    high = min(high, low + max(0, length - at))
    timeline[:, at : at + high - low] = heard[:, low:high]
    return resample(Audio(timeline, take.sound.sample_rate), sample_rate, frames=frames)


def render_comp(comp: Comp, sources: Mapping[int, Audio]) -> Audio:
    """The vocal that a comp describes.

    Args:
        comp: over the frames of the base.
        sources: by take number, as long as the base and at its rate; a mono one sounds on both sides of a stereo comp.
    """
    rate = sources[BASE].sample_rate
    channels = max(sources[number].channels for _, number in comp.parts)
    fade = max(2, round(CROSSFADE_S * rate)) // 2 * 2
    out: Samples = np.zeros((channels, comp.frames), np.float32)
    ends = [start for start, _ in comp.parts[1:]] + [comp.frames]
    rise = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade).astype(np.float32)
    for (start, number), end in zip(comp.parts, ends, strict=True):
        # Half of each crossfade lies on either side of its boundary; a stretch may be shorter than one.
        low, high = max(0, start - fade // 2), min(comp.frames, end + fade // 2)
        part = sources[number].samples[:, low:high].copy()
        size = high - low
        if start > 0:
            part[:, :fade] *= rise[:size]
        if end < comp.frames:
            part[:, max(0, size - fade) :] *= rise[::-1][-size:]
        out[:, low:high] += part
    return Audio(out, rate)


def write_comp(
    comp: Comp | None, takes: tuple[Take, ...], base: Vocal, folder: ProjectFolder, find: FindSound
) -> Vocal:
    """The vocal that a comp describes, as a float WAV among the project's sounds; the base itself where all is its.

    Raises:
        StudioError: a take is gone, or the folder is full.
    """
    if comp is None or comp.is_base:
        return base
    folder.require()  # before a take that went with it is looked for
    used = {number for _, number in comp.parts if number != BASE}
    frames, rate = base.audio.frames, base.audio.sample_rate
    placed = {n: place_take(takes[n - 1], find(takes[n - 1].sound), frames, rate) for n in used}
    audio = render_comp(comp, {BASE: base.audio, **placed})
    temporary = part_path(folder.audio / "comp.wav")
    try:
        write_wav(temporary, audio, encoding="FLOAT")
        sha256 = file_sha256(temporary)
        path = folder.audio / f"{sha256}.wav"
        temporary.replace(path)
    except OSError as error:
        raise StudioError(
            tr("Cannot put the takes together"),
            seen=error.strerror or str(error),
            expected=tr("room in {path}", path=folder.path),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return dataclasses.replace(base, audio=audio, path=path, sha256=sha256, encoding="FLOAT", warnings=())
