"""A user's ratings across songs: brought up to date from the project that is open, learnt from, given out, deleted.

The project is where an answer is first kept (its journal, before anybody sees the effect); this follows it. Every call
opens the database and closes it, so that any thread may call, one at a time.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.project import Project
from studio.services.project.document import now
from studio.services.taste.judged import judgements_of, said_elsewhere, screen_id, song_of
from studio.storage.atomic import replacing
from studio.storage.project_folder import ProjectFolder
from studio.storage.taste_file import NAME, Answer, Deleted, StoredClip, TasteFile
from studio.taste.features import NAMES
from studio.taste.judgement import JudgedClip, Judgement

#: The listener who uses the program, where nobody else is named.
OWN = "me"
_OPINIONS, _PICKS = "/opinions", "/pick/"


@dataclass(frozen=True)
class Gone:
    """What was deleted, and what follows.

    Attributes:
        answers: how many.
        told: sentences for the user.
        retrain: listeners whose personal models were trained on what is gone.
    """

    answers: int
    told: tuple[str, ...]
    retrain: tuple[str, ...]


class TasteRatings:
    """The user's database.

    Args:
        path: of taste.db; made when something is first kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    @classmethod
    def of_user(cls, data_dir: Path) -> TasteRatings:
        """The one in the user's data folder."""
        return cls(data_dir / NAME)

    # From a project

    def take(
        self,
        project: Project,
        folder: ProjectFolder | None,
        listener: str = OWN,
        candidates: Mapping[int, Candidate] | None = None,
    ) -> int:
        """Brings the database up to date with a project; returns how many rows changed, 0 when nothing did.

        Args:
            folder: where the screens' clips lie; without it only their features are kept.
            candidates: of the song, for what is said of them outside of screens; None leaves that as it was.

        Raises:
            StudioError: the database cannot be used.
        """
        song = song_of(project)
        if not song:
            return 0
        listener = listener or OWN
        votes = judgements_of(project, listener)
        by_screen = {screen_id(project, screen): screen for screen in project.screens}
        answers = [_answer(j, by_screen[j.screen].generation) for j in votes]
        known = set(by_screen)
        judgements = list(votes)
        if candidates is not None:
            said = said_elsewhere(project, candidates, listener)
            judgements += said
            answers += [_answer(j, 0) for j in said]
        if not answers and not self.path.exists():
            return 0
        content = {clip.key for j in votes for clip in j.clips}
        clips = _stored(judgements, song, folder, content)
        with self._open() as file:
            if candidates is not None:
                # Of these only what is said now holds.
                old = [a.screen for a in file.answers(listener) if a.song == song]
                known |= {screen for screen in old if screen.endswith(_OPINIONS) or _PICKS in screen}
            return file.put(listener, song, project.title, answers, clips, known)

    # Reading

    def judgements(self, listener: str = OWN) -> tuple[Judgement, ...]:
        """All of a listener's, of all songs, the oldest first. Raises StudioError."""
        if not self.path.exists():
            return ()
        with self._open() as file:
            features = file.features()
            return tuple(_judgement(answer, features) for answer in file.answers(listener or OWN))

    def forgotten_at(self, listener: str, song: str) -> str:
        """When what a listener said of a song was last deleted, ISO 8601; empty for never. Raises StudioError."""
        if not self.path.exists():
            return ""
        with self._open() as file:
            return file.forgotten_at(listener or OWN, song)

    def listeners(self) -> tuple[tuple[str, str], ...]:
        """Key and name of everyone who said something. Raises StudioError."""
        if not self.path.exists():
            return ()
        with self._open() as file:
            return file.listeners()

    def songs(self) -> tuple[tuple[str, str], ...]:
        """Key and title of every song something was said of. Raises StudioError."""
        if not self.path.exists():
            return ()
        with self._open() as file:
            return file.songs()

    def answers(self, listener: str) -> tuple[Answer, ...]:
        """Like `judgements`, with the generation of the model. Raises StudioError."""
        if not self.path.exists():
            return ()
        with self._open() as file:
            return file.answers(listener)

    def clips(self, keys: Iterable[str]) -> tuple[StoredClip, ...]:
        """Clips with what training needs of them. Raises StudioError."""
        if not self.path.exists():
            return ()
        with self._open() as file:
            return file.clips(keys)

    # Going out

    def export_csv(self, path: Path, listeners: Sequence[str] = ()) -> int:
        """Writes one row a clip of each answer; returns how many rows.

        Args:
            listeners: whose; all when empty.

        Raises:
            StudioError: where it cannot be written.
        """
        wanted = listeners or [key for key, _ in self.listeners()]
        rows = [row for listener in wanted for row in self._rows(listener)]
        try:
            with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(rows)
        except OSError as error:
            raise StudioError(
                f"Cannot write {path.name}",
                seen=error.strerror or str(error),
                expected=f"room in {path.parent}",
            ) from error
        return len(rows)

    def _rows(self, listener: str) -> Iterator[list[object]]:
        with self._open() as file:
            features = file.features()
            answers = file.answers(listener)
            titles = dict(file.songs())
        for answer in answers:
            yield from csv_rows(answer, titles.get(answer.song, ""), features)

    def delete(self, *, listener: str = "", song: str = "") -> Gone:
        """Deletes for good a listener's answers, a song's, one's to the other, or, with neither, all. Raises
        StudioError."""
        if not self.path.exists():
            return Gone(0, ("There is nothing to forget.",), ())
        with self._open() as file:
            gone = file.delete(listener=listener, song=song, at=now())
        return _gone(gone)

    def merge(self, other: Path) -> int:
        """Takes in another such file; returns how many answers came. Raises StudioError."""
        if not other.is_file():
            raise StudioError(f"There is no {other.name}", seen=str(other), expected="a taste.db")
        with self._open() as file:
            return file.merge(other)

    def name(self, listener: str, name: str) -> None:
        """How a listener is shown. Raises StudioError."""
        with self._open() as file:
            file.name_listener(listener, name)

    @contextmanager
    def _open(self) -> Iterator[TasteFile]:
        with self._lock:
            file = TasteFile(self.path)
            try:
                yield file
            finally:
                file.close()


#: Of the CSV. A screen's rows stand together, in the order the clips were shown in.
COLUMNS = (
    "listener", "song", "title", "sitting", "screen", "at", "repeat_of", "blind", "counts", "generation", "place",
    "clip", "role", "best", "worst", "tie", "none_usable", "stars", "heard_s", "plays", "took_s", *NAMES,
)  # fmt: skip


def csv_rows(
    answer: Answer, title: str, features: Mapping[str, Mapping[str, float]]
) -> Iterator[list[object]]:
    """One answer, a row a clip, in the order of COLUMNS."""
    verdict = answer.verdict
    for place, (key, role) in enumerate(answer.roles.items(), 1):
        of_clip = features.get(key, {})
        yield [
            answer.listener, answer.song, title, answer.sitting, answer.screen, answer.at, answer.repeat_of,
            int(answer.blind), answer.weight, answer.generation, place, key, role, int(verdict.best == key),
            int(verdict.worst == key), int(verdict.tie), int(verdict.none_usable), verdict.stars.get(key, ""),
            _short(verdict.heard_s.get(key, 0.0)), verdict.plays.get(key, 0), _short(verdict.took_s),
            *(_short(of_clip[name]) if name in of_clip else "" for name in NAMES),
        ]  # fmt: skip


def judgement_of(answer: Answer, features: Mapping[str, Mapping[str, float]]) -> Judgement:
    """An answer as the learner reads it; features by the clip's key. Raises ValueError for one that cannot be."""
    clips = tuple(JudgedClip(key, role, features.get(key, {})) for key, role in answer.roles.items())
    return Judgement(
        answer.listener, answer.song, answer.at, answer.screen, clips, answer.verdict, answer.sitting,
        answer.repeat_of, answer.blind, answer.weight,
    )  # fmt: skip


def _judgement(answer: Answer, features: Mapping[str, Mapping[str, float]]) -> Judgement:
    try:
        return judgement_of(answer, features)
    except ValueError as error:
        raise StudioError(
            f"Cannot use {NAME}", seen=str(error), expected="what Backline wrote there"
        ) from error


def _answer(judgement: Judgement, generation: int) -> Answer:
    j = judgement
    roles = {clip.key: clip.role for clip in j.clips}
    return Answer(
        j.listener,
        j.song,
        j.at,
        j.screen,
        roles,
        j.verdict,
        j.sitting,
        j.repeat_of,
        j.blind,
        j.weight,
        generation,
    )


def _stored(
    judgements: Sequence[Judgement], song: str, folder: ProjectFolder | None, with_content: set[str]
) -> Iterator[StoredClip]:
    for key, features in {c.key: c.features for j in judgements for c in j.clips}.items():
        content = _content(folder, key) if folder is not None and key in with_content else b""
        yield StoredClip(key, song, features, content)


def _content(folder: ProjectFolder, key: str) -> bytes:
    try:
        return (folder.screens / key / "clip.json").read_bytes()
    except OSError:
        return b""  # the clip is gone: its features teach all the same


def _gone(gone: Deleted) -> Gone:
    if not gone.answers:
        return Gone(0, ("There was nothing to forget.",), ())
    told = f"{gone.answers} answer{'s' if gone.answers != 1 else ''} deleted."
    return Gone(gone.answers, (told,), gone.listeners)


def _short(value: float) -> float:
    return round(float(value), 4)
