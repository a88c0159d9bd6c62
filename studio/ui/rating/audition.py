"""Plays clips outside of a screen: one is heard at once, its neighbours stand ready for the next key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject

from studio.core.jobs import CancelToken, StepCallback
from studio.core.screen import Clip
from studio.ui.rating.deck import Phrase, PhraseDeck
from studio.ui.rating.screen_source import ScreenSource
from studio.ui.window.workspace import Workspace


class Audition(QObject):
    """Main thread only; the last clip that was asked for is the one that is heard."""

    def __init__(
        self, workspace: Workspace, deck: PhraseDeck, source: ScreenSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._deck, self._source = workspace, deck, source
        self._wanted = ""

    def hear(self, key: str, clips: Sequence[Clip], phrase_s: tuple[float, float]) -> None:
        """
        Args:
            clips: of that phrase, the one of that key among them.
        """
        self._wanted = key
        if self._deck.loaded and set(self._deck.keys) == {clip.key for clip in clips}:
            self._play(key)
            return
        song = self._workspace.song
        if song is None or song.folder is None:
            return
        folder, rate = song.folder, self._deck.player.sample_rate

        def run(vocal: Any, /, *, on_step: StepCallback, cancel: CancelToken) -> Phrase:
            sounds = {clip.key: self._source.sound(folder, clip) for clip in clips}
            gain = 10 ** (sounds[key].vocal_gain_db / 20)
            return Phrase.of(vocal, phrase_s, {k: s.band for k, s in sounds.items()}, rate, gain)

        def on_done(phrase: Phrase) -> None:
            if song is self._workspace.song and self._wanted in phrase.bands:
                self._deck.load(phrase, self._wanted)
                self._play(self._wanted)

        self._workspace.runner.submit(
            "Loading clips", run, song.vocal.audio, on_done=on_done, on_failed=self._workspace.failed.emit
        )

    def _play(self, key: str) -> None:
        self._deck.hear(key)
        if not self._deck.playing:
            self._deck.play()

    def stop(self) -> None:
        self._wanted = ""
        self._deck.pause()
