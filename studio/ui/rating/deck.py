"""Plays one phrase of the vocal with one of several bands, looping: another band from the next sample on.

A mixer of its own takes the song's place in the player for as long as somebody rates (`Player.borrow`): the song's
position, loop and desk stay as they were. The clips are short and lie in memory.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.audio.mixer import Mixer
from studio.audio.player import Player
from studio.audio.source import prepare
from studio.core.audio import Audio, Samples
from studio.core.mix import VOCAL
from studio.ui.listening.playback import Playback

#: The phrase goes on for so long, unheard but for the crossfade at the loop's end.
_MARGIN_S = 0.05


@dataclass(frozen=True, eq=False)
class Phrase:
    """At one rate, in memory, float32 [2, T]; any thread may make one.

    Attributes:
        frames: of the loop; the samples go on a little.
        bands: by key.
        vocal_gain: linear, the same beside all bands.
    """

    sample_rate: int
    frames: int
    vocal: Samples
    bands: Mapping[str, Samples]
    vocal_gain: float = 1.0

    @classmethod
    def of(
        cls,
        vocal: Audio,
        phrase_s: tuple[float, float],
        bands: Mapping[str, Audio],
        sample_rate: int,
        vocal_gain: float = 1.0,
    ) -> Phrase:
        """The stretch of a vocal, first and last second, and bands that begin where it does."""
        first, last = (round(t * vocal.sample_rate) for t in (phrase_s[0], phrase_s[1] + _MARGIN_S))
        sung = Audio(np.ascontiguousarray(vocal.samples[:, first:last]), vocal.sample_rate)
        frames = round((min(phrase_s[1], vocal.duration_s) - phrase_s[0]) * sample_rate)
        return cls(
            sample_rate, frames, _in_memory(sung, sample_rate),
            {key: _in_memory(band, sample_rate) for key, band in bands.items()}, vocal_gain,
        )  # fmt: skip


def _in_memory(audio: Audio, sample_rate: int) -> Samples:
    return np.array(prepare(audio, sample_rate).samples, np.float32)


class PhraseDeck(QObject):
    """Emits `heard` (key, seconds) while a band sounds, `waited` (seconds) while none does, `turned` (key) when one
    begins to, `playing_changed`, and `lost` when the device took another rate and the phrase must be made anew."""

    heard = Signal(str, float)
    waited = Signal(float)
    turned = Signal(str)
    playing_changed = Signal(bool)
    ticked = Signal()
    lost = Signal()

    def __init__(self, playback: Playback, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._mixer: Mixer | None = None
        self._vocal_only = self._was_playing = False
        self._clock, self._vocal_gain = 0, 1.0
        self.selected = ""
        self.keys: tuple[str, ...] = ()
        playback.ticked.connect(self._on_tick)

    @property
    def player(self) -> Player:
        return self._playback.player

    @property
    def loaded(self) -> bool:
        return self._mixer is not None

    @property
    def playing(self) -> bool:
        return self._mixer is not None and self._mixer.playing

    @property
    def place(self) -> float:
        """How far into the phrase, 0 to 1."""
        loop = self._mixer.loop if self._mixer is not None else None
        if self._mixer is None or loop is None:
            return 0.0
        return min(1.0, self._mixer.position / loop[1])

    def load(self, phrase: Phrase, selected: str) -> None:
        """Another phrase, from its start; it plays on if something played."""
        playing = self.playing
        frames = phrase.frames + round(_MARGIN_S * phrase.sample_rate)
        mixer = Mixer(phrase.sample_rate, frames, beside=frozenset({VOCAL}))
        mixer.add(VOCAL, phrase.vocal)
        for key, band in phrase.bands.items():
            mixer.add(key, band)
        mixer.set_loop((0, phrase.frames))
        self.keys = tuple(phrase.bands)
        self.selected = selected
        self._mixer, self._clock, self._vocal_gain = mixer, 0, phrase.vocal_gain
        self.player.borrow(mixer)
        self._apply()
        if playing:
            self.play()

    def release(self) -> None:
        """Nothing is heard any more, and the song has the player again."""
        if self._mixer is None:
            return
        self._mixer = None
        self.player.give_back()
        self._tell_playing()

    # Hearing

    def hear(self, key: str) -> None:
        """Another band from the next sample on; the phrase runs on."""
        if key not in self.keys or key == self.selected:
            return
        self._count()
        self.selected = key
        self._apply()
        if self.playing:
            self.turned.emit(key)

    def hear_vocal_only(self, held: bool) -> None:
        self._count()
        self._vocal_only = held
        self._apply()

    def _apply(self) -> None:
        if self._mixer is not None:
            gains: dict[Hashable, float] = {VOCAL: self._vocal_gain}
            if self.selected and not self._vocal_only:
                gains[self.selected] = 1.0
            self._mixer.set_gains(gains)

    def play(self) -> None:
        if self._mixer is None:
            return
        self.player.open(patience_s=0)
        self._mixer.play()
        self._clock = self._mixer.clock
        if self.selected:
            self.turned.emit(self.selected)
        self._tell_playing()

    def pause(self) -> None:
        if self._mixer is not None:
            self._count()
            self._mixer.pause()
            self._tell_playing()

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def restart(self) -> None:
        """From the start of the phrase."""
        if self._mixer is not None:
            self._mixer.seek(0)

    def _on_tick(self) -> None:
        if self._mixer is None:
            return
        if self.player.sample_rate != self._mixer.sample_rate:  # the loan has ended
            self._mixer = None
            self._tell_playing()
            self.lost.emit()
            return
        self._count()
        self._tell_playing()
        self.ticked.emit()

    def _count(self) -> None:
        """Gives what was mixed since the last time to the band that was heard."""
        mixer = self._mixer
        if mixer is None:
            return
        seconds = (mixer.clock - self._clock) / mixer.sample_rate
        self._clock = mixer.clock
        if seconds <= 0:
            return
        if mixer.playing and self.selected and not self._vocal_only:
            self.heard.emit(self.selected, seconds)
        else:
            self.waited.emit(seconds)

    def _tell_playing(self) -> None:
        if self.playing != self._was_playing:
            self._was_playing = self.playing
            self.playing_changed.emit(self._was_playing)
