"""How the window looks: its theme, the colours of its spectrograms and its language, chosen in View and
remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from studio.core.language import tr
from studio.ui.appearance import colour_maps, language, theme
from studio.ui.appearance.widgets import IconButton
from studio.ui.timeline.spectrogram_view import SpectrogramView
from studio.ui.window.menus import add_choice
from studio.ui.window.preferences import Preferences


class Appearance(QObject):
    """Adds View > Theme, Colours and Language to a window that has its menus. `theme_changed` asks for new icons."""

    theme_changed = Signal()
    told = Signal(str)

    def __init__(self, window: QMainWindow, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._preferences = window, preferences
        colours = preferences.get("colours", colour_maps.THEME)
        colour_maps.choose(colours)
        add_choice(window, tr("Theme"), theme.MODES, self._mode, self.set_theme)
        add_choice(window, tr("Colours"), colour_maps.COLOUR_MAPS, colours, self.set_colours)
        add_choice(
            window, tr("Language"), language.choices(), language.chosen(preferences), self.set_language
        )
        QApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme_changed)

    def detach(self) -> None:
        """Stops following the desktop."""
        QApplication.styleHints().colorSchemeChanged.disconnect(self._on_system_theme_changed)

    @property
    def _mode(self) -> str:
        return self._preferences.get("theme", "system")

    def set_theme(self, mode: str) -> None:
        """'system', 'dark' or 'light', now and from now on."""
        self._preferences.set("theme", mode)
        theme.apply_theme(QApplication.instance(), mode)  # type: ignore[arg-type]
        for button in self._window.findChildren(IconButton):
            button.refresh()
        self.theme_changed.emit()
        for widget in self._window.findChildren(QWidget):
            widget.update()

    def set_colours(self, name: str) -> None:
        """One of COLOUR_MAPS for every spectrogram, now and from now on."""
        self._preferences.set("colours", name)
        colour_maps.choose(name)
        for view in self._window.findChildren(SpectrogramView):
            view.update()

    def set_language(self, code: str) -> None:
        """The language from the next start on: a window half in one and half in another would help nobody."""
        language.choose(self._preferences, code)
        self.told.emit(
            tr("The language changes when Backline is started again.") + language.missing_font(code)
        )

    def _on_system_theme_changed(self, _scheme: object) -> None:
        if self._mode == "system":
            self.set_theme("system")
