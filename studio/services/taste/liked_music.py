"""Music a listener likes, dropped in before the first vote: its sound begins the taste (see studio.taste.prior).

Only the features and the file's name are kept, in one JSON file of the user; the music itself is neither copied nor
ever trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studio.audio.files import read_audio
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json
from studio.taste.features import features_of_sound
from studio.taste.prior import Prior, prior_of_music

NAME = "liked_music.json"
#: So much of the middle of a track is looked at.
_MOST_S = 90.0


@dataclass(frozen=True)
class _Track:
    name: str
    features: Mapping[str, float]


@dataclass(frozen=True)
class _File:
    """By listener."""

    tracks: Mapping[str, tuple[_Track, ...]] = field(default_factory=dict)


class LikedMusic:
    """Any thread may call; the last to write wins.

    Args:
        path: made when something is first kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self, listener: str) -> tuple[str, ...]:
        """Of the files, in the order they came in."""
        return tuple(track.name for track in self._read().get(listener, ()))

    def prior(self, listener: str) -> Prior | None:
        """What the music says; None where there is none."""
        tracks = self._read().get(listener, ())
        return prior_of_music([track.features for track in tracks]) if tracks else None

    def take(
        self, listener: str, paths: Sequence[Path], *, on_step: StepCallback, cancel: CancelToken
    ) -> list[StudioError]:
        """Listens to files, keeps what was heard, and returns what went wrong. Raises StudioError, JobCancelled."""
        heard: dict[str, _Track] = {track.name: track for track in self._read().get(listener, ())}
        failed: list[StudioError] = []
        for number, path in enumerate(paths):
            cancel.check()
            on_step(Progress(tr("Listening to {name}", name=path.name), number / len(paths)))
            try:
                features = features_of_sound(_middle(read_audio(path)))
                heard[path.name] = _Track(path.name, {k: float(v) for k, v in features.items()})
            except StudioError as error:
                failed.append(error)
        self._write({**self._read(), listener: tuple(heard.values())})
        return failed

    def forget(self, listener: str) -> None:
        """Raises StudioError where the file cannot be written."""
        self._write({name: tracks for name, tracks in self._read().items() if name != listener})

    def _read(self) -> Mapping[str, tuple[_Track, ...]]:
        """A file that is missing or damaged is no music: it can be dropped in again."""
        try:
            return from_json(_File, self._path.read_bytes(), NAME).tracks
        except (OSError, StudioError):
            return {}

    def _write(self, tracks: Mapping[str, tuple[_Track, ...]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self._path, to_json(_File(tracks)))
        except OSError as error:
            raise StudioError(
                tr("Cannot keep what was heard in your music"),
                seen=error.strerror or str(error),
                expected=tr("room in {parent}", parent=self._path.parent),
            ) from error


def _middle(audio: Audio) -> Audio:
    frames = min(audio.frames, round(_MOST_S * audio.sample_rate))
    first = (audio.frames - frames) // 2
    return Audio(audio.samples[:, first : first + frames], audio.sample_rate)
