"""What is seen of the song and of the window: time and frequency in sight, the loop by keys, what is folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio.ui.metering.metering import Metering
from studio.ui.timeline.spectrogram_jobs import SpectrogramJobs
from studio.ui.timeline.timeline import Timeline
from studio.ui.timeline.vocal_panel import WAVE
from studio.ui.window.layout import Layout
from studio.ui.window.preferences import Preferences

_ZOOM = 0.8
#: Of what is in sight.
_SCROLL = 0.25
_STEMS, _METERS = "stem_waveforms", "meters"
#: By whether the window is narrow.
_SIDE = {False: "side", True: "side_narrow"}


class ViewActions(QObject):
    """`handlers` are what the window's actions do; `attach` follows when the actions stand."""

    def __init__(
        self,
        timeline: Timeline,
        panels: Layout,
        pictures: SpectrogramJobs,
        metering: Metering,
        preferences: Preferences,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._timeline, self._panels, self._pictures = timeline, panels, pictures
        self._preferences = preferences
        lane = panels.vocal.lane
        self.handlers: dict[str, Callable[[], object]] = {
            "chord": lane.edit_here,
            "loop_in": lambda: self._set_loop_end(first=True),
            "loop_out": lambda: self._set_loop_end(first=False),
            "loop_in_free": lambda: self._set_loop_end(first=True, free=True),
            "loop_out_free": lambda: self._set_loop_end(first=False, free=True),
            "zoom_region": self._zoom_region,
            "zoom_fit": timeline.fit,
            "zoom_in": lambda: timeline.zoom(_ZOOM, timeline.playhead_s),
            "zoom_out": lambda: timeline.zoom(1 / _ZOOM, timeline.playhead_s),
            "scroll_back": lambda: self._scroll(-_SCROLL),
            "scroll_on": lambda: self._scroll(_SCROLL),
            "pitch_in": lambda: timeline.zoom_frequency(_ZOOM, 0.0),
            "pitch_out": lambda: timeline.zoom_frequency(1 / _ZOOM, 0.0),
            "side": lambda: panels.show_side(not panels.shows_side),
            "meters": self._toggle_meters,
            "meter_reset": metering.reset,
            "stems": self._toggle_stems,
        }

    def attach(self, actions: Mapping[str, QAction]) -> None:
        panels = self._panels
        for name in ("side", "meters", "stems"):
            actions[name].setCheckable(True)
        panels.side_shown.connect(actions["side"].setChecked)
        panels.side_shown.connect(panels.transport.side.setChecked)
        panels.meters_shown.connect(actions["meters"].setChecked)
        panels.transport.side.clicked.connect(self.handlers["side"])
        panels.meters.reset_requested.connect(self.handlers["meter_reset"])
        panels.vocal.scale_changed.connect(self.show_pictures)
        self._stems = actions["stems"]
        for narrow, name in _SIDE.items():
            panels.want_side(narrow, self._preferences.get(name, not narrow))
        panels.side_wanted.connect(lambda narrow, shown: self._preferences.set(_SIDE[narrow], shown))
        panels.show_meters(self._preferences.get(_METERS, True))
        self._show_stems(self._preferences.get(_STEMS, False))

    def show_pictures(self, choice: str) -> None:
        """The frequency axis of all spectrograms, or waveforms in their place."""
        wave = choice == WAVE
        self._panels.vocal.spectrogram.show_waveform(wave)
        self._panels.candidates.show_waveforms(wave)
        if not wave:
            self._pictures.set_scale(choice)  # type: ignore[arg-type]

    def _toggle_meters(self) -> None:
        shown = not self._panels.shows_meters
        self._preferences.set(_METERS, shown)
        self._panels.show_meters(shown)

    def _toggle_stems(self) -> None:
        shown = not self._preferences.get(_STEMS, False)
        self._preferences.set(_STEMS, shown)
        self._show_stems(shown)

    def _show_stems(self, shown: bool) -> None:
        self._stems.setChecked(shown)
        self._panels.candidates.show_stems(shown)

    def _zoom_region(self) -> None:
        if self._timeline.region:
            self._timeline.show_range(*self._timeline.region)

    def _scroll(self, share: float) -> None:
        timeline = self._timeline
        timeline.scroll(share * (timeline.end_s - timeline.start_s))

    def _set_loop_end(self, *, first: bool, free: bool = False) -> None:
        """The loop begins, or ends, on the bar line nearest to the playhead; or `free`, at the playhead itself."""
        timeline = self._timeline
        if not timeline.duration_s:
            return
        at = timeline.playhead_s if free else timeline.nearest_line(timeline.playhead_s)
        start, end = timeline.region or (0.0, timeline.duration_s)
        if first:
            start, end = at, end if end > at else timeline.duration_s
        else:
            start, end = start if start < at else 0.0, at
        if start < end:
            timeline.set_region((start, end), looping=True)
