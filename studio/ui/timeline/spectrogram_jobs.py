"""Spectrograms made in the background: what is drawn, on which frequency axis, and again when the axis changes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.core.audio import Audio
from studio.core.jobs import CancelToken, StepCallback
from studio.dsp.spectrogram import Scale, display_spectrogram
from studio.dsp.waveform import outline
from studio.services.jobs import JobRunner
from studio.ui.timeline.spectrogram_view import Picture

#: A spectrogram never has more columns than this, whatever the song's length; 10 minutes still get 33 a second.
_MOST_COLUMNS = 20_000
_COLUMNS_PER_S = 100.0
_BINS = 256

Source = Audio | Callable[[], Audio]


class SpectrogramJobs(QObject):
    """Emits `ready` (key, Picture). A picture that was overtaken, by `clear` or another axis, is dropped."""

    ready = Signal(object, object)

    def __init__(
        self, runner: JobRunner, on_failed: Callable[[Exception], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._on_failed = runner, on_failed
        self._sources: dict[object, Source] = {}
        self.scale: Scale = "mel"

    def clear(self) -> None:
        """Forgets everything drawn so far: another song is on the desk."""
        self._sources = {}

    def set_scale(self, scale: Scale) -> None:
        """Draws everything again, if the frequency axis is another one."""
        if scale == self.scale:
            return
        self.scale = scale
        for key, source in self._sources.items():
            self.draw(key, source)

    def draw(self, key: object, source: Source) -> None:
        """Draws a sound, or what a function makes when a worker calls it."""
        self._sources[key] = source

        def run(scale: Scale, /, *, on_step: StepCallback, cancel: CancelToken) -> Picture:
            sound = source() if callable(source) else source
            mono = sound.samples[0] if sound.channels == 1 else sound.mono()
            columns_per_s = min(_COLUMNS_PER_S, _MOST_COLUMNS / max(sound.duration_s, 1e-3))
            spectrogram = display_spectrogram(
                mono, sound.sample_rate, scale=scale, bins=_BINS, columns_per_s=columns_per_s
            )
            return Picture.of(spectrogram, outline(mono, sound.sample_rate))

        scale = self.scale

        def on_done(picture: Picture) -> None:
            if self._sources.get(key) is source and scale == self.scale:
                self.ready.emit(key, picture)

        self._runner.submit("Drawing", run, scale, on_done=on_done, on_failed=self._on_failed)
