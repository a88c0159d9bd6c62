"""Measures what is played, on the main thread, from what the audio thread left for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.dsp.loudness_meter import LoudnessMeter
from studio.ui.listening.playback import Playback

#: After so much silence every window is silent and every bar has fallen.
_REST_S = 10.0


class Metering(QObject):
    """Emits `measured` (the reading of the mix, that of the band) some 30 times a second until silence rests.

    Integrated loudness and the highest peak begin anew with each start, with each candidate, and with `reset`.
    """

    measured = Signal(object, object)

    def __init__(self, playback: Playback, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._selected = playback.mix.selected
        self._meters = self._made()
        self._silent_s = 0.0
        playback.ticked.connect(self._on_tick)
        playback.playing_changed.connect(self._on_playing)
        playback.mix_changed.connect(self._on_mix)

    def _made(self) -> tuple[LoudnessMeter, LoudnessMeter]:
        rate = self._playback.player.sample_rate
        return LoudnessMeter(rate), LoudnessMeter(rate)

    def reset(self) -> None:
        self._silent_s = 0.0
        for meter in self._meters:
            meter.reset()

    def _on_playing(self, playing: bool) -> None:
        if playing:
            self.reset()

    def _on_mix(self, mix: object) -> None:
        selected = self._playback.mix.selected
        if selected != self._selected:
            self._selected = selected
            self.reset()

    def _on_tick(self) -> None:
        if self._playback.player.sample_rate != self._meters[0].sample_rate:
            self._meters = self._made()
            self._silent_s = 0.0
        output = self._playback.player.read_output()
        silent = not any(played.any() for played in output)
        if silent and self._silent_s >= _REST_S:
            return  # more silence changes nothing
        self._silent_s = self._silent_s + len(output[0]) / self._meters[0].sample_rate if silent else 0.0
        for meter, played in zip(self._meters, output, strict=True):
            meter.feed(played.T)
        mix, band = (meter.read() for meter in self._meters)
        self.measured.emit(mix, band)
