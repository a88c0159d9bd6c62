"""Makes the screens of the blind rating: four accompaniments of one phrase of the song that is open.

A screen is chosen from a pool (see pool): two that the taste expects to be liked, or their children, one unlike the
rest and one of the unchanged model (see studio.taste.search); on some an anchor takes the place of the unlike one. The
four are played, made equally loud (see levels) and written to the project before the screen is told of.

Everything here runs on the generator's lane, away from the window, and stops within a second of its cancel token. A
screen made ahead is made with the taste known then; one that was not shown when the program ends is swept up when the
project is opened again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.pipeline import Run
from studio.core.project import Project
from studio.core.screen import Clip, Screen
from studio.services.project.clips import clip_band, read_clip
from studio.services.project.document import now
from studio.services.taste.choosing import (
    choose_plans,
    pairs_to_breed,
    runners_up,
    settled_by_sound,
    speaks_of_sound,
)
from studio.services.taste.judged import judgements_of, song_of
from studio.services.taste.phrase import Phrase, crop_analysis, crop_vocal, phrase_near, phrases
from studio.services.taste.pool import (
    BATCHES,
    BATCHES_ASKED,
    CHILDREN,
    CHILDREN_ASKED,
    BandMaker,
    PhraseTask,
    Plan,
    anchor,
    children,
    fresh,
)
from studio.services.taste.repeats import repeated, shown_at
from studio.services.taste.screen_clips import MadeFor, write_clips
from studio.services.taste.sitting import Slot, slot_of
from studio.services.vocal import Vocal
from studio.storage.project_folder import ProjectFolder
from studio.taste.judgement import Judgement
from studio.taste.model import Taste, learn
from studio.taste.prior import Prior

#: Shares of a screen's time: arranging, then playing; the rest writes.
_ARRANGING, _PLAYING = 0.35, 0.6


@dataclass(frozen=True)
class ScreenOrder:
    """One screen to be made.

    Attributes:
        number: from 1, within the project.
        sitting: names the sitting, see sitting.new_sitting; `place` is the screen's in it, from 1.
        phrase_s: where the user wants it; None leaves it to the maker.
        parents: keys of two clips of which more is wanted.
        listener: whose taste it is for.
        generation: see core.screen.Screen.
    """

    number: int
    sitting: str
    place: int
    phrase_s: tuple[float, float] | None = None
    parents: tuple[str, ...] = ()
    listener: str = ""
    generation: int = 0


@dataclass(frozen=True, eq=False)
class ClipSound:
    """A clip as it is heard.

    Attributes:
        band: the accompaniment of the phrase, float32 stereo at the vocal's rate, at the level it is heard at.
        style, instruments: in words, for the reveal.
        vocal_gain_db: what the vocal is played with beside every clip of the screen, 0 or a little below.
    """

    band: Audio
    style: str = ""
    instruments: str = ""
    vocal_gain_db: float = 0.0


class RatedSong(Protocol):
    """What of studio.services.project.song.Song is looked at: values that do not change while a screen is made."""

    @property
    def folder(self) -> ProjectFolder | None: ...

    @property
    def project(self) -> Project: ...

    @property
    def vocal(self) -> Vocal: ...

    @property
    def analysis(self) -> VocalAnalysis | None: ...

    @property
    def analysis_name(self) -> str: ...


@dataclass(frozen=True, eq=False)
class SongContext:
    """A song as it stood on the main thread, for work off it; a RatedSong."""

    folder: ProjectFolder | None
    project: Project
    vocal: Vocal
    analysis: VocalAnalysis | None
    analysis_name: str

    @classmethod
    def of(cls, song: RatedSong) -> SongContext:
        return cls(song.folder, song.project, song.vocal, song.analysis, song.analysis_name)


class ScreenMaker:
    """Makes screens, and gives their clips back to be heard. Its methods may be called off the main thread.

    Args:
        maker: arranges and plays.
        known: a listener's judgements of all songs, the oldest first; those of the open project are added to them.
        taste_off: whether the user wants no taste to be used: screens are then chosen by chance and difference.
        prior: what is believed of a listener before any vote, as from music that is liked.
        forgotten_at: when what a listener said of a song was last deleted; what was made until then does not count,
            though the project still has it.
    """

    def __init__(
        self,
        maker: BandMaker,
        known: Callable[[str], Sequence[Judgement]] = lambda _: (),
        taste_off: Callable[[], bool] = lambda: False,
        prior: Callable[[str], Prior | None] = lambda _: None,
        forgotten_at: Callable[[str, str], str] = lambda *_: "",
    ) -> None:
        self._maker, self._known, self._taste_off = maker, known, taste_off
        self._prior, self._forgotten_at = prior, forgotten_at

    def make(
        self,
        song: RatedSong,
        order: ScreenOrder,
        *,
        on_step: StepCallback = lambda _: None,
        cancel: CancelToken | None = None,
    ) -> Screen:
        """A screen whose clips stand in the project's folder.

        Raises:
            StudioError: nothing was heard in the vocal yet, the models are missing, or there is no room.
            JobCancelled: within a second; nothing is left behind.
        """
        song = SongContext.of(song)
        cancel = cancel or CancelToken()
        if song.folder is None or song.analysis is None:
            raise StudioError(
                "Cannot rate accompaniments yet",
                seen="a vocal that was not listened to, or is not saved",
                todo="Wait until the analysis is done",
            )
        slot = slot_of(order.sitting, order.place)
        asked = bool(order.parents) or order.phrase_s is not None
        if slot.repeat_of is not None and not asked:
            again = shown_at(song.folder, song.project, order.sitting, slot.repeat_of)
            if again is not None:
                return repeated(again, order.number, order.sitting, order.generation)
        return self._new(song, song.folder, song.analysis, order, slot, on_step, cancel)

    def sound(self, folder: ProjectFolder, clip: Clip) -> ClipSound:
        """A clip to be heard. Raises StudioError where it is gone."""
        kept = read_clip(folder, clip.key)
        arrangement = kept.candidate.arrangement
        playing = [
            arrangement.parts[stem].instrument
            for stem in STEMS
            if stem in arrangement.parts and arrangement.parts[stem].notes
        ]
        return ClipSound(
            clip_band(folder, clip.key), arrangement.style, ", ".join(playing), kept.vocal_gain_db
        )

    def taste(self, song: RatedSong, listener: str) -> Taste | None:
        """What is known of a listener now; None where nothing was said, or it is not to be used."""
        if self._taste_off():
            return None
        forgotten = self._forgotten_at(listener, song_of(song.project))
        own = [j for j in judgements_of(song.project, listener) if not forgotten or j.at > forgotten]
        seen = {judgement.screen for judgement in own}
        known = [j for j in self._known(listener) if j.screen not in seen]
        all_ = sorted([*known, *own], key=lambda judgement: judgement.at)
        prior = self._prior(listener)
        if not all_ and prior is None:
            return None
        return learn([replace(j, listener=listener) for j in all_], prior)

    # Making one

    def _new(
        self,
        song: SongContext,
        folder: ProjectFolder,
        analysis: VocalAnalysis,
        order: ScreenOrder,
        slot: Slot,
        on_step: StepCallback,
        cancel: CancelToken,
    ) -> Screen:
        phrase, other = _phrase(folder, analysis, order, slot)
        task = PhraseTask(
            crop_vocal(song.vocal.audio, phrase),
            crop_analysis(analysis, phrase),
            _controls(song.project, analysis, phrase),
            _seed(song.vocal.sha256, order),
        )
        taste = self.taste(song, order.listener)
        rng = np.random.default_rng([task.seed, 3])
        pool = self._pool(
            song, folder, task, order, taste, rng, Run(cancel, _scaled(on_step, 0.0, _ARRANGING))
        )
        key = song_of(song.project)
        chosen = choose_plans(pool, taste, song.project, key, rng, asked=bool(order.parents))
        if slot.anchor and not order.parents:
            placed = next((i for i, (_, role) in enumerate(chosen) if role == "different"), 0)
            elsewhere = crop_analysis(analysis, other)
            chosen[placed] = (anchor(task, elsewhere, self._maker, Run(cancel)), "anchor")
        sounding = speaks_of_sound(taste) and not order.parents
        more = runners_up(pool, chosen, taste, key, rng) if sounding else []
        played = self._play(
            task, [*(plan for plan, _ in chosen), *more], _scaled(on_step, _ARRANGING, _PLAYING), cancel
        )
        if taste is not None and more:
            chosen, played = settled_by_sound(chosen, more, played, taste, key)
        on_step(Progress("Writing", _ARRANGING + _PLAYING))
        made_for = MadeFor(song.vocal.sha256, song.analysis_name, task, phrase, self._maker.model_hashes)
        clips = write_clips(folder, made_for, chosen, played, cancel)
        return Screen(order.number, order.sitting, phrase.span_s, clips, None, order.generation, now())

    def _pool(
        self,
        song: SongContext,
        folder: ProjectFolder,
        task: PhraseTask,
        order: ScreenOrder,
        taste: Taste | None,
        rng: np.random.Generator,
        run: Run,
    ) -> list[Plan]:
        """New ones and children."""
        pairs = pairs_to_breed(song.project, folder, order.parents, taste, rng)
        batches = BATCHES_ASKED if order.parents else BATCHES
        steps = batches + len(pairs)
        pool: list[Plan] = []
        for batch in range(batches):
            part = replace(run, on_step=_scaled(run.on_step, batch / steps, 1 / steps))
            # The first is the base model's, whatever is in use: the screen's base comes from there.
            with self._maker.unchanged() if batch == 0 else nullcontext():
                pool += fresh(task, self._maker, part, batch)
        for number, pair in enumerate(pairs):
            part = replace(run, on_step=_scaled(run.on_step, (batches + number) / steps, 1 / steps))
            count = CHILDREN_ASKED if order.parents else CHILDREN
            try:
                pool += children(task, self._maker, part, pair, number, count)
            except StudioError:
                if order.parents:
                    raise  # of a pair that was chosen here, another meter is no reason for no screen
        return pool

    def _play(
        self,
        task: PhraseTask,
        plans: Sequence[Plan],
        on_step: StepCallback,
        cancel: CancelToken,
    ) -> list[Candidate]:
        """The plans with their stems, in order; the unchanged base by the unchanged model."""
        made: dict[int, Candidate] = {}
        numbered = [replace(plan.candidate, number=i + 1) for i, plan in enumerate(plans)]
        begun = 0
        for of_base in (True, False):
            members = [c for c, plan in zip(numbered, plans, strict=True) if (not plan.adapter) == of_base]
            if not members:
                continue
            part = _scaled(on_step, begun / len(plans), len(members) / len(plans))
            run = Run(cancel, part, lambda candidate: made.update({candidate.number: candidate}))
            with self._maker.unchanged() if of_base else nullcontext():
                self._maker.play(task.vocal, members, run)
            begun += len(members)
        return [made[candidate.number] for candidate in numbered]


def _phrase(
    folder: ProjectFolder, analysis: VocalAnalysis, order: ScreenOrder, slot: Slot
) -> tuple[Phrase, Phrase]:
    """The screen's phrase, and another one for its anchor, where there is one."""
    known = phrases(analysis)
    if order.phrase_s is not None:
        phrase = phrase_near(analysis, order.phrase_s)
    elif order.parents:
        phrase = phrase_near(analysis, read_clip(folder, order.parents[0]).phrase_s)
    else:
        phrase = known[slot.phrase % len(known)]
    return phrase, next((other for other in known if other != phrase), phrase)


def _controls(project: Project, analysis: VocalAnalysis, phrase: Phrase) -> Controls:
    """The user's chords, where there are any; everything else is left to the model."""
    if not project.chords:
        return Controls()
    chords = project.bar_chords(analysis.grid, analysis.chords)
    return Controls(chords=tuple(chords[phrase.first : phrase.stop]))


def _seed(vocal: str, order: ScreenOrder) -> int:
    """Of the screen: the same for the same order, and far from that of every other; below 2^31."""
    content = f"{vocal} {order.sitting} {order.number} {order.place}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:4]) // 128 * 64


def _scaled(on_step: StepCallback, start: float, share: float) -> StepCallback:
    """Progress of a part as progress of the whole."""
    return lambda progress: on_step(Progress(progress.stage, start + share * progress.fraction))
